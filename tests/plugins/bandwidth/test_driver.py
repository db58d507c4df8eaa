"""bandwidth's driver: the kernel limits what it is told to limit, and CHECK and DEL know their own."""

from __future__ import annotations

from hashlib import sha512
from ipaddress import ip_address

import pytest

from netc.cni.errors import CniError, Code
from netc.lab import probes

pytestmark = pytest.mark.lab

MBIT = 1_000_000
HOST = ip_address("10.1.0.1")


def ingress(rate: int = 8 * MBIT, burst: int = 160_000) -> dict:
    return {"ingressRate": rate, "ingressBurst": burst}


def egress(rate: int = 4 * MBIT, burst: int = 80_000) -> dict:
    return {"egressRate": rate, "egressBurst": burst}


def buckets(node) -> dict:
    """The token buckets of the host: their numbers by link name."""
    found = {}
    for link in node.host.links():
        for qdisc in node.host.qdiscs.on(link.index):
            if qdisc.tbf is not None:
                found[link.name] = (qdisc.tbf.rate, qdisc.tbf.limit, qdisc.tbf.buffer)
    return found


def test_traffic_towards_the_container_is_limited_on_the_hosts_veth(node):
    box = node.container(2)

    answer = node.call("bandwidth", "ADD", box, ingress())

    assert answer == box.prev_result
    assert buckets(node) == {"veth2": (1_000_000, 45_000, 312_500)}


def test_traffic_from_the_container_is_limited_on_an_ifb(node):
    box = node.container(2)

    answer = node.call("bandwidth", "ADD", box, egress())

    ifb = node.host.link(answer["interfaces"][-1]["name"])
    assert answer["interfaces"] == [*box.prev_result["interfaces"], {"name": ifb.name, "mac": ifb.mac}]
    assert (ifb.kind, ifb.up, ifb.mtu, ifb.txqlen) == ("ifb", True, 1500, 0)
    assert ifb.name == "bwp" + sha512(b"net1c2").hexdigest()[:12]
    assert buckets(node) == {ifb.name: (500_000, 22_500, 312_500)}
    veth = node.host.link("veth2")
    assert [found.redirects for found in node.host.qdiscs.filters_on(veth.index)] == [(ifb.index,)]


@pytest.mark.parametrize("direction", ["towards the container", "from the container"])
def test_a_limit_limits(node, direction):
    """20 Mbit/s are asked for; an unlimited veth does gigabits."""
    box = node.container(2)
    inside = node.namespace(box)
    limits = ingress(20 * MBIT, 2 * MBIT) | egress(20 * MBIT, 2 * MBIT)
    node.call("bandwidth", "ADD", box, limits)

    if direction == "towards the container":
        rate = probes.throughput(node.host, inside, box.addresses[0], 5001)
    else:
        rate = probes.throughput(inside, node.host, HOST, 5001)

    assert 5 * MBIT < rate.bits_per_second < 40 * MBIT, rate


def test_only_the_direction_that_is_asked_for_is_limited(node):
    box = node.container(2)
    node.call("bandwidth", "ADD", box, ingress(20 * MBIT, 2 * MBIT))

    free = probes.throughput(node.namespace(box), node.host, HOST, 5001, seconds=0.3, warm_up=0.1)

    assert free.bits_per_second > 60 * MBIT, free


def test_the_runtimes_limits_count_where_the_config_has_none(node):
    box = node.container(2)

    node.call("bandwidth", "ADD", box, {"runtimeConfig": {"bandwidth": ingress()}})

    assert buckets(node) == {"veth2": (1_000_000, 45_000, 312_500)}


@pytest.mark.parametrize("own", [{"egressRate": 0}, {"INGRESSRATE": 0}], ids=str)
def test_a_key_in_the_config_hides_the_runtimes_limits_even_if_it_sets_none(node, own):
    box = node.container(2)
    request = {"type": "bandwidth", "runtimeConfig": {"bandwidth": ingress()}, **own}

    assert node.call("bandwidth", "ADD", box, request) == box.prev_result

    assert buckets(node) == {}


def test_no_limits_at_all(node):
    box = node.container(2)

    assert node.call("bandwidth", "ADD", box, {}) == box.prev_result
    node.call("bandwidth", "CHECK", box, {})
    node.call("bandwidth", "DEL", box, {})


