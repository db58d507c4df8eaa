"""An `ipam` that names no plugin, where one is needed."""

from __future__ import annotations

from collections.abc import Iterator

from netc.diagnostics import Severity
from netc.model import Network, Plugin
from netc.rules import Violation, plugin_rule

_NEEDED = frozenset({"ptp", "vlan", "dummy"})


@plugin_rule("NC430", "ipam-without-type", Severity.ERROR)
def ipam_without_type(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """ptp, vlan or dummy has an `ipam` without a type.

    Why:
        These plugins make no interface without addresses: ADD fails, and with most of them every other call.

    Bad:
        network n { plugin ptp { ipam { } } }

    Good:
        network n { plugin ptp { ipam host-local { subnet = 10.1.0.0/16 } } }

    Source:
        ptp and vlan: `no plugin name provided`; dummy: `dummy interface requires an IPAM configuration`.
    """
    if plugin.type in _NEEDED and plugin.ipam is not None and not plugin.ipam.get("type"):
        at = "/ipam/type" if "type" in plugin.ipam else "/ipam"
        yield Violation(at, f"{plugin.type} needs an IPAM plugin", "write `ipam host-local { subnet = 10.1.0.0/16 }`")
