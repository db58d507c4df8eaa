"""What vlan takes for granted."""

from __future__ import annotations

from collections.abc import Iterator

from netc.diagnostics import Severity
from netc.model import Network, Plugin
from netc.rules import Violation, plugin_rule


@plugin_rule("NC444", "vlan-without-id", Severity.WARNING, plugin="vlan")
def without_id(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """vlan has no `vlanId`.

    Why:
        The plugin then takes 0, which is no VLAN: packets get a tag that holds a priority only, and most switches treat
        them as untagged.

    Bad:
        network n { plugin vlan { master = "eth0", ipam host-local { subnet = 10.1.0.0/16 } } }

    Good:
        network n { plugin vlan { master = "eth0", vlanId = 100, ipam host-local { subnet = 10.1.0.0/16 } } }

    Source:
        The vlan plugin's documentation; IEEE 802.1Q, 9.6: the VLAN ID 0 says that the tag names no VLAN.
    """
    if plugin.body.get("vlanId") is None:
        yield Violation("/type", "vlan without vlanId uses VLAN 0, which is none", "write `vlanId = 100`")
