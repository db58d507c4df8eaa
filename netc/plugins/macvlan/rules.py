"""What macvlan drops in silence."""

from __future__ import annotations

from collections.abc import Iterator

from netc.diagnostics import Severity
from netc.model import Network, Plugin
from netc.rules import Violation, plugin_rule


@plugin_rule("NC440", "macvlan-drops-dns", Severity.WARNING, plugin="macvlan")
def drops_dns(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """The IPAM plugin's DNS settings do not reach the result.

    Why:
        macvlan puts its own `dns` into the result, also when there is none, in place of what the IPAM plugin returned.

    Bad:
        network n {
          plugin macvlan { ipam static { addresses = [{ address = 10.1.0.5/16 }], dns { nameservers = [10.1.0.1] } } }
        }

    Good:
        network n {
          plugin macvlan { ipam static { addresses = [{ address = 10.1.0.5/16 }] }, dns { nameservers = [10.1.0.1] } }
        }

    Source:
        Seen with macvlan: the result's `dns` is that of the plugin's object only.
    """
    ipam = plugin.ipam or {}
    for type_, key in (("static", "dns"), ("host-local", "resolvConf")):
        if ipam.get("type") == type_ and ipam.get(key):
            yield Violation(
                f"/ipam/{key}",
                f"macvlan drops {key} of {type_}: the result has the DNS settings of macvlan itself",
                "write `dns { }` in the plugin, outside of ipam",
                "key",
            )
