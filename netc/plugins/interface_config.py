"""Addresses, routes and the state of the container's interface: setting them up, and comparing them in CHECK."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from ipaddress import IPv4Interface

from netc.cni.errors import CniError, failure
from netc.cni.gojson import quote
from netc.cni.plugin import Call
from netc.cni.results import Address as ConfiguredAddress
from netc.cni.results import Interface, Ip, Result
from netc.cni.results import Route as ResultRoute
from netc.kernel import KernelError, Link, Namespace, Route
from netc.plugins.interface import saying

_DAD_SECONDS = 15.0
_DAD_POLL = 0.05
_TABLE_MAIN, _TABLE_LOCAL = 254, 255
_SCOPES = {0: "universe", 200: "site", 253: "link", 254: "host", 255: "nowhere"}


def configure(
    container: Namespace, link: Link, result: Result, before_routes: Callable[[], None] | None = None
) -> None:
    """Give the container's link the result's addresses, bring it up, wait for IPv6 to settle, add the routes.

    Every address of the result must belong to an interface of the link's name. `before_routes` is for routes that
    those of the result need. Raises `CniError`.
    """
    ifname = link.name
    gateways: dict[int, Ip] = {}
    seen_ipv6 = False
    for ip in result.ips:
        index = ip.interface
        if index is None:
            continue
        if index >= len(result.interfaces) or result.interfaces[index].name != ifname:
            raise failure(f"failed to add IP addr {ip.address} to {quote(ifname)}: invalid interface index")
        if ip.address.version == 6 and not seen_ipv6:
            seen_ipv6 = True
            _enable_ipv6(container, ifname)
        with saying(f"failed to add IP addr {ip.address} to {quote(ifname)}"):
            container.add_address(link.index, ip.address)
        if ip.gateway is not None:
            gateways.setdefault(ip.gateway.version, ip.gateway)
    with saying(f"failed to set {quote(ifname)} UP"):
        container.set_link(link.index, up=True)
    if 6 in gateways:
        _settle(container, ifname, link.index)
    if before_routes is not None:
        before_routes()
    for route in result.routes:
        _add_route(container, ifname, link.index, route, route.gw or gateways.get(route.dst.version))


def interface(container: Namespace, ifname: str) -> Link:
    """The container's interface; raises `CniError` if it isn't there."""
    link = container.link(ifname)
    if link is None:
        raise failure(f"failed to lookup {quote(ifname)}: Link not found")
    return link


def _enable_ipv6(container: Namespace, ifname: str) -> None:
    for name in ("lo", ifname):
        path = f"net/ipv6/conf/{name}/disable_ipv6"
        with suppress(KernelError):  # A kernel without IPv6 says so when the address is added.
            if container.sysctl(path) == "0":
                continue
        with saying(f"failed to enable IPv6 for interface {quote(name)}"):
            container.set_sysctl(path, "0")
    with saying(f"failed to enable keep_addr_on_down for interface {quote(ifname)}"):
        container.set_sysctl(f"net/ipv6/conf/{ifname}/keep_addr_on_down", "1")


def _settle(container: Namespace, ifname: str, index: int) -> None:
    """Wait until duplicate address detection has come to an end; raises `CniError` if it found a duplicate."""
    deadline = time.monotonic() + _DAD_SECONDS
    while True:
        ipv6 = [found for found in container.addresses(index) if found.address.version == 6]
        for found in ipv6:
            if found.dad_failed:
                raise failure(f"link {ifname} has address {found.address.ip} in DADFAILED state")
        if not any(found.tentative for found in ipv6):
            return
        link = container.link_at(index)
        if link is not None and link.kind == "tun" and not link.carrier:
            return  # Until a program opens the device, there is nobody to ask.
        if time.monotonic() > deadline:
            if link is not None and link.operstate == "up":
                raise failure(f"{ifname} still has tentative addresses after {_DAD_SECONDS:g} seconds")
            return
        time.sleep(_DAD_POLL)


def _add_route(container: Namespace, ifname: str, index: int, route: ResultRoute, gateway: Ip | None) -> None:
    scope = route.scope or 0
    mask = route.dst.netmask.packed.hex()
    via = "<nil>" if gateway is None else gateway
    doing = (
        f"failed to add route '{{{route.dst.ip} {mask}}} via {via} dev {ifname} metric {route.priority} "
        f"(Scope: {_SCOPES.get(scope, 'unknown')}, Table: {route.table or 0})'"
    )
    if isinstance(route.dst, IPv4Interface) and route.dst.ip != route.dst.network.network_address:
        raise failure(f"{doing}: invalid argument")
    with saying(doing):
        container.add_route(
            Route(
                route.dst.network,
                oif=index,
                gateway=gateway,
                table=route.table or _TABLE_MAIN,
                scope=scope,
                priority=route.priority,
            )
        )


# CHECK --------------------------------------------------------------------------------------------------------------


def previous(call: Call, missing: str) -> Result:
    """The result that CHECK compares with; raises `CniError` (`missing`) if the runtime sent none."""
    result = call.prev_result()
    if result is None:
        raise failure(missing)
    return result


def own_interface(call: Call, result: Result) -> Interface:
    """The entry of the result that is the container's interface; raises `CniError` if no entry has its sandbox."""
    for entry in result.interfaces:
        if entry.name == call.env.ifname and entry.sandbox == call.env.netns:
            return entry
    raise failure(f"Sandbox in prevResult  doesn't match configured netns: {call.env.netns}")