def test_two_attachments_of_one_container_have_an_ifb_each(node):
    first = node.container(2)
    second = node.container(3, ifname="eth1", of=first)
    one = node.call("bandwidth", "ADD", first, egress())["interfaces"][-1]["name"]
    other = node.call("bandwidth", "ADD", second, egress(), ifname="eth1")["interfaces"][-1]["name"]

    assert one != other
    node.call("bandwidth", "DEL", second, egress(), ifname="eth1")
    node.call("bandwidth", "CHECK", first, egress())
    assert set(buckets(node)) == {one}
    node.call("bandwidth", "DEL", first, egress())
    assert buckets(node) == {}


def test_delete_frees_a_veth_that_lives_on(node):
    box = node.container(2)
    both = ingress() | egress()
    node.call("bandwidth", "ADD", box, both)

    for _ in range(2):
        node.call("bandwidth", "DEL", box, both)

    assert buckets(node) == {}
    assert [link.kind for link in node.host.links() if link.kind == "ifb"] == []
    node.call("bandwidth", "ADD", box, both)
    node.call("bandwidth", "CHECK", box, both)


def test_delete_after_the_container_is_gone(node, in_namespace):
    box = node.container(2)
    node.call("bandwidth", "ADD", box, ingress() | egress())
    in_namespace.vanish(box.path)

    node.call("bandwidth", "DEL", box, ingress() | egress())
    node.call("bandwidth", "DEL", box, ingress() | egress(), netns="")

    assert [link.kind for link in node.host.links() if link.kind == "ifb"] == []


@pytest.mark.parametrize("step", ["add qdisc tbf", "add ifb", "set link", "add qdisc ingress", "add filter u32"])
def test_a_failed_add_leaves_nothing(node, step):
    from netc.kernel import KernelError

    box = node.container(2)
    before = [link for link in node.host.links() if link.kind == "ifb"]

    def refuse(operation: str) -> None:
        if operation.startswith(step):
            raise KernelError(5, operation)

    node.kernel.before_call = refuse
    with pytest.raises(CniError, match="input/output error"):
        node.call("bandwidth", "ADD", box, egress() if step != "add qdisc tbf" else ingress() | egress())
    node.kernel.before_call = None

    assert [link for link in node.host.links() if link.kind == "ifb"] == before
    assert [qdisc.kind for qdisc in node.host.qdiscs.on(node.host.link("veth2").index)] == ["noqueue"]
    node.call("bandwidth", "ADD", box, ingress() | egress())


def test_adding_twice_fails_and_leaves_the_first_alone(node):
    box = node.container(2)
    both = ingress() | egress()
    node.call("bandwidth", "ADD", box, both)

    with pytest.raises(CniError) as refusal:
        node.call("bandwidth", "ADD", box, both)
    assert refusal.value.msg == "create qdisc: file exists"
    with pytest.raises(CniError) as refusal:
        node.call("bandwidth", "ADD", box, egress())
    assert refusal.value.msg == "adding link: file exists"

    node.call("bandwidth", "CHECK", box, both)


def test_check_compares_the_numbers(node):
    box = node.container(2)
    node.call("bandwidth", "ADD", box, ingress() | egress())

    for other, text in (
        (ingress(9 * MBIT) | egress(), "Rate doesn't match"),
        (ingress(burst=160_080) | egress(), "Limit doesn't match"),
        (ingress() | egress(5 * MBIT), "Rate doesn't match"),
    ):
        with pytest.raises(CniError) as difference:
            node.call("bandwidth", "CHECK", box, other)
        assert difference.value.msg == text
    with pytest.raises(CniError) as missing:
        node.call("bandwidth", "CHECK", box, ingress() | egress(), container_id="another")
    assert missing.value.msg == "get ifb device: Link not found"


def test_check_notices_a_removed_bucket_and_a_removed_redirection(node):
    from netc.kernel.qdiscs import TC_H_INGRESS

    box = node.container(2)
    node.call("bandwidth", "ADD", box, ingress() | egress())
    veth = node.host.link("veth2").index

    node.host.qdiscs.delete(veth, TC_H_INGRESS)
    with pytest.raises(CniError, match="traffic from the container is not redirected from veth2 to bwp"):
        node.call("bandwidth", "CHECK", box, ingress() | egress())
    node.host.qdiscs.delete(veth)
    with pytest.raises(CniError, match="Failed to find qdisc"):
        node.call("bandwidth", "CHECK", box, ingress())


