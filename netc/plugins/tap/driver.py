"""tap in process: a device in the container that a program opens, such as a virtual machine's monitor.

What it does key by key is on the reference plugin's page (https://www.cni.dev/plugins/current/main/tap/); where this
driver differs, NOTES.md says why.
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
from netc.kernel.tap import add_labelled_tap, add_tap
from netc.plugins.attachment import container, container_if_there, parse_mac, refused
from netc.plugins.interface import (
    Undo,
    answering,
    delete_interface,
    ipam_add,
    saying,
    separate_container,
    undoing,
)
from netc.plugins.interface_config import (
    check_addresses,
    check_routes,
    configure,
    interface,
    own_interface,
    previous,
)


@dataclass(frozen=True, slots=True)
class Config:
    """tap's keys. None, 0 and "" leave the choice to the kernel."""

    base: BaseConfig
    owner: int | None
    group: int | None
    multi_queue: bool
    mtu: int
    mac: str
    label: str
    bridge: str

    @property
    def has_headers(self) -> bool:
        """Whether the device is made as the reference makes it by ioctl: what a program that opens it finds set."""
        return self.owner is not None and self.group is not None and not self.label


def read(call: Call) -> Config:
    """The configuration of a call. Raises `CniError` (999).

    The runtime's MAC address beats that of CNI_ARGS, and that the configuration's.
    """
    keys = Keys(call.config)
    base = base_config(keys)
    if keys.has("args"):
        keys.optional_object("args", go="struct {}")
    runtime_mac = keys.object("runtimeConfig").string("mac")
    args = parse_args(call.env.args, {"MAC": str})
    return Config(
        base=base,
        owner=keys.optional_unsigned("owner", go="uint32"),
        group=keys.optional_unsigned("group", go="uint32"),
        multi_queue=keys.boolean("multiQueue"),
        mtu=keys.integer("mtu"),
        mac=runtime_mac or args.get("MAC") or keys.string("mac"),
        label=keys.string("selinuxContext"),
        bridge=keys.string("bridge"),
    )


@answering
def _add(kernel: Kernel, call: Call) -> Result:
    config = read(call)
    inside, ifname = separate_container(kernel, call), call.env.ifname
    with undoing() as undo:
        link = _make(inside, ifname, config, undo)
        result = Result(interfaces=(Interface(ifname, link.mac, call.env.netns),))
        if config.base.ipam_type:
            given = ipam_add(call, undo)
            result = replace(
                given, interfaces=result.interfaces, ips=tuple(replace(ip, interface=0) for ip in given.ips)
            )
            with suppress(KernelError):
                inside.set_sysctl(f"net/ipv4/conf/{ifname}/arp_notify", "1")
            configure(inside, link, result)
        return replace(result, dns=config.base.dns)


def _make(inside: Namespace, ifname: str, config: Config, undo: Undo) -> Link:
    """The device, up, a port of its bridge if it is to be."""
    mac = _mac(config)
    if inside.link(ifname) is not None:
        raise failure(f"failed to rename tap to {quote(ifname)}: file exists")
    master = 0
    if config.bridge:
        bridge = inside.link(config.bridge)
        if bridge is None:
            raise failure(f"failed to get bridge {config.bridge}: Link not found")
        master = bridge.index
    if config.label:
        _make_labelled(inside, ifname, config)
        undo(partial(delete_interface, inside, ifname))
        with saying("failed to create tap"):
            _set(inside, ifname, config.mtu, mac)
    else:
        with saying("failed to create tap"):
            add_tap(
                inside,
                ifname,
                owner=config.owner,
                group=config.group,
                multi_queue=config.multi_queue,
                packet_information=config.has_headers and not config.multi_queue,
                vnet_header=config.has_headers,
                before_it_stays=partial(_set, inside, ifname, config.mtu, mac),
            )
        undo(partial(delete_interface, inside, ifname))
    index = interface(inside, ifname).index
    if master:
        with saying(f"failed to set tap {ifname} as a port of bridge {config.bridge}"):
            inside.set_link(index, master=master)
    with saying(f"failed to set tap interface {quote(ifname)} up"):
        inside.set_link(index, up=True)
    return interface(inside, ifname)


def _make_labelled(inside: Namespace, ifname: str, config: Config) -> None:
    try:
        add_labelled_tap(
            inside, ifname, config.label, owner=config.owner, group=config.group, multi_queue=config.multi_queue
        )
    except KernelError as error:
        doing = "failed set socket label" if error.operation == "set label" else "failed to run command"
        raise refused(error, doing) from None


def _mac(config: Config) -> str:
    try:
        return parse_mac(config.mac) if config.mac else ""
    except CniError as error:
        raise failure(f"invalid args {config.mac} for MAC addr: {error.msg}") from None


def _set(inside: Namespace, ifname: str, mtu: int, mac: str) -> None:
    """MTU and MAC address of the device, where they are asked for."""
    if mtu < 0:
        raise failure("failed to create tap: mtu less than device minimum")
    index = interface(inside, ifname).index
    if mtu:
        inside.set_link(index, mtu=mtu)
    if mac:
        inside.set_link(index, mac=mac)


@answering
def _check(kernel: Kernel, call: Call) -> None:
    config = read(call)
    inside = container(kernel, call)
    if config.base.ipam_type:
        call.delegate(Verb.CHECK)
    result = previous(call, "Required prevResult missing")
    own = own_interface(call, result)
    _check_link(inside, config, own)
    check_addresses(inside, call.env.ifname, result)
    check_routes(inside, result)


def _check_link(inside: Namespace, config: Config, own: Interface) -> None:
    link = inside.link(own.name)
    if link is None:
        raise failure(f"Container Interface name in prevResult: {own.name} not found")
    if link.kind != "tun":
        raise failure(f"Error: Container interface {own.name} not of type tap")
    if own.mac and own.mac != link.mac:
        raise failure(f"Interface {own.name} Mac {own.mac} doesn't match container Mac: {link.mac}")
    if config.mtu and config.mtu != link.mtu:
        raise failure(f"Interface {own.name} has MTU {link.mtu}, not the configured {config.mtu}")
    bridge = inside.link(config.bridge) if config.bridge else None
    if config.bridge and (bridge is None or link.master != bridge.index):
        raise failure(f"Interface {own.name} is no port of bridge {config.bridge}")
    found = inside.kind_attributes(link.index)
    for what, wanted in (("OWNER", config.owner), ("GROUP", config.group)):
        current = found.get(f"IFLA_TUN_{what}")
        if wanted is not None and current != wanted:
            raise failure(f"Interface {own.name} has {what.lower()} {current}, not the configured {wanted}")


@answering
def _delete(kernel: Kernel, call: Call) -> None:
    config = read(call)
    if config.base.ipam_type:
        call.delegate(Verb.DEL)
    inside = container_if_there(kernel, call)
    if inside is not None:
        delete_interface(inside, call.env.ifname)


def _gc(call: Call) -> None:
    if base_config(Keys(call.config)).ipam_type:
        call.delegate(Verb.GC)


def _status(call: Call) -> None:
    if read(call).base.ipam_type:
        call.delegate(Verb.STATUS)


def handlers(kernel: Kernel) -> Handlers:
    """tap as a plugin."""
    return Handlers(
        add=partial(_add, kernel),
        check=partial(_check, kernel),
        delete=partial(_delete, kernel),
        gc=_gc,
        status=_status,
        about="CNI tap plugin of netc",
    )
