"""The facade against a real kernel: what is written is read back, and refusals say what and why."""

from __future__ import annotations

import errno
import os
import threading
from ipaddress import ip_address, ip_interface, ip_network

import pytest

from netc.kernel import Kernel, KernelError, Route, Rule

pytestmark = pytest.mark.lab


def test_a_veth_pair_spans_two_namespaces(in_namespace):
    host = in_namespace.kernel.here()
    container = in_namespace.kernel.at(in_namespace.container())

    container.add_veth("eth0", "veth1", peer_netns=host, mtu=1400, mac="02:00:00:00:00:01")

    inner, outer = container.link("eth0"), host.link("veth1")
    assert (inner.kind, inner.mtu, inner.mac, inner.txqlen) == ("veth", 1400, "02:00:00:00:00:01", 1000)
    assert (outer.kind, outer.mtu, outer.txqlen) == ("veth", 1400, 0)
    assert (inner.parent, outer.parent) == (outer.index, inner.index)
    assert not inner.up
    assert not outer.up


def test_a_bridge_port_keeps_its_flags(in_namespace):
    host = in_namespace.kernel.here()
    host.add_bridge("br0", mtu=1450)
    host.add_veth("a", "b")
    bridge, port = host.link("br0"), host.link("a")

    host.set_link(port.index, master=bridge.index)
    host.set_port(port.index, hairpin=True, isolated=False)

    port = host.link("a")
    assert port.master == bridge.index
    assert (port.port.hairpin, port.port.isolated) == (True, False)
    host.set_port(port.index, hairpin=False, isolated=True)
    port = host.link("a")
    assert (port.port.hairpin, port.port.isolated) == (False, True)
    host.set_link(port.index, master=0)
    assert host.link("a").master == 0


def test_every_attribute_of_a_link_can_be_changed(in_namespace):
    host = in_namespace.kernel.here()
    container = in_namespace.kernel.at(in_namespace.container())
    host.add_veth("a", "b")
    index = host.link("a").index

    host.set_link(index, mtu=1234, mac="02:00:00:00:00:07", name="c", txqlen=7, alias="of a test")
    host.set_link(index, up=True, promisc=True, allmulti=True)

    link = host.link_at(index)
    assert (link.name, link.mtu, link.mac, link.txqlen, link.alias) == ("c", 1234, "02:00:00:00:00:07", 7, "of a test")
    assert (link.up, link.promisc, link.allmulti) == (True, True, True)
    host.set_link(index, up=False, promisc=False, allmulti=False)
    link = host.link_at(index)
    assert (link.up, link.promisc, link.allmulti) == (False, False, False)
    host.set_link(index, netns=container)
    assert host.link("c") is None
    assert container.link("c").kind == "veth"


def test_addresses_come_back_with_their_broadcast(in_namespace):
    host = in_namespace.kernel.here()
    host.add_veth("a", "b")
    index = host.link("a").index
    for text in ("10.1.2.3/24", "10.9.0.1/31", "10.9.0.9/32", "fd00::2/64"):
        host.add_address(index, ip_interface(text))

    found = {str(a.address): a for a in host.addresses(index)}

    assert str(found["10.1.2.3/24"].broadcast) == "10.1.2.255"
    assert found["10.9.0.1/31"].broadcast is None
    assert found["10.9.0.9/32"].broadcast is None
    assert found["fd00::2/64"].scope == 0
    host.delete_address(index, ip_interface("10.1.2.3/24"))
    assert "10.1.2.3/24" not in {str(a.address) for a in host.addresses(index)}
    assert host.addresses(host.link("b").index) == []


def test_routes_of_one_destination_stand_side_by_side_unless_exclusive(in_namespace):
    host = in_namespace.kernel.here()
    host.add_veth("a", "b")
    index = host.link("a").index
    host.add_address(index, ip_interface("10.1.0.2/24"))
    host.set_link(index, up=True)
    first = Route(ip_network("0.0.0.0/0"), oif=index, gateway=ip_address("10.1.0.1"))
    second = Route(ip_network("0.0.0.0/0"), oif=index, gateway=ip_address("10.1.0.9"))
    host.add_route(first)
    host.add_route(second)
    assert [str(r.gateway) for r in host.routes() if r.dst.prefixlen == 0] == ["10.1.0.9", "10.1.0.1"]

    with pytest.raises(KernelError) as refused:
        host.add_route(first, exclusive=True)

    assert str(refused.value) == "file exists"
    assert str(host.route_to(ip_address("8.8.8.8")).gateway) == "10.1.0.9"
    assert host.route_to(ip_address("fd00::1")) is None


