"""Links as values, and the messages that make and change them."""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from netc.dataclass import dataclass
from netc.kernel.rtnetlink import Message, attributes

RTM_NEWLINK, RTM_DELLINK, RTM_GETLINK, RTM_SETLINK = 16, 17, 18, 19
IFF_UP, IFF_LOOPBACK, IFF_PROMISC, IFF_ALLMULTI, IFF_LOWER_UP = 0x1, 0x8, 0x100, 0x200, 0x10000
AF_BRIDGE = 7
#: Leave statistics out of link messages.
_SKIP_STATS = 8
_VLAN_INFO = 2
_OPERSTATES = ("unknown", "not-present", "down", "lower-layer-down", "testing", "dormant", "up")
# if_link.h: the attributes that a Link is made of.
_ADDRESS, _IFNAME, _MTU, _LINK, _MASTER, _TXQLEN = 1, 3, 4, 5, 10, 13
_OPERSTATE, _LINKINFO, _IFALIAS, _LINK_NETNSID = 16, 18, 20, 37
_INFO_KIND, _INFO_SLAVE_KIND, _INFO_SLAVE_DATA = 1, 4, 5
_BRPORT_MODE, _BRPORT_ISOLATED = 4, 33
_NETLINK_HEADER = 16
_INFO = struct.Struct("=iI")

Attributes = list[list[Any]]


@dataclass(frozen=True, slots=True)
class Port:
    """What a bridge knows of one of its ports."""

    hairpin: bool
    isolated: bool


@dataclass(frozen=True, slots=True)
class PortVlan:
    """A VLAN on a bridge port: `pvid` for what comes in untagged, `untagged` for how it leaves."""

    vid: int
    pvid: bool
    untagged: bool


@dataclass(frozen=True, slots=True)
class Link:
    """A network interface as it was when read.

    `kind` is rtnetlink's (`veth`, `bridge`, ...), "" for plain devices and `lo`. `up` is the administrative state,
    `operstate` the operational one in the words of `ip link`, lower case. `master` is the index of its bridge or VRF,
    `parent` of the lower device or the veth peer (in namespace `parent_nsid` where that is another one), 0 for none.
    """

    index: int
    name: str
    kind: str
    mac: str
    mtu: int
    flags: int
    operstate: str
    master: int = 0
    parent: int = 0
    parent_nsid: int | None = None
    txqlen: int = 0
    alias: str = ""
    port: Port | None = None

    @property
    def up(self) -> bool:
        """Administratively up."""
        return bool(self.flags & IFF_UP)

    @property
    def loopback(self) -> bool:
        """The loopback device."""
        return bool(self.flags & IFF_LOOPBACK)

    @property
    def carrier(self) -> bool:
        """Whether somebody is at the other end (IFF_LOWER_UP)."""
        return bool(self.flags & IFF_LOWER_UP)

    @property
    def promisc(self) -> bool:
        """Promiscuous by request (IFF_PROMISC)."""
        return bool(self.flags & IFF_PROMISC)

    @property
    def allmulti(self) -> bool:
        """Takes every multicast packet by request (IFF_ALLMULTI)."""
        return bool(self.flags & IFF_ALLMULTI)


def message(
    attrs: Iterable[list[Any]] = (), *, index: int = 0, flags: int = 0, change: int = 0, family: int = 0
) -> Message:
    """A link message with these attributes."""
    built = _blank()()
    built["family"], built["index"], built["flags"], built["change"] = family, index, flags, change
    built["attrs"] = list(attrs)
    return built


@cache
def _blank() -> Any:
    """pyroute2's class of link messages, which from here on knows the attributes of macvlan that 0.9 leaves out."""
    from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg, macvx_data

    if not any(entry[0] == "IFLA_MACVLAN_BC_QUEUE_LEN" for entry in macvx_data.nla_map):
        queue = (("IFLA_MACVLAN_BC_QUEUE_LEN", "uint32"), ("IFLA_MACVLAN_BC_QUEUE_LEN_USED", "uint32"))
        macvx_data.nla_map = (*macvx_data.nla_map, *queue)
    return ifinfmsg


def query(name: str = "", index: int = 0) -> Message:
    """The question for one link, or for all of them."""
    attrs: Attributes = [["IFLA_EXT_MASK", _SKIP_STATS]]
    if name:
        attrs.append(["IFLA_IFNAME", name] if len(name) < 16 else ["IFLA_ALT_IFNAME", name])
    return message(attrs, index=index)


def creation(
    name: str,
    kind: str,
    *,
    mtu: int = 0,
    mac: str = "",
    master: int = 0,
    parent: int = 0,
    up: bool = False,
    txqlen: int | None = None,
    netns_fd: int | None = None,
    data: Mapping[str, Any] | None = None,
) -> Message:
    """The request for a new link; `data` are the kind's own attributes (`IFLA_INFO_DATA`) by their full names."""
    info: Attributes = [["IFLA_INFO_KIND", kind]]
    if data:
        info.append(["IFLA_INFO_DATA", {"attrs": [[key, value] for key, value in data.items()]}])
    attrs: Attributes = [["IFLA_IFNAME", name], *_given(mtu=mtu, mac=mac, txqlen=txqlen, netns_fd=netns_fd)]
    if parent:
        attrs.append(["IFLA_LINK", parent])
    if master:
        attrs.append(["IFLA_MASTER", master])
    attrs.append(["IFLA_LINKINFO", {"attrs": info}])
    return message(attrs, flags=IFF_UP if up else 0, change=IFF_UP if up else 0)


