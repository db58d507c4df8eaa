"""What dummy drops in silence."""

from __future__ import annotations

from collections.abc import Iterator

from netc.diagnostics import Severity
from netc.model import Network, Plugin
from netc.rules import Violation, plugin_rule


@plugin_rule("NC447", "dummy-drops-dns", Severity.WARNING, plugin="dummy")
def drops_dns(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """dummy's own DNS settings do not reach the result.

    Why:
        Other than its siblings, dummy answers what the IPAM plugin returned and leaves its own `dns` out.

    Bad:
        network n {
          plugin dummy { ipam static { addresses = [{ address = 10.1.0.5/24 }] }, dns { nameservers = [10.1.0.1] } }
        }

    Good:
        network n {
          plugin dummy { ipam static { addresses = [{ address = 10.1.0.5/24 }], dns { nameservers = [10.1.0.1] } } }
        }

    Source:
        Seen with dummy: the result's `dns` is the IPAM plugin's.
    """
    if plugin.body.get("dns"):
        yield Violation(
            "/dns",
            "dummy drops its own dns: the result has the DNS settings of the IPAM plugin",
            "write it inside of ipam: `dns` of static, `resolvConf` of host-local",
            "key",
        )
