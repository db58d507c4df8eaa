"""ptp in process: a veth pair between the container and the host, with routes instead of a bridge.

What it does key by key is on the reference plugin's page (https://www.cni.dev/plugins/current/main/ptp/); where this
driver differs, NOTES.md says why.
"""

from __future__ import annotations

import errno as codes
from functools import partial
from ipaddress import ip_interface, ip_network

from netc.cni.decode import BaseConfig, Keys, base_config
from netc.cni.errors import failure
from netc.cni.plugin import Call, Handlers, Verb
from netc.cni.results import Interface, IpConfig, Result
from netc.dataclass import dataclass, replace
from netc.kernel import Kernel, KernelError, Link, Namespace, Route
from netc.plugins import masquerade
from netc.plugins.attachment import container, container_if_there
from netc.plugins.interface import (
    answering,
    delete_interface,
    dns_of,
    enable_forwarding,
    ipam_add,
    make_veth,
    saying,
    separate_container,
    undoing,
    valid_attachments,
)
from netc.plugins.interface_config import (
    check_addresses,
    check_routes,
    configure,
    known_addresses,
    own_interface,
    previous,
)

_SCOPE_LINK, _SCOPE_HOST = 253, 254


@dataclass(frozen=True, slots=True)
class Config:
    """ptp's keys. An MTU of 0 or less is the kernel's default."""

    base: BaseConfig
    ip_masq: bool
    ip_masq_backend: str | None
    mtu: int


def load(call: Call) -> Config:
    """The configuration of a call. Raises `CniError` (999)."""
    keys = Keys(call.config)
    return Config(
        base_config(keys),
        keys.boolean("ipMasq"),
        keys.optional_string("ipMasqBackend"),
        keys.integer("mtu"),
    )


@answering
def _add(kernel: Kernel, call: Call) -> Result:
    config = load(call)
    backend = masquerade.chosen(config.ip_masq_backend) if config.ip_masq else None
    host, ifname = kernel.here(), call.env.ifname
    with undoing() as undo:
        given = ipam_add(call, undo)
        for version in sorted({ip.address.version for ip in given.ips}):
            enable_forwarding(host, version)
        inside = separate_container(kernel, call)
        outer, inner = make_veth(host, inside, ifname, config.mtu, "", undo)
        result = replace(
            given,
            interfaces=(Interface(outer.name, outer.mac), Interface(ifname, inner.mac, call.env.netns)),
            ips=tuple(replace(ip, interface=1) for ip in given.ips),
            dns=dns_of(config.base, given),
        )
        configure(inside, inner, result, lambda: _point_to_gateways(inside, inner, result))
        for ip in result.ips:
            _point_to_container(host, outer, ip)
        if backend is not None:
            addresses = [ip.address for ip in result.ips]
            undo(lambda: masquerade.remove(host, call, backend, addresses))
            masquerade.add(host, call, backend, addresses)
        return result


def _point_to_gateways(inside: Namespace, link: Link, result: Result) -> None:
    """Inside the container everything goes by the gateways, which alone are on the link."""
    for ip in result.ips:
        _point_to_gateway(inside, link, ip)


def _point_to_gateway(inside: Namespace, link: Link, ip: IpConfig) -> None:
    if ip.gateway is None:
        raise failure(f"failed to add routes for {ip.address}: the address has no gateway, and ptp needs one")
    network, source = ip.address.network, ip.address.ip
    # An IPv4 network of one address has no connected route to replace.
    connected = Route(network, oif=link.index)
    with saying(f"failed to delete route {network}"):
        try:
            inside.delete_route(connected, any_scope=True)
        except KernelError as error:
            if network.prefixlen != network.max_prefixlen or error.errno != codes.ESRCH:
                raise
    gateway = ip_network(ip.gateway)
    for route in (
        Route(gateway, oif=link.index, src=source, scope=_SCOPE_LINK),
        Route(network, oif=link.index, gateway=ip.gateway, src=source),
    ):
        with saying(f"failed to add route {route.dst}"):
            _add_once(inside, route)


def _add_once(inside: Namespace, route: Route) -> None:
    """Add a route unless an address with the same gateway or network added the very same one."""
    try:
        inside.add_route(route, exclusive=True)
    except KernelError as error:
        same = [found for found in inside.routes(oif=route.oif) if found.dst == route.dst]
        if error.errno != codes.EEXIST or not any(found.gateway == route.gateway for found in same):
            raise


def _point_to_container(host: Namespace, link: Link, ip: IpConfig) -> None:
    """The host's end has the gateway's address, and the host a route to the container's."""
    assert ip.gateway is not None
    with saying(f"failed to add IP addr {ip.gateway} to veth"):
        try:
            host.add_address(link.index, ip_interface(ip.gateway))
        except KernelError as error:
            if error.errno != codes.EEXIST:  # Two addresses may have one gateway.
                raise
    with saying(f"failed to add route on host for {ip.address.ip}"):
        try:
            host.add_route(Route(ip_network(ip.address.ip), oif=link.index, scope=_SCOPE_HOST), exclusive=True)
        except KernelError as error:
            if error.errno != codes.EEXIST:
                raise


@answering
def _check(kernel: Kernel, call: Call) -> None:
    load(call)
    inside = container(kernel, call)
    call.delegate(Verb.CHECK)
    result = previous(call, "ptp: Required prevResult missing")
    own = own_interface(call, result)
    link = inside.link(own.name)
    if link is None:
        raise failure(f"ptp: Container Interface name in prevResult: {own.name} not found")
    if link.kind != "veth":
        raise failure(f"ptp: Container interface {own.name} not of type veth/p2p")
    if own.mac and own.mac != link.mac:
        raise failure(f"ptp: Interface {own.name} Mac {own.mac} doesn't match container Mac: {link.mac}")
    check_addresses(inside, call.env.ifname, result)
    check_routes(inside, result)


@answering
def _delete(kernel: Kernel, call: Call) -> None:
    config = load(call)
    call.delegate(Verb.DEL)
    inside = container_if_there(kernel, call)
    addresses = known_addresses(inside, call)
    if inside is not None:
        delete_interface(inside, call.env.ifname)
    backend = masquerade.used(config.ip_masq_backend) if config.ip_masq else "nftables"
    masquerade.remove(kernel.here(), call, backend, addresses)


@answering
def _gc(kernel: Kernel, call: Call) -> None:
    valid = valid_attachments(call)
    if valid is None:
        return
    config = load(call)
    masquerade.collect(kernel.here(), call, masquerade.used(config.ip_masq_backend), valid)
    if config.base.ipam_type:
        call.delegate(Verb.GC)


def _status(call: Call) -> None:
    load(call)
    call.delegate(Verb.STATUS)


def handlers(kernel: Kernel) -> Handlers:
    """ptp as a plugin."""
    return Handlers(
        add=partial(_add, kernel),
        check=partial(_check, kernel),
        delete=partial(_delete, kernel),
        gc=partial(_gc, kernel),
        status=_status,
        about="CNI ptp plugin of netc",
    )
