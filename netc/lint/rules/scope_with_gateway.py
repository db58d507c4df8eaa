"""A route to neighbours that goes through a gateway."""

from __future__ import annotations

from collections.abc import Iterator

from netc.diagnostics import Severity
from netc.lint.addresses import assigned, implied_gateway, routes
from netc.model import Network, Plugin
from netc.rules import Violation, plugin_rule


@plugin_rule("NC218", "link-scope-with-gateway", Severity.ERROR)
def link_scope_with_gateway(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """A route of scope 253 (link) goes through a gateway.

    Why:
        The scope says that the destination is on the link itself, so the kernel refuses a next hop. A route without
        `gw` gets the IPAM plugin's gateway, and host-local always has one: with it there is no such route.

    Bad:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16, routes = [{ dst = 10.8.0.0/16, scope = 253 }] } }
        }

    Good:
        network n {
          plugin bridge {
            ipam static { addresses = [{ address = 10.1.0.5/16 }], routes = [{ dst = 10.8.0.0/16, scope = 253 }] }
          }
        }

    Source:
        Seen with bridge: `failed to add route ... (Scope: link, ...): network is unreachable`.
    """
    subnets = assigned(plugin)
    for route in routes(plugin):
        implied = implied_gateway(subnets, route.family)
        hop = route.gw or (implied.gateway if implied is not None else None)
        if route.family == 4 and route.entry.get("scope") == 253 and hop is not None:
            given = route.gw is not None
            yield Violation(
                f"{route.at}/scope",
                f"the route to {route.dst} is for the link itself, and goes through {hop}"
                + ("" if given else ", the first gateway"),
                "leave out the scope" + (", or gw" if given else ""),
                related=((f"{route.at}/gw" if given else implied.gateway_at if implied else route.at, "the gateway"),),
            )
