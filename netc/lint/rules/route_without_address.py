"""A route of a family that the container has no address of."""

from __future__ import annotations

from collections.abc import Iterator

from netc.diagnostics import Severity
from netc.lint.addresses import all_known, assigned, routes
from netc.model import Network, Plugin
from netc.rules import Violation, plugin_rule


@plugin_rule("NC215", "route-without-address", Severity.WARNING)
def route_without_address(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """A route of a family that the container gets no address of.

    Why:
        It is added without a next hop and leads nowhere; a program that prefers IPv6 finds a route and waits.

    Bad:
        network n { plugin bridge { ipam host-local { subnet = 10.1.0.0/16, routes = [{ dst = ::/0 }] } } }

    Good:
        network n {
          plugin bridge {
            isGateway = true, ipMasq = true
            ipam host-local {
              ranges = [[{ subnet = 10.1.0.0/16 }], [{ subnet = fd00:1::/64 }]]
              routes = [{ dst = 0.0.0.0/0 }, { dst = ::/0 }]
            }
          }
        }

    Source:
        Seen with bridge: the route becomes `default dev eth0`, without a gateway.
    """
    families = {one.family for one in assigned(plugin)}
    if not families or not all_known(plugin):
        return
    for route in routes(plugin):
        if route.family not in families and route.gw is None:
            yield Violation(
                f"{route.at}/dst",
                f"the route to {route.dst} is IPv{route.family}, and containers get no IPv{route.family} address",
                f"add a range for IPv{route.family}, or leave the route out",
            )
