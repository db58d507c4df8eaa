"""firewall's driver: rules that are the reference plugin's, and what they let through."""

from __future__ import annotations

import subprocess
from ipaddress import ip_address, ip_network

import pytest

from netc.cni.errors import CniError, Code
from netc.kernel.nft import find_program
from netc.lab import probes

pytestmark = pytest.mark.lab

OUTSIDE = ip_address("192.0.2.9")


def rules(node) -> list[list[str]]:
    from netc.kernel.iptables import Iptables

    return [Iptables(node.host, family).run("filter", "-S") for family in ("ipv4", "ipv6")]


def close(node) -> None:
    """The node forwards nothing that is not accepted."""
    from netc.kernel import Route
    from netc.kernel.iptables import Iptables

    Iptables(node.host, "ipv4").run("filter", "-P", "FORWARD", "DROP")
    outside = node.outside()
    link = outside.link("peer0")
    outside.add_route(Route(ip_network("10.1.0.0/24"), oif=link.index, gateway=ip_address("192.0.2.1")))


def test_a_container_gets_out_where_nothing_else_does(node):
    box = node.container(2)
    close(node)
    inside, outside = node.namespace(box), node.outside()
    assert not probes.tcp(inside, outside, OUTSIDE, 80, seconds=0.3)

    answer = node.call("firewall", "ADD", box)

    assert answer == box.prev_result
    assert (reach := probes.tcp(inside, outside, OUTSIDE, 80)), reach.why
    assert not probes.tcp(outside, inside, box.addresses[0], 80, seconds=0.3), "new connections from outside are not"
    node.call("firewall", "CHECK", box)
    for _ in range(2):
        node.call("firewall", "DEL", box)
    assert not probes.tcp(inside, outside, OUTSIDE, 80, seconds=0.3)
    with pytest.raises(CniError) as missing:
        node.call("firewall", "CHECK", box)
    assert missing.value.msg == (
        "expected rule [-d 10.1.0.2/32 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT] not found"
    )


@pytest.mark.parametrize(
    ("chain", "rule"),
    [
        ("FORWARD", "--comment CNI firewall plugin rules -j CNI-FORWARD"),
        ("CNI-FORWARD", "--comment CNI firewall plugin admin overrides -j CNI-ADMIN"),
    ],
)
def test_check_names_the_chain_that_lost_what_all_share(node, chain, rule):
    box = node.container(2)
    node.call("firewall", "ADD", box)
    with node.host.entered():
        subprocess.run([find_program("iptables"), "-F", chain], check=True)
    with pytest.raises(CniError) as missing:
        node.call("firewall", "CHECK", box)
    assert missing.value.msg == f"expected {chain} rule [-m comment {rule}] not found"


def test_two_containers_do_not_share_their_rules(node):
    one, two = node.container(2), node.container(3)
    node.call("firewall", "ADD", one)
    node.call("firewall", "ADD", two)

    node.call("firewall", "DEL", one)

    node.call("firewall", "CHECK", two)


def test_adding_again_adds_nothing(node):
    box = node.container(2)
    given = {"ingressPolicy": "isolated", "iptablesAdminChainName": "MINE"}
    node.call("firewall", "ADD", box, given)
    before = rules(node)

    node.call("firewall", "ADD", box, given)

    assert rules(node) == before


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"prevResult": None}, "missing prevResult from earlier plugin"),
        (
            {"backend": 5},
            "failed to load netconf: json: cannot unmarshal number into Go struct field FirewallNetConf.backend of type string",
        ),
        ({"ingressPolicy": "x"}, 'unknown ingress policy: "x"'),
        (
            {
                "ingressPolicy": "same-bridge",
                "prevResult": {"cniVersion": "1.1.0", "ips": [{"address": "10.1.0.2/24"}]},
            },
            'interface needs to be set for ingress policy "same-bridge", make sure to chain "firewall" plugin with "bridge"',
        ),
        ({"backend": "firewalld"}, "netc speaks to no firewalld: run the reference plugin, or set backend to iptables"),
    ],
)
def test_what_add_refuses(node, given, text):
    box = node.container(2)

    with pytest.raises(CniError) as refusal:
        node.call("firewall", "ADD", box, given)

    assert (refusal.value.code, refusal.value.msg) == (Code.INTERNAL, text)
    assert not [line for family in rules(node) for line in family if "CNI-" in line]


def test_a_chain_name_that_iptables_refuses(node):
    with pytest.raises(CniError, match=r"failed to check iptables chain existence: .* too long"):
        node.call("firewall", "ADD", node.container(2), {"iptablesAdminChainName": "A" * 29})


def test_a_failed_add_leaves_no_rule_of_the_container(node):
    from netc.kernel import KernelError

    box, calls = node.container(2), []

    def refuse(operation: str) -> None:
        calls.append(operation)
        if operation == "ip6tables" and calls.count("ip6tables") == 5:
            raise KernelError(5, operation)

    node.kernel.before_call = refuse
    with pytest.raises(CniError, match="input/output error"):
        node.call("firewall", "ADD", box)
    node.kernel.before_call = None

    assert not [line for family in rules(node) for line in family if "ACCEPT" in line and "-A CNI-FORWARD" in line]


def test_delete_needs_no_result_and_status_is_well(node):
    box = node.container(2)

    node.call("firewall", "DEL", box, {"prevResult": None})
    node.call("firewall", "STATUS", None)


@pytest.mark.parity
@pytest.mark.parametrize(
    "given",
    [
        {},
        {"ingressPolicy": "open"},
        {"ingressPolicy": "same-bridge"},
        {"ingressPolicy": "isolated"},
        {"iptablesAdminChainName": "MINE"},
    ],
    ids=str,
)
def test_the_rules_are_the_reference_plugins(node, reference_plugins, given):
    from netc.kernel.iptables import Iptables

    box, seen = node.container(2), []

    for run in (node.call, lambda *args: node.reference(reference_plugins, *args)):
        answer = run("firewall", "ADD", box, given)
        added = rules(node)
        run("firewall", "DEL", box, given)
        seen.append((answer, added, rules(node)))
        for family in ("ipv4", "ipv6"):
            Iptables(node.host, family).run("filter", "-F")
            Iptables(node.host, family).run("filter", "-X")

    assert seen[0] == seen[1]
