"""A result without addresses, in a version that can't say so."""

from __future__ import annotations

from collections.abc import Iterator

from netc.diagnostics import Severity
from netc.model import Network, Plugin
from netc.rules import Violation, plugin_rule


@plugin_rule("NC306", "no-addresses-in-old-version", Severity.ERROR)
def no_addresses_in_old_version(plugin: Plugin, network: Network) -> Iterator[Violation]:
    """An interface without addresses, with a version of the specification before 0.3.0.

    Why:
        Results of 0.1.0 and 0.2.0 consist of addresses. The plugin does all its work and then fails to print the
        result, so that every ADD fails and leaves everything in place.

    Bad:
        network n { cniVersion = "0.2.0", disableCheck = true, plugin bridge { bridge = "l2br0" } }

    Good:
        network n { cniVersion = "1.0.0", disableCheck = true, plugin bridge { bridge = "l2br0" } }

    Source:
        Seen with bridge and macvlan: `cannot convert: no valid IP addresses`.
    """
    version = network.conflist.get("cniVersion")  # a missing one is said by itself
    addressed = bool((plugin.ipam or {}).get("type"))
    if plugin.type in ("bridge", "macvlan") and plugin.index == 0 and not addressed and version in ("0.1.0", "0.2.0"):
        yield Violation(
            "/type",
            f"{plugin.type} without ipam has no addresses to report, which version {version} needs",
            "write a newer cniVersion, such as 1.0.0",
        )
