"""What ipvlan refuses, and where it depends on what the host looks like at the moment."""

from __future__ import annotations

from collections.abc import Iterator

from netc.diagnostics import Severity
from netc.model import Network, Plugin
from netc.rules import Violation, plugin_rule


@plugin_rule("NC441", "ipvlan-check-without-master", Severity.WARNING, plugin="ipvlan")
def check_without_master(plugin: Plugin, network: Network) -> Iterator[Violation]:
    """ipvlan without `master` fails every CHECK.

    Why:
        ADD finds the master by itself, from the plugin before or the host's default route; CHECK looks for an interface
        with the name that is written, and there is none. A runtime that calls CHECK takes a healthy container for
        broken. And at the start of a chain, DEL fails while the host has no default route, and keeps the address.

    Bad:
        network n { cniVersion = "1.0.0", plugin ipvlan { ipam host-local { subnet = 10.1.0.0/16 } } }

    Good:
        network n { cniVersion = "1.0.0", plugin ipvlan { master = "eth0", ipam host-local { subnet = 10.1.0.0/16 } } }

    Source:
        ipvlan, CHECK: `failed to lookup master "": Link not found`; DEL: `no default route interface found`.
    """
    if not plugin.body.get("master") and network.is_checked:
        yield Violation(
            "/master" if "master" in plugin.body else "/type",
            "ipvlan without master fails every CHECK",
            'write `master = "eth0"`, with the interface that is meant, or `disableCheck = true` in the network',
        )


@plugin_rule("NC442", "ipvlan-without-addresses", Severity.ERROR, plugin="ipvlan")
def without_addresses(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """ipvlan starts a chain and has no IPAM plugin.

    Why:
        ipvlan makes no interface without addresses. It takes those of the plugin before, or asks an IPAM plugin: with
        neither, ADD fails.

    Bad:
        network n { plugin ipvlan { master = "eth0" } }

    Good:
        network n { plugin ipvlan { master = "eth0", ipam host-local { subnet = 10.1.0.0/16 } } }

    Source:
        ipvlan, ADD: `no plugin name provided`.
    """
    if plugin.index == 0 and not (plugin.ipam or {}).get("type"):
        yield Violation(
            "/ipam" if "ipam" in plugin.body else "/type",
            "ipvlan needs addresses: an IPAM plugin, or a plugin before it that has some",
            "write `ipam host-local { subnet = 10.1.0.0/16 }`, or use macvlan for an interface without addresses",
        )


@plugin_rule("NC443", "ipvlan-dhcp", Severity.WARNING, plugin="ipvlan")
def dhcp(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """ipvlan is to get its addresses by DHCP.

    Why:
        All containers on a master have the master's MAC address, by which most servers tell clients apart: they get one
        and the same address, the host's.

    Bad:
        network n { plugin ipvlan { master = "eth0", ipam dhcp { } } }

    Good:
        network n { plugin macvlan { master = "eth0", ipam dhcp { } } }

    Source:
        The ipvlan plugin's documentation, on DHCP.
    """
    if (plugin.ipam or {}).get("type") == "dhcp":
        yield Violation(
            "/ipam",
            "with ipvlan every container has the host's MAC address, and a DHCP server can't tell them apart",
            "use macvlan, or an IPAM plugin that does not go by MAC addresses",
        )
