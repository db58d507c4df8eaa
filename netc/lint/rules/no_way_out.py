"""A gateway that no route uses, and a route whose answers find no way back."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network

from netc import plugins
from netc.diagnostics import Severity
from netc.lint.addresses import assigned, is_gateway, routes
from netc.model import Network, Plugin
from netc.rules import Violation, plugin_rule


@plugin_rule("NC235", "unused-gateway", Severity.WARNING)
def unused_gateway(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """The bridge is a gateway, or traffic is masqueraded, and no route leads out of the subnet.

    Why:
        A gateway alone is no route: containers reach their own subnet and nothing else. Routes come from
        `isDefaultGateway`, or from `routes` of the IPAM plugin.

    Bad:
        network n { plugin bridge { isGateway = true, ipam host-local { subnet = 10.1.0.0/16 } } }

    Good:
        network n { plugin bridge { isDefaultGateway = true, ipMasq = true, ipam host-local { subnet = 10.1.0.0/16 } } }

    Source:
        The IPAM plugins return the routes that they are given, and invent none.
    """
    if plugin.body.get("isDefaultGateway") is True or not assigned(plugin) or routes(plugin):
        return
    key = next((key for key in ("isGateway", "ipMasq") if plugin.body.get(key) is True), None)
    if key is not None and (key == "ipMasq" or plugin.type == "bridge"):
        what = "the bridge is a gateway" if key == "isGateway" else "traffic is masqueraded"
        yield Violation(
            f"/{key}",
            f"{what}, but no route of the container leads there",
            "write `isDefaultGateway = true`, or `routes = [{ dst = 0.0.0.0/0 }]` in ipam"
            if plugin.type == "bridge"
            else "write `routes = [{ dst = 0.0.0.0/0 }]` in ipam",
            "key",
        )


#: Subnets that no router outside leads to unless somebody told it: RFC 1918, RFC 6598, RFC 4193.
_PRIVATE = tuple(map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")))


@plugin_rule("NC241", "not-masqueraded", Severity.INFO)
def not_masqueraded(plugin: Plugin, network: Network) -> Iterator[Violation]:
    """Containers with private addresses have a default route through the host, and nothing masquerades them.

    Why:
        What a container sends to the outside carries its private address. An answer comes back only where the network
        out there has a route for the subnet to this host, or where something else on the host masquerades. Without
        either, names do not resolve and connections hang, though every ADD passes. Nothing is said of networks with a
        `node` of their own: whoever gives each node a subnet routes them.

    Bad:
        network n { plugin bridge { isDefaultGateway = true, ipam host-local { subnet = 10.1.0.0/16 } } }

    Good:
        network n { plugin bridge { isDefaultGateway = true, ipMasq = true, ipam host-local { subnet = 10.1.0.0/16 } } }

    Source:
        bridge and ptp masquerade only with `ipMasq`; the kernel forwards a packet with the source that it has.
    """
    if plugin.body.get("ipMasq") is True or not (is_gateway(plugin) or plugin.type == "ptp"):
        return
    if network.meta.node is not None:
        return  # one subnet for each node: the network between them routes these
    if "ipMasqBackend" in plugin.body or any(plugins.find(other.type) is None for other in network.plugins):
        return  # NC415 says so at the key, or a plugin that netc does not know may masquerade
    default = {route.family: f"{route.at}/dst" for route in reversed(routes(plugin)) if route.default}
    for one in assigned(plugin):
        first, last = one.subnet.network_address, one.subnet.broadcast_address
        if not any(first in private and last in private for private in _PRIVATE):
            continue
        at = "/isDefaultGateway" if plugin.body.get("isDefaultGateway") is True else default.get(one.subnet.version)
        if at is not None:
            yield Violation(
                at,
                f"nothing masquerades {one.subnet}: an answer from outside comes back only if a router there leads "
                "to this host",
                "write `ipMasq = true`, or allow it where the network is routed or another agent masquerades",
                "key" if at == "/isDefaultGateway" else "value",
            )
            return
