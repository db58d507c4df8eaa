"""A route through a next hop of the other family."""

from __future__ import annotations

from collections.abc import Iterator

from netc.diagnostics import Severity
from netc.lint.addresses import own_default_routes, routes
from netc.model import Network, Plugin
from netc.rules import Violation, plugin_rule


@plugin_rule("NC229", "next-hop-family", Severity.ERROR)
def next_hop_family(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """A route's `gw` is of another family than its `dst`.

    Why:
        The route can't be added: ADD fails.

    Bad:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16, routes = [{ dst = 10.8.0.0/16, gw = fd00::1 }] } }
        }

    Good:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16, routes = [{ dst = 10.8.0.0/16, gw = 10.1.0.9 }] } }
        }

    Source:
        Seen with bridge: `gateway, source, and destination ip are not the same IP family`.
    """
    for route in routes(plugin):
        if route.gw is not None and route.gw.version != route.family:
            yield Violation(
                f"{route.at}/gw",
                f"the next hop {route.gw} is IPv{route.gw.version}, the destination {route.dst} is IPv{route.family}",
                f"write an IPv{route.family} address",
                related=((f"{route.at}/dst", "the destination"),),
            )
    for one in own_default_routes(plugin):
        if one.gateway is not None and one.gateway.version != one.family:
            yield Violation(
                one.gateway_at,
                f"the default route of {one.subnet} can't go through {one.gateway}, which is IPv{one.gateway.version}",
                f"write an IPv{one.family} address, such as {one.subnet.network_address + 1}",
                related=(("/isDefaultGateway", "adds the route"),),
            )
