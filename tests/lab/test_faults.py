"""Whatever the kernel refuses, and wherever a process ends: DEL finds all of it, and a lease that was taken is given back.

Each chain is attached once to count what it changes in the kernel; then again as often, each time with another of these
calls failing, or with the process killed before it. What DEL leaves must be what it leaves after an ADD that went well.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from netc.cni import conflist
from netc.cni.cache import Cache
from netc.cni.errors import CniError
from netc.cni.request import Attachment
from netc.cni.runtime import Runtime
from netc.kernel import KernelError
from netc.lab.builtin import Builtin
from netc.lab.snapshot import Camera, Change, Snapshot, diff

pytestmark = pytest.mark.lab

_LINK = {"type": "bridge", "bridge": "br0", "isDefaultGateway": True}
_PORTS = [{"hostPort": 8080, "containerPort": 80, "protocol": "tcp"}]
_RANGES = [[{"subnet": "10.1.0.0/24"}], [{"subnet": "fd00:1::/64"}]]
_LIMITS = {"ingressRate": 8000000, "ingressBurst": 800000, "egressRate": 8000000, "egressBurst": 800000}

#: A chain for each driver. IPAM is host-local's, dual stack, where nothing else is written.
CHAINS: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "bridge": [{**_LINK, "ipMasq": True, "ipMasqBackend": "nftables", "macspoofchk": True, "hairpinMode": True}],
    "bridge-iptables": [{**_LINK, "ipMasq": True, "ipMasqBackend": "iptables"}],
    # With IPv6 it waits for half a second each time until the kernel has noticed that the link is up.
    "ptp": [{"type": "ptp", "ipMasq": True, "ipMasqBackend": "nftables", "ipam": {"ranges": _RANGES[:1]}}],
    "macvlan": [{"type": "macvlan", "master": "up0", "mtu": 1400}],
    "ipvlan": [{"type": "ipvlan", "master": "up0", "mtu": 1400}],
    "vlan": [{"type": "vlan", "master": "up0", "vlanId": 7}],
    "dummy": [{"type": "dummy"}],
    "vrf": [_LINK, {"type": "vrf", "vrfname": "red"}],
    "bridge-vlan": [{**_LINK, "vlan": 7, "preserveDefaultVlan": False}],
    "host-device": [{"type": "host-device", "device": "spare0"}],
    "tap": [{"type": "tap", "bridge": ""}],
    "loopback": [{"type": "loopback"}],
    "static": [{**_LINK, "ipam": {"type": "static", "addresses": [{"address": "10.1.0.9/24", "gateway": "10.1.0.1"}]}}],
    "portmap-nftables": [_LINK, {"type": "portmap", "backend": "nftables", "capabilities": {"portMappings": True}}],
    "portmap-iptables": [_LINK, {"type": "portmap", "backend": "iptables", "capabilities": {"portMappings": True}}],
    "bandwidth": [_LINK, {"type": "bandwidth", **_LIMITS}],
    "firewall": [_LINK, {"type": "firewall", "ingressPolicy": "same-bridge"}],
    "firewall-nftables": [_LINK, {"type": "firewall", "backend": "nftables", "ingressPolicy": "isolated"}],
    "tuning": [_LINK, {"type": "tuning", "sysctl": {"net.core.somaxconn": "500"}, "mtu": 1400, "promisc": True}],
    "sbr": [_LINK, {"type": "sbr"}],
}


class Machine:
    """A host on which one chain is attached and detached."""

    def __init__(self, sandbox: Any, plugins: Sequence[Mapping[str, Any]], work: Path) -> None:
        self.sandbox, self.work = sandbox, work
        # IPv6 would ask around for two seconds whether an address is free.
        sandbox.kernel.here().set_sysctl("net/ipv6/conf/default/dad_transmits", "0")
        for name in ("up", "spare"):
            subprocess.run(["ip", "link", "add", f"{name}0", "type", "veth", "peer", f"{name}1"], check=True)
        for name in ("up0", "up1", "spare1"):
            subprocess.run(["ip", "link", "set", name, "up"], check=True)
        first, *others = plugins
        ipam = {"type": "host-local", "ranges": _RANGES, "dataDir": str(work / "leases"), **first.get("ipam", {})}
        body = first if first["type"] == "loopback" else {**first, "ipam": ipam}
        files = {"dataDir": str(work / "tuning")}
        bodies = [body, *({**files, **one} if one["type"] == "tuning" else one for one in others)]
        self.chain = conflist.parse({"cniVersion": "1.0.0", "name": "blue", "plugins": bodies})

    def container(self) -> str:
        netns = self.sandbox.container()
        self.sandbox.kernel.at(netns).set_sysctl("net/ipv6/conf/default/dad_transmits", "0")
        return netns

    def call(self, verb: str, netns: str, id: str) -> None:
        cache = Cache(str(self.work / "cache"))
        runtime = Runtime(Builtin(self.sandbox.kernel), cache, path=("/nowhere",))
        attachment = Attachment(id, netns, "eth0", capability_args={"portMappings": _PORTS})
        (runtime.add if verb == "ADD" else runtime.delete)(self.chain, attachment)

    def fails(self, netns: str, id: str, before_call: Callable[[str], None]) -> str:
        """Why ADD failed; "" if it did not."""
        self.sandbox.kernel.before_call = before_call
        try:
            self.call("ADD", netns, id)
        except CniError as refusal:
            return str(refusal)
        finally:
            self.sandbox.kernel.before_call = None
        return ""

    def leases(self) -> list[str]:
        return sorted(
            path.name for path in self.work.glob("leases/blue/*") if path.name[0].isdigit() or ":" in path.name
        )


def counted(machine: Machine) -> list[str]:
    """The calls of an ADD, once what is made for all attachments is there."""
    calls: list[str] = []
    for record in ([], calls):
        netns = machine.container()
        why = machine.fails(netns, "c1", record.append)
        if "not supported" in why or "Unknown device type" in why:
            pytest.skip(f"this kernel lacks what it takes: {why}")
        assert why == ""
        machine.call("DEL", netns, "c1")
    return calls


def changes(before: Snapshot, camera: Camera) -> list[Change]:
    """What is otherwise than before. The kernel's own rule for VRFs comes with the first one, and stays."""
    found = diff(before, camera.take())
    return [one for one in found if (one.kind, one.name[:5]) != ("rule", "1000:")]


