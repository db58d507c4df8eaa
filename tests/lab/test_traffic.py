"""Packets over what netc's drivers make: container to container, outside by masquerade, in by port maps, and limited.

Each scene is a sandbox with a network, its containers, and probes; what the probes saw is looked at outside.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

import pytest

from netc.cni import conflist
from netc.cni.cache import Cache
from netc.cni.request import Attachment
from netc.cni.runtime import Runtime
from netc.kernel import Kernel, Namespace
from netc.lab import probes, sandbox
from netc.lab.builtin import Builtin
from netc.lab.filesystem import STATE
from netc.lab.probes import Rate, Reach
from netc.lab.sandbox import Sandbox
from netc.lab.topology import HOST_ADDRESSES, PEER_ADDRESSES

pytestmark = pytest.mark.lab

MBIT = 1_000_000
HOST = {address.version: address.ip for address in HOST_ADDRESSES}
PEER = {address.version: address.ip for address in PEER_ADDRESSES}
LOCALHOST = ip_address("127.0.0.1")
BOTH = pytest.mark.parametrize("version", [4, 6], ids=["IPv4", "IPv6"])

IPAM = {
    "type": "host-local",
    "ranges": [[{"subnet": "10.1.0.0/16"}], [{"subnet": "fd00:1::/64"}]],
    "routes": [{"dst": "0.0.0.0/0"}, {"dst": "::/0"}],
}
BRIDGE = {"type": "bridge", "bridge": "cni0", "isGateway": True, "ipMasq": True, "hairpinMode": True, "ipam": IPAM}
PTP = {"type": "ptp", "ipMasq": True, "ipam": IPAM}
PORTMAP = {"type": "portmap", "capabilities": {"portMappings": True}}
BANDWIDTH = {"type": "bandwidth", "capabilities": {"bandwidth": True}}
INTERFACES = pytest.mark.parametrize("plugin", [BRIDGE, PTP], ids=["bridge", "ptp"])

WEB = [
    {"hostPort": 8080, "containerPort": 80, "protocol": "tcp"},
    {"hostPort": 5353, "containerPort": 53, "protocol": "udp"},
]


@dataclass
class Scene:
    """The inside of a sandbox: the namespaces, and a runtime with one network."""

    box: Sandbox
    kernel: Kernel
    runtime: Runtime
    network: conflist.NetworkList

    @property
    def host(self) -> Namespace:
        return self.kernel.here()

    @property
    def peer(self) -> Namespace:
        return self.kernel.at(self.box.peer)

    def attach(self, name: str, **capabilities: Any) -> Container:
        """A new container on the network."""
        attachment = Attachment(name, self.box.add_namespace(name), "eth0", (), capabilities)
        result = self.runtime.add(self.network, attachment)
        inside = self.kernel.at(attachment.netns)
        assert probes.settle(self.host, inside, seconds=15)
        addresses = {ip.address.version: ip.address.ip for ip in result.ips}
        return Container(attachment, inside, addresses)

    def detach(self, container: Container) -> None:
        self.runtime.delete(self.network, container.attachment)


@dataclass
class Container:
    attachment: Attachment
    namespace: Namespace
    addresses: Mapping[int, Any]


def play(*plugins: Mapping[str, Any], scene: Callable[[Scene], Any]) -> Any:
    """What `scene` returns in a sandbox with a network of these plugins."""
    network = conflist.parse({"cniVersion": "1.1.0", "name": "net1", "plugins": list(plugins)})

    def inside(box: Sandbox) -> Any:
        kernel = Kernel()
        # The second that duplicate address detection takes tells nothing of the drivers.
        kernel.here().set_sysctl("net/ipv6/conf/default/accept_dad", "0")
        return scene(Scene(box, kernel, Runtime(Builtin(kernel), Cache(STATE)), network))

    return sandbox.run(inside)


def reached(*reaches: Reach) -> None:
    """Each of them was reached."""
    for reach in reaches:
        assert reach, reach.why


@INTERFACES
@BOTH
def test_containers_reach_each_other(plugin, version):
    def scene(it: Scene) -> tuple[Reach, Reach, Reach]:
        one, two = it.attach("one"), it.attach("two")
        address = two.addresses[version]
        return (
            probes.ping(one.namespace, address),
            probes.tcp(one.namespace, two.namespace, address, 80),
            probes.udp(one.namespace, two.namespace, address, 53),
        )

    reached(*play(plugin, scene=scene))


@INTERFACES
@BOTH
def test_masquerade_leads_outside(plugin, version):
    """The peer has no route to containers, so that it can answer the host's address alone."""

    def scene(it: Scene) -> tuple[Reach, Reach, Reach]:
        one = it.attach("one")
        return (
            probes.ping(one.namespace, PEER[version]),
            probes.tcp(one.namespace, it.peer, PEER[version], 80),
            probes.udp(one.namespace, it.peer, PEER[version], 53),
        )

    ping, tcp, udp = play(plugin, scene=scene)
    reached(ping, tcp, udp)
    assert ip_address(tcp.seen_from) == ip_address(udp.seen_from) == HOST[version]


