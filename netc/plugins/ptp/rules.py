"""What ptp needs of its addresses."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Interface, IPv6Interface, ip_interface

from netc.diagnostics import Severity
from netc.model import Network, Plugin
from netc.rules import Violation, plugin_rule


def _written(plugin: Plugin) -> Iterator[tuple[str, IPv4Interface | IPv6Interface, str | None]]:
    """Pointer, address and gateway of each address that is written down, as the static IPAM plugin has them."""
    ipam = plugin.ipam or {}
    for index, entry in enumerate((ipam.get("addresses") or ()) if ipam.get("type") == "static" else ()):
        text = entry.get("address")
        if isinstance(text, str) and "/" in text:
            yield f"/ipam/addresses/{index}", ip_interface(text), entry.get("gateway") or None


@plugin_rule("NC431", "ptp-address-without-gateway", Severity.ERROR, plugin="ptp")
def address_without_gateway(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """ptp gets an address without a gateway.

    Why:
        The gateway is the host's end of the link: ptp puts its address there and routes through it. Without one, ADD
        fails with a message that does not name it.

    Bad:
        network n { plugin ptp { ipam static { addresses = [{ address = 10.1.0.5/24 }] } } }

    Good:
        network n { plugin ptp { ipam static { addresses = [{ address = 10.1.0.5/24, gateway = 10.1.0.1 }] } } }

    Source:
        ptp, ADD: `failed to add IP addr ... to veth: numerical result out of range`.
    """
    for pointer, address, gateway in _written(plugin):
        if gateway is None:
            yield Violation(
                pointer,
                f"the address {address} has no gateway, which ptp needs for the host's end",
                f"write gateway = {address.network.network_address + 1} beside it",
            )


@plugin_rule("NC432", "ptp-host-prefix", Severity.ERROR, plugin="ptp")
def host_prefix(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """ptp gets an IPv4 address with a prefix length of 32.

    Why:
        ptp replaces the route to the address's network, and a /32 has none: ADD fails.

    Bad:
        network n { plugin ptp { ipam static { addresses = [{ address = 10.1.0.5/32, gateway = 10.1.0.1 }] } } }

    Good:
        network n { plugin ptp { ipam static { addresses = [{ address = 10.1.0.5/24, gateway = 10.1.0.1 }] } } }

    Source:
        ptp, ADD: `failed to delete route ... no such process`. A /128 works.
    """
    for pointer, address, _gateway in _written(plugin):
        if address.version == 4 and address.network.prefixlen == 32:
            yield Violation(
                f"{pointer}/address",
                f"ptp can't use {address}: a /32 has no network to route through the link",
                f"give it the prefix length of its network, such as {address.ip}/24",
            )


@plugin_rule("NC434", "ptp-dhcp", Severity.ERROR, plugin="ptp")
def dhcp(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """ptp is to get its addresses by DHCP.

    Why:
        ptp asks for addresses before it makes the link, so there is no interface to ask the server through. And nobody
        but the host is at the other end.

    Bad:
        network n { plugin ptp { ipam dhcp { } } }

    Good:
        network n { plugin macvlan { master = "eth0", ipam dhcp { } } }

    Source:
        dhcp looks the interface up first: `error looking up "eth0": Link not found`.
    """
    if (plugin.ipam or {}).get("type") == "dhcp":
        yield Violation(
            "/ipam",
            "ptp can't be used with dhcp: it has no link yet when it asks for an address",
            "use `ipam host-local`, or macvlan or a bridge with an uplink for DHCP",
        )


@plugin_rule("NC435", "ptp-no-effect", Severity.WARNING, plugin="ptp")
def no_effect(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """`ipMasqBackend` stands without `ipMasq`.

    Why:
        The plugin masquerades nothing, and does not say so.

    Bad:
        network n { plugin ptp { ipMasqBackend = "nftables", ipam host-local { subnet = 10.1.0.0/16 } } }

    Good:
        network n {
          plugin ptp {
            ipMasq = true
            ipMasqBackend = "nftables"
            ipam host-local { subnet = 10.1.0.0/16, routes = [{ dst = 0.0.0.0/0 }] }
          }
        }

    Source:
        The ptp plugin's documentation.
    """
    if plugin.body.get("ipMasqBackend") and plugin.body.get("ipMasq") is not True:
        yield Violation("/ipMasqBackend", "ipMasqBackend has no effect: ipMasq is off", "write `ipMasq = true`", "key")
