"""A gateway that no route uses."""

from __future__ import annotations

from collections.abc import Iterator

from netc.diagnostics import Severity
from netc.lint.addresses import assigned, routes
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
        network n { plugin bridge { isDefaultGateway = true, ipam host-local { subnet = 10.1.0.0/16 } } }

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
