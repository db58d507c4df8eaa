"""MTUs below what the kernel, or IPv6, asks for."""

from __future__ import annotations

from collections.abc import Iterator

from netc.diagnostics import Severity
from netc.lint.addresses import assigned, is_gateway, routes
from netc.model import Network, Plugin
from netc.rules import Violation, plugin_rule

_ETHERNET = ("bridge", "ptp", "macvlan", "ipvlan", "vlan", "tap", "tuning")


def _mtu(plugin: Plugin) -> int | None:
    value = plugin.body.get("mtu")
    return value if plugin.type in _ETHERNET and isinstance(value, int) and value > 0 else None


@plugin_rule("NC418", "mtu-too-small", Severity.ERROR)
def mtu_too_small(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """An MTU of less than 68 bytes.

    Why:
        The kernel makes no such Ethernet interface: ADD fails.

    Bad:
        network n { plugin bridge { mtu = 60, ipam host-local { subnet = 10.1.0.0/16 } } }

    Good:
        network n { plugin bridge { mtu = 1400, ipam host-local { subnet = 10.1.0.0/16 } } }

    Source:
        RFC 791 and the kernel's ETH_MIN_MTU; bridge: `could not add "cni0": invalid argument`.
    """
    mtu = _mtu(plugin)
    if mtu is not None and mtu < 68 and plugin.type != "vlan":  # whose device takes any
        yield Violation("/mtu", f"mtu {mtu} is below 68, the least that an interface can have", "leave it out for 1500")


@plugin_rule("NC419", "mtu-below-ipv6", Severity.ERROR)
def mtu_below_ipv6(plugin: Plugin, network: Network) -> Iterator[Violation]:
    """An MTU of less than 1280 bytes on an interface with an IPv6 address or route.

    Why:
        The kernel switches IPv6 off on such an interface, so that the address can't be added: ADD fails.

    Bad:
        network n { plugin bridge { mtu = 1200, ipam host-local { subnet = fd00:1::/64 } } }

    Good:
        network n { plugin bridge { mtu = 1280, ipam host-local { subnet = fd00:1::/64 } } }

    Source:
        RFC 8200, section 5. Seen with bridge: `failed to enable keep_addr_on_down`.
    """
    mtu = _mtu(plugin)
    least = 1 if plugin.type == "vlan" else 68
    if mtu is None or not least <= mtu < 1280 or plugin.type == "tuning":
        return
    for what, at in _ipv6(plugin):
        yield Violation(
            "/mtu",
            f"mtu {mtu} is below 1280, the least for IPv6, and {what} is IPv6",
            "write at least mtu = 1280",
            related=((at, "IPv6"),),
        )
        return


def _ipv6(plugin: Plugin) -> Iterator[tuple[str, str]]:
    """What the interface needs IPv6 for, with its pointer: addresses, the bridge's own, routes."""
    for one in assigned(plugin):
        if one.family == 6:
            yield str(one.subnet), one.at
        elif is_gateway(plugin) and one.gateway is not None and one.gateway.version == 6:
            yield str(one.gateway), one.gateway_at
    for route in routes(plugin):
        if route.family == 6:
            yield str(route.dst), f"{route.at}/dst"
