"""vrf in process: the container's interface goes into a VRF, a routing domain of its own within the container.

What it does key by key is on the reference plugin's page (https://www.cni.dev/plugins/current/meta/vrf/); where this
driver differs, NOTES.md says why.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from functools import partial

from netc.cni.decode import Keys, base_config
from netc.cni.errors import CniError, failure
from netc.cni.plugin import Call, Handlers
from netc.cni.results import Result
from netc.dataclass import dataclass, replace
from netc.kernel import Kernel, Link, Namespace, Route
from netc.plugins import find
from netc.plugins.attachment import container, container_if_there
from netc.plugins.interface import Undo, answering, saying, separate_container, undoing

_KERNEL, _ROUTER_ADVERTISEMENT = 2, 9
_UNICAST = 1
_TABLE_MAIN, _TABLE_LOCAL = 254, 255
_TABLE = "IFLA_VRF_TABLE"
_ADDRESS_SECONDS = 2.5
_ADDRESS_POLL = 0.005


@dataclass(frozen=True, slots=True)
class Config:
    """vrf's keys. A table of 0 is one that no other VRF of the container has."""

    vrf: str
    table: int


def load(call: Call) -> Config:
    """The configuration of a call. Raises `CniError` (999)."""
    keys = Keys(call.config, struct="VRFNetConf")
    base_config(keys)
    config = Config(keys.string("vrfname"), keys.unsigned("table", go="uint32"))
    if not config.vrf:
        raise failure("configuration is expected to have a valid vrf name")
    return config


@answering
def _add(kernel: Kernel, call: Call) -> Result:
    config, before = load(call), call.prev_result()
    if before is None:
        raise failure("missing prevResult from earlier plugin")
    inside = separate_container(kernel, call)
    try:
        with undoing() as undo:
            vrf = _find(inside, config.vrf)
            if vrf is None:
                vrf = _make(inside, config, undo)
            table = _table(inside, vrf)
            if config.table not in (0, table):
                raise failure(f"VRF {config.vrf} already exist with different routing table {table}")
            _put_into(inside, vrf, table, call.env.ifname, undo)
    except CniError as error:
        raise CniError(error.code, f"cmdAdd failed: {error.msg}", error.details) from error
    return before


def _find(inside: Namespace, name: str) -> Link | None:
    """The VRF of this name; raises `CniError` where the name is some other link's."""
    link = inside.link(name)
    if link is not None and link.kind != "vrf":
        raise failure(f"Netlink {name} is not a VRF")
    return link


def _table(inside: Namespace, vrf: Link) -> int:
    return int(inside.kind_attributes(vrf.index).get(_TABLE, 0))


def _make(inside: Namespace, config: Config, undo: Undo) -> Link:
    """A new VRF, up."""
    taken = {_table(inside, link) for link in inside.links() if link.kind == "vrf"}
    table = config.table or next(number for number in range(1, len(taken) + 2) if number not in taken)
    with saying(f"could not add VRF {config.vrf}"):
        inside.add_link(config.vrf, "vrf", data={_TABLE: table})
    made = inside.link(config.vrf)
    if made is None:
        raise failure(f"could not add VRF {config.vrf}: Link not found")
    undo(lambda: inside.delete_link(made.index))
    with saying(f"could not set link up for VRF {config.vrf}"):
        inside.set_link(made.index, up=True)
    return made


def _put_into(inside: Namespace, vrf: Link, table: int, ifname: str, undo: Undo) -> None:
    """Make the interface one of the VRF's, with what the kernel drops when it takes a link down and up for that."""
    link = inside.link(ifname)
    if link is None:
        raise failure(f"could not get link by name {ifname}")
    if link.master:
        master = inside.link_at(link.master)
        shown = master.name if master is not None else link.master
        raise failure(f"interface {ifname} has already a master set: {shown}")
    addresses = [one for one in inside.addresses(link.index) if one.address.version == 6 and one.scope == 0]
    routes = inside.routes(table=0)
    connected = {route.dst for route in _connected(routes, link, _TABLE_MAIN)}
    undo(lambda: inside.set_link(link.index, master=0))
    with saying(f"could not set vrf {vrf.name} as master of {ifname}"):
        inside.set_link(link.index, master=vrf.index)
    kept = {one.address for one in inside.addresses(link.index)}
    for one in addresses:
        if one.address not in kept:
            with saying(f"could not restore address {one.address} to {ifname} @ {vrf.name}"):
                inside.add_address(link.index, one.address)
            _await_address(inside, link, table, one.address.ip)
    for route in sorted(_configured(routes, link), key=lambda route: route.gateway is not None):
        with saying(f"could not add route '{route.dst}'"):
            inside.append_route(replace(route, table=table) if route.table == _TABLE_MAIN else route)
    for route in _connected(inside.routes(table=table, oif=link.index), link, table):
        if route.dst not in connected:  # Somebody had a reason to take it away: ptp does.
            with saying(f"could not delete route '{route.dst}'"):
                inside.delete_route(route)


def _connected(routes: Iterable[Route], link: Link, table: int) -> Iterator[Route]:
    """The routes of a table that the kernel made for a link's own networks."""
    for route in routes:
        if (route.oif, route.table, route.protocol, route.type) == (link.index, table, _KERNEL, _UNICAST):
            yield route


def _configured(routes: Iterable[Route], link: Link) -> Iterator[Route]:
    """The routes over a link that the kernel doesn't make by itself, one for each next hop of a multipath route."""
    for route in routes:
        if route.table == _TABLE_LOCAL or route.protocol in (_KERNEL, _ROUTER_ADVERTISEMENT):
            continue
        if route.oif == link.index:
            yield route
        for hop in route.hops:
            if hop.oif == link.index:
                yield replace(route, oif=hop.oif, gateway=hop.gateway, hops=())


def _await_address(inside: Namespace, link: Link, table: int, address: object) -> None:
    """Wait for the kernel to route to an address of the link, as it does once the address can be used."""
    deadline = time.monotonic() + _ADDRESS_SECONDS
    while not any(
        route.dst.network_address == address and route.dst.prefixlen == 128
        for route in inside.routes(table=table, family=10, oif=link.index)
    ):
        if time.monotonic() > deadline:
            raise failure(
                f"failed getting local/host addresses for {link.name} in table {table} with dst {address}/128"
            )
        time.sleep(_ADDRESS_POLL)


@answering
def _check(kernel: Kernel, call: Call) -> None:
    config = load(call)
    if call.prev_result() is None:
        raise failure("missing prevResult from earlier plugin")
    inside, ifname = container(kernel, call), call.env.ifname
    vrf, link = _find(inside, config.vrf), inside.link(ifname)
    if vrf is None:
        raise failure("Link not found")
    if link is None or link.master != vrf.index:
        raise failure(f"Failed to find {ifname} associated to vrf {config.vrf}")


@answering
def _delete(kernel: Kernel, call: Call) -> None:
    config = load(call)
    inside = container_if_there(kernel, call)
    vrf = _find(inside, config.vrf) if inside is not None else None
    if inside is None or vrf is None:
        return
    link = inside.link(call.env.ifname)
    if link is not None and link.master == vrf.index:
        inside.set_link(link.index, master=0)
    if not any(other.master == vrf.index for other in inside.links()):
        inside.delete_link(vrf.index)


def handlers(kernel: Kernel) -> Handlers:
    """vrf as a plugin."""
    info = find("vrf")
    assert info is not None
    return Handlers(
        add=partial(_add, kernel),
        check=partial(_check, kernel),
        delete=partial(_delete, kernel),
        versions=info.versions,
        about="CNI vrf plugin of netc",
    )
