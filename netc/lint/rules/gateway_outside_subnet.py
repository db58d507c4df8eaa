"""A gateway that its own subnet does not hold."""

from __future__ import annotations

from collections.abc import Iterator

from netc.diagnostics import Severity
from netc.lint.addresses import all_known, assigned, own_default_routes, routes
from netc.model import Network, Plugin
from netc.rules import Violation, plugin_rule


@plugin_rule("NC208", "gateway-outside-subnet", Severity.WARNING)
def gateway_outside_subnet(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """A gateway lies outside of the subnet that it is for.

    Why:
        IPAM plugins take any address for a gateway. A container can reach one outside of its subnet by no route, so a
        route through it fails, and host-local hands out the address that would have been the gateway's.

    Bad:
        network n { plugin bridge { ipam host-local { subnet = 10.1.0.0/16, gateway = 10.2.0.1 } } }

    Good:
        network n { plugin bridge { ipam host-local { subnet = 10.1.0.0/16, gateway = 10.1.0.1 } } }

    Source:
        Seen with host-local: with a gateway of another subnet the first lease is the subnet's second address. ptp alone
        is content: it makes a route to the gateway.
    """
    if plugin.type == "ptp":
        return
    implied = {route.family for route in routes(plugin) if route.gw is None} if all_known(plugin) else set()
    implied |= {one.family for one in own_default_routes(plugin)}
    for one in assigned(plugin):
        if one.gateway is None or one.gateway.version != one.family or one.family in implied:
            continue  # a route through it makes ADD fail, which is said of the route
        if one.gateway not in one.subnet:
            yield Violation(
                one.gateway_at,
                f"the gateway {one.gateway} lies outside of its subnet {one.subnet}",
                f"write an address of the subnet, such as {one.subnet.network_address + 1}",
                related=((one.at, "the subnet"),),
            )
