"""The bridge as its containers' gateway: which addresses it has, and the routes that lead to it."""

from __future__ import annotations

import errno as codes
from ipaddress import ip_interface

from netc.cni.errors import failure
from netc.cni.gojson import quote
from netc.cni.results import Address, IpConfig, Result, Route
from netc.dataclass import replace
from netc.kernel import KernelError, Link, Namespace
from netc.plugins.interface import saying

_ANYWHERE = {4: ip_interface("0.0.0.0/0"), 6: ip_interface("::/0")}
_ZERO_MAC = "00:00:00:00:00:00"


def with_gateways(result: Result, *, is_gateway: bool, is_default_gateway: bool) -> tuple[Result, list[Address]]:
    """The IPAM result with what it leaves to the bridge, and the addresses that the bridge is to have.

    An address without gateway gets the first of its network (the next address for a /32); the default route of each
    family is added unless the result has it.
    """
    ips: list[IpConfig] = []
    routes = list(result.routes)
    gateways: list[Address] = []
    for one in result.ips:
        ip = replace(one, interface=2)
        network, version = ip.address.network, ip.address.version
        if ip.gateway is None and is_gateway:
            ip = replace(ip, gateway=network.network_address + 1)
        if is_default_gateway and not any(_is_default(route, version) for route in routes):
            routes.append(Route(_ANYWHERE[version], ip.gateway))
        if is_gateway:
            gateways.append(ip_interface(f"{ip.gateway}/{network.prefixlen}"))
        ips.append(ip)
    return replace(result, ips=tuple(ips), routes=tuple(routes)), gateways


def _is_default(route: Route, version: int) -> bool:
    if route.dst != _ANYWHERE[version]:
        return False
    # Without a gateway it gets the address's own: the bridge's default route would be the very same one.
    same = not route.priority and not route.scope and route.table in (None, 0, 254)
    return route.gw is not None or same


def ensure_address(host: Namespace, link: Link, address: Address, *, force: bool, mac: str = "") -> None:
    """Give the gateway's link this address, and pin its MAC (`mac`) when it is new to it.

    Another IPv4 address, or an IPv6 one whose network overlaps, is deleted with `force`, and an error without.
    """
    for found in host.addresses(link.index):
        other = found.address
        if other.version != address.version:
            continue
        if other == address:
            return
        if address.version == 6 and not other.network.overlaps(address.network):
            continue
        if not force:
            text = f"{quote(link.name)} already has an IP address different from {address}"
            raise failure(f"failed to set bridge addr: {text}")
        with saying(f"failed to set bridge addr: could not remove IP address from {quote(link.name)}"):
            host.delete_address(link.index, other)
    try:
        host.add_address(link.index, address)
    except KernelError as error:
        if error.errno == codes.EEXIST:  # Another attachment was faster.
            return
        with saying(f"failed to set bridge addr: could not add IP address {address} to {quote(link.name)}"):
            raise
    if mac:
        _pin_mac(host, link, mac)


def _pin_mac(host: Namespace, link: Link, mac: str) -> None:
    """A bridge without a MAC set on purpose takes that of a port, and changes it when that port goes."""
    if mac == _ZERO_MAC:
        # All its ports had gone when it was looked at. Now it has the new one's.
        now = host.link_at(link.index)
        mac = now.mac if now is not None else mac
    if mac != _ZERO_MAC:
        with saying("failed to set bridge addr: could not set bridge's mac"):
            host.set_link(link.index, mac=mac)
