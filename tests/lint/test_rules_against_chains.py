"""What the rules say of a network, or of two, is what the reference plugins do with the chain."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from netc.lint import lint
from netc.lint.together import lint_together
from netc.model import Network, Origin
from netc.sources import Source, Span

pytestmark = [pytest.mark.parity, pytest.mark.lab]

HERE = Span(Source("n.conflist", ""), 0, 0)
Body = dict[str, Any]


def network(name: str, *plugins: Body, version: str = "1.0.0", **keys: object) -> Network:
    conflist = {"cniVersion": version, "name": name, **keys, "plugins": list(plugins)}
    return Network(name, conflist, {"": Origin(None, HERE)}, HERE)


def codes(*networks: Network) -> set[str]:
    found = [one for each in networks for one in lint(each)]
    return {one.code for one in (*found, *lint_together(networks))} - {"NC235", "NC241", "NC647", "NC652"}


def shown(*words: str, netns: str | None = None) -> Any:
    """What `ip -j` shows, in a container's namespace if one is named."""
    inside = ["nsenter", f"--net={netns}"] if netns is not None else []
    return json.loads(subprocess.run([*inside, "ip", "-j", *words], capture_output=True, check=True).stdout)


def host_local(subnet: str, **keys: object) -> Body:
    return {"type": "host-local", "subnet": subnet, **keys}


def static(*addresses: str, **keys: object) -> Body:
    return {"type": "static", "addresses": [{"address": one} for one in addresses], **keys}


def test_a_bridge_that_was_made_without_a_filter_has_none(in_namespace, host) -> None:
    plain = network("a", {"type": "bridge", "bridge": "br0"}, disableCheck=True)
    tagged = network("b", {"type": "bridge", "bridge": "br0", "vlan": 100}, disableCheck=True)
    assert codes(plain, tagged) == {"NC658"}
    host.add(plain)
    host.add(tagged)
    (bridge,) = shown("-d", "link", "show", "br0")
    assert bridge["linkinfo"]["info_data"]["vlan_filtering"] == 0


def test_forced_addresses_take_each_others_place(in_namespace, host) -> None:
    first = network("a", {"type": "bridge", "bridge": "br0", "isGateway": True, "ipam": host_local("10.1.0.0/24")})
    forced = {"type": "bridge", "bridge": "br0", "isGateway": True, "forceAddress": True}
    second = network("b", {**forced, "ipam": host_local("10.2.0.0/24")})
    assert codes(first, second) == {"NC655"}
    host.add(first)
    assert "ips" in host.add(second)[1]
    (bridge,) = shown("addr", "show", "br0")
    assert [one["local"] for one in bridge["addr_info"] if one["family"] == "inet"] == ["10.2.0.1"]


def test_without_an_mtu_a_large_bridge_has_a_small_port(in_namespace, host) -> None:
    large = network("a", {"type": "bridge", "bridge": "br0", "mtu": 9000}, disableCheck=True)
    silent = network("b", {"type": "bridge", "bridge": "br0"}, disableCheck=True)
    assert codes(large, silent) == {"NC650"}
    host.add(large)
    netns, _ = host.add(silent)
    assert shown("link", "show", "eth0", netns=netns)[0]["mtu"] == 1500


def test_policies_of_one_bridge_stay_both(in_namespace, host) -> None:
    def one(name: str, low: str, high: str, **keys: object) -> Network:
        ipam = host_local("10.1.0.0/24", rangeStart=low, rangeEnd=high)
        return network(name, {"type": "bridge", "bridge": "br0", "ipam": ipam}, {"type": "firewall", **keys})

    strict = one("a", "10.1.0.2", "10.1.0.9", ingressPolicy="same-bridge")
    open_ = one("b", "10.1.0.20", "10.1.0.29")
    assert codes(strict, open_) == {"NC656"}
    netns, result = host.add(strict)
    assert "ips" in result, result
    host.call("DEL", strict, netns, "c1", previous=result)
    host.add(open_)
    rules = subprocess.run(["iptables", "-S", "CNI-ISOLATION-STAGE-1"], capture_output=True, check=True, text=True)
    assert "-i br0" in rules.stdout


def uplink() -> None:
    """An interface to stand on; only to be called in a test that has a namespace of its own."""
    for line in ("link add up0 type veth peer up1", "link set up0 up"):
        subprocess.run(["ip", *line.split()], check=True)


def test_a_master_that_is_passed_through_takes_one(in_namespace, host) -> None:
    uplink()
    on = {"type": "macvlan", "master": "up0"}
    through = network("a", {**on, "mode": "passthru", "ipam": static("10.1.0.9/24")})
    other = network("b", {**on, "ipam": static("10.1.0.8/24")})
    assert codes(through, other) == {"NC657"}
    assert "ips" in host.add(through)[1]
    assert "failed to create macvlan" in host.add(other)[1]["msg"]


def test_check_does_not_find_a_single_address(in_namespace, host) -> None:
    one = network("a", {"type": "bridge", "ipam": static("10.1.0.9/32")})
    assert codes(one) == {"NC238"}
    netns, result = host.add(one)
    assert "Failed to find Gateway" in host.call("CHECK", one, netns, "c1", previous=result)["msg"]
    wide = network("a", {"type": "bridge", "ipam": static("10.1.0.9/24")})
    assert codes(wide) == set()
    netns, result = host.add(wide)
    assert host.call("CHECK", wide, netns, "c2", previous=result) == {}