def test_routes_of_a_table_with_metrics(in_namespace):
    host = in_namespace.kernel.here()
    host.add_veth("a", "b")
    index = host.link("a").index
    host.add_address(index, ip_interface("10.1.0.2/24"))
    host.set_link(index, up=True)
    route = Route(ip_network("10.7.0.0/16"), oif=index, table=1000, priority=5, mtu=1300, advmss=900, scope=253)

    host.add_route(route)

    assert host.routes(table=1000) == [route]
    assert host.routes(table=4711) == []
    host.delete_route(Route(ip_network("10.7.0.0/16"), table=1000), any_scope=True)
    assert host.routes(table=1000) == []


def test_policy_rules(in_namespace):
    host = in_namespace.kernel.here()
    rule = Rule(2, 100, 1000, src=ip_network("10.1.0.2/32"), fwmark=7, iif="lo")

    host.add_rule(rule)

    assert rule in host.rules(2)
    assert rule not in host.rules(10)
    host.delete_rule(rule)
    assert rule not in host.rules(2)


def test_sysctls_are_those_of_the_namespace(in_namespace):
    host = in_namespace.kernel.here()
    container = in_namespace.kernel.at(in_namespace.container())

    container.set_sysctl("net/ipv4/ip_forward", "1")

    assert container.sysctl("net/ipv4/ip_forward") == "1"
    assert host.sysctl("net/ipv4/ip_forward") == "0"
    with pytest.raises(KernelError, match=r"^open /proc/sys/net/ipv4/nothing: no such file or directory$"):
        host.sysctl("net/ipv4/nothing")


def test_a_missing_kind_names_its_module(in_namespace):
    with pytest.raises(KernelError, match="load the module nosuchkind") as refused:
        in_namespace.kernel.here().add_link("x0", "nosuchkind")
    assert refused.value.reason == "operation not supported"


def test_a_path_that_is_no_namespace(in_namespace, tmp_path):
    plain = tmp_path / "file"
    plain.write_text("")
    with pytest.raises(KernelError, match=f'^failed to Statfs "{tmp_path}/no": no such file or directory$') as refused:
        in_namespace.kernel.at(f"{tmp_path}/no")
    assert refused.value.errno == errno.ENOENT
    with pytest.raises(KernelError, match=rf'^unknown FS magic on "{plain}": [0-9a-f]+$'):
        in_namespace.kernel.at(str(plain))
    with pytest.raises(KernelError, match="not a network namespace"):
        in_namespace.kernel.at("/proc/self/ns/mnt")


def test_one_namespace_is_one_object_until_forgotten(in_namespace):
    kernel, path = in_namespace.kernel, in_namespace.container()
    namespace = kernel.at(path)
    assert kernel.at(path) is namespace
    assert kernel.at("/proc/self/ns/net") is kernel.here()
    namespace.links()
    before = len(os.listdir("/proc/self/fd"))

    kernel.forget(namespace)
    del namespace

    assert len(os.listdir("/proc/self/fd")) == before - 2
    assert kernel.at(path).link("lo") is not None


def test_every_change_is_announced_before_it_is_made(in_namespace):
    heard: list[str] = []
    kernel = Kernel(before_call=heard.append)
    host = kernel.here()
    host.add_bridge("br0")
    index = host.link("br0").index
    host.set_link(index, up=True)
    host.set_sysctl("net/ipv4/ip_forward", "1")
    assert heard == ["add bridge br0", f"set link {index} up=True", "set sysctl net/ipv4/ip_forward=1"]

    def refuse(operation: str) -> None:
        raise KernelError(errno.EIO, operation)

    kernel.before_call = refuse
    with pytest.raises(KernelError, match="input/output error"):
        host.delete_link(index)
    assert host.link("br0") is not None


def test_threads_share_a_namespace(in_namespace):
    kernel = in_namespace.kernel
    host = kernel.here()
    containers = [kernel.at(in_namespace.container()) for _ in range(8)]

    def attach(number: int) -> None:
        containers[number].add_veth("eth0", f"veth{number}", peer_netns=host)
        host.set_link(host.link(f"veth{number}").index, up=True)

    threads = [threading.Thread(target=attach, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {link.name for link in host.links() if link.up} == {f"veth{n}" for n in range(8)}
    assert os.readlink("/proc/thread-self/ns/net").endswith(f"[{host.identity[1]}]")
