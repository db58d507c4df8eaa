"""A next hop that no address of the container reaches."""

from __future__ import annotations

from collections.abc import Iterator

from netc.diagnostics import Severity
from netc.lint.addresses import Ip, Subnet, all_known, assigned, implied_gateway, own_default_routes, routes
from netc.model import Network, Plugin
from netc.rules import Violation, plugin_rule


@plugin_rule("NC216", "unreachable-next-hop", Severity.ERROR)
def unreachable_next_hop(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """A route goes through an address that lies in none of the container's subnets.

    Why:
        A next hop has to be a neighbour. The kernel refuses the route, and ADD fails. A route without `gw` goes through
        the first gateway of its family.

    Bad:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16, routes = [{ dst = 10.8.0.0/16, gw = 10.2.0.1 }] } }
        }

    Good:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16, routes = [{ dst = 10.8.0.0/16, gw = 10.1.0.9 }] } }
        }

    Source:
        Seen with bridge and ptp: `failed to add route ... network is unreachable`.
    """
    subnets = assigned(plugin)
    if not subnets or not all_known(plugin):
        return

    def reached(hop: Ip) -> bool:
        return hop.is_link_local or any(hop in network for network in neighbours)

    neighbours: list[Subnet] = [one.subnet for one in subnets]
    blamed: dict[str, tuple[Ip, list[tuple[str, str]]]] = {}
    for route in routes(plugin):
        implied = implied_gateway(subnets, route.family)
        if route.gw is not None:
            if route.gw.version == route.family and not reached(route.gw):
                blamed.setdefault(f"{route.at}/gw", (route.gw, []))
        elif implied is None and (route.family == 6 or route.entry.get("scope") == 253):
            neighbours.append(route.dst.network)  # a route without a next hop makes neighbours of its destination
        elif implied is not None and implied.gateway is not None and not reached(implied.gateway):
            blamed.setdefault(implied.gateway_at, (implied.gateway, []))[1].append(
                (f"{route.at}/dst", f"the route to {route.dst} goes through it")
            )
    for one in own_default_routes(plugin):
        if one.gateway is not None and one.gateway.version == one.family and not reached(one.gateway):
            through = blamed.setdefault(one.gateway_at, (one.gateway, []))[1]
            through.append(("/isDefaultGateway", "the default route goes through it"))
    for at, (hop, through) in blamed.items():
        family = [str(one.subnet) for one in subnets if one.family == hop.version]
        where = f"none of the container's subnets ({', '.join(dict.fromkeys(family))})" if family else "no subnet"
        yield Violation(
            at,
            f"the next hop {hop} lies in {where}, so that a route through it can't be added",
            "name an address of the container's own subnet",
            related=tuple(through),
        )
