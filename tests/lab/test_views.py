"""A published port is read from whatever form its rule has."""

from __future__ import annotations

import pytest

from netc.lab import views
from netc.lab.snapshot import Change, Snapshot

ANY = {"protocol": "tcp", "host_ip": "", "host_port": 8080, "ip": "10.1.0.2", "port": 80}


@pytest.mark.parametrize(
    ("kind", "rule", "expected"),
    [
        ("nft element", 'inet t ports4: tcp . 8080 : 10.1.0.2 . 80 comment "id: x"', ANY),
        ("nft element", "inet t ports6: tcp . 8080 : fd00::2 . 80", ANY | {"ip": "fd00::2"}),
        ("nft element", "inet t hostports4: 192.0.2.1 . udp . 53 : 10.1.0.2 . 5353", "192.0.2.1"),
        ("nft element", "inet t hostports6: 2001:db8::1 . udp . 53 : 10.1.0.2 . 5353", "2001:db8::1"),
        ("nft rule", 'ip t hostports: tcp dport 8080 dnat to 10.1.0.2:80 comment "x"', ANY),
        ("nft rule", "ip t hostports: ip daddr 192.0.2.1 udp dport 53 dnat to 10.1.0.2:5353", "192.0.2.1"),
        ("nft rule", "ip6 t hostports: tcp dport 8080 dnat to [fd00::2]:80", ANY | {"ip": "fd00::2"}),
        ("iptables rule", "nat CNI-DN-x -p tcp -m tcp --dport 8080 -j DNAT --to-destination 10.1.0.2:80", ANY),
        (
            "ip6tables rule",
            "nat CNI-DN-x -p tcp -m tcp --dport 8080 -j DNAT --to-destination [fd00::2]:80",
            ANY | {"ip": "fd00::2"},
        ),
        (
            "iptables rule",
            "nat CNI-DN-x -d 192.0.2.1/32 -p udp -m udp --dport 53 -j DNAT --to-destination 10.1.0.2:5353",
            "192.0.2.1",
        ),
        ("nft element", "inet t masquerade4: 127.0.0.1 . 10.1.0.2", None),
        ("nft rule", "inet t published: dnat to meta l4proto . th dport map @ports4", None),
        ("iptables rule", "nat OUTPUT -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT", None),
    ],
)
def test_a_port_map_is_read_from_its_rule(kind, rule, expected):
    if isinstance(expected, str):
        expected = {"protocol": "udp", "host_ip": expected, "host_port": 53, "ip": "10.1.0.2", "port": 5353}
    seen = views.host(Snapshot({}), [Change("host", kind, rule, "added")])
    assert seen["port_maps"] == ([expected] if expected else [])
    assert seen["rules"] == [rule]


def test_a_containers_rules_are_not_the_hosts():
    seen = views.host(Snapshot({}), [Change("container", "nft rule", "ip t c: drop", "added")])
    assert seen["rules"] == []
