"""What a snapshot sees, what a difference says, and that a camera never misses a change."""

from __future__ import annotations

from ipaddress import ip_interface, ip_network

import pytest

from netc.kernel import Route, Rule
from netc.lab.snapshot import Camera, Change, Snapshot, diff

pytestmark = pytest.mark.lab


def _camera(namespace, folders=(), sysctls=()):
    return Camera({"host": namespace}, folders, sysctls)


def _words(changes):
    return [str(change) for change in changes]


def test_a_new_link_is_told_with_its_kind_and_state(in_namespace):
    host = in_namespace.kernel.here()
    camera = _camera(host)
    before = camera.take()
    host.add_bridge("br0", mtu=1400)
    (change,) = diff(before, camera.take())
    assert (change.netns, change.kind, change.name, change.action) == ("host", "link", "br0", "added")
    assert change.detail.startswith("bridge, state down, mtu 1400, mac ")


def test_what_changes_on_a_link_is_told_from_what_to_what(in_namespace):
    host = in_namespace.kernel.here()
    host.add_bridge("br0")
    index = host.link("br0").index
    camera = _camera(host)
    before = camera.take()
    host.set_link(index, up=True, mtu=1280)
    assert "~ link br0 (state down -> up, mtu 1500 -> 1280)" in _words(diff(before, camera.take()))


def test_a_bridge_port_shows_its_master_and_its_flags(in_namespace):
    host = in_namespace.kernel.here()
    host.add_bridge("br0")
    host.add_veth("port0", "inside0")
    camera = _camera(host)
    before = camera.take()
    host.set_link(host.link("port0").index, master=host.link("br0").index)
    joined = camera.take()
    assert any("master none -> br0" in words for words in _words(diff(before, joined)))
    host.set_port(host.link("port0").index, hairpin=True, isolated=False)
    assert _words(diff(joined, camera.take())) == ["~ link port0 (flags none -> hairpin)"]


def test_addresses_routes_and_rules_are_told_and_kernel_noise_is_not(in_namespace):
    host = in_namespace.kernel.here()
    host.add_veth("a0", "b0")
    index = host.link("a0").index
    for name in ("a0", "b0"):
        host.set_sysctl(f"net/ipv6/conf/{name}/accept_dad", "0")
        host.set_link(host.link(name).index, up=True)
    camera = _camera(host)
    before = camera.take()
    host.add_address(index, ip_interface("10.9.0.1/24"))
    host.add_route(Route(dst=ip_network("10.20.0.0/16"), gateway=ip_interface("10.9.0.2/24").ip, oif=index, table=100))
    host.add_route(Route(dst=ip_network("0.0.0.0/0"), gateway=ip_interface("10.9.0.2/24").ip, oif=index, priority=7))
    host.add_rule(Rule(family=2, priority=32000, table=100, src=ip_network("10.9.0.1/32")))
    changes = _words(diff(before, camera.take()))
    assert sorted(changes) == [
        "+ address 10.9.0.1/24 on a0",
        "+ route 10.20.0.0/16 via 10.9.0.2 dev a0 table 100",
        "+ route 10.9.0.0/24 dev a0 src 10.9.0.1",
        "+ route default via 10.9.0.2 dev a0 metric 7",
        "+ rule 32000: from 10.9.0.1/32 lookup 100",
    ]


def test_nftables_is_told_in_words_without_handles_or_counters(in_namespace):
    host = in_namespace.kernel.here()
    camera = _camera(host)
    before = camera.take()
    host.nft.run_script(
        """
        table inet t {
          map ports { type inet_proto . inet_service : ipv4_addr . inet_service; }
          set nets { type ipv4_addr; flags interval; elements = { 10.0.0.0/8 comment "ours" } }
          chain post {
            type nat hook postrouting priority 100; policy accept;
            ip saddr @nets ip daddr != 224.0.0.0/4 counter masquerade comment "id x"
            iifname "eth0" tcp dport { 80, 443 } drop
            ct state established,related accept
            meta mark & 0x1 == 0x1 return
          }
        }
        add element inet t ports { tcp . 8080 : 10.1.0.2 . 80 }
        """
    )
    added = diff(before, camera.take())
    assert {change.action for change in added} == {"added"}
    assert [(change.kind, change.name) for change in added if change.kind != "nft rule"] == [
        ("nft table", "inet t"),
        ("nft map", "inet t ports"),
        ("nft element", "inet t ports: tcp . 8080 : 10.1.0.2 . 80"),
        ("nft set", "inet t nets"),
        ("nft element", 'inet t nets: 10.0.0.0/8 comment "ours"'),
        ("nft chain", "inet t post"),
    ]
    assert [change.name for change in added if change.kind == "nft rule"] == [
        'inet t post: ip saddr @nets ip daddr != 224.0.0.0/4 masquerade comment "id x"',
        "inet t post: iifname eth0 tcp dport { 80, 443 } drop",
        "inet t post: ct state { established, related } accept",
        "inet t post: meta mark & 1 1 return",
    ]


def test_two_equal_rules_are_two_facts(in_namespace):
    host = in_namespace.kernel.here()
    rule = "add rule inet t c ip saddr 10.0.0.1 drop\n"
    host.nft.run_script("add table inet t\nadd chain inet t c\n" + rule)
    camera = _camera(host)
    before = camera.take()
    host.nft.run_script(rule)
    assert _words(diff(before, camera.take())) == ["+ nft rule inet t c: ip saddr 10.0.0.1 drop #2"]