def check_addresses(container: Namespace, ifname: str, result: Result) -> None:
    """Raises `CniError` unless each address is on the interface and its network is reached directly."""
    link = interface(container, ifname)
    with saying(f"failed to list addresses of {quote(ifname)}"):
        found = {entry.address for entry in container.addresses(link.index)}
        table = _vrf_table(container, link) or _TABLE_MAIN
        routes = {(route.dst, route.oif) for route in container.routes(table=table, oif=link.index)}
    for ip in result.ips:
        if ip.address not in found:
            raise failure(f"Failed to match addr {ip.address} on interface {ifname}")
        # The kernel makes no connected route of an IPv4 /32: nothing is missing then.
        alone = ip.address.network.prefixlen == 32 and ip.address.version == 4
        if not alone and not any(dst == ip.address.network for dst, _ in routes):
            raise failure(f"Failed to find Gateway {ip.gateway or '<nil>'} for interface {ifname}")


def check_routes(container: Namespace, result: Result) -> None:
    """Raises `CniError` unless each route of the result is in its table, over its gateway where it names one.

    The main table of an interface that has been put into a VRF is that of the VRF.
    """
    tables: dict[int, list[Route]] = {}

    def found(wanted: ResultRoute, table: int) -> bool:
        if table not in tables:
            with saying("failed to list routes"):
                tables[table] = container.routes(table=table)
        return any(_is(route, wanted) for route in tables[table])

    for wanted in result.routes:
        if found(wanted, wanted.table or _TABLE_MAIN):
            continue
        own = () if wanted.table else _vrf_tables(container, result)
        if not any(found(wanted, table) for table in own):
            raise failure(f"Expected Route {_shown(wanted)} not found in routing table")


def _vrf_tables(container: Namespace, result: Result) -> list[int]:
    """The tables of the VRFs that interfaces of the result are in."""
    links = (container.link(entry.name) for entry in result.interfaces if entry.sandbox)
    return [table for link in links if link is not None and (table := _vrf_table(container, link))]


def _vrf_table(container: Namespace, link: Link) -> int:
    """The table of the VRF that a link is in; 0 where it is in none."""
    master = container.link_at(link.master)
    if master is None or master.kind != "vrf":
        return 0
    return int(container.kind_attributes(master.index).get("IFLA_VRF_TABLE", 0))


def _is(route: Route, wanted: ResultRoute) -> bool:
    gateways = {route.gateway, *(hop.gateway for hop in route.hops)}
    return route.dst == wanted.dst.network and (wanted.gw is None or wanted.gw in gateways)


def _shown(route: ResultRoute) -> str:
    gw = "<nil>" if route.gw is None else route.gw
    dst = f"{{IP:{route.dst.ip} Mask:{route.dst.netmask.packed.hex()}}}"
    table, scope = ("<nil>" if value is None else value for value in (route.table, route.scope))
    return (
        f"{{Dst:{dst} GW:{gw} MTU:{route.mtu} AdvMSS:{route.advmss} Priority:{route.priority} "
        f"Table:{table} Scope:{scope}}}"
    )


def known_addresses(container: Namespace | None, call: Call) -> list[ConfiguredAddress] | None:
    """The addresses that an attachment has, for DEL: those on its interface and those that ADD answered.

    None where nobody knows them any more.
    """
    found: dict[ConfiguredAddress, None] = {}
    link = None if container is None else container.link(call.env.ifname)
    if container is not None and link is not None:
        for address in (entry.address for entry in container.addresses(link.index)):
            if not address.ip.is_link_local and not address.ip.is_loopback:
                found[address] = None
    with suppress(CniError):
        result = call.prev_result()
        found.update((ip.address, None) for ip in (result.ips if result is not None else ()))
    return list(found) or None
