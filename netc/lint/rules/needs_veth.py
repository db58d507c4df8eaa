"""Plugins that work with some kinds of interfaces only."""

from __future__ import annotations

from collections.abc import Iterator

from netc.diagnostics import Severity
from netc.lint.chain import NO_VETH
from netc.model import Network, Plugin
from netc.rules import Violation, plugin_rule


def _maker(plugin: Plugin, network: Network) -> Plugin | None:
    """The plugin at the chain's start, if this one comes after it."""
    first = next(iter(network.plugins), None)
    return first if first is not None and first.index == 0 < plugin.index else None


@plugin_rule("NC309", "bandwidth-needs-veth", Severity.ERROR, plugin="bandwidth")
def bandwidth_needs_veth(plugin: Plugin, network: Network) -> Iterator[Violation]:
    """bandwidth follows a plugin whose interface has no other end on the host.

    Why:
        It limits at the host's end of a veth pair, as bridge and ptp make one. With any other interface ADD fails as
        soon as there is a limit.

    Bad:
        network n {
          plugin macvlan { master = "eth0", ipam host-local { subnet = 10.1.0.0/16 } }
          plugin bandwidth { ingressRate = 100mbit, ingressBurst = 1MB }
        }

    Good:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin bandwidth { ingressRate = 100mbit, ingressBurst = 1MB }
        }

    Source:
        bandwidth: `container interface eth0 has no veth peer`.
    """
    maker = _maker(plugin, network)
    if plugin.type == "bandwidth" and maker is not None and maker.type in NO_VETH:
        yield Violation(
            "/type",
            f"bandwidth can't limit an interface of {maker.type}: it has no other end on the host",
            "use bridge or ptp, or leave bandwidth out",
        )


@plugin_rule("NC312", "portmap-without-masquerade", Severity.WARNING, plugin="portmap")
def portmap_without_masquerade(plugin: Plugin, network: Network) -> Iterator[Violation]:
    """portmap follows macvlan or ipvlan, without `masqAll`.

    Why:
        Packets to a published port come through the host, and the container's answers leave by the master, past it:
        the client gets an answer from an address that it never spoke to. With `masqAll` the answers go back through the
        host.

    Bad:
        network n {
          plugin macvlan { master = "eth0", ipam host-local { subnet = 10.1.0.0/16 } }
          plugin portmap { capabilities { portMappings = true } }
        }

    Good:
        network n {
          plugin macvlan { master = "eth0", ipam host-local { subnet = 10.1.0.0/16 } }
          plugin portmap { capabilities { portMappings = true }, masqAll = true }
        }

    Source:
        The portmap plugin's documentation, on `masqAll`.
    """
    maker = _maker(plugin, network)
    past_the_host = maker is not None and maker.type in ("macvlan", "ipvlan")
    if plugin.type == "portmap" and maker is not None and past_the_host and plugin.body.get("masqAll") is not True:
        yield Violation(
            "/type",
            f"answers of a published port do not come back through the host: the interface is {maker.type}'s",
            "write `masqAll = true`",
        )