def test_iptables_rules_are_told_as_iptables_writes_them(in_namespace):
    from netc.kernel.iptables import Iptables

    host = in_namespace.kernel.here()
    tables = Iptables(host, "ipv4")
    if not tables.usable():
        pytest.skip("no iptables on this machine")
    camera = _camera(host)
    before = camera.take()
    tables.ensure_chain("nat", "CNI-0123456789abcdef")
    tables.append("nat", "CNI-0123456789abcdef", "-m", "comment", "--comment", "name: x", "-j", "ACCEPT")
    changes = diff(before, camera.take())
    assert ("iptables chain", "nat CNI-0123456789abcdef") in [(change.kind, change.name) for change in changes]
    rules = [change.name for change in changes if change.kind == "iptables rule"]
    assert rules == ['nat CNI-0123456789abcdef -m comment --comment "name: x" -j ACCEPT']
    assert not [change for change in changes if change.kind.startswith("nft")]


def test_a_token_bucket_and_a_redirect_are_told(in_namespace):
    from netc.kernel.qdiscs import token_bucket

    host = in_namespace.kernel.here()
    host.add_veth("a0", "b0")
    a0, b0 = host.link("a0").index, host.link("b0").index
    camera = _camera(host)
    before = camera.take()
    host.qdiscs.add_token_bucket(a0, token_bucket(100_000_000, 8_000_000))
    host.qdiscs.add_ingress(a0)
    host.qdiscs.add_redirect(a0, b0)
    assert _words(diff(before, camera.take())) == [
        "+ qdisc tbf on a0 (rate 100 Mbit/s, limit 1312500 bytes)",
        "+ qdisc ingress on a0",
        "+ filter u32 on a0: redirect to b0",
    ]


def test_sysctls_are_told_where_they_were_set_and_vanish_with_their_link(in_namespace):
    host = in_namespace.kernel.here()
    host.add_veth("a0", "b0")
    camera = _camera(host, sysctls=["net/core/somaxconn"])
    before = camera.take()
    host.set_sysctl("net/ipv4/conf/a0/proxy_arp", "1")
    host.set_sysctl("net/core/somaxconn", "99")
    host.set_sysctl("net/ipv4/ip_forward", "1" if host.sysctl("net/ipv4/ip_forward") == "0" else "0")
    after = camera.take()
    kinds = {change.name: change.action for change in diff(before, after)}
    assert kinds["net.ipv4.conf.a0.proxy_arp"] == "added"
    assert kinds["net.core.somaxconn"] == kinds["net.ipv4.ip_forward"] == "changed"
    host.delete_link(host.link("a0").index)
    gone = diff(after, camera.take())
    assert sorted(change.name for change in gone) == ["a0", "b0"]


def test_files_are_told_with_what_they_begin_with(in_namespace, tmp_path):
    camera = _camera(in_namespace.kernel.here(), [str(tmp_path)])
    before = camera.take()
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "10.1.0.2").write_bytes(b"c1\r\neth0")
    first = camera.take()
    assert diff(before, first) == (Change("files", "file", str(tmp_path / "net" / "10.1.0.2"), "added", "c1 eth0"),)
    (tmp_path / "net" / "10.1.0.2").unlink()
    assert _words(diff(first, camera.take())) == [f"- file {tmp_path / 'net' / '10.1.0.2'}"]


def test_a_camera_sees_what_a_new_one_sees(in_namespace):
    """It reads again only what the kernel has announced: after every kind of change it must agree with a fresh look."""
    host = in_namespace.kernel.here()
    camera = _camera(host)

    def link(name):
        return host.link(name).index

    changes = [
        lambda: host.add_bridge("br0"),
        lambda: host.add_veth("a0", "b0"),
        lambda: host.set_link(link("a0"), up=True),
        lambda: host.set_link(link("b0"), up=True, mtu=1400),
        lambda: host.set_link(link("a0"), master=link("br0")),
        lambda: host.set_port(link("a0"), hairpin=True, isolated=True),
        lambda: host.set_link(link("b0"), promisc=True),
        lambda: host.set_link(link("b0"), mac="02:00:00:00:00:77"),
        lambda: host.add_address(link("b0"), ip_interface("10.9.0.1/24")),
        lambda: host.add_address(link("b0"), ip_interface("fd00:9::1/64")),
        lambda: host.add_rule(Rule(family=10, priority=5, table=7, src=ip_network("fd00:9::/64"))),
        lambda: host.add_route(Route(dst=ip_network("10.30.0.0/16"), oif=link("b0"), table=7)),
        lambda: host.set_sysctl("net/ipv4/conf/b0/arp_notify", "1"),
        lambda: host.nft.run_script("add table inet t\nadd set inet t s { type ipv4_addr; }"),
        lambda: host.nft.run_script("add element inet t s { 10.0.0.1 }"),
        lambda: host.nft.run_script("delete element inet t s { 10.0.0.1 }"),
        lambda: host.qdiscs.add_ingress(link("b0")),
        lambda: host.qdiscs.add_redirect(link("b0"), link("a0")),
        lambda: host.set_link(link("b0"), up=False),
        lambda: host.delete_link(link("b0")),
        lambda: host.nft.run_script("delete table inet t"),
    ]
    before = camera.take()
    for number, change in enumerate(changes):
        change()
        seen = camera.take()
        assert seen == _camera(host).take(), f"change {number}"
        assert diff(before, seen), f"change {number} was not seen at all"
        before = seen


def test_a_difference_turned_around_is_its_opposite():
    one = Snapshot({("host", "link", "a"): (("mtu", "1500"),), ("host", "address", "x"): ()})
    two = Snapshot({("host", "link", "a"): (("mtu", "1400"),), ("host", "route", "y"): ()})
    assert _words(diff(one, two)) == ["~ link a (mtu 1500 -> 1400)", "+ route y", "- address x"]
    assert _words(diff(two, one)) == ["~ link a (mtu 1400 -> 1500)", "+ address x", "- route y"]
    assert diff(one, one) == ()