def test_gc_collects_the_ifbs_of_what_is_not_valid_any_more(node):
    kept, stale, foreign = node.container(2), node.container(3), node.container(4)
    node.call("bandwidth", "ADD", kept, egress())
    node.call("bandwidth", "ADD", stale, egress())
    node.call("bandwidth", "ADD", foreign, egress() | {"name": "net2"})

    valid = [{"containerID": kept.id, "ifname": kept.ifname}]
    node.call("bandwidth", "GC", None, {"cni.dev/valid-attachments": valid})

    node.call("bandwidth", "CHECK", kept, egress())
    node.call("bandwidth", "CHECK", foreign, egress() | {"name": "net2"})
    with pytest.raises(CniError, match="get ifb device"):
        node.call("bandwidth", "CHECK", stale, egress())


PARSING = "failed to parse network configuration: json: cannot unmarshal "


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (
            {"ingressRate": "x"},
            f"{PARSING}string into Go struct field PluginConf.BandwidthEntry.ingressRate of type uint64",
        ),
        (
            {"runtimeConfig": {"bandwidth": {"ingressRate": -1}}},
            f"{PARSING}number -1 into Go struct field BandwidthEntry.runtimeConfig.bandwidth.ingressRate of type uint64",
        ),
        ({"ingressRate": 1}, "if rate is set, burst must also be set"),
        ({"egressBurst": 1}, "if burst is set, rate must also be set"),
        (ingress(1, 34_359_738_360), "burst cannot be more than 4GB"),
        (ingress() | {"prevResult": None}, "must be called as chained plugin"),
        (ingress() | {"prevResult": {"cniVersion": "1.1.0"}}, "no interfaces provided"),
        (ingress(7), "create qdisc: invalid argument"),
    ],
)
def test_what_add_refuses(node, given, text):
    with pytest.raises(CniError) as refusal:
        node.call("bandwidth", "ADD", node.container(2), given)

    assert (refusal.value.code, refusal.value.msg) == (Code.INTERNAL, text)


def test_only_a_veth_with_its_peer_on_this_host_can_be_limited(node):
    box = node.container(2)

    for ifname, text in (
        ("nope", 'container interface nope has no veth peer: could not look up "nope": Link not found'),
        ("lo", 'container interface lo has no veth peer: interface "lo" was not a veth interface'),
    ):
        with pytest.raises(CniError) as refusal:
            node.call("bandwidth", "ADD", box, ingress(), ifname=ifname)
        assert refusal.value.msg == text
    unlisted = box.prev_result | {"interfaces": box.prev_result["interfaces"][2:], "ips": []}
    with pytest.raises(CniError, match="no veth peer of container interface found in host ns"):
        node.call("bandwidth", "ADD", box, ingress() | {"prevResult": unlisted})
    with pytest.raises(CniError, match='failed to open netns "/nowhere": failed to Statfs'):
        node.call("bandwidth", "ADD", box, ingress(), netns="/nowhere")


@pytest.mark.parity
@pytest.mark.parametrize(
    "limits",
    [
        ingress(),
        ingress() | egress(),
        {"runtimeConfig": {"bandwidth": egress()}},
        ingress(1 * MBIT, 34_359_738_359),
        ingress(1000, 4_294_967_295),
        ingress(80_000 * MBIT, 8_000 * MBIT) | egress(12_345_678, 987_654),
    ],
    ids=["ingress", "both", "runtime", "wraps", "kubernetes' burst", "64 bit rate"],
)
def test_the_kernel_is_told_what_the_reference_plugin_tells_it(node, reference_plugins, limits):
    box = node.container(2)

    ours = node.call("bandwidth", "ADD", box, limits)
    state = buckets(node), {link.name: (link.mtu, link.up, link.txqlen) for link in node.host.links()}
    node.call("bandwidth", "DEL", box, limits)
    theirs = node.reference(reference_plugins, "bandwidth", "ADD", box, limits)

    for answer in (ours, theirs):
        for interface in answer["interfaces"][3:]:
            interface.pop("mac")
    assert ours == theirs
    assert state == (buckets(node), {link.name: (link.mtu, link.up, link.txqlen) for link in node.host.links()})
    node.call("bandwidth", "CHECK", box, limits)
    node.call("bandwidth", "DEL", box, limits)
    assert buckets(node) == {}
