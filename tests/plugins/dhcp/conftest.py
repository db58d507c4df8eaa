"""A link with a DHCP server on it, and daemons that keep leases: netc's own, and the reference plugin's."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from functools import cached_property
from ipaddress import ip_interface
from pathlib import Path

import pytest

from netc.cni.plugin import Environment
from netc.cni.process import ProcessExecutor
from netc.lab.builtin import Builtin
from netc.lab.syscalls import die_with_parent


class Lan:
    """The host's end of a wire, `uplink`, and the bridge `br0` at its other end, where a server can be reached."""

    #: The server's address.
    server = ip_interface("10.77.0.1/24")

    def __init__(self, sandbox, folder: Path) -> None:
        self.sandbox, self.folder, self.socket = sandbox, folder, str(folder / "dhcp.sock")

    @cached_property
    def host(self):
        """The host's namespace, laid when it is first asked for."""
        host = self.sandbox.kernel.here()
        host.add_bridge("br0")
        host.add_veth("uplink", "port", peer_netns=host)
        host.add_address(host.link("br0").index, self.server)
        host.set_link(host.link("port").index, up=True, master=host.link("br0").index)
        for name in ("br0", "uplink", "lo"):
            host.set_link(host.link(name).index, up=True)
        return host

    def container(self) -> str:
        """A new container: its namespace."""
        return self.sandbox.container().replace("/self/", f"/{os.getpid()}/")

    def wired(self) -> str:
        """A new container whose eth0 is on the bridge already: its namespace."""
        netns = self.container()
        inside = self.sandbox.kernel.at(netns)
        inside.add_veth("eth0", "side", peer_netns=self.host)
        self.host.set_link(self.host.link("side").index, up=True, master=self.host.link("br0").index)
        return netns

    def given(self, netns: str, result: dict) -> None:
        """Do what the plugin that makes the interface does with dhcp's result: give it the address."""
        self.sandbox.kernel.at(netns).add_address(self.link(netns).index, ip_interface(result["ips"][0]["address"]))

    def link(self, netns: str, ifname: str = "eth0"):
        """A container's link as it is now."""
        return self.sandbox.kernel.at(netns).link(ifname)

    # ---- who serves ------------------------------------------------------------------------------------------------

    def dnsmasq(self, *options: str) -> Path:
        """A real server: the file of its leases."""
        program = shutil.which("dnsmasq", path=os.environ["PATH"] + ":/usr/sbin:/sbin")
        if program is None:
            pytest.skip("dnsmasq is not installed")
        leases, log = self.folder / "leases", self.folder / "dnsmasq.log"
        words = [
            program, "--no-daemon", "--conf-file=/dev/null", "--port=0", "--interface=br0", "--bind-interfaces",
            "--dhcp-range=10.77.0.10,10.77.0.50,2m", "--no-ping", "--user=root", f"--dhcp-leasefile={leases}",
            f"--log-facility={log}", "--log-dhcp", "--dhcp-authoritative", *options,
        ]  # fmt: skip
        self._spawn(words)
        self.wait_for(lambda: log.exists() and "DHCP, sockets bound" in log.read_text())
        return leases

    def log(self) -> str:
        """What dnsmasq has said so far."""
        return (self.folder / "dnsmasq.log").read_text()

    # ---- who keeps -------------------------------------------------------------------------------------------------

    def netc(self, **patience: float):
        """netc's daemon, in this process; it is impatient."""
        from netc.plugins.dhcp.client import Patience
        from netc.plugins.dhcp.daemon import Daemon, Settings

        settings = Settings(self.socket, patience=Patience(**{"timeout": 0.5, "resend_timeout": 4.0} | patience))
        self.host  # noqa: B018 - laid by the thread that is in the namespace
        daemon = Daemon(settings, lambda line: print(line, file=sys.stderr))
        threading.Thread(target=daemon.serve, daemon=True).start()
        return daemon

    def reference(self, binaries: Path) -> None:
        """The reference plugin's daemon."""
        self._spawn([binaries / "dhcp", "daemon", "-socketpath", self.socket, "-timeout", "1s", "-resendtimeout", "6s"])
        self.wait_for(lambda: os.path.exists(self.socket))

    def _spawn(self, words) -> None:
        """A process that ends with the test."""
        self.host  # noqa: B018
        subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=sys.stderr, stderr=sys.stderr,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - the child runs nothing but this call
        )  # fmt: skip

    @staticmethod
    def wait_for(condition, seconds: float = 10.0) -> None:
        """Until a condition holds, which it must within so many seconds."""
        until = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < until, "it did not come about"
            time.sleep(0.02)

    # ---- who asks --------------------------------------------------------------------------------------------------

    def configuration(self, plugin: str = "macvlan", name: str = "lan", **ipam) -> dict:
        """A plugin's configuration on the LAN, with dhcp; of `dhcp`, what it is handed itself."""
        body = {"cniVersion": "1.1.0", "name": name, "type": plugin}
        body |= {"bridge": {"bridge": "br0"}, "macvlan": {"master": "uplink"}}.get(plugin, {})
        return body | {"ipam": {"type": "dhcp", "daemonSocketPath": self.socket, **ipam}}

    def call(self, verb: str, body: dict, netns: str, *, binaries: Path | None = None, id: str = "c1", args: str = ""):
        """What a plugin answers: netc's driver, or the binary; `CniError` if it refuses."""
        environment = Environment(verb, id, netns, "eth0", args, str(binaries or "/nowhere"))
        if binaries is None:
            return Builtin(self.sandbox.kernel).run(body["type"], environment, body)
        return ProcessExecutor([str(binaries)]).run(body["type"], environment, body)


@pytest.fixture
def lan(in_namespace, tmp_path) -> Lan:
    """See `Lan`."""
    return Lan(in_namespace, tmp_path)
