"""DNS settings of a plugin and of its IPAM plugin."""

from __future__ import annotations

from collections.abc import Iterator

from netc.diagnostics import Severity
from netc.model import Network, Plugin
from netc.rules import Violation, plugin_rule

#: Plugins that pass on what the IPAM plugin returns, unless they have settings of their own.
_EITHER = frozenset({"bridge", "ptp"})


@plugin_rule("NC316", "two-dns-sources", Severity.WARNING)
def two_dns_sources(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """`dns` stands in the plugin and in its IPAM plugin.

    Why:
        Any key of the plugin's own, an empty list included, replaces all that the IPAM plugin returns.

    Bad:
        network n {
          plugin bridge {
            dns { search = ["example.org"] }
            ipam host-local { subnet = 10.1.0.0/16, resolvConf = "/etc/resolv.conf" }
          }
        }

    Good:
        network n {
          plugin bridge {
            dns { nameservers = [10.1.0.1], search = ["example.org"] }
            ipam host-local { subnet = 10.1.0.0/16 }
          }
        }

    Source:
        Seen with bridge and ptp 1.9.1.
    """
    own = plugin.body.get("dns")
    if plugin.type not in _EITHER or not isinstance(own, dict):
        return
    counts = next((key for key in ("nameservers", "search", "options") if own.get(key) is not None), None)
    counts = counts or ("domain" if own.get("domain") else None)
    ipam = plugin.ipam or {}
    other = {"host-local": "resolvConf", "static": "dns"}.get(str(ipam.get("type")))
    if counts is not None and other is not None and ipam.get(other):
        yield Violation(
            f"/ipam/{other}",
            f"{other} of {ipam['type']} has no effect: `dns` of {plugin.type} replaces it whole",
            "leave one of them out",
            "key",
            related=((f"/dns/{counts}", "this counts"),),
        )