def veth_peer(name: str, *, mtu: int, netns_fd: int | None, txqlen: int) -> dict[str, Any]:
    """The `data` of a new veth: its other end."""
    attrs: Attributes = [["IFLA_IFNAME", name], ["IFLA_TXQLEN", txqlen]]
    if mtu > 0:
        attrs.append(["IFLA_MTU", mtu])
    if netns_fd is not None:
        attrs.append(["IFLA_NET_NS_FD", netns_fd])
    return {"VETH_INFO_PEER": {"family": 0, "index": 0, "flags": 0, "change": 0, "attrs": attrs}}


def change(
    index: int,
    *,
    up: bool | None = None,
    mtu: int | None = None,
    mac: str | None = None,
    master: int | None = None,
    name: str | None = None,
    promisc: bool | None = None,
    allmulti: bool | None = None,
    txqlen: int | None = None,
    alias: str | None = None,
    netns_fd: int | None = None,
) -> Message:
    """The request that changes a link; what is None stays as it is."""
    flags = mask = 0
    for wanted, bit in ((up, IFF_UP), (promisc, IFF_PROMISC), (allmulti, IFF_ALLMULTI)):
        if wanted is not None:
            mask |= bit
            flags |= bit if wanted else 0
    attrs = _given(mtu=mtu or 0, mac=mac or "", txqlen=txqlen, netns_fd=netns_fd)
    if master is not None:
        attrs.append(["IFLA_MASTER", master])
    if name is not None:
        attrs.append(["IFLA_IFNAME", name])
    if alias is not None:
        attrs.append(["IFLA_IFALIAS", alias])
    return message(attrs, index=index, flags=flags, change=mask)


def port_change(index: int, *, hairpin: bool, isolated: bool) -> Message:
    """The request that sets a bridge port's flags."""
    data: Attributes = [["IFLA_BRPORT_MODE", int(hairpin)], ["IFLA_BRPORT_ISOLATED", int(isolated)]]
    info: Attributes = [["IFLA_INFO_SLAVE_KIND", "bridge"], ["IFLA_INFO_SLAVE_DATA", {"attrs": data}]]
    return message([["IFLA_LINKINFO", {"attrs": info}]], index=index)


def port_vlan_change(index: int, vid: int, *, pvid: bool = False, untagged: bool = False) -> Message:
    """The request about one VLAN of a bridge port."""
    spec: Attributes = [["IFLA_BRIDGE_VLAN_INFO", {"vid": vid, "flags": pvid * 0x2 | untagged * 0x4}]]
    return message([["IFLA_AF_SPEC", {"attrs": spec}]], index=index, family=AF_BRIDGE)


def port_vlan_query() -> Message:
    """The question for the VLANs of every bridge port."""
    return message([["IFLA_EXT_MASK", _VLAN_INFO]], family=AF_BRIDGE)


def port_vlans(reply: Message) -> list[PortVlan]:
    """The VLANs that a reply lists."""
    spec = reply.get_attr("IFLA_AF_SPEC")
    found = []
    for name, value in spec["attrs"] if spec is not None else ():
        if name == "IFLA_BRIDGE_VLAN_INFO":
            found.append(PortVlan(value["vid"], bool(value["flags"] & 0x2), bool(value["flags"] & 0x4)))
    return found


def link(reply: bytes) -> Link:
    """The link that a reply describes."""
    index, flags = _INFO.unpack_from(reply, _NETLINK_HEADER + 4)
    found = attributes(reply, _NETLINK_HEADER + 16)
    info = attributes(found.get(_LINKINFO, b""))
    port = None
    if _text(info.get(_INFO_SLAVE_KIND, b"")) == "bridge":
        data = attributes(info.get(_INFO_SLAVE_DATA, b""))
        port = Port(any(data.get(_BRPORT_MODE, b"")), any(data.get(_BRPORT_ISOLATED, b"")))
    operstate = found.get(_OPERSTATE, b"\0")[0]
    nsid = found.get(_LINK_NETNSID)
    return Link(
        index=index,
        name=_text(found.get(_IFNAME, b"")),
        kind=_text(info.get(_INFO_KIND, b"")),
        mac=found.get(_ADDRESS, b"").hex(":"),
        mtu=_number(found.get(_MTU)),
        flags=flags,
        operstate=_OPERSTATES[operstate] if operstate < len(_OPERSTATES) else str(operstate),
        master=_number(found.get(_MASTER)),
        parent=_number(found.get(_LINK)),
        parent_nsid=None if nsid is None else _number(nsid),
        txqlen=_number(found.get(_TXQLEN)),
        alias=_text(found.get(_IFALIAS, b"")),
        port=port,
    )


def _text(value: bytes) -> str:
    return value.rstrip(b"\0").decode(errors="replace")


def _number(value: bytes | None) -> int:
    return int.from_bytes(value, sys.byteorder, signed=True) if value else 0


def kind_attributes(reply: Message) -> dict[str, Any]:
    """The kind's own attributes (`IFLA_INFO_DATA`) of a reply that are numbers or texts, by their full names."""
    info = reply.get_attr("IFLA_LINKINFO")
    data = info.get_attr("IFLA_INFO_DATA") if info is not None else None
    attributes = data["attrs"] if data is not None and not isinstance(data, str) else ()
    return {name: value for name, value in attributes if isinstance(value, int | str)}


def _given(*, mtu: int, mac: str, txqlen: int | None, netns_fd: int | None) -> Attributes:
    attrs: Attributes = []
    if mtu > 0:
        attrs.append(["IFLA_MTU", mtu])
    if mac:
        attrs.append(["IFLA_ADDRESS", mac])
    if txqlen is not None:
        attrs.append(["IFLA_TXQLEN", txqlen])
    if netns_fd is not None:
        attrs.append(["IFLA_NET_NS_FD", netns_fd])
    return attrs
