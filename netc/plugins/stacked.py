"""Links that stand on another link (macvlan, ipvlan, vlan): which one that is, and making them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netc.cni.errors import failure
from netc.cni.gojson import quote
from netc.cni.plugin import Call
from netc.kernel import Link, Namespace
from netc.plugins.attachment import hashed
from netc.plugins.interface import Undo, delete_interface, saying
from netc.plugins.interface_config import interface


def default_route_link(place: Namespace) -> str:
    """The link that the first default route of the main table leaves by, IPv4 before IPv6. Raises `CniError`."""
    for family in (2, 10):
        for route in place.routes(family=family):
            if route.dst.prefixlen == 0 and route.oif:
                link = place.link_at(route.oif)
                if link is not None:
                    return link.name
    raise failure("no default route interface found")


def master_link(place: Namespace, name: str) -> Link:
    """The link of this name; raises `CniError` if there is none."""
    link = place.link(name)
    if link is None:
        raise failure(f"failed to lookup master {quote(name)}: Link not found")
    return link


def refuse_mtu_above(master: Link, mtu: int) -> None:
    """Raises `CniError` for an MTU that the master can't carry, or that is negative."""
    if not 0 <= mtu <= master.mtu:
        raise failure(f"invalid MTU {mtu}, must be [0, master MTU({master.mtu})]")


def stack(
    kind: str,
    place: Namespace,
    inside: Namespace,
    master: Link,
    call: Call,
    undo: Undo,
    *,
    mtu: int = 0,
    mac: str = "",
    data: Mapping[str, Any] | None = None,
) -> Link:
    """The call's interface: a link of this kind on `master` of `place`, in the container and down. Raises `CniError`.

    It is made under a name that nobody has and then renamed: the kernel looks for the name in `place` too.
    """
    temporary, ifname = _temporary_name(call), call.env.ifname
    delete_interface(inside, temporary)  # what was left by an ADD that was killed
    with saying(f"failed to create {kind}"):
        place.add_link(temporary, kind, parent=master.index, mtu=mtu, mac=mac, netns=inside, data=data)
    made = interface(inside, temporary)
    undo(lambda: inside.delete_link(made.index))
    with saying(f"failed to rename {kind} to {quote(ifname)}"):
        inside.set_link(made.index, name=ifname)
    return interface(inside, ifname)


def unstack(inside: Namespace, call: Call) -> None:
    """Delete the call's interface, if there is one: also one that still was to be renamed when its ADD was killed."""
    for name in (call.env.ifname, _temporary_name(call)):
        delete_interface(inside, name)


def _temporary_name(call: Call) -> str:
    """The same for each call of an attachment, and another one for each attachment."""
    return hashed("veth", f"{call.name}:{call.env.ifname}:{call.env.container_id}", 12)
