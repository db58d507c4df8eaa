"""ipvlan in process: an interface on one of the host's links, or on that of the plugin before, with the same MAC.

What it does key by key is on the reference plugin's page (https://www.cni.dev/plugins/current/main/ipvlan/); where
this driver differs, NOTES.md says why.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial

from netc.cni.decode import BaseConfig, Keys, base_config
from netc.cni.errors import failure
from netc.cni.gojson import quote
from netc.cni.plugin import Call, Handlers, Verb
from netc.cni.results import Interface, Result
from netc.dataclass import dataclass, replace
from netc.kernel import Kernel, KernelError
from netc.plugins.attachment import container, container_if_there
from netc.plugins.interface import Undo, answering, ipam_add, separate_container, undoing
from netc.plugins.interface_config import check_addresses, check_routes, configure, own_interface, previous
from netc.plugins.stacked import default_route_link, master_link, stack, unstack

#: The modes on offer, by the kernel's numbers; "" is the default.
_MODES = {"": 0, "l2": 0, "l3": 1, "l3s": 2}


@dataclass(frozen=True, slots=True)
class Config:
    """ipvlan's keys. `master` is "" where it is to be found; an MTU of 0 or less is the master's."""

    base: BaseConfig
    master: str
    mode: str
    mtu: int
    link_in_container: bool


def read(call: Call) -> Config:
    """The configuration of a call, of which only the JSON has been looked at. Raises `CniError` (999)."""
    keys = Keys(call.config)
    return Config(
        base=base_config(keys),
        master=keys.string("master"),
        mode=keys.string("mode"),
        mtu=keys.integer("mtu"),
        link_in_container=keys.boolean("linkInContainer"),
    )


def _mode_number(mode: str) -> int:
    """The kernel's number of a mode; raises `CniError` for one that is not on offer."""
    if mode not in _MODES:
        raise failure(f"unknown ipvlan mode: {quote(mode)}")
    return _MODES[mode]


def _mode_name(number: int) -> str:
    return next((name for name, other in _MODES.items() if name and other == number), str(number))


def _chained_master(result: Result) -> str:
    """The interface that the plugin before made, if it made exactly one."""
    if len(result.interfaces) != 1 or not result.interfaces[0].name:
        raise failure("chained master failure. PrevResult lacks a single named interface")
    return result.interfaces[0].name


@answering
def _add(kernel: Kernel, call: Call) -> Result:
    config, before = read(call), call.prev_result()
    place = container(kernel, call) if config.link_in_container else kernel.here()
    name = config.master or (default_route_link(place) if before is None else _chained_master(before))
    inside, ifname = separate_container(kernel, call), call.env.ifname
    mode = _mode_number(config.mode)
    master = master_link(place, name)
    with undoing() as undo:
        data = {"IFLA_IPVLAN_MODE": mode}
        link = stack("ipvlan", place, inside, master, call, undo, mtu=config.mtu, data=data)
        given = _given(call, config, before, undo)
        result = replace(
            given,
            interfaces=(Interface(ifname, link.mac, call.env.netns),),
            ips=tuple(replace(ip, interface=0) for ip in given.ips),
            dns=config.base.dns,
        )
        for path in (f"net/ipv4/conf/{ifname}/arp_notify", f"net/ipv6/conf/{ifname}/ndisc_notify"):
            with suppress(KernelError):  # A kernel without IPv6 has no ndisc_notify.
                inside.set_sysctl(path, "1")
        configure(inside, link, result)
        return result


def _given(call: Call, config: Config, before: Result | None, undo: Undo) -> Result:
    """The addresses and routes: of the IPAM plugin, or where none is configured of the plugin before."""
    if not config.base.ipam_type and before is not None and before.ips:
        return before
    return ipam_add(call, undo)


@answering
def _check(kernel: Kernel, call: Call) -> None:
    config = read(call)
    inside = container(kernel, call)
    if config.base.ipam_type:
        call.delegate(Verb.CHECK)
    result = previous(call, "Required prevResult missing")
    own = own_interface(call, result)
    if config.master:
        master_link(inside if config.link_in_container else kernel.here(), config.master)
    link = inside.link(own.name)
    if link is None:
        raise failure(f"Container Interface name in prevResult: {own.name} not found")
    if link.kind != "ipvlan":
        raise failure(f"Error: Container interface {own.name} not of type ipvlan")
    wanted = _mode_number(config.mode)
    found = int(inside.kind_attributes(link.index).get("IFLA_IPVLAN_MODE", 0))
    if found != wanted:
        now, then = (_mode_name(number) for number in (found, wanted))
        raise failure(f"Container IPVlan mode {now} does not match expected value: {then}")
    if own.mac and own.mac != link.mac:
        raise failure(f"Interface {own.name} Mac {own.mac} doesn't match container Mac: {link.mac}")
    if config.mtu > 0 and config.mtu != link.mtu:
        raise failure(f"Interface {own.name} has MTU {link.mtu}, not the configured {config.mtu}")
    check_addresses(inside, call.env.ifname, result)
    check_routes(inside, result)


@answering
def _delete(kernel: Kernel, call: Call) -> None:
    if read(call).base.ipam_type:
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
    """ipvlan as a plugin."""
    return Handlers(
        add=partial(_add, kernel),
        check=partial(_check, kernel),
        delete=partial(_delete, kernel),
        gc=_gc,
        status=_status,
        about="CNI ipvlan plugin of netc",
    )
