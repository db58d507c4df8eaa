"""Masquerading as traffic sees it, and its elements as DEL and GC have to find them."""

from __future__ import annotations

import socket
from ipaddress import ip_interface

import pytest

from netc.cni.plugin import Call, Environment, Verb
from netc.kernel import KernelError
from netc.kernel.iptables import Iptables
from netc.plugins import masquerade

pytestmark = pytest.mark.lab

UPLINK = {4: "192.0.2.1", 6: "2001:db8::1"}
OUTSIDE = {4: "192.0.2.9", 6: "2001:db8::9"}
FAMILY = {4: socket.AF_INET, 6: socket.AF_INET6}


def attachment(container, network: str = "net1") -> Call:
    """The call of a container's interface, as far as masquerading looks at it."""
    env = Environment("ADD", container.id, container.path, container.ifname, "", "")
    return Call(Verb.ADD, env, {"name": network}, "1.1.0", lambda: None, lambda verb: None)


def addresses(container):
    return [ip_interface(ip["address"]) for ip in container.prev_result["ips"]]


def seen_from(server, client, address: str, version: int) -> str | None:
    """The source address that a server on `address` sees of a client, None if nothing arrives."""
    listening = server.socket(FAMILY[version], socket.SOCK_STREAM)
    calling = client.socket(FAMILY[version], socket.SOCK_STREAM)
    with listening, calling:
        listening.bind((address, 0))
        listening.listen()
        calling.settimeout(1)
        try:
            calling.connect(listening.getsockname()[:2])
        except OSError:
            return None
        accepted, peer = listening.accept()
        accepted.close()
        return peer[0]


@pytest.fixture(params=["nftables", "iptables"])
def backend(request, node):
    return request.param


def usable(node, backend) -> None:
    if backend == "iptables" and not Iptables(node.host, "ipv4").usable("nat", "POSTROUTING"):
        pytest.skip("no working iptables")


@pytest.mark.parametrize("version", [4, 6])
def test_the_outside_sees_the_host_and_neighbours_see_the_container(node, backend, version):
    usable(node, backend)
    one, two, outside = node.container(2), node.container(3), node.outside()
    inside = node.namespace(one)
    own = str(addresses(one)[0 if version == 4 else 1].ip)
    assert seen_from(outside, inside, OUTSIDE[version], version) is None, "the outside knows no way back"

    masquerade.add(node.host, attachment(one), backend, addresses(one))

    assert seen_from(outside, inside, OUTSIDE[version], version) == UPLINK[version]
    neighbour = str(addresses(two)[0 if version == 4 else 1].ip)
    assert seen_from(node.namespace(two), inside, neighbour, version) == own
    assert seen_from(outside, node.namespace(two), OUTSIDE[version], version) is None, "nobody asked for the other one"
    masquerade.remove(node.host, attachment(one), backend, addresses(one))
    assert seen_from(outside, inside, OUTSIDE[version], version) is None


def left(node, backend) -> list[str]:
    """Every trace of an attachment."""
    if backend == "iptables":
        found = []
        for family in ("ipv4", "ipv6"):
            iptables = Iptables(node.host, family)
            found += [line for line in iptables.run("nat", "-S") if "CNI-" in line]
        return found
    return [str(value) for _, value, _ in masquerade._listed(node.host)]


def test_adding_and_removing_again_changes_nothing(node, backend):
    usable(node, backend)
    one = node.container(2)
    for _ in range(2):
        masquerade.add(node.host, attachment(one), backend, addresses(one))
        assert len(left(node, backend)) == {"nftables": 4, "iptables": 8}[backend]
    for _ in range(2):
        masquerade.remove(node.host, attachment(one), backend, addresses(one))
        assert left(node, backend) == []


def test_two_interfaces_of_a_container_on_one_network(node, backend):
    usable(node, backend)
    one = node.container(2)
    two = node.container(3, ifname="eth1", of=one)
    for container in (one, two):
        masquerade.add(node.host, attachment(container), backend, addresses(container))

    masquerade.remove(node.host, attachment(one), backend, addresses(one))

    rest = " ".join(left(node, backend))
    assert "10.1.0.3" in rest
    assert "-s 10.1.0.2" not in rest
    masquerade.remove(node.host, attachment(two), backend, addresses(two))
    assert left(node, backend) == []


def test_a_container_nobody_knows_the_addresses_of(node, backend):
    usable(node, backend)
    one = node.container(2)
    masquerade.add(node.host, attachment(one), backend, addresses(one))
    masquerade.remove(node.host, attachment(one), backend, None)
    assert left(node, backend) == []


def test_gc_goes_by_network_container_and_interface(node, backend):
    usable(node, backend)
    stale, valid, elsewhere = node.container(2), node.container(3), node.container(4)
    for container, network in ((stale, "net1"), (valid, "net1"), (elsewhere, "net10")):
        masquerade.add(node.host, attachment(container, network), backend, addresses(container))

    masquerade.collect(node.host, attachment(stale), backend, {(valid.id, valid.ifname)})

    rest = " ".join(left(node, backend))
    assert "10.1.0.2" not in rest
    assert "10.1.0.3" in rest
    assert "10.1.0.4" in rest


def test_an_address_that_another_left_behind_changes_hands(node):
    one, two = node.container(2), node.container(3)
    masquerade.add(node.host, attachment(one), "nftables", [ip_interface("10.1.0.2/24")])
    masquerade.add(node.host, attachment(two), "nftables", [ip_interface("10.1.0.2/24")])
    masquerade.remove(node.host, attachment(one), "nftables", None)
    assert len(left(node, "nftables")) == 2, "it is the second one's now"
    masquerade.add(node.host, attachment(one), "nftables", [ip_interface("10.1.0.2/16")])
    assert any("'len': 16" in value for value in left(node, "nftables"))
    assert not any("'len': 24" in value for value in left(node, "nftables"))
    masquerade.remove(node.host, attachment(one), "nftables", None)
    assert left(node, "nftables") == []


def test_tables_that_an_administrator_flushed_are_declared_again(node):
    one = node.container(2)
    masquerade.add(node.host, attachment(one), "nftables", addresses(one))
    node.host.nft.run({"delete": {"table": {"family": "inet", "name": "netc"}}})
    masquerade.remove(node.host, attachment(one), "nftables", addresses(one))
    masquerade.add(node.host, attachment(one), "nftables", addresses(one))
    assert len(left(node, "nftables")) == 4


def test_a_single_address_is_its_own_network(node):
    one = node.container(2)
    single = [ip_interface("10.1.0.2/32"), ip_interface("fd00:1::2/128")]
    masquerade.add(node.host, attachment(one), "nftables", single)
    assert seen_from(node.outside(), node.namespace(one), OUTSIDE[4], 4) == UPLINK[4]
    masquerade.remove(node.host, attachment(one), "nftables", single)
    assert left(node, "nftables") == []


def test_an_unknown_backend_and_the_default():
    assert (masquerade.chosen(None), masquerade.chosen("iptables")) == ("nftables", "iptables")
    with pytest.raises(Exception, match='unknown ipmasq backend "x"'):
        masquerade.chosen("x")
    assert masquerade.used("x") == "nftables"  # what was made before the name was misspelt has to go


def test_a_refusal_says_what_was_being_done(node):
    one = node.container(2)

    def refuse(operation):
        raise KernelError(5, operation)

    node.kernel.before_call = refuse
    with pytest.raises(Exception, match=r"^failed to set up masquerading: input/output error"):
        masquerade.add(node.host, attachment(one), "nftables", addresses(one))
