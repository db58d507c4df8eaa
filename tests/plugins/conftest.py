"""A small node for drivers that work on what an interface plugin made: a bridge, containers on it, a peer outside."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from ipaddress import ip_address, ip_interface, ip_network

import pytest

HOST = ip_address("10.1.0.1"), ip_address("fd00:1::1")
UPLINK = ip_address("192.0.2.1"), ip_address("2001:db8::1")
OUTSIDE = ip_address("192.0.2.9"), ip_address("2001:db8::9")


@dataclass
class Container:
    """A container on the bridge; `prev_result` is what the bridge plugin would have answered."""

    path: str
    id: str
    ifname: str
    addresses: tuple
    prev_result: dict
    veth: str


class Node:
    """The host namespace that a test runs in, with containers. Its methods stand in for a runtime and a main plugin."""

    def __init__(self, sandbox) -> None:
        self._sandbox = sandbox
        self._laid = False

    @property
    def kernel(self):
        return self._sandbox.kernel

    @property
    def host(self):
        return self.kernel.here()

    def namespace(self, container: Container):
        """The container's namespace."""
        return self.kernel.at(container.path)

    def outside(self):
        """The namespace of a machine beyond the host's uplink. It has a route back to the host only."""
        self._lay()
        return self.kernel.at(self._outside)

    def _lay(self) -> None:
        if self._laid:
            return
        self._laid = True
        host = self.host
        host.set_sysctl("net/ipv4/ip_forward", "1")
        host.set_sysctl("net/ipv6/conf/all/forwarding", "1")
        host.set_sysctl("net/ipv6/conf/default/accept_dad", "0")
        host.set_link(host.link("lo").index, up=True)
        host.add_bridge("br0")
        self._configure(host, "br0", [f"{HOST[0]}/24", f"{HOST[1]}/64"])
        self._outside = self._sandbox.container()
        outside = self.kernel.at(self._outside)
        outside.set_sysctl("net/ipv6/conf/default/accept_dad", "0")
        host.add_veth("up0", "peer0", peer_netns=outside)
        self._configure(host, "up0", [f"{UPLINK[0]}/24", f"{UPLINK[1]}/64"])
        self._configure(outside, "peer0", [f"{OUTSIDE[0]}/24", f"{OUTSIDE[1]}/64"])

    @staticmethod
    def _configure(namespace, name: str, addresses) -> None:
        link = namespace.link(name)
        for address in addresses:
            namespace.add_address(link.index, ip_interface(address))
        namespace.set_link(link.index, up=True)

    def container(self, number: int, *, ifname: str = "eth0", of: Container | None = None) -> Container:
        """A container with the addresses 10.1.0.NUMBER and fd00:1::NUMBER; or another interface of one that exists."""
        from netc.kernel import Route

        self._lay()
        path = of.path if of else self._sandbox.container()
        inside, veth = self.kernel.at(path), f"veth{number}"
        if of is None:
            inside.set_sysctl("net/ipv6/conf/default/accept_dad", "0")
            inside.set_link(inside.link("lo").index, up=True)
        addresses = ip_interface(f"10.1.0.{number}/24"), ip_interface(f"fd00:1::{number:x}/64")
        inside.add_veth(ifname, veth, peer_netns=self.host)
        port = self.host.link(veth)
        self.host.set_link(port.index, master=self.host.link("br0").index, up=True)
        self.host.set_port(port.index, hairpin=True, isolated=False)
        self._configure(inside, ifname, addresses)
        if of is None:
            for gateway, everywhere in zip(HOST, ("0.0.0.0/0", "::/0"), strict=True):
                inside.add_route(Route(ip_network(everywhere), oif=inside.link(ifname).index, gateway=gateway))
        previous = {
            "cniVersion": "1.1.0",
            "interfaces": [
                {"name": "br0", "mac": self.host.link("br0").mac},
                {"name": veth, "mac": port.mac},
                {"name": ifname, "mac": inside.link(ifname).mac, "sandbox": path},
            ],
            "ips": [{"address": str(address), "interface": 2} for address in addresses],
        }
        made_id = of.id if of else f"c{number}"
        return Container(path, made_id, ifname, tuple(address.ip for address in addresses), previous, veth)

    def call(self, plugin: str, verb: str, container: Container | None, config: dict | None = None, **env: str):
        """Run a driver as a runtime would; its answer, or `CniError`. `config` may leave the usual keys out."""
        from netc import plugins
        from netc.cni import skel

        request, environment = self._request(plugin, verb, container, config or {}, env)
        handlers = plugins.part(plugin, "driver").handlers(self.kernel)
        return skel.call(handlers, environment, request, None, plugin, own_netns=lambda: None)

    def reference(self, folder, plugin: str, verb: str, container, config: dict | None = None, **env: str):
        """Run the reference plugin's binary in the same way: its answer, which is an error object if it fails."""
        request, environment = self._request(plugin, verb, container, config or {}, env)
        variables = {
            **environment.variables(),
            "CNI_PATH": str(folder),
            "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin",
        }
        pids = (self._sandbox._containers[path] for path in (container.path,))
        done = subprocess.run(
            [folder / plugin],
            input=json.dumps(request),
            env=variables,
            capture_output=True,
            text=True,
            check=False,
            pass_fds=list(pids),
        )
        return json.loads(done.stdout) if done.stdout else None

    @staticmethod
    def _request(plugin: str, verb: str, container, config: dict, env: dict):
        from netc.cni.plugin import Environment

        request = {"cniVersion": "1.1.0", "name": "net1", "type": plugin}
        if container is not None and verb in ("ADD", "CHECK", "DEL"):
            request["prevResult"] = container.prev_result
        request = {key: value for key, value in (request | config).items() if value is not None}
        fields = {"command": verb, "path": "/nowhere"}
        if container is not None:
            fields |= {"container_id": container.id, "netns": container.path, "ifname": container.ifname}
        return request, Environment(**(fields | env))


@pytest.fixture
def node(in_namespace) -> Node:
    """See `Node`."""
    return Node(in_namespace)
