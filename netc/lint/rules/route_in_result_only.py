"""Route attributes that no plugin applies, or that CHECK can't find."""

from __future__ import annotations

from collections.abc import Iterator

from netc.diagnostics import Severity
from netc.lint.addresses import routes
from netc.model import Network, Plugin
from netc.rules import Violation, plugin_rule


@plugin_rule("NC236", "route-attribute-ignored", Severity.WARNING)
def route_attribute_ignored(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """`mtu` or `advmss` of a route, which no reference plugin applies.

    Why:
        They stand in the result and nowhere else: the kernel's route does not have them.

    Bad:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16, routes = [{ dst = 0.0.0.0/0, mtu = 1400 }] } }
        }

    Good:
        network n {
          plugin bridge {
            isGateway = true, ipMasq = true
            mtu = 1400
            ipam host-local { subnet = 10.1.0.0/16, routes = [{ dst = 0.0.0.0/0 }] }
          }
        }

    Source:
        Seen with release 1.9.1 of bridge, ptp and macvlan.
    """
    for route in routes(plugin):
        for key in ("mtu", "advmss"):
            if route.entry.get(key):
                yield Violation(
                    f"{route.at}/{key}",
                    f"{key} of a route stands in the result only: {plugin.type} does not apply it",
                    "write `mtu` in the plugin for the whole interface" if key == "mtu" else "leave it out",
                    "key",
                )


@plugin_rule("NC237", "route-table-check", Severity.WARNING)
def route_table_check(plugin: Plugin, network: Network) -> Iterator[Violation]:
    """A route in a table of its own makes every CHECK fail.

    Why:
        CHECK looks for the routes of the result in the main table only.

    Bad:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16, routes = [{ dst = 10.8.0.0/16, table = 100 }] } }
        }

    Good:
        network n {
          disableCheck = true
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16, routes = [{ dst = 10.8.0.0/16, table = 100 }] } }
        }

    Source:
        Seen with release 1.9.1: CHECK answers that the expected route was not found.
    """
    if network.conflist.get("disableCheck") is True:
        return
    for route in routes(plugin):
        if route.entry.get("table") not in (None, 0, 254):
            yield Violation(
                f"{route.at}/table",
                f"CHECK does not find the route to {route.dst}: it looks in the main table, not in "
                f"{route.entry['table']}",
                "write `disableCheck = true` in the network",
            )
