"""The comparison itself: it sees what differs, and takes the same rules for the same, whoever made them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from harness import compare, nat, state
from harness.case import Case
from harness.compare import Difference, Line

from netc import plugins

CASES = Path(__file__).parent / "cases"

CASE = Case("one", {"name": "blue", "plugins": []})


def record(*lines: str):
    return [("ADD c1 eth0", list(lines))]


def test_lines_of_one_side_are_shown_with_their_sign():
    lines = compare.compare(CASE, record("same", "theirs"), record("same", "ours", "ours"))
    assert compare.shown(lines) == "@ ADD c1 eth0\n- theirs\n+ ours\n+ ours"


def test_a_link_that_one_side_lacks_is_one_line():
    link = ("c1 link eth0: flags up", "c1 link eth0: mtu 1500", "c1 route default/0 dev eth0", "c1 route x dev eth01")
    lines = compare.compare(CASE, record(), record(*link))
    assert [line.text for line in lines] == ["c1 link eth0 with all that is on it", "c1 route x dev eth01"]


def test_errors_are_the_same_where_the_promised_words_are_in_both_and_the_code_is_one():
    case = Case("one", {"plugins": []}, fails=("exists",))
    theirs, ours = "ptp ADD: fails with code 999: {a} exists", "ptp ADD: fails with code 999: a exists"
    assert compare.compare(case, record(theirs), record(ours)) == []
    assert len(compare.compare(case, record(theirs), record(ours.replace("999", "11")))) == 2
    assert len(compare.compare(CASE, record(theirs), record(ours))) == 2
    assert compare.lacking(case, record("ptp ADD: done")) == ["exists"]


def test_only_what_is_listed_is_explained_and_what_is_listed_must_occur():
    lines = [Line("DEL", "-", "a leak"), Line("DEL", "+", "a surprise")]
    listed = [Difference("ptp", ("o*",), "why", reference=("leak", "gone by now"), netc=("DEL . leak",))]
    assert compare.unexplained(CASE, lines, listed) == [lines[1]]
    assert compare.occurring(CASE, lines, listed) == {(0, "-", "leak")}
    assert compare.unexplained(Case("two", {"plugins": []}), lines, listed) == lines


def test_names_and_macs_that_nobody_asked_for_are_told_by_their_part():
    roles = state.Roles('"mac": "02:11:22:33:44:55"')
    roles.learn("veth0123abcd", "<port of c1 eth0>")
    text = "veth0123abcd veth99999999 02:11:22:33:44:55 ba:11:22:33:44:55 fe80::24c1:ff:feb6:9a19/64 fe80::/64"
    expected = "<port of c1 eth0> <veth> 02:11:22:33:44:55 <mac> fe80::<mac>/64 fe80::/64"
    assert roles.text(text) == expected


# The same by three programs --------------------------------------------------------------------------------------------


def rule(table: tuple[str, str], chain: str, *expressions):
    return {"rule": {"family": table[0], "table": table[1], "chain": chain, "expr": list(expressions)}}


def match(protocol: str, field: str, right, op: str = "=="):
    return {"match": {"op": op, "left": {"payload": {"protocol": protocol, "field": field}}, "right": right}}


def prefix(address: str, length: int):
    return {"prefix": {"addr": address, "len": length}}


MASQUERADE = {"masquerade": None}
REFERENCE, NETC = ("inet", "cni_plugins_masquerade"), ("inet", "netc")
MASQUERADE_NFT = [
    rule(REFERENCE, "postrouting", match("ip", "daddr", prefix("224.0.0.0", 4)), {"return": None}),
    rule(REFERENCE, "masq_checks", match("ip", "saddr", "10.1.0.2"), match("ip", "daddr", prefix("10.1.0.0", 24), "!="),
         MASQUERADE),
]  # fmt: skip
MASQUERADE_NETC = [
    {"set": {"family": "inet", "table": "netc", "name": "masquerade4", "elem": [{"elem": {"val": "10.1.0.2"}}]}},
    {"set": {"family": "inet", "table": "netc", "name": "subnets4",
             "elem": [{"elem": {"val": {"concat": ["10.1.0.2", prefix("10.1.0.0", 24)]}}}]}},
    rule(NETC, "masquerade", match("ip", "daddr", prefix("224.0.0.0", 4)), {"return": None}),
    rule(NETC, "masquerade", match("ip", "saddr", "@masquerade4"), MASQUERADE),
]  # fmt: skip
CHAIN = "CNI-" + "0" * 24
MASQUERADE_IPTABLES = f"""*nat
-A POSTROUTING -s 10.1.0.2/32 -m comment --comment "name: \\"blue\\" id: \\"c1\\"" -j {CHAIN}
-A {CHAIN} -d 10.1.0.0/24 -j ACCEPT
-A {CHAIN} ! -d 224.0.0.0/4 -j MASQUERADE
COMMIT
"""


@pytest.mark.parametrize(
    ("listing", "saved"),
    [(MASQUERADE_NFT, {}), (MASQUERADE_NETC, {}), ([], {"ip": MASQUERADE_IPTABLES})],
    ids=["reference, nftables", "netc", "iptables"],
)
def test_masquerading_means_the_same(listing, saved):
    assert list(nat.meaning(listing, saved)) == ["masquerade from 10.1.0.2, except to 10.1.0.0/24, 224.0.0.0/4"]


def test_masquerading_that_no_rule_looks_at_is_none():
    assert list(nat.meaning(MASQUERADE_NETC[:2], {})) == []


PORTS = ("ip", "cni_hostport")
PORTS_NFT = [
    rule(PORTS, "prerouting", match("ip", "saddr", "192.0.2.1")),
    rule(PORTS, "hostports", match("tcp", "dport", 8080), {"dnat": {"addr": "10.1.0.2", "port": 80}}),
]
PORTS_NETC = [
    rule(("inet", "netc_portmap"), "conditional", match("ip", "saddr", "192.0.2.1"), match("tcp", "dport", 8080),
         {"dnat": {"addr": "10.1.0.2", "port": 80}}),
]  # fmt: skip
PORTS_IPTABLES = """*nat
-A CNI-HOSTPORT-DNAT -s 192.0.2.1 -p tcp -m multiport --dports 8080 -j CNI-DN-1
-A CNI-DN-1 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 10.1.0.2:80
COMMIT
"""


@pytest.mark.parametrize(
    ("listing", "saved"),
    [(PORTS_NFT, {}), (PORTS_NETC, {}), ([], {"ip": PORTS_IPTABLES})],
    ids=["reference, nftables", "netc", "iptables"],
)
def test_port_maps_mean_the_same(listing, saved):
    assert list(nat.meaning(listing, saved)) == ["port any4 tcp 8080 -> 10.1.0.2:80 if -s 192.0.2.1"]


#: Keys that no case needs: bandwidth read them in two releases only, and what any plugin may be given and ignores.
NOT_COMPARED = {"bandwidth.shapedSubnets", "bandwidth.unshapedSubnets", "firewall.firewalldZone"}
_IGNORED = {"capabilities", "args", "dns", "runtimeConfig"}


def test_every_key_of_every_driver_is_in_a_case():
    """dhcp apart: a server has to answer it, and its own tests compare it with the reference plugin."""
    used = {key for path in CASES.glob("*.json") for key in _used(json.loads(path.read_text())["conflist"])}
    known = {
        f"{name}.{key}"
        for name in plugins.names()
        if plugins.has(name, "driver") and name != "dhcp"
        for key in _known(plugins.schema(name), ())
    }
    assert known - used == NOT_COMPARED
    assert len(known) > 100


def _used(conflist):
    for plugin in conflist.get("plugins", ()):
        if isinstance(plugin, dict):
            yield from (f"{plugin.get('type')}.{key}" for key in _keys(plugin, ()))
            if isinstance(plugin.get("ipam"), dict):
                yield from (f"{plugin['ipam'].get('type')}.{key}" for key in _keys(plugin["ipam"], ()))


def _keys(value, path):
    if isinstance(value, list):
        for one in value:
            yield from _keys(one, path)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield ".".join((*path, key))
            yield from _keys(inner, (*path, key))


def _known(schema, path):
    for key, part in schema.get("properties", {}).items():
        if path or key not in (_IGNORED | {"ipam"}):
            yield ".".join((*path, key))
            node = part
            while node.get("type") == "array":
                node = node.get("items", {})
            yield from _known(node, (*path, key))
