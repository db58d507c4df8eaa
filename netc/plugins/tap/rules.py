"""What tap drops in silence."""

from __future__ import annotations

from collections.abc import Iterator

from netc.diagnostics import Severity
from netc.model import Network, Plugin
from netc.rules import Violation, plugin_rule


@plugin_rule("NC456", "tap-ignores-mtu-and-mac", Severity.WARNING, plugin="tap")
def ignores_mtu_and_mac(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """`mtu` or `mac` stands beside both `owner` and `group`.

    Why:
        With an owner and a group the plugin makes the device by another road, on which it forgets the MTU and the MAC
        address, those of the runtime included. The device gets 1500 and an address by chance.

    Bad:
        network n { plugin tap { owner = 1000, group = 1000, mtu = 1400 } }

    Good:
        network n { plugin tap { owner = 1000, mtu = 1400 } }

    Source:
        Seen with tap 1.9.1: `ip link` shows MTU 1500.
    """
    body = plugin.body
    if body.get("owner") is None or body.get("group") is None or body.get("selinuxContext"):
        return
    for key in ("mtu", "mac"):
        if body.get(key):
            yield Violation(
                f"/{key}",
                f"tap ignores {key} where owner and group are both set",
                f"leave owner or group out, or set the {key} with the plugin tuning behind it",
                "key",
            )


@plugin_rule("NC457", "tap-drops-dns", Severity.WARNING, plugin="tap")
def drops_dns(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """The IPAM plugin's DNS settings do not reach the result.

    Why:
        tap puts its own `dns` into the result, also when there is none, in place of what the IPAM plugin returned.

    Bad:
        network n {
          plugin tap { ipam static { addresses = [{ address = 10.1.0.5/16 }], dns { nameservers = [10.1.0.1] } } }
        }

    Good:
        network n {
          plugin tap { ipam static { addresses = [{ address = 10.1.0.5/16 }] }, dns { nameservers = [10.1.0.1] } }
        }

    Source:
        Seen with tap 1.9.1: the result's `dns` is that of the plugin's object only.
    """
    ipam = plugin.ipam or {}
    for type_, key in (("static", "dns"), ("host-local", "resolvConf")):
        if ipam.get("type") == type_ and ipam.get(key):
            yield Violation(
                f"/ipam/{key}",
                f"tap drops {key} of {type_}: the result has the DNS settings of tap itself",
                "write `dns { }` in the plugin, outside of ipam",
                "key",
            )
