"""A bridge's default route, and the IPAM plugin's."""

from __future__ import annotations

from collections.abc import Iterator

from netc.diagnostics import Severity
from netc.lint.addresses import all_known, assigned, implied_gateway, own_default_routes, routes
from netc.model import Network, Plugin
from netc.rules import Violation, plugin_rule


@plugin_rule("NC232", "bridge-default-route-twice", Severity.ERROR, plugin="bridge")
def bridge_default_route_twice(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """`isDefaultGateway` stands beside a default route of the IPAM plugin.

    Why:
        bridge adds a default route of its own unless there is one with a `gw`. One without gets the same gateway, so
        the two are the same, and ADD fails.

    Bad:
        network n {
          plugin bridge {
            isDefaultGateway = true
            ipam host-local { subnet = 10.1.0.0/16, routes = [{ dst = 0.0.0.0/0 }] }
          }
        }

    Good:
        network n { plugin bridge { isDefaultGateway = true, ipMasq = true, ipam host-local { subnet = 10.1.0.0/16 } } }

    Source:
        Seen with bridge: `failed to add route ... file exists`.
    """
    families = {one.family for one in own_default_routes(plugin)}
    for route in routes(plugin):
        ordinary = not route.entry.get("priority") and route.entry.get("table") in (None, 0, 254)
        if route.default and route.gw is None and route.family in families and ordinary:
            gateway = implied_gateway(assigned(plugin), route.family) if all_known(plugin) else None
            yield Violation(
                f"{route.at}/dst",
                f"isDefaultGateway adds the route to {route.dst} too"
                + (f", through {gateway.gateway}" if gateway is not None else "")
                + ": the second one can't be added",
                "leave the route out here",
                related=(("/isDefaultGateway", "adds it"),),
            )
