"""Networks with dhcp in a sandbox: a server lends, a daemon keeps, and both are gone afterwards."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from netc.compiler import compile_source
from netc.lab.lifecycle import Options, alone, attach
from netc.sources import Source

pytestmark = pytest.mark.lab

CHAINS = {
    "bridge": "bridge { bridge = \"br0\", ipam dhcp { KEYS } }",
    "macvlan": "macvlan { master = \"uplink0\", ipam dhcp { KEYS } }",
}  # fmt: skip


def live(chain: str, keys: str = "", plugins: str = "builtin"):
    """The report of an attachment."""
    path = (os.environ.get("NETC_CNI_BIN", ""),)
    source = f"network lan {{ plugin {CHAINS[chain].replace('KEYS', keys)} }}"
    (network,) = compile_source(Source("lan.netc", source)).networks
    return attach(alone(network), Options(plugins, path=path))


@pytest.mark.parametrize("chain", CHAINS)
def test_a_life(chain: str) -> None:
    report = live(chain)
    assert report.failures == ()
    assert report.leftovers == ()
    (attached,) = report.attachments
    assert attached.result["ips"][0]["address"] == "198.51.100.100/24"
    assert {"dst": "0.0.0.0/0", "gw": "198.51.100.1"} in attached.result["routes"]
    assert report.not_simulated[0].what == "the network's DHCP server"


@pytest.mark.parity
@pytest.mark.parametrize("chain", CHAINS)
def test_the_reference_plugins_have_their_own_daemon(reference_plugins: Path, chain: str) -> None:
    theirs, ours = live(chain, plugins="exec"), live(chain)
    assert theirs.failures == ()
    assert theirs.leftovers == ()
    assert theirs.attachments[0].result["ips"] == ours.attachments[0].result["ips"]


def test_a_socket_may_be_anywhere() -> None:
    """Its folder is one of the sandbox, whatever the machine has there."""
    report = live("bridge", 'daemonSocketPath = "/var/lib/own/dhcp.sock"')
    assert (report.failures, report.leftovers) == ((), ())
    assert not os.path.exists("/var/lib/own")


def test_what_the_server_is_not_asked_for_is_missing() -> None:
    """The dry run shows what a careful server makes of `skipDefault`."""
    report = live("macvlan", 'request = [{ option = "121", skipDefault = true }]')
    assert [failure.msg for failure in report.failures] == [
        'plugin type="macvlan" failed (add): error calling DHCP.Allocate: DHCP option Subnet Mask not found in DHCPACK'
    ]
