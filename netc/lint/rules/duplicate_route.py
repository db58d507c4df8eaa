"""Routes given twice, and default routes that compete."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from netc.diagnostics import Severity
from netc.lint.addresses import Assigned, Route, all_known, assigned, implied_gateway, routes
from netc.model import Network, Plugin
from netc.rules import Violation, plugin_rule


def _hop(route: Route, subnets: list[Assigned]) -> Any:
    """The next hop that the route ends up with."""
    implied = implied_gateway(subnets, route.family)
    return route.gw or (implied.gateway if implied is not None else None)


def _metric(route: Route) -> tuple[Any, Any]:
    return route.entry.get("table") or 254, route.entry.get("priority") or 0


@plugin_rule("NC217", "duplicate-route", Severity.ERROR)
def duplicate_route(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """The same route is given twice.

    Why:
        The kernel refuses the second one, and ADD fails. A route without `gw` is the same as one through the gateway.

    Bad:
        network n {
          plugin bridge {
            ipam host-local { subnet = 10.1.0.0/16, routes = [{ dst = 0.0.0.0/0 }, { dst = 0.0.0.0/0, gw = 10.1.0.1 }] }
          }
        }

    Good:
        network n {
          plugin bridge {
            isGateway = true, ipMasq = true
            ipam host-local { subnet = 10.1.0.0/16, routes = [{ dst = 0.0.0.0/0 }] }
          }
        }

    Source:
        Seen with bridge: `failed to add route ... file exists`.
    """
    subnets = assigned(plugin) if all_known(plugin) else []
    seen: dict[Any, Route] = {}
    for route in routes(plugin):
        scope = route.entry.get("scope") or 0 if route.family == 4 else 0
        first = seen.setdefault((route.dst.network, _hop(route, subnets), _metric(route), scope), route)
        if first is not route:
            yield Violation(
                f"{route.at}/dst",
                f"the route to {route.dst} is given twice",
                "leave one of them out, or give them different next hops or priorities",
                related=((f"{first.at}/dst", "first here"),),
            )


@plugin_rule("NC227", "competing-default-routes", Severity.WARNING)
def competing_default_routes(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """Two default routes of one family, through different next hops, with the same priority.

    Why:
        Both are added. For IPv4 the one given last wins, for IPv6 the kernel spreads connections over both.

    Bad:
        network n {
          plugin bridge {
            ipam host-local {
              subnet = 10.1.0.0/16
              routes = [{ dst = 0.0.0.0/0 }, { dst = 0.0.0.0/0, gw = 10.1.0.2 }]
            }
          }
        }

    Good:
        network n {
          plugin bridge {
            isGateway = true, ipMasq = true
            ipam host-local {
              subnet = 10.1.0.0/16
              routes = [{ dst = 0.0.0.0/0 }, { dst = 0.0.0.0/0, gw = 10.1.0.2, priority = 100 }]
            }
          }
        }

    Source:
        Seen with bridge: two routes to 0.0.0.0/0, the later one first.
    """
    subnets = assigned(plugin)
    seen: dict[Any, Route] = {}
    for route in routes(plugin):
        first = seen.setdefault((route.family, _metric(route)), route) if route.default else route
        if first is not route and _hop(first, subnets) != _hop(route, subnets):
            yield Violation(
                f"{route.at}/dst",
                f"two default routes for IPv{route.family}: through {_hop(first, subnets)} and {_hop(route, subnets)}",
                "leave one of them out, or give one a `priority`: the lower number wins",
                related=((f"{first.at}/dst", "the other one"),),
            )