@INTERFACES
def test_without_masquerade_nothing_comes_back(plugin):
    def scene(it: Scene) -> Reach:
        one = it.attach("one")
        return probes.udp(one.namespace, it.peer, PEER[4], 53, seconds=0.5)

    reach = play({**plugin, "ipMasq": False}, scene=scene)
    assert not reach
    assert reach.seen_from.startswith("10.1."), "it did arrive, with the container's own address"


@INTERFACES
@BOTH
def test_a_port_map_leads_in_from_outside_and_from_the_host(plugin, version):
    def scene(it: Scene) -> list[Reach]:
        web = it.attach("web", portMappings=WEB)
        seen = []
        for source in (it.peer, it.host):
            seen.append(probes.tcp(source, web.namespace, HOST[version], 8080, listen=80))
            seen.append(probes.udp(source, web.namespace, HOST[version], 5353, listen=53))
        return seen

    outside_tcp, outside_udp, *host = play(plugin, PORTMAP, scene=scene)
    reached(outside_tcp, outside_udp, *host)
    assert ip_address(outside_tcp.seen_from) == ip_address(outside_udp.seen_from) == PEER[version]


@INTERFACES
def test_a_port_map_leads_in_from_localhost(plugin):
    def scene(it: Scene) -> Reach:
        web = it.attach("web", portMappings=WEB)
        return probes.tcp(it.host, web.namespace, LOCALHOST, 8080, listen=80)

    reached(play(plugin, PORTMAP, scene=scene))


@INTERFACES
@BOTH
def test_a_container_reaches_its_own_port_map_and_a_neighbours(plugin, version):
    def scene(it: Scene) -> tuple[Reach, Reach]:
        web, other = it.attach("web", portMappings=WEB), it.attach("other")
        return (
            probes.tcp(web.namespace, web.namespace, HOST[version], 8080, listen=80),
            probes.tcp(other.namespace, web.namespace, HOST[version], 8080, listen=80),
        )

    reached(*play(plugin, PORTMAP, scene=scene))


def test_a_port_is_closed_when_its_container_is_gone_and_can_be_mapped_anew():
    def scene(it: Scene) -> tuple[Reach, Reach, Reach]:
        web = it.attach("web", portMappings=WEB)
        before = probes.tcp(it.peer, web.namespace, HOST[4], 8080, listen=80)
        it.detach(web)
        after = probes.tcp(it.peer, web.namespace, HOST[4], 8080, listen=80, seconds=0.3)
        new = it.attach("new", portMappings=WEB)
        return before, after, probes.tcp(it.peer, new.namespace, HOST[4], 8080, listen=80)

    before, after, anew = play(BRIDGE, PORTMAP, scene=scene)
    reached(before, anew)
    assert not after


@pytest.mark.parametrize("backend", ["nftables", "iptables"])
def test_masquerade_and_port_maps_do_not_get_in_each_others_way(backend):
    """Through one port, in both directions at once, by either program."""

    def scene(it: Scene) -> list[Reach]:
        web = it.attach("web", portMappings=WEB)
        return [
            probes.tcp(it.peer, web.namespace, HOST[4], 8080, listen=80),
            probes.tcp(web.namespace, it.peer, PEER[4], 80),
            probes.tcp(web.namespace, web.namespace, HOST[4], 8080, listen=80),
            probes.tcp(it.host, web.namespace, LOCALHOST, 8080, listen=80),
        ]

    into, out, *rest = play({**BRIDGE, "ipMasqBackend": backend}, {**PORTMAP, "backend": backend}, scene=scene)
    reached(into, out, *rest)
    assert (ip_address(into.seen_from), ip_address(out.seen_from)) == (PEER[4], HOST[4])


@INTERFACES
def test_a_limit_holds_through_masquerade_and_port_map(plugin):
    """20 Mbit/s, where the links do gigabits."""
    limits = {
        f"{way}{what}": 20 * MBIT // part
        for way in ("ingress", "egress")
        for what, part in (("Rate", 1), ("Burst", 10))
    }

    def scene(it: Scene) -> tuple[Rate, Rate]:
        web = it.attach("web", portMappings=WEB, bandwidth=limits)
        return (
            probes.throughput(it.peer, web.namespace, HOST[4], 8080, listen=80),
            probes.throughput(web.namespace, it.peer, PEER[4], 80),
        )

    for rate in play(plugin, PORTMAP, BANDWIDTH, scene=scene):
        assert 5 * MBIT < rate.bits_per_second < 40 * MBIT, rate


def test_without_a_limit_it_is_not_slow():
    def scene(it: Scene) -> Rate:
        web = it.attach("web")
        return probes.throughput(it.host, web.namespace, web.addresses[4], 80, seconds=0.3, warm_up=0.1)

    rate = play(BRIDGE, PORTMAP, BANDWIDTH, scene=scene)
    assert rate.bits_per_second > 60 * MBIT, rate
