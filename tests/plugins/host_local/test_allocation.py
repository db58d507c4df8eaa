"""Whatever is added and deleted in whatever order: no address has two holders, and none is lost."""

from __future__ import annotations

import tempfile
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netc.cni.errors import CniError
from netc.cni.plugin import Environment
from netc.cni.skel import call
from netc.plugins.host_local.allocation import Range, candidates
from netc.plugins.host_local.driver import handlers

SUBNET = ip_network("10.1.0.0/28")


@st.composite
def pools(draw):
    """One to three disjoint ranges of a subnet, each with a gateway that may lie inside, outside or nowhere near."""
    cuts = draw(st.lists(st.integers(1, 14), min_size=2, max_size=6, unique=True).map(sorted))
    pairs = [(cuts[at], cuts[at + 1] - (at + 2 < len(cuts))) for at in range(0, len(cuts) - 1, 2)]
    return tuple(
        Range(SUBNET, SUBNET[low], SUBNET[max(low, high)], draw(st.sampled_from([SUBNET[low], SUBNET[15], ip_address("fd00::1")])))
        for low, high in pairs
    )  # fmt: skip


def usable(ranges) -> set[str]:
    return {str(ip) for one in ranges for ip in SUBNET if ip in one and ip != one.gateway}


@given(pools(), st.none() | st.integers(0, 15), st.sets(st.integers(0, 15)))
def test_every_free_address_is_offered_once_and_the_one_after_the_last_first(ranges, last, taken):
    names = {str(SUBNET[number]) for number in taken}
    last_ip = None if last is None else SUBNET[last]

    offered = [str(ip) for ip, _ in candidates(ranges, last_ip, names)]

    assert len(offered) == len(set(offered))
    assert set(offered) == usable(ranges) - names
    home = next((one for one in ranges if last_ip is not None and last_ip in one), None)
    if home is not None:
        later = sorted(int(ip_address(text)) for text in offered if ip_address(text) in home)
        later = [value for value in later if value > int(last_ip)]
        if later:
            assert int(ip_address(offered[0])) == later[0]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["ADD", "DEL"]), st.integers(0, 7)), max_size=40))
def test_no_address_has_two_holders_and_none_is_lost(steps):
    with tempfile.TemporaryDirectory() as folder:
        request = {"cniVersion": "1.1.0", "name": "n", "ipam": {"subnet": "10.1.0.0/29", "dataDir": folder}}
        held: dict[int, str] = {}
        for verb, number in steps:
            env = Environment(verb, f"c{number}", "/no/netns", "eth0", "", "/nowhere")
            if verb == "DEL":
                call(handlers(None), env, request)
                held.pop(number, None)
                continue
            expected = "duplicate" if number in held else "no IP addresses available" if len(held) == 5 else None
            if expected is not None:
                with pytest.raises(CniError, match=expected):
                    call(handlers(None), env, request)
                continue
            address = call(handlers(None), env, request)["ips"][0]["address"]
            assert address not in held.values()
            held[number] = address
        files = {path.name for path in Path(folder, "n").glob("10.*")} if steps else set()
        assert files == {address.partition("/")[0] for address in held.values()}
