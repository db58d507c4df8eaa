"""bridge in process: a veth pair between the container and a bridge of the host.

What it does key by key is on the reference plugin's page (https://www.cni.dev/plugins/current/main/bridge/); where this
driver differs, NOTES.md says why.
"""

from __future__ import annotations

import errno as codes
import time
from contextlib import suppress
from functools import partial

from netc.cni.errors import CniError, failure
from netc.cni.gojson import quote
from netc.cni.plugin import Call, Handlers, Verb
from netc.cni.results import Interface, Result
from netc.dataclass import replace
from netc.kernel import Kernel, KernelError, Link, Namespace
from netc.plugins import masquerade
from netc.plugins.attachment import container, container_if_there, refused
from netc.plugins.bridge import spoof_check, vlans
from netc.plugins.bridge.config import Config, decode, load
from netc.plugins.bridge.gateway import ensure_address, with_gateways
from netc.plugins.interface import (
    Undo,
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
from netc.plugins.ipam_config import SINGLE_ADDRESS_VERSIONS

_PORT_SECONDS = 2.55
_PORT_POLL = 0.005


@answering
def _add(kernel: Kernel, call: Call) -> Result:
    config = load(call)
    if config.disable_container_interface and config.has_ipam:
        raise failure("cannot use IPAM when DisableContainerInterface flag is set")
    if config.hairpin and config.promisc:
        raise failure("cannot set hairpin mode and promiscuous mode at the same time")
    if not config.has_ipam and call.version in SINGLE_ADDRESS_VERSIONS:
        raise failure("cannot convert: no valid IP addresses")
    backend = masquerade.chosen(config.ip_masq_backend) if config.ip_masq and config.has_ipam else None
    host = kernel.here()
    bridge = _ensure_bridge(host, config)
    with undoing() as undo:
        inside = separate_container(kernel, call)
        port, inner = _add_port(host, inside, bridge, config, call, undo)
        interfaces = [Interface(bridge.name), Interface(port.name), Interface(inner.name, inner.mac, call.env.netns)]
        if config.mac_spoof_check:
            undo(lambda: spoof_check.remove(host, call))
            spoof_check.add(host, call, port.name, inner.mac)
        result = Result(interfaces=tuple(interfaces))
        if config.has_ipam:
            result = _configure(host, inside, bridge, inner, config, call, interfaces, undo)
            if backend is not None:
                addresses = [ip.address for ip in result.ips]
                undo(lambda: masquerade.remove(host, call, backend, addresses))
                masquerade.add(host, call, backend, addresses)
        elif not config.disable_container_interface:
            with saying(f"failed to set {quote(inner.name)} up"):
                inside.set_link(inner.index, up=True)
        if not config.disable_container_interface:
            port = _when_ready(host, port)
        return _finished(host, result, bridge, port, config)


def _ensure_bridge(host: Namespace, config: Config) -> Link:
    """The bridge, up, made if it isn't there. It is never taken back: others may use it by then."""
    name = config.bridge
    doing = f"failed to create bridge {quote(name)}"
    if not name:
        raise failure(f'{doing}: could not add "": LinkAttrs.Name cannot be empty')
    link = host.link(name)
    if link is None:
        try:
            host.add_bridge(name, mtu=config.mtu, vlan_filtering=config.vlan_filtering)
        except KernelError as error:
            if error.errno != codes.EEXIST:  # Another attachment may have been faster.
                raise refused(error, f"{doing}: could not add {quote(name)}") from error
        link = host.link(name)
    if link is None:
        raise failure(f"{doing}: could not lookup {quote(name)}: Link not found")
    if config.promisc:
        with saying(f"{doing}: could not set promiscuous mode on {quote(name)}"):
            host.set_link(link.index, promisc=True)
    if link.kind != "bridge":
        raise failure(f"{doing}: {quote(name)} already exists but is not a bridge")
    with suppress(KernelError):
        host.set_sysctl(f"net/ipv6/conf/{name}/accept_ra", "0")
    if not link.up:
        with saying(doing):
            host.set_link(link.index, up=True)
    return link


def _add_port(
    host: Namespace, inside: Namespace, bridge: Link, config: Config, call: Call, undo: Undo
) -> tuple[Link, Link]:
    """The container's veth pair, its host end a port of the bridge: (host end, container end)."""
    port, inner = make_veth(host, inside, call.env.ifname, config.mtu, config.mac, undo)
    with saying(f"failed to connect {quote(port.name)} to bridge {bridge.name}"):
        host.set_link(port.index, master=bridge.index)
    with saying(f"failed to set hairpin mode or port isolation for {port.name}"):
        host.set_port(port.index, hairpin=config.hairpin, isolated=config.port_isolation)
    vlans.assign(host, port, vlan=config.vlan, trunk=config.trunk, preserve=config.preserve_default_vlan)
    return port, inner


def _configure(
    host: Namespace,
    inside: Namespace,
    bridge: Link,
    inner: Link,
    config: Config,
    call: Call,
    interfaces: list[Interface],
    undo: Undo,
) -> Result:
    """Addresses and routes of the container, the gateway's addresses, forwarding."""
    given = ipam_add(call, undo)
    result, gateways = with_gateways(given, is_gateway=config.is_gateway, is_default_gateway=config.is_default_gateway)
    result = replace(result, interfaces=tuple(interfaces), dns=dns_of(config.base, given))
    ifname = call.env.ifname
    settings = {"enhanced_dad": "1", "accept_dad": "1"} if config.enable_dad else {"accept_dad": "0"}
    for name, value in settings.items():
        with suppress(KernelError):  # A kernel without IPv6 has neither.
            inside.set_sysctl(f"net/ipv6/conf/{ifname}/{name}", value)
    with suppress(KernelError):
        inside.set_sysctl(f"net/ipv4/conf/{ifname}/arp_notify", "1")
    configure(inside, inner, result)
    if not gateways:
        return result
    at, mac = bridge, bridge.mac
    if config.vlan:
        at = vlans.ensure_gateway(host, bridge, config.vlan, preserve=config.preserve_default_vlan)
        mac = ""
        result = replace(result, interfaces=(*result.interfaces, Interface(at.name, at.mac)))
    for version in (4, 6):
        wanted = [address for address in gateways if address.version == version]
        for address in wanted:
            ensure_address(host, at, address, force=config.force_address, mac=mac)
        if wanted:
            enable_forwarding(host, version)
    return result


def _when_ready(host: Namespace, port: Link) -> Link:
    """The bridge port as soon as it carries traffic; raises `CniError` if it doesn't."""
    deadline = time.monotonic() + _PORT_SECONDS
    while True:
        link = host.link_at(port.index)
        state = link.operstate if link is not None else "not-present"
        if link is not None and state == "up":
            return link
        if time.monotonic() > deadline:
            raise failure(f"bridge port in error state: {state}")
        time.sleep(_PORT_POLL)


def _finished(host: Namespace, result: Result, bridge: Link, port: Link, config: Config) -> Result:
    """The result with the MACs as they are now: a bridge takes that of its first port."""
    now = host.link_at(bridge.index) or bridge
    first, second = Interface(bridge.name, now.mac), Interface(port.name, port.mac)
    dns = result.dns or config.base.dns
    return replace(result, interfaces=(first, second, *result.interfaces[2:]), dns=dns)


@answering
def _check(kernel: Kernel, call: Call) -> None:
    config = load(call)
    inside = container(kernel, call)
    if config.has_ipam:
        call.delegate(Verb.CHECK)
    result = previous(call, "Required prevResult missing")
    host = kernel.here()
    entry = next((one for one in result.interfaces if one.name == config.bridge), None)
    bridge = _check_bridge(host, entry, config)
    own = own_interface(call, result)
    link = inside.link(own.name)
    if link is None:
        raise failure(f"Interface name {own.name} not found")
    if link.kind != "veth":
        raise failure(f"Error: Container interface {own.name} not of type veth")
    if own.mac and own.mac != link.mac:
        raise failure(f"Interface {own.name} Mac {own.mac} doesn't match container Mac: {link.mac}")
    _check_port(host, bridge, link, [one for one in result.interfaces if one not in (entry, own)])
    check_addresses(inside, call.env.ifname, result)
    check_routes(inside, result)


def _check_bridge(host: Namespace, entry: Interface | None, config: Config) -> Link:
    name = config.bridge
    if entry is None:
        raise failure("Interface name missing ")
    link = host.link(name)
    if link is None:
        raise failure(f"Interface name {name} not found")
    if entry.sandbox:
        raise failure(f"Interface {name} should not be in sandbox")
    if link.kind != "bridge":
        raise failure(f"Interface {name} does not have link type of bridge")
    if entry.mac and entry.mac != link.mac:
        raise failure(f"Bridge interface {name} Mac doesn't match: {entry.mac}")
    if link.promisc != config.promisc:
        wanted, found = (str(value).lower() for value in (config.promisc, link.promisc))
        raise failure(f"Bridge interface {name} configured Promisc Mode {wanted} doesn't match current state: {found} ")
    return link


def _check_port(host: Namespace, bridge: Link, inner: Link, others: list[Interface]) -> None:
    """One of the result's other interfaces must be the veth end that is in the bridge."""
    for entry in others:
        link = host.link(entry.name)
        if link is None:
            raise failure(f"Interface name {entry.name} not found")
        if entry.sandbox:
            raise failure(f"Interface {entry.name} should not be in sandbox")
        pair = link.kind == "veth" and link.index == inner.parent and link.parent == inner.index
        if pair and link.master == bridge.index:
            if entry.mac and entry.mac != link.mac:
                raise failure(f"Interface {entry.name} Mac doesn't match: {entry.mac} not found")
            return
    raise failure(f"CNI veth created for bridge {bridge.name} was not found")


@answering
def _delete(kernel: Kernel, call: Call) -> None:
    config = load(call)
    host = kernel.here()
    inside = container_if_there(kernel, call)
    addresses = known_addresses(inside, call)
    if inside is not None:
        delete_interface(inside, call.env.ifname)
    failed: CniError | None = None
    if config.has_ipam:
        try:
            call.delegate(Verb.DEL)
        except CniError as error:
            failed = error  # The rest has to go all the same; the runtime hears of it below.
    if config.mac_spoof_check:
        with suppress(CniError):
            spoof_check.remove(host, call)
    if config.has_ipam:
        backend = masquerade.used(config.ip_masq_backend) if config.ip_masq else "nftables"
        masquerade.remove(host, call, backend, addresses)
    if failed is not None:
        raise failed


@answering
def _gc(kernel: Kernel, call: Call) -> None:
    valid = valid_attachments(call)
    if valid is None:
        return
    config = decode(call)
    masquerade.collect(kernel.here(), call, masquerade.used(config.ip_masq_backend), valid)
    if config.mac_spoof_check:
        spoof_check.collect(kernel.here())
    if config.has_ipam:
        call.delegate(Verb.GC)


def _status(call: Call) -> None:
    if decode(call).has_ipam:
        call.delegate(Verb.STATUS)


def handlers(kernel: Kernel) -> Handlers:
    """bridge as a plugin."""
    return Handlers(
        add=partial(_add, kernel),
        check=partial(_check, kernel),
        delete=partial(_delete, kernel),
        gc=partial(_gc, kernel),
        status=_status,
        about="CNI bridge plugin of netc",
    )
