"""DNS settings that do not reach the result."""

from __future__ import annotations

from collections.abc import Iterator

from netc.diagnostics import Severity
from netc.model import Network, Plugin
from netc.rules import Violation, plugin_rule

#: Plugins that put their own `dns` into the result, also where there is none.
OWN_DNS_ONLY = frozenset({"macvlan", "ipvlan", "vlan", "host-device", "tap"})


@plugin_rule("NC440", "ipam-dns-dropped", Severity.WARNING)
def ipam_dns_dropped(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """The IPAM plugin's DNS settings do not reach the result.

    Why:
        macvlan, ipvlan, vlan, host-device and tap put their own `dns` into the result, also when there is none, in
        place of what the IPAM plugin returned.

    Bad:
        network n {
          plugin macvlan { ipam static { addresses = [{ address = 10.1.0.5/16 }], dns { nameservers = [10.1.0.1] } } }
        }

    Good:
        network n {
          plugin macvlan { ipam static { addresses = [{ address = 10.1.0.5/16 }] }, dns { nameservers = [10.1.0.1] } }
        }

    Source:
        Seen with each of them: the result's `dns` is that of the plugin's object only.
    """
    ipam = plugin.ipam or {}
    if plugin.type not in OWN_DNS_ONLY:
        return
    for type_, key in (("static", "dns"), ("host-local", "resolvConf")):
        if ipam.get("type") == type_ and ipam.get(key):
            yield Violation(
                f"/ipam/{key}",
                f"{plugin.type} drops {key} of {type_}: the result has the DNS settings of {plugin.type} itself",
                "write `dns { }` in the plugin, outside of ipam",
                "key",
            )
