"""macvlan in process: a second interface, with a MAC address of its own, on one of the host's links.

What it does key by key is on the reference plugin's page (https://www.cni.dev/plugins/current/main/macvlan/); where
this driver differs, NOTES.md says why.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial

from netc.cni.args import parse_args
from netc.cni.decode import BaseConfig, Keys, base_config
from netc.cni.errors import CniError, failure
from netc.cni.gojson import quote
from netc.cni.plugin import Call, Handlers, Verb
from netc.cni.results import Interface, Result
from netc.dataclass import dataclass, replace
from netc.kernel import Kernel, KernelError, Link, Namespace
from netc.plugins.attachment import container, container_if_there, parse_mac
from netc.plugins.interface import (
    Undo,
    answering,
    ipam_add,
    saying,
    separate_container,
    undoing,
)
from netc.plugins.interface_config import (
    check_addresses,
    check_routes,
    configure,
    own_interface,
    previous,
)
from netc.plugins.stacked import default_route_link, refuse_mtu_above, stack, unstack

#: The modes on offer, by the kernel's numbers; "" is the default.
_MODES = {"": 4, "bridge": 4, "private": 1, "vepa": 2, "passthru": 8}


@dataclass(frozen=True, slots=True)
class Config:
    """macvlan's keys. 0 and "" leave the choice to the kernel (`queue_length`, `mac`), or to the master (`mtu`)."""

    base: BaseConfig
    master: str
    mode: str
    mtu: int
    mac: str
    link_in_container: bool
    queue_length: int


def _mode_number(mode: str) -> int:
    """The kernel's number of a mode; raises `CniError` for one that is not on offer."""
    if mode not in _MODES:
        raise failure(f"unknown macvlan mode: {quote(mode)}")
    return _MODES[mode]


def read(call: Call) -> Config:
    """The configuration of a call, of which only the JSON has been looked at. Raises `CniError` (999).

    The runtime's MAC address beats that of CNI_ARGS, and that the configuration's. CNI_ARGS matter to ADD and CHECK.
    """
    keys = Keys(call.config, prefix=f"failed to load {'netConf' if call.verb is Verb.DEL else 'netconf'}: ")
    runtime_mac = keys.object("runtimeConfig").string("mac")
    args = parse_args(call.env.args, {"MAC": str}) if call.verb in (Verb.ADD, Verb.CHECK) else {}
    return Config(
        base=base_config(keys),
        master=keys.string("master"),
        mode=keys.string("mode"),
        mtu=keys.integer("mtu"),
        mac=runtime_mac or args.get("MAC") or keys.string("mac"),
        link_in_container=keys.boolean("linkInContainer"),
        queue_length=keys.unsigned("bcqueuelen", go="uint32"),
    )


def load(kernel: Kernel, call: Call) -> tuple[Config, Namespace, Link]:
    """The configuration of an ADD or CHECK, where its master is, and the master."""
    config = read(call)
    place = container(kernel, call) if config.link_in_container else kernel.here()
    name = config.master or default_route_link(place)
    master = place.link(name)
    if master is None:
        raise failure("Link not found")
    refuse_mtu_above(master, config.mtu)
    return config, place, master


@answering
def _add(kernel: Kernel, call: Call) -> Result:
    config, place, master = load(kernel, call)
    inside, ifname = separate_container(kernel, call), call.env.ifname
    with undoing() as undo:
        link = _make(place, inside, master, config, call, undo)
        result = Result(interfaces=(Interface(ifname, link.mac, call.env.netns),))
        if config.base.ipam_type:
            given = ipam_add(call, undo)
            result = replace(
                given, interfaces=result.interfaces, ips=tuple(replace(ip, interface=0) for ip in given.ips)
            )
            for path in (f"net/ipv4/conf/{ifname}/arp_notify", f"net/ipv6/conf/{ifname}/ndisc_notify"):
                with suppress(KernelError):  # A kernel without IPv6 has no ndisc_notify.
                    inside.set_sysctl(path, "1")
            configure(inside, link, result)
        else:
            with saying(f"failed to set {quote(ifname)} UP"):
                inside.set_link(link.index, up=True)
        return replace(result, dns=config.base.dns)


def _make(place: Namespace, inside: Namespace, master: Link, config: Config, call: Call, undo: Undo) -> Link:
    """The container's interface, down."""
    data = {"IFLA_MACVLAN_MODE": _mode_number(config.mode)}
    if config.queue_length:
        data["IFLA_MACVLAN_BC_QUEUE_LEN"] = config.queue_length
    return stack("macvlan", place, inside, master, call, undo, mtu=config.mtu, mac=_mac(config), data=data)


def _mac(config: Config) -> str:
    try:
        return parse_mac(config.mac) if config.mac else ""
    except CniError as error:
        raise failure(f"invalid args {config.mac} for MAC addr: {error.msg}") from None


@answering
def _check(kernel: Kernel, call: Call) -> None:
    config, _, _ = load(kernel, call)
    inside = container(kernel, call)
    if config.base.ipam_type:
        call.delegate(Verb.CHECK)
    result = previous(call, "Required prevResult missing")
    own = own_interface(call, result)
    link = inside.link(own.name)
    if link is None:
        raise failure(f"container Interface name in prevResult: {own.name} not found")
    if link.kind != "macvlan":
        raise failure(f"error: Container interface {own.name} not of type macvlan")
    _mode_number(config.mode)
    wanted = config.mode or "bridge"
    found = str(inside.kind_attributes(link.index).get("IFLA_MACVLAN_MODE", ""))
    if found != wanted:
        raise failure(f"container macvlan mode {found} does not match expected value: {wanted}")
    if own.mac and own.mac != link.mac:
        raise failure(f"interface {own.name} Mac {own.mac} doesn't match container Mac: {link.mac}")
    if config.mtu and config.mtu != link.mtu:
        raise failure(f"interface {own.name} has MTU {link.mtu}, not the configured {config.mtu}")
    check_addresses(inside, call.env.ifname, result)
    check_routes(inside, result)


@answering
def _delete(kernel: Kernel, call: Call) -> None:
    config = read(call)
    if config.base.ipam_type:
        call.delegate(Verb.DEL)
    inside = container_if_there(kernel, call)
    if inside is not None:
        unstack(inside, call)


def _gc(call: Call) -> None:
    if read(call).base.ipam_type:
        call.delegate(Verb.GC)


def _status(call: Call) -> None:
    if read(call).base.ipam_type:
        call.delegate(Verb.STATUS)


def handlers(kernel: Kernel) -> Handlers:
    """macvlan as a plugin."""
    return Handlers(
        add=partial(_add, kernel),
        check=partial(_check, kernel),
        delete=partial(_delete, kernel),
        gc=_gc,
        status=_status,
        about="CNI macvlan plugin of netc",
    )
