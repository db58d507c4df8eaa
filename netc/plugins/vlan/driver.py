"""vlan in process: the container's interface sends and receives the tagged packets of one VLAN on a host's link.

What it does key by key is on the reference plugin's page (https://www.cni.dev/plugins/current/main/vlan/); where this
driver differs, NOTES.md says why.
"""

from __future__ import annotations

from functools import partial

from netc.cni.decode import BaseConfig, Keys, base_config
from netc.cni.errors import failure
from netc.cni.plugin import Call, Handlers, Verb
from netc.cni.results import Interface, Result
from netc.dataclass import dataclass, replace
from netc.kernel import Kernel
from netc.plugins.attachment import container, container_if_there
from netc.plugins.interface import answering, ipam_add, separate_container, undoing
from netc.plugins.interface_config import check_addresses, check_routes, configure, own_interface, previous
from netc.plugins.stacked import master_link, refuse_mtu_above, stack, unstack

_MAX_VLAN = 4094


@dataclass(frozen=True, slots=True)
class Config:
    """vlan's keys. An MTU of 0 is the master's."""

    base: BaseConfig
    master: str
    vlan_id: int
    mtu: int
    link_in_container: bool


def read(call: Call) -> Config:
    """The configuration of a call, of which only the JSON has been looked at. Raises `CniError` (999)."""
    keys = Keys(call.config)
    return Config(
        base=base_config(keys),
        master=keys.string("master"),
        vlan_id=keys.integer("vlanId"),
        mtu=keys.integer("mtu"),
        link_in_container=keys.boolean("linkInContainer"),
    )


def load(call: Call) -> Config:
    """The configuration of an ADD, refused where no ADD can succeed. Raises `CniError` (999)."""
    config = read(call)
    if not config.master:
        raise failure('"master" field is required. It specifies the host interface name to create the VLAN for')
    if not 0 <= config.vlan_id <= _MAX_VLAN:
        raise failure(f"invalid VLAN ID {config.vlan_id} (must be between 0 and {_MAX_VLAN} inclusive)")
    return config


@answering
def _add(kernel: Kernel, call: Call) -> Result:
    config = load(call)
    place = container(kernel, call) if config.link_in_container else kernel.here()
    master = place.link(config.master)
    if master is None:
        raise failure("Link not found")
    refuse_mtu_above(master, config.mtu)
    inside, ifname = separate_container(kernel, call), call.env.ifname
    with undoing() as undo:
        data = {"IFLA_VLAN_ID": config.vlan_id}
        link = stack("vlan", place, inside, master, call, undo, mtu=config.mtu, data=data)
        given = ipam_add(call, undo, doing="failed to execute IPAM delegate")
        result = replace(
            given,
            interfaces=(Interface(ifname, link.mac, call.env.netns),),
            ips=tuple(replace(ip, interface=0) for ip in given.ips),
            dns=config.base.dns,
        )
        configure(inside, link, result)
        return result


@answering
def _check(kernel: Kernel, call: Call) -> None:
    config = read(call)
    inside = container(kernel, call)
    call.delegate(Verb.CHECK)
    result = previous(call, "vlan: Required prevResult missing")
    own = own_interface(call, result)
    master_link(inside if config.link_in_container else kernel.here(), config.master)
    link = inside.link(own.name)
    if link is None:
        raise failure(f"vlan: Container Interface name in prevResult: {own.name} not found")
    if link.kind != "vlan":
        raise failure(f"Error: Container interface {own.name} not of type vlan")
    if own.mac and own.mac != link.mac:
        raise failure(f"vlan: Interface {own.name} Mac {own.mac} doesn't match container Mac: {link.mac}")
    vlan_id = inside.kind_attributes(link.index).get("IFLA_VLAN_ID")
    if vlan_id != config.vlan_id:
        raise failure(f"Error: Interface {own.name} is in VLAN {vlan_id}, not in the configured {config.vlan_id}")
    if config.mtu and config.mtu != link.mtu:
        raise failure(f"Error: Interface {own.name} has MTU {link.mtu}, not the configured {config.mtu}")
    check_addresses(inside, call.env.ifname, result)
    check_routes(inside, result)


@answering
def _delete(kernel: Kernel, call: Call) -> None:
    load(call)
    call.delegate(Verb.DEL)
    inside = container_if_there(kernel, call)
    if inside is not None:
        unstack(inside, call)


def _gc(call: Call) -> None:
    if read(call).base.ipam_type:
        call.delegate(Verb.GC)


def _status(call: Call) -> None:
    read(call)
    call.delegate(Verb.STATUS)


def handlers(kernel: Kernel) -> Handlers:
    """vlan as a plugin."""
    return Handlers(
        add=partial(_add, kernel),
        check=partial(_check, kernel),
        delete=partial(_delete, kernel),
        gc=_gc,
        status=_status,
        about="CNI vlan plugin of netc",
    )
