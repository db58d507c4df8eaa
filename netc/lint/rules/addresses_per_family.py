"""More addresses of a family than an old result can hold."""

from __future__ import annotations

from collections.abc import Iterator

from netc.diagnostics import Severity
from netc.lint.addresses import assigned
from netc.model import Network, Plugin
from netc.rules import Violation, plugin_rule


@plugin_rule("NC222", "addresses-in-old-version", Severity.ERROR)
def addresses_in_old_version(plugin: Plugin, network: Network) -> Iterator[Violation]:
    """Two addresses of one family, with a version of the specification that has room for one.

    Why:
        Results before 0.3.0 hold one IPv4 and one IPv6 address, so the IPAM plugins refuse the configuration.

    Bad:
        network n {
          cniVersion = "0.2.0"
          plugin bridge { ipam static { addresses = [{ address = 10.1.0.5/16 }, { address = 10.1.0.6/16 }] } }
        }

    Good:
        network n {
          cniVersion = "1.0.0"
          plugin bridge { ipam static { addresses = [{ address = 10.1.0.5/16 }, { address = 10.1.0.6/16 }] } }
        }

    Source:
        host-local and static: `CNI version 0.2.0 does not support more than 1 address per family`.
    """
    version = network.conflist.get("cniVersion", "0.1.0")
    if version not in ("0.1.0", "0.2.0"):
        return
    seen: dict[int, tuple[int, str]] = {}
    for one in assigned(plugin):
        group, at = seen.setdefault(one.family, (one.group, one.at))
        if group != one.group:
            yield Violation(
                one.at,
                f"a container would get two IPv{one.family} addresses, cniVersion {version} has room for one",
                "write a newer cniVersion: 0.3.0 or later",
                related=((at, "the first one"),),
            )
