"""What a change means for running pods: each effect where it is due, and not where it is not."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from netc.diff import compare
from netc.diff.effect import Grade

BRIDGE = "network n {{ plugin bridge {{ isGateway = true, {keys} ipam host-local {{ {ipam} }} }}\n{more} }}"


def bridge(ipam: str = "subnet = 10.1.0.0/24", keys: str = "", more: str = "") -> str:
    return BRIDGE.format(ipam=ipam, keys=keys, more=more)


WIDE = "subnet = 10.1.0.0/24, routes = [{ dst = 0.0.0.0/0 }]"
PORTS = "plugin portmap { capabilities { portMappings = true } }"
CASES = [
    # what changes, before, after, the effects
    ("nothing", bridge(), bridge(), []),
    ("a key that only new pods get", bridge(keys="hairpinMode = true,"), bridge(), []),
    ("name", "network n { plugin loopback { } }", "network m { plugin loopback { } }", ["network-renamed"]),
    ("the gateway's subnet", bridge(), bridge("subnet = 10.2.0.0/24"), ["bridge-address", "leases-outside"]),
    (
        "the gateway's subnet by force",
        bridge(keys="forceAddress = true,"),
        bridge("subnet = 10.2.0.0/24", "forceAddress = true,"),
        ["bridge-address", "leases-outside"],
    ),
    (
        "an IPv6 subnet that the bridge takes beside the other",
        bridge("subnet = fd00:1::/64"),
        bridge("subnet = fd00:2::/64"),
        ["leases-outside"],
    ),
    ("a smaller range", bridge(), bridge("subnet = 10.1.0.0/24, rangeEnd = 10.1.0.99"), ["leases-outside"]),
    ("a larger range", bridge("subnet = 10.1.0.0/24, rangeEnd = 10.1.0.99"), bridge(), []),
    ("the folder of leases", bridge(), bridge('subnet = 10.1.0.0/24, dataDir = "/x"'), ["leases-forgotten"]),
    (
        "a second family",
        bridge(),
        bridge("ranges = [[{ subnet = 10.1.0.0/24 }], [{ subnet = fd00::/64 }]]"),
        ["family-changed"],
    ),
    ("the bridge, with its subnet kept", bridge(), bridge(keys='bridge = "br1",'), ["bridge-renamed"]),
    (
        "the bridge and the subnet",
        bridge(),
        bridge("subnet = 10.2.0.0/24", 'bridge = "br1",'),
        ["bridge-renamed", "leases-outside"],
    ),
    ("the MTU", bridge(keys="mtu = 1400,"), bridge(keys="mtu = 1450,"), ["mtu-changed"]),
    ("an MTU of 0 is none", bridge(keys="mtu = 0,"), bridge(), []),
    ("the VLAN", bridge(keys="vlan = 5,"), bridge(keys="vlan = 6,"), ["wire-changed"]),
    ("a default route of the plugin", bridge(), bridge(keys="isDefaultGateway = true,"), ["default-route-gained"]),
    ("a default route of ipam", bridge(WIDE), bridge(), ["default-route-lost"]),
    ("who makes the default route", bridge(WIDE), bridge(keys="isDefaultGateway = true,"), []),
    (
        "another route",
        bridge("subnet = 10.1.0.0/24, routes = [{ dst = 10.9.0.0/16 }]"),
        bridge("subnet = 10.1.0.0/24, routes = [{ dst = 10.8.0.0/16 }]"),
        ["routes-changed"],
    ),
    ("masquerading off", bridge(keys="ipMasq = true,"), bridge(), ["masquerade-lost"]),
    ("masquerading on", bridge(), bridge(keys="ipMasq = true,"), ["masquerade-gained"]),
    (
        "its backend",
        bridge(keys="ipMasq = true,"),
        bridge(keys='ipMasq = true, ipMasqBackend = "nftables",'),
        ["masquerade-backend"],
    ),
    ("a plugin less", bridge(more=PORTS), bridge(), ["plugin-removed"]),
    ("a plugin less that works in the container", bridge(more="plugin tuning { mtu = 1400 }"), bridge(), []),
    ("a plugin more", bridge(), bridge(more=PORTS), ["plugin-added"]),
    ("a capability less", bridge(more=PORTS), bridge(more="plugin portmap { }"), ["capability-lost"]),
    (
        "the backend of port maps",
        bridge(more=PORTS),
        bridge(more='plugin portmap { backend = "nftables", capabilities { portMappings = true } }'),
        ["backend-changed"],
    ),
    (
        "the master",
        'network n { plugin macvlan { master = "eth0" } }',
        'network n { plugin macvlan { master = "eth1" } }',
        ["wire-changed"],
    ),
    (
        "the plugin that makes the interface",
        "network n { plugin ptp { ipam host-local { subnet = 10.1.0.0/24 } } }",
        bridge(),
        ["interface-plugin-changed"],
    ),
    (
        "the IPAM plugin",
        bridge(),
        "network n { plugin bridge { isGateway = true, ipam static { addresses = [{ address = 10.1.0.7/24 }] } } }",
        ["leases-forgotten"],
    ),
    ("CHECK", bridge(), "network n { disableCheck = true, plugin bridge { isGateway = true, ipam host-local "
     "{ subnet = 10.1.0.0/24 } } }", ["check-switched"]),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), [one[1:] for one in CASES], ids=[one[0] for one in CASES])
def test_an_effect_is_told_where_it_is_due(networks, old: str, new: str, expected: list[str]) -> None:
    found = compare(networks(old), networks(new)).all_effects
    assert sorted({one.name for one in found}) == sorted(expected)
    assert all(one.old is not None or one.new is not None for one in found)


def test_a_renamed_network_has_other_leases(networks) -> None:
    text = "network {name} {{ plugin ptp {{ ipam host-local {{ subnet = {subnet} }} }} }}"
    old = networks(text.format(name="old", subnet="10.1.0.0/24"))
    same = compare(old, networks(text.format(name="new", subnet="10.1.0.0/24"))).all_effects
    assert {(one.name, one.grade) for one in same} == {
        ("network-renamed", Grade.BREAKS),
        ("leases-forgotten", Grade.BREAKS),
    }
    apart = compare(old, networks(text.format(name="new", subnet="10.2.0.0/24"))).all_effects
    assert {one.name: one.grade for one in apart}["leases-forgotten"] is Grade.LEAVES


def test_leases_that_are_known_are_counted(networks) -> None:
    old = networks(bridge())
    new = networks(bridge("subnet = 10.1.0.0/24, rangeEnd = 10.1.0.99"))
    inside, outside = ip_address("10.1.0.5"), ip_address("10.1.0.200")
    assert compare(old, new, leases={"n": (inside,)}).all_effects == ()
    (effect,) = compare(old, new, leases={"n": (inside, outside)}).all_effects
    assert effect.message == "1 of 2 leases lies outside of what new pods get: 10.1.0.200"


def test_the_first_file_of_a_folder_is_the_default(networks) -> None:
    old = [*networks("network a { plugin loopback { } }", "10-a.conflist")]
    new = [*networks("network b { plugin loopback { } }", "05-b.conflist"), *old]
    assert [one.name for one in compare(old, new).all_effects] == []
    (effect,) = compare(old, new, conf_dir=True).effects
    assert effect.name == "default-network"
    assert effect.help == "give the file a name behind 10-a.conflist"
