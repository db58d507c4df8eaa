"""What is left after DEL: kept for a reason, or left behind."""

from __future__ import annotations

import pytest

from netc.lab.residue import settle
from netc.lab.snapshot import Snapshot

ID = "netc-attach"
BEFORE = {("host", "sysctl", "net.ipv4.ip_forward"): (("", "0"),)}


def _settle(*facts, before=None, marks=(ID, "10.1.0.2")):
    start = Snapshot(BEFORE if before is None else before)
    end = Snapshot({**start.facts, **dict(facts)})
    left, kept = settle(start, end, marks)
    return [change.name for change in left], {item.change.name: item.reason for item in kept}


def _fact(place, kind, name, *details):
    return (place, kind, name), tuple(("", detail) for detail in details)


def test_nothing_that_differs_is_nothing():
    assert _settle() == ([], {})


@pytest.mark.parametrize(
    "fact",
    [
        _fact("host", "link", "veth12345678", "veth"),
        _fact("host", "link", "bwp0123456789ab", "ifb"),
        _fact("container", "link", "eth0", "veth"),
        _fact("container", "address", "10.1.0.2/16 on eth0"),
        _fact("host", "route", "10.1.0.2/32 dev veth12345678"),
        _fact("host", "nft element", f'inet netc masquerade4: 10.1.0.2 comment "id: {ID}"'),
        _fact("host", "nft element", "inet netc masquerade4: 10.1.0.9"),
        _fact("host", "nft rule", "inet netc masquerade: ip saddr 10.1.0.2 masquerade"),
        _fact("host", "nft chain", "inet x CNI-SBR-0123456789abcdef"),
        _fact("host", "iptables chain", "nat CNI-74977a7eb2b277cada75332e"),
        _fact("host", "iptables rule", "nat CNI-DN-74977a7eb2b277cada753 -p tcp --dport 8080 -j DNAT"),
        _fact("host", "iptables rule", "filter CNI-FORWARD -d 10.1.0.2/32 -j ACCEPT"),
        _fact("host", "qdisc", "tbf on uplink0"),
        _fact("host", "sysctl", "net.ipv4.conf.uplink0.route_localnet", "1"),
        _fact("files", "file", "/var/lib/cni/networks/dbnet/10.1.0.2", "netc-attach eth0"),
        _fact("files", "file", "/run/cni/tuning/netc-attach_eth0.json", "{}"),
    ],
    ids=lambda fact: fact[0][2],
)
def test_what_belongs_to_the_attachment_is_left_behind(fact):
    assert _settle(fact) == ([fact[0][2]], {})


@pytest.mark.parametrize(
    ("fact", "reason"),
    [
        (_fact("host", "sysctl", "net.ipv4.ip_forward", "1"), "forwarding"),
        (_fact("host", "sysctl", "net.ipv6.conf.all.forwarding", "1"), "forwarding"),
        (_fact("host", "nft table", "inet netc"), "all attachments share"),
        (_fact("host", "nft set", "inet netc masquerade4"), "all attachments share"),
        (_fact("host", "nft rule", "inet netc masquerade: ip saddr @masquerade4 masquerade"), "all attachments share"),
        (_fact("host", "iptables chain", "nat CNI-HOSTPORT-DNAT"), "all attachments share"),
        (_fact("host", "iptables rule", "nat OUTPUT -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT"), "share"),
        (_fact("container", "address", "127.0.0.1/8 on lo"), "lo"),
        (_fact("container", "sysctl", "net.core.somaxconn", "500"), "namespace"),
        (_fact("files", "file", "/var/lib/cni/networks/dbnet/last_reserved_ip.0", "10.1.0.2"), "host-local"),
        (_fact("files", "file", "/var/lib/cni/networks/dbnet/lock"), "lock"),
        (_fact("files", "file", "/run/xtables.lock"), "lock"),
    ],
    ids=lambda value: value[0][2] if isinstance(value, tuple) else "",
)
def test_what_stays_by_design_is_kept_with_its_reason(fact, reason):
    left, kept = _settle(fact)
    assert left == []
    assert reason in kept[fact[0][2]]


def test_a_bridge_is_kept_with_what_is_its_own_but_not_what_is_on_it():
    left, kept = _settle(
        _fact("host", "link", "cni0", "bridge", "state up"),
        _fact("host", "address", "10.1.0.1/16 on cni0"),
        _fact("host", "route", "10.1.0.0/16 dev cni0 src 10.1.0.1"),
        _fact("host", "sysctl", "net.ipv6.conf.cni0.accept_ra", "0"),
        _fact("host", "link", "veth12345678", "veth", "master cni0"),
        _fact("host", "qdisc", "tbf on cni0"),
    )
    assert left == ["veth12345678", "tbf on cni0"]
    assert set(kept) == {
        "cni0",
        "10.1.0.1/16 on cni0",
        "10.1.0.0/16 dev cni0 src 10.1.0.1",
        "net.ipv6.conf.cni0.accept_ra",
    }


def test_what_del_took_away_too_much_is_left_behind_as_well():
    """A DEL that removes what was there before ADD is a fault like one that leaves something."""
    key = ("host", "route", "default via 198.51.100.1 dev uplink0")
    start = Snapshot({key: ()})
    left, kept = settle(start, Snapshot({}), ())
    assert [(change.name, change.action) for change in left] == [(key[2], "removed")]
    assert kept == ()


@pytest.mark.parametrize(
    "longer", ["ip saddr 10.1.0.20 accept", "ip saddr 110.1.0.2 accept", "ip6 saddr fd00::2:9 drop"]
)
def test_an_address_is_no_mark_of_a_longer_one(longer):
    left, kept = _settle(_fact("host", "nft rule", f"inet netc x: {longer}"), marks=("10.1.0.2", "fd00::2"))
    assert (left, len(kept)) == ([], 1)


@pytest.mark.parametrize("rule", ["dnat to 10.1.0.2:80", "dnat to [fd00::2]:80", "ip6 saddr fd00::2 drop"])
def test_an_address_with_a_port_is_still_the_address(rule):
    left, _ = _settle(_fact("host", "nft rule", f"inet netc x: {rule}"), marks=("10.1.0.2", "fd00::2"))
    assert len(left) == 1
