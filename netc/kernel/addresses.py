"""Addresses of links and their neighbours, as values and as messages."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface, ip_address, ip_interface
from typing import Any

from netc.dataclass import dataclass
from netc.kernel.rtnetlink import Message

RTM_NEWADDR, RTM_DELADDR, RTM_GETADDR = 20, 21, 22
RTM_GETNEIGH = 30
AF_INET, AF_INET6 = 2, 10
IFA_F_DADFAILED, IFA_F_TENTATIVE, IFA_F_PERMANENT = 0x8, 0x40, 0x80

Ip = IPv4Address | IPv6Address
Interface = IPv4Interface | IPv6Interface


@dataclass(frozen=True, slots=True)
class Address:
    """An address with its prefix length on the link `index`. `scope` and `flags` are the kernel's numbers."""

    index: int
    address: Interface
    flags: int = 0
    scope: int = 0
    broadcast: Ip | None = None
    peer: Ip | None = None
    label: str = ""

    @property
    def tentative(self) -> bool:
        """Duplicate address detection has not finished."""
        return bool(self.flags & IFA_F_TENTATIVE)

    @property
    def dad_failed(self) -> bool:
        """Duplicate address detection found the address in use."""
        return bool(self.flags & IFA_F_DADFAILED)


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An entry of the neighbour table (ARP, NDP). `state` is the kernel's number."""

    index: int
    ip: Ip
    mac: str
    state: int


def family(value: Ip | Interface) -> int:
    """The address family of an address."""
    return AF_INET if value.version == 4 else AF_INET6


def message(index: int, address: Interface | None = None, *, broadcast: bool = True) -> Message:
    """The message about `address` on link `index`, or the question for a link's addresses.

    IPv4 gets a broadcast address where the prefix is shorter than 31, as long as `broadcast` is true.
    """
    from pyroute2.netlink.rtnl.ifaddrmsg import ifaddrmsg

    built = ifaddrmsg()
    built["index"] = index
    attrs: list[list[Any]] = []
    if address is not None:
        built["family"], built["prefixlen"] = family(address), address.network.prefixlen
        attrs += [["IFA_LOCAL", str(address.ip)], ["IFA_ADDRESS", str(address.ip)]]
        if broadcast and address.version == 4 and address.network.prefixlen < 31:
            attrs.append(["IFA_BROADCAST", str(address.network.broadcast_address)])
    built["attrs"] = attrs
    return built


def address(reply: Message) -> Address:
    """The address that a reply describes."""
    local, remote = reply.get_attr("IFA_LOCAL"), reply.get_attr("IFA_ADDRESS")
    broadcast = reply.get_attr("IFA_BROADCAST")
    flags = reply.get_attr("IFA_FLAGS")
    found = ip_interface(f"{local or remote}/{reply['prefixlen']}")
    return Address(
        index=reply["index"],
        address=found,
        flags=reply["flags"] if flags is None else flags,
        scope=reply["scope"],
        broadcast=ip_address(broadcast) if broadcast else None,
        peer=ip_address(remote) if local and remote and local != remote else None,
        label=reply.get_attr("IFA_LABEL") or "",
    )


def neighbour_query() -> Message:
    """The question for the whole neighbour table."""
    from pyroute2.netlink.rtnl.ndmsg import ndmsg

    return ndmsg()


def neighbour(reply: Message) -> Neighbour | None:
    """The neighbour that a reply describes; None for one without an address."""
    destination = reply.get_attr("NDA_DST")
    if not destination:
        return None
    return Neighbour(reply["ifindex"], ip_address(destination), reply.get_attr("NDA_LLADDR") or "", reply["state"])
