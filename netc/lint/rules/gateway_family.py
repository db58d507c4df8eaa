"""A gateway of the other family."""

from __future__ import annotations

from collections.abc import Iterator

from netc.diagnostics import Severity
from netc.lint.addresses import assigned, own_default_routes
from netc.model import Network, Plugin
from netc.rules import Violation, plugin_rule


@plugin_rule("NC209", "gateway-family", Severity.ERROR)
def gateway_family(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """A gateway is IPv6 and its subnet IPv4, or the other way round.

    Why:
        The plugins take it, and then find no gateway for the subnet's family: routes go out without a next hop, and a
        bridge gets no address there. Nothing fails, and nothing is reachable.

    Bad:
        network n { plugin bridge { ipam host-local { subnet = 10.1.0.0/16, gateway = fd00:1::1 } } }

    Good:
        network n { plugin bridge { ipam host-local { subnet = 10.1.0.0/16, gateway = 10.1.0.1 } } }

    Source:
        Seen with host-local and bridge: the default route is `default dev eth0`, without a gateway.
    """
    refused = {one.gateway_at for one in own_default_routes(plugin)}  # as a default route: an error of its own
    for one in assigned(plugin):
        if one.gateway is not None and one.gateway.version != one.family and one.gateway_at not in refused:
            yield Violation(
                one.gateway_at,
                f"the gateway {one.gateway} is IPv{one.gateway.version}, its subnet {one.subnet} is IPv{one.family}",
                f"write an address of the subnet, such as {one.subnet.network_address + 1}",
                related=((one.at, "the subnet"),),
            )
