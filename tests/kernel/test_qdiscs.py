"""Queueing disciplines: what is asked for is what the kernel, and `tc`, say is there."""

from __future__ import annotations

import errno
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netc.kernel import KernelError, qdiscs
from netc.kernel.qdiscs import TC_H_INGRESS, TokenBucket, token_bucket

NUMBERS = pytest.mark.parametrize(
    ("rate", "burst", "bucket"),
    [
        (8_000_000, 160_000, TokenBucket(1_000_000, 45_000, 312_500)),
        (4_000_000, 80_000, TokenBucket(500_000, 22_500, 312_500)),
        # 4294967294 bytes at 125000 a second: the limit, and the ticks, wrap.
        (1_000_000, 34_359_738_359, TokenBucket(125_000, 3123, 2_684_354_310)),
        (80_000_000_000, 8_000_000_000, TokenBucket(10_000_000_000, 1_250_000_000, 1_562_500)),
    ],
)


@NUMBERS
def test_the_plugins_arithmetic(rate, burst, bucket):
    assert token_bucket(rate, burst) == bucket


@given(st.integers(8, 2**64 - 1), st.integers(8, 8 * 2**32 - 9))
def test_limit_and_buffer_are_32_bits_wide(rate, burst):
    bucket = token_bucket(rate, burst)

    assert bucket.rate == rate // 8
    assert 0 <= bucket.limit < 2**32
    assert 0 <= bucket.buffer < 2**32


@given(st.lists(st.tuples(st.integers(0, 0x3FFF), st.binary(max_size=40)), max_size=8))
def test_attributes_are_read_back(pairs):
    packed = b"".join(qdiscs.attribute(kind, data) for kind, data in pairs)

    assert list(qdiscs.attributes(packed)) == pairs
    assert len(packed) % 4 == 0


@pytest.fixture
def link(in_namespace):
    """A function that makes a veth in the test's namespace: its index."""

    def make(name: str = "v0") -> int:
        host = in_namespace.kernel.here()
        host.add_veth(name, f"{name}p")
        return host.link(name).index

    return make


@pytest.mark.lab
@NUMBERS
def test_a_token_bucket_is_read_back(in_namespace, link, rate, burst, bucket):
    host, index = in_namespace.kernel.here(), link()

    host.qdiscs.add_token_bucket(index, token_bucket(rate, burst))

    (qdisc,) = host.qdiscs.on(index)
    assert (qdisc.kind, qdisc.handle, qdisc.parent, qdisc.tbf) == ("tbf", 0x10000, 0xFFFFFFFF, bucket)
    with pytest.raises(KernelError) as twice:
        host.qdiscs.add_token_bucket(index, bucket)
    assert twice.value.errno == errno.EEXIST
    for _ in range(2):
        host.qdiscs.delete(index)
    assert [qdisc.kind for qdisc in host.qdiscs.on(index)] != ["tbf"]


@pytest.mark.lab
def test_what_a_link_receives_is_redirected(in_namespace, link):
    host, index, other = in_namespace.kernel.here(), link("v0"), link("v1")
    host.qdiscs.add_ingress(index)

    host.qdiscs.add_redirect(index, other)

    assert [(found.kind, found.priority, found.redirects) for found in host.qdiscs.filters_on(index)] == [
        ("u32", 1, (other,))
    ]
    assert host.qdiscs.filters_on(other) == ()
    for _ in range(2):
        host.qdiscs.delete(index, TC_H_INGRESS)
    assert host.qdiscs.filters_on(index) == ()
    with pytest.raises(KernelError):
        host.qdiscs.add_redirect(index, other)


@pytest.mark.lab
def test_tc_says_the_same(in_namespace, link):
    tc = shutil.which("tc", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if tc is None:
        pytest.skip("there is no tc program")
    host, index, other = in_namespace.kernel.here(), link("v0"), link("v1")
    host.qdiscs.add_token_bucket(index, token_bucket(8_000_000, 160_000))
    host.qdiscs.add_ingress(index)
    host.qdiscs.add_redirect(index, other)

    shown = subprocess.run([tc, "qdisc", "show", "dev", "v0"], capture_output=True, text=True, check=True).stdout
    filters = subprocess.run(
        [tc, "filter", "show", "dev", "v0", "parent", "ffff:"], capture_output=True, text=True, check=True
    ).stdout

    assert "qdisc tbf 1: root refcnt 3 rate 8Mbit burst 20000b lat 25ms" in shown
    assert "qdisc ingress ffff: parent ffff:fff1" in shown
    assert "match 00000000/00000000 at 0" in filters
    assert "mirred (Egress Redirect to device v1) stolen" in filters
    assert "flowid 1:1" in filters


@pytest.mark.lab
def test_refusals(in_namespace, link):
    host, index = in_namespace.kernel.here(), link()

    with pytest.raises(KernelError) as zero:
        host.qdiscs.add_token_bucket(index, TokenBucket(0, 0, 0))
    assert zero.value.errno == errno.EINVAL
    with pytest.raises(KernelError) as nowhere:
        host.qdiscs.add_ingress(9999)
    assert nowhere.value.errno == errno.ENODEV


def test_only_what_is_on_the_link_is_listed(in_namespace, link):
    """The kernel tells of all links, whichever is asked about."""
    host = in_namespace.kernel.here()
    first, second, target = link("v0"), link("v1"), link("v2")
    for index, rate in ((first, 8_000_000), (second, 4_000_000)):
        host.qdiscs.add_token_bucket(index, token_bucket(rate, 160_000))
        host.qdiscs.add_ingress(index)
    host.qdiscs.add_redirect(second, target)

    assert [one.tbf.rate for one in host.qdiscs.on(first) if one.tbf] == [1_000_000]
    assert [one.tbf.rate for one in host.qdiscs.on(second) if one.tbf] == [500_000]
    assert host.qdiscs.filters_on(first) == ()
    assert [one.redirects for one in host.qdiscs.filters_on(second)] == [(target,)]