def test_check_does_not_find_routes_that_became_one(in_namespace, host) -> None:
    def one(**second: object) -> Network:
        routes = [{"dst": "fd08::/64", "gw": "fd00::8"}, {"dst": "fd08::/64", "gw": "fd00::9", **second}]
        return network("a", {"type": "bridge", "ipam": host_local("fd00::/64", routes=routes)})

    assert codes(one()) == {"NC239"}
    netns, result = host.add(one())
    assert "not found" in host.call("CHECK", one(), netns, "c1", previous=result)["msg"]
    assert codes(one(priority=2000)) == set()
    netns, result = host.add(one(priority=2000))
    assert host.call("CHECK", one(priority=2000), netns, "c2", previous=result) == {}


@pytest.mark.parametrize("type_", ["bridge", "ptp"])
def test_any_dns_of_the_plugin_replaces_the_ipam_plugins(in_namespace, host, type_: str) -> None:
    ipam = static(dns={"nameservers": ["10.1.0.1"]})
    ipam["addresses"] = [{"address": "10.1.0.9/24", "gateway": "10.1.0.1"}]
    both = network("a", {"type": type_, "dns": {"search": []}, "ipam": ipam})
    assert codes(both) == {"NC316"}
    assert "dns" not in host.add(both)[1]
    alone = network("a", {"type": type_, "ipam": ipam})
    assert codes(alone) == set()
    assert host.add(alone)[1]["dns"] == {"nameservers": ["10.1.0.1"]}


def test_macvlan_does_not_look_into_args(in_namespace, host) -> None:
    uplink()
    args = {"cni": {"mac": "02:00:00:00:00:09"}}
    one = network("a", {"type": "macvlan", "master": "up0", "args": args, "ipam": static("10.1.0.9/24")})
    assert codes(one) == {"NC317"}
    assert host.add(one)[1]["interfaces"][0]["mac"] != "02:00:00:00:00:09"
    bridge = network("b", {"type": "bridge", "args": args, "ipam": static("10.1.0.9/24")})
    assert codes(bridge) == set()
    assert host.add(bridge)[1]["interfaces"][2]["mac"] == "02:00:00:00:00:09"


def test_tuning_changes_the_containers_end_only(in_namespace, host) -> None:
    link = {"type": "bridge", "bridge": "br0", "mtu": 1450, "ipam": static("10.1.0.9/24")}
    one = network("a", link, {"type": "tuning", "mtu": 9000})
    assert codes(one) == {"NC319"}
    netns, result = host.add(one)
    assert shown("link", "show", "eth0", netns=netns)[0]["mtu"] == 9000
    assert shown("link", "show", result["interfaces"][1]["name"])[0]["mtu"] == 1450


def test_the_spoof_check_knows_the_first_address_only(in_namespace, host) -> None:
    link = {"type": "bridge", "bridge": "br0", "macspoofchk": True, "ipam": static("10.1.0.9/24")}
    one = network("a", link, {"type": "tuning", "mac": "02:00:00:00:00:09"})
    assert codes(one) == {"NC318"}
    _, result = host.add(one)
    if "interfaces" not in result:
        pytest.skip(f"this host has no nft for bridges: {result['msg']}")
    rules = subprocess.run(["nft", "list", "table", "bridge", "nat"], capture_output=True, text=True, check=True)
    assert "ether saddr" in rules.stdout
    assert "02:00:00:00:00:09" not in rules.stdout


def test_a_tiny_rate_is_taken_as_bits(in_namespace, host) -> None:
    link = {"type": "bridge", "bridge": "br0", "ipam": static("10.1.0.9/24")}
    one = network("a", link, {"type": "bandwidth", "ingressRate": 100, "ingressBurst": 16000})
    assert codes(one) >= {"NC467"}
    _, result = host.add(one)
    if "interfaces" not in result:
        pytest.skip(f"this kernel has no token bucket: {result['msg']}")
    name = result["interfaces"][1]["name"]
    queues = subprocess.run(["tc", "qdisc", "show", "dev", name], capture_output=True, text=True, check=True).stdout
    assert "rate 96bit" in queues  # whole bytes


def test_one_network_twice_in_a_container_loses_its_chain(in_namespace, host) -> None:
    link = {"type": "bridge", "bridge": "br0", "ipMasq": True, "ipMasqBackend": "iptables"}
    one = network("a", {**link, "ipam": host_local("10.1.0.0/24", routes=[{"dst": "10.9.0.0/16"}])})
    netns, first = host.add(one)
    assert "ips" in first, first
    second = host.call("ADD", one, netns, "c1", "eth1")
    assert "ips" in second
    assert "CHAIN" in host.call("DEL", one, netns, "c1", "eth1", previous=second)["msg"].upper()


def test_host_locals_own_gateway_is_nobody(in_namespace, host) -> None:
    ipam = host_local("10.1.0.0/24", routes=[{"dst": "0.0.0.0/0"}])
    one = network("a", {"type": "bridge", "bridge": "br0", "ipam": ipam})
    assert codes(one) == {"NC240"}
    netns, _ = host.add(one)
    assert shown("route", "show", "default", netns=netns)[0]["gateway"] == "10.1.0.1"
    assert "10.1.0.1" not in json.dumps(shown("addr"))
    gateway = network("b", {"type": "bridge", "bridge": "br1", "isGateway": True, "ipam": ipam})
    assert codes(gateway) == set()
    host.add(gateway)
    assert "10.1.0.1" in json.dumps(shown("addr"))


def test_a_gateway_of_the_other_family_is_no_next_hop(in_namespace, host) -> None:
    ipam = host_local("10.1.0.0/24", gateway="fd00::1", routes=[{"dst": "0.0.0.0/0"}])
    one = network("a", {"type": "bridge", "bridge": "br0", "isGateway": True, "ipam": ipam})
    assert codes(one) == {"NC209"}
    netns, _ = host.add(one)
    (way,) = shown("route", "show", "default", netns=netns)
    assert "gateway" not in way
