"""Routes whose destination has host bits."""

from __future__ import annotations

from collections.abc import Iterator

from netc.diagnostics import Severity
from netc.lint.addresses import routes
from netc.model import Network, Plugin
from netc.rules import Violation, plugin_rule


def _found(plugin: Plugin, family: int, what: str) -> Iterator[Violation]:
    for route in routes(plugin):
        if route.family == family and route.dst.ip != route.dst.network.network_address:
            yield Violation(
                f"{route.at}/dst",
                f"the destination {route.dst} has host bits set, {what}",
                f"write {route.dst.network}, or {route.dst.ip}/{route.dst.max_prefixlen} for the one host",
            )


@plugin_rule("NC214", "route-host-bits", Severity.ERROR)
def route_host_bits(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """An IPv4 route's destination has host bits set.

    Why:
        IPAM plugins hand the route on as it is written, and the kernel refuses it: ADD fails.

    Bad:
        network n { plugin bridge { ipam host-local { subnet = 10.1.0.0/16, routes = [{ dst = 10.8.0.5/16 }] } } }

    Good:
        network n { plugin bridge { ipam host-local { subnet = 10.1.0.0/16, routes = [{ dst = 10.8.0.0/16 }] } } }

    Source:
        Seen with bridge: `failed to add route ... invalid argument`.
    """
    yield from _found(plugin, 4, "which the kernel refuses in a route")


@plugin_rule("NC228", "ipv6-route-host-bits", Severity.WARNING)
def ipv6_route_host_bits(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """An IPv6 route's destination has host bits set.

    Why:
        The kernel drops them in silence: the route is for the whole network. If one host was meant, it needs /128.

    Bad:
        network n { plugin bridge { ipam host-local { subnet = fd00:1::/64, routes = [{ dst = fd00:8::5/64 }] } } }

    Good:
        network n { plugin bridge { ipam host-local { subnet = fd00:1::/64, routes = [{ dst = fd00:8::/64 }] } } }

    Source:
        Seen with bridge: `fd01::5/64` becomes `fd01::/64 via ...`.
    """
    yield from _found(plugin, 6, "which the kernel drops")
