"""firewall by nftables: what is let through, what is kept apart, and that nothing of a container stays."""

from __future__ import annotations

import os
from ipaddress import ip_address, ip_network

import pytest

from netc.cni.errors import CniError
from netc.lab import probes

pytestmark = pytest.mark.lab

OUTSIDE = ip_address("192.0.2.9")
BACKEND = {"backend": "nftables"}


def elements(node) -> list[object]:
    """All that the table has of containers."""
    listed = node.host.nft.list_table("inet", "netc_firewall") or []
    return [
        one
        for item in listed
        if item.get("set", {}).get("name", "").startswith("containers")
        for one in item["set"].get("elem", ())
    ]


def test_a_container_gets_out_where_nothing_else_does(node) -> None:
    from netc.kernel import Route

    box, other = node.container(2), node.container(3)
    outside = node.outside()
    outside.add_route(
        Route(ip_network("10.1.0.0/24"), oif=outside.link("peer0").index, gateway=ip_address("192.0.2.1"))
    )
    answer = node.call("firewall", "ADD", box, BACKEND)
    assert answer == box.prev_result
    node.host.nft.run_script("chain inet netc_firewall forward { policy drop; }")  # as an administrator may do
    inside = node.namespace(box)
    assert (reach := probes.tcp(inside, outside, OUTSIDE, 80)), reach.why
    assert not probes.tcp(outside, inside, box.addresses[0], 80, seconds=0.3), "new connections from outside are not"
    assert not probes.tcp(node.namespace(other), outside, OUTSIDE, 80, seconds=0.3), "nobody asked for that one"
    node.call("firewall", "CHECK", box, BACKEND)
    for _ in range(2):
        node.call("firewall", "DEL", box, BACKEND)
    assert not probes.tcp(inside, outside, OUTSIDE, 80, seconds=0.3)
    assert elements(node) == []


def test_check_misses_what_is_gone(node) -> None:
    box = node.container(2)
    given = {**BACKEND, "ingressPolicy": "same-bridge"}
    for tampering, said in (
        ("delete element inet netc_firewall containers4 { 10.1.0.2 }", "expected element 10.1.0.2 of set containers4 not found"),
        ("flush set inet netc_firewall together", "of set together not found"),
        ("delete table inet netc_firewall", "not found"),
        ("flush chain inet netc_firewall forward", "expected rules of chain forward in table inet netc_firewall not found"),
    ):  # fmt: skip
        node.call("firewall", "ADD", box, given)
        node.call("firewall", "CHECK", box, given)
        node.host.nft.run_script(tampering)
        with pytest.raises(CniError, match=said):
            node.call("firewall", "CHECK", box, given)


def test_adding_again_adds_nothing_and_delete_needs_no_result(node) -> None:
    box, other = node.container(2), node.container(3)
    node.call("firewall", "ADD", other, BACKEND)
    alone = elements(node)
    node.call("firewall", "ADD", box, BACKEND)
    both = elements(node)
    assert len(both) == 2 * len(alone)
    node.call("firewall", "ADD", box, BACKEND)
    assert elements(node) == both
    node.call("firewall", "DEL", box, {**BACKEND, "prevResult": None})
    assert elements(node) == alone
    node.call("firewall", "CHECK", other, BACKEND)


@pytest.mark.parametrize(("policy", "neighbours"), [("open", True), ("same-bridge", True), ("isolated", False)])
def test_bridges_are_kept_apart(in_namespace, tmp_path, policy: str, neighbours: bool) -> None:
    """Two containers on one bridge and one on another, with the host between them."""
    from netc.cni import conflist
    from netc.cni.cache import Cache
    from netc.cni.request import Attachment
    from netc.cni.runtime import Runtime
    from netc.lab.builtin import Builtin

    in_namespace.kernel.here().set_sysctl("net/ipv4/ip_forward", "1")
    runtime = Runtime(Builtin(in_namespace.kernel), Cache(str(tmp_path / "cache")), path=("/nowhere",))
    places, addresses = [], []
    for number, network in enumerate((1, 1, 2)):
        ipam = {"type": "host-local", "subnet": f"10.{network}.0.0/24", "dataDir": str(tmp_path / "leases")}
        bridge = {"type": "bridge", "bridge": f"br{network}", "isDefaultGateway": True, "ipam": ipam}
        firewall = {"type": "firewall", **BACKEND, "ingressPolicy": policy}
        chain = {"cniVersion": "1.0.0", "name": f"net{network}", "plugins": [bridge, firewall]}
        netns = in_namespace.container()
        result = runtime.add(conflist.parse(chain), Attachment(f"c{number}", netns, "eth0"))
        runtime.check(conflist.parse(chain), Attachment(f"c{number}", netns, "eth0"))
        places.append(in_namespace.kernel.at(netns))
        addresses.append(result.ips[0].address.ip)
    filtered = os.path.exists("/proc/sys/net/bridge/bridge-nf-call-iptables")
    reached = probes.tcp(places[0], places[1], addresses[1], 80, seconds=0.3)
    assert bool(reached) == (neighbours or not filtered), "frames of one bridge pass rules where br_netfilter is"
    assert bool(probes.tcp(places[0], places[2], addresses[2], 80, seconds=0.3)) == (policy == "open")


def test_it_is_nftables_where_there_is_no_iptables(node, monkeypatch: pytest.MonkeyPatch) -> None:
    from netc.kernel import nft
    from netc.plugins.firewall import driver

    monkeypatch.setattr(driver, "find_program", lambda name: None if "tables" in name else nft.find_program(name))
    box = node.container(2)
    node.call("firewall", "ADD", box)
    node.call("firewall", "CHECK", box)
    assert len(elements(node)) == len(box.addresses)
    node.call("firewall", "STATUS", None)
    node.call("firewall", "DEL", box)
    assert elements(node) == []
