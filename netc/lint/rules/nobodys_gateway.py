"""A way out through an address that nobody has."""

from __future__ import annotations

from collections.abc import Iterator

from netc.diagnostics import Severity
from netc.lint.addresses import assigned, implied_gateway, is_gateway, routes
from netc.model import Network, Plugin
from netc.rules import Violation, plugin_rule


@plugin_rule("NC240", "nobodys-gateway", Severity.WARNING, plugin="bridge")
def nobodys_gateway(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """The default route of a bridge's containers leads to host-local's own choice of a gateway, which nobody is.

    Why:
        host-local takes the subnet's second address for the gateway where none is written. Only `isGateway` gives it
        to the bridge.

    Bad:
        network n { plugin bridge { ipam host-local { subnet = 10.1.0.0/16, routes = [{ dst = 0.0.0.0/0 }] } } }

    Good:
        network n {
          plugin bridge {
            isGateway = true, ipMasq = true
            ipam host-local { subnet = 10.1.0.0/16, routes = [{ dst = 0.0.0.0/0 }] }
          }
        }

    Source:
        Seen with bridge and host-local 1.9.1: the route is there, and no interface of the host has its next hop.
    """
    if plugin.type != "bridge" or is_gateway(plugin):
        return
    subnets = assigned(plugin)
    for route in routes(plugin):
        hop = implied_gateway(subnets, route.family) if route.default and route.gw is None else None
        written = hop is not None and hop.gateway_at.endswith("/gateway")
        if hop is not None and not written and route.entry.get("scope") in (None, 0):
            yield Violation(
                f"{route.at}/dst",
                f"the default route leads to {hop.gateway}, which nobody is: the bridge is no gateway",
                "write `isGateway = true`, or the router's address as `gateway` of ipam",
                related=((hop.at, "its second address is the gateway where none is written"),),
            )
            return