@pytest.mark.parametrize("name", CHAINS)
def test_a_call_that_the_kernel_refuses(name: str, in_namespace: Any, tmp_path: Path) -> None:
    host = Machine(in_namespace, CHAINS[name], tmp_path)
    calls = counted(host)
    assert calls
    tolerated = []
    for number, operation in enumerate(calls):
        netns, heard = host.container(), iter(range(len(calls)))

        def refuse(operation: str, heard=heard, number=number) -> None:
            if next(heard, None) == number:
                raise KernelError(5, operation)

        kernel = in_namespace.kernel
        camera = Camera({"host": kernel.here(), "container": kernel.at(netns)})
        before = camera.take()
        why = host.fails(netns, "c9", refuse)
        if not why:
            tolerated.append(operation)
        host.call("DEL", netns, "c9")
        assert changes(before, camera) == [], f"after DEL after {operation!r} failed: {why}"
        assert host.leases() == []
        camera.close()
    assert all(one.startswith("set sysctl") for one in tolerated), tolerated


@pytest.mark.parametrize("name", CHAINS)
def test_a_kill_before_a_call(name: str, in_namespace: Any, tmp_path: Path) -> None:
    host = Machine(in_namespace, CHAINS[name], tmp_path)
    calls = counted(host)
    for number, operation in enumerate(calls):
        netns = host.container()
        kernel = in_namespace.kernel
        camera = Camera({"host": kernel.here(), "container": kernel.at(netns)})
        before = camera.take()
        child = os.fork()
        if child == 0:
            heard = iter(range(len(calls)))

            def die(_: str, heard=heard, number=number) -> None:
                if next(heard, None) == number:
                    os.kill(os.getpid(), signal.SIGKILL)

            in_namespace.renew()  # two processes can't share netlink sockets
            host.fails(netns, "c9", die)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status), operation
        host.call("DEL", netns, "c9")
        assert changes(before, camera) == [], f"after DEL after a kill before {operation!r}"
        assert host.leases() == []
        camera.close()
