"""One network namespace: its links, addresses, routes, rules, neighbours and sysctls."""

from __future__ import annotations

import errno as codes
import os
import socket
import threading
from collections.abc import Mapping
from contextlib import AbstractContextManager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from netc.dataclass import replace
from netc.kernel import addresses, links, routes, rtnetlink, switch
from netc.kernel.addresses import Address, Interface, Ip, Neighbour
from netc.kernel.errors import KernelError, errno_text
from netc.kernel.links import Link, PortVlan
from netc.kernel.routes import TABLE_MAIN, Route, Rule
from netc.kernel.rtnetlink import NLM_F_APPEND, NLM_F_CREATE, NLM_F_DUMP, NLM_F_EXCL, NLM_F_REPLACE, Rtnetlink

if TYPE_CHECKING:
    from netc.kernel import Kernel
    from netc.kernel.conntrack import Conntrack
    from netc.kernel.nft import Nft
    from netc.kernel.qdiscs import Qdiscs

_NEW = NLM_F_CREATE | NLM_F_EXCL
#: The module that provides a kind of link where its name is another one.
_MODULES = {"vlan": "8021q", "macvtap": "macvtap", "bareudp": "bareudp"}


class Namespace:
    """A network namespace, with its sockets kept open. Safe for threads; made by `Kernel` only.

    `path` is what it was opened by, "" for the kernel's own. Reading methods return values; a missing link is None.
    Changing methods return nothing, tell `Kernel.before_call` first, and raise `KernelError`.
    """

    def __init__(self, kernel: Kernel, fd: int, path: str) -> None:
        self.kernel = kernel
        self.path = path
        self._fd = fd
        self.lock = threading.RLock()

    def __repr__(self) -> str:
        return f"Namespace({self.path or 'here'})"

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Give the sockets and the namespace's file descriptor back."""
        for name in ("_rtnetlink", "nft", "conntrack"):
            kept = self.__dict__.pop(name, None)
            if kept is not None and hasattr(kept, "close"):
                kept.close()
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    @property
    def fd(self) -> int:
        """The namespace's file descriptor, open as long as this object is."""
        return self._fd

    @property
    def identity(self) -> tuple[int, int]:
        """Device and inode: two paths with the same identity are one namespace."""
        status = os.fstat(self._fd)
        return status.st_dev, status.st_ino

    def entered(self) -> AbstractContextManager[None]:
        """`with ns.entered():` the calling thread is in the namespace, and in its own one again afterwards."""
        return switch.entered(self._fd)

    def socket(self, family: int, kind: int, protocol: int = 0) -> socket.socket:
        """A socket of this namespace, which it stays in wherever it is used."""
        with self.entered():
            return socket.socket(family, kind | socket.SOCK_CLOEXEC, protocol)

    def before_call(self, operation: str) -> None:
        """Tell `Kernel.before_call` of a change that is about to be made. Every change passes here first."""
        hook = self.kernel.before_call
        if hook is not None:
            hook(operation)

    @cached_property
    def _rtnetlink(self) -> Rtnetlink:
        with self.lock, self.entered():
            return Rtnetlink()

    @cached_property
    def nft(self) -> Nft:
        """nftables of this namespace."""
        from netc.kernel.nft import Nft

        return Nft(self)

    @cached_property
    def qdiscs(self) -> Qdiscs:
        """Queueing disciplines and their filters in this namespace."""
        from netc.kernel.qdiscs import Qdiscs

        return Qdiscs(self)

    @cached_property
    def conntrack(self) -> Conntrack:
        """Connection tracking in this namespace."""
        from netc.kernel.conntrack import Conntrack

        return Conntrack(self)

    # Requests -------------------------------------------------------------------------------------------------------

    def read(self, operation: str, kind: int, message: rtnetlink.Message, flags: int = 0) -> list[rtnetlink.Message]:
        """Ask route netlink something that changes nothing; the replies are of the class of the question."""
        replies = self._rtnetlink.send(operation, kind, flags, message)
        return [rtnetlink.decoded(type(message), reply) for reply in replies]

    def request(self, operation: str, kind: int, message: rtnetlink.Message, flags: int = 0) -> None:
        """Change something by route netlink. `operation` names it in errors, traces and to `before_call`."""
        self.before_call(operation)
        self._rtnetlink.send(operation, kind, flags, message)

    # Links ----------------------------------------------------------------------------------------------------------

    def link(self, name: str) -> Link | None:
        """The link of this name."""
        return self._one_link(links.query(name)) if name else None

    def link_at(self, index: int) -> Link | None:
        """The link with this index."""
        return self._one_link(links.query(index=index)) if index > 0 else None

    def links(self) -> list[Link]:
        """All links, by index."""
        replies = self._rtnetlink.send("list links", links.RTM_GETLINK, NLM_F_DUMP, links.query())
        return sorted((links.link(reply) for reply in replies), key=lambda link: link.index)

    def kind_attributes(self, index: int) -> Mapping[str, Any]:
        """The attributes of a link's kind (`IFLA_BR_STP_STATE`, `IFLA_MACVLAN_MODE`); empty for a missing link."""
        query = links.query(index=index)
        replies = self._read_link(query)
        return links.kind_attributes(rtnetlink.decoded(type(query), replies[0])) if replies else {}

    def _one_link(self, query: rtnetlink.Message) -> Link | None:
        replies = self._read_link(query)
        return links.link(replies[0]) if replies else None

    def _read_link(self, query: rtnetlink.Message) -> list[bytes]:
        try:
            return self._rtnetlink.send("read link", links.RTM_GETLINK, 0, query)
        except KernelError as error:
            if error.errno in (codes.ENODEV, codes.ERANGE, codes.EINVAL):
                return []
            raise

    def add_link(
        self,
        name: str,
        kind: str,
        *,
        mtu: int = 0,
        mac: str = "",
        master: int = 0,
        parent: int = 0,
        up: bool = False,
        txqlen: int | None = None,
        netns: Namespace | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        """Make a link of any kind: `data` holds the kind's own attributes by their rtnetlink names.

        0 and "" leave the kernel's default. `parent` is the index of the lower device; `netns` where the link is to
        appear. Where the kernel has no such kind, the error names the module to load.
        """
        message = links.creation(
            name,
            kind,
            mtu=mtu,
            mac=mac,
            master=master,
            parent=parent,
            up=up,
            txqlen=txqlen,
            netns_fd=None if netns is None else netns.fd,
            data=data,
        )
        try:
            self.request(f"add {kind} {name}", links.RTM_NEWLINK, message, _NEW)
        except KernelError as error:
            raise _explained(error, kind, data or {}) from None

    def add_bridge(self, name: str, *, mtu: int = 0, vlan_filtering: bool = False) -> None:
        """Make a bridge with the kernel's defaults; VLAN filtering has to be chosen here."""
        self.add_link(name, "bridge", mtu=mtu, data={"IFLA_BR_VLAN_FILTERING": 1} if vlan_filtering else None)

    def add_veth(
        self, name: str, peer: str, *, peer_netns: Namespace | None = None, mtu: int = 0, mac: str = "",
        peer_txqlen: int = 0,
    ) -> None:  # fmt: skip
        """Make a veth pair in one request: `name` here, `peer` in `peer_netns` (here if None). Both stay down.

        `mtu` is for both ends, `mac` for this one. The peer's queue length is 0 unless given, as the reference
        plugins leave it.
        """
        fd = None if peer_netns is None else peer_netns.fd
        self.add_link(
            name, "veth", mtu=mtu, mac=mac, data=links.veth_peer(peer, mtu=mtu, netns_fd=fd, txqlen=peer_txqlen)
        )

    def delete_link(self, index: int) -> None:
        """Delete a link; raises `KernelError` (ENODEV) where there is none."""
        self.request(f"delete link {index}", links.RTM_DELLINK, links.message(index=index))

    def set_link(
        self,
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
        netns: Namespace | None = None,
    ) -> None:
        """Change a link; what is None stays. `master` 0 frees it; `netns` moves it there."""
        given = {"up": up, "mtu": mtu, "mac": mac, "master": master, "name": name, "promisc": promisc,
                 "allmulti": allmulti, "txqlen": txqlen, "alias": alias}  # fmt: skip
        wanted: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
        words = [f"{key}={value}" for key, value in wanted.items()] + (["netns"] if netns is not None else [])
        message = links.change(index, **wanted, netns_fd=None if netns is None else netns.fd)
        self.request(f"set link {index} {' '.join(words)}", links.RTM_NEWLINK, message)

    def set_port(self, index: int, *, hairpin: bool, isolated: bool) -> None:
        """Set the flags of a bridge port."""
        message = links.port_change(index, hairpin=hairpin, isolated=isolated)
        self.request(f"set port {index} hairpin={hairpin} isolated={isolated}", links.RTM_NEWLINK, message)

    def port_vlans(self, index: int) -> list[PortVlan]:
        """The VLANs of a bridge port; none where the kernel has no VLAN filtering."""
        replies = self.read("list bridge vlans", links.RTM_GETLINK, links.port_vlan_query(), NLM_F_DUMP)
        return [vlan for reply in replies if reply["index"] == index for vlan in links.port_vlans(reply)]

    def add_port_vlan(self, index: int, vid: int, *, pvid: bool = False, untagged: bool = False) -> None:
        """Let a bridge port take part in a VLAN."""
        message = links.port_vlan_change(index, vid, pvid=pvid, untagged=untagged)
        self.request(f"add vlan {vid} to port {index}", links.RTM_SETLINK, message)

    def delete_port_vlan(self, index: int, vid: int) -> None:
        """Take a bridge port out of a VLAN."""
        self.request(f"delete vlan {vid} of port {index}", links.RTM_DELLINK, links.port_vlan_change(index, vid))

    # Addresses and neighbours ---------------------------------------------------------------------------------------

    def addresses(self, index: int = 0) -> list[Address]:
        """The addresses of the link with this index, of all links with 0, as the kernel lists them."""
        replies = self.read("list addresses", addresses.RTM_GETADDR, addresses.message(index), NLM_F_DUMP)
        return [addresses.address(reply) for reply in replies if index in (0, reply["index"])]

    def add_address(self, index: int, address: Interface, *, broadcast: bool = True) -> None:
        """Give a link an address: permanent, no label, IPv4 with the broadcast address of its prefix."""
        message = addresses.message(index, address, broadcast=broadcast)
        self.request(f"add address {address} to link {index}", addresses.RTM_NEWADDR, message, _NEW)

    def delete_address(self, index: int, address: Interface) -> None:
        """Take an address from a link."""
        message = addresses.message(index, address, broadcast=False)
        self.request(f"delete address {address} of link {index}", addresses.RTM_DELADDR, message)

    def neighbours(self, index: int = 0) -> list[Neighbour]:
        """The neighbour table of one link, of all links with 0."""
        replies = self.read("list neighbours", addresses.RTM_GETNEIGH, addresses.neighbour_query(), NLM_F_DUMP)
        found = (addresses.neighbour(reply) for reply in replies)
        return [entry for entry in found if entry is not None and index in (0, entry.index)]

    # Routes and rules -----------------------------------------------------------------------------------------------

    def routes(self, *, table: int = TABLE_MAIN, family: int = 0, oif: int = 0) -> list[Route]:
        """The routes of one table (0: of all), of one family (0: both), over one link (0: any)."""
        try:
            replies = self.read("list routes", routes.RTM_GETROUTE, routes.query(family, table), NLM_F_DUMP)
        except KernelError as error:
            if error.errno == codes.ENOENT:  # A table that nothing was ever put in.
                return []
            raise
        found = [routes.route(reply) for reply in replies]
        return [route for route in found if table in (0, route.table) and oif in (0, route.oif)]

    def add_route(self, route: Route, *, exclusive: bool = False, replace: bool = False) -> None:
        """Add a route. Several for one destination may stand side by side, unless `exclusive` (EEXIST then)."""
        flags = NLM_F_CREATE | (NLM_F_EXCL if exclusive else NLM_F_REPLACE if replace else 0)
        self.request(f"add route {route.dst}", routes.RTM_NEWROUTE, routes.message(route), flags)

    def append_route(self, route: Route) -> None:
        """Add a route behind those that stand for the destination already."""
        message = routes.message(route)
        self.request(f"append route {route.dst}", routes.RTM_NEWROUTE, message, NLM_F_CREATE | NLM_F_APPEND)

    def delete_route(self, route: Route, *, any_scope: bool = False) -> None:
        """Delete the route that `route` describes: destination, table and what else it sets. ESRCH if there is none.

        `any_scope` matches whatever the scope, protocol and type.
        """
        if any_scope:
            route = replace(route, scope=routes.SCOPE_NOWHERE, protocol=routes.PROTO_UNSPEC, type=0)
        self.request(f"delete route {route.dst}", routes.RTM_DELROUTE, routes.message(route))

    def route_to(self, destination: Ip) -> Route | None:
        """The route that traffic to this address takes; None where it is unreachable."""
        try:
            replies = self.read("look up route", routes.RTM_GETROUTE, routes.lookup(destination))
        except KernelError as error:
            if error.errno in (codes.ENETUNREACH, codes.EHOSTUNREACH):
                return None
            raise
        return routes.route(replies[0]) if replies else None

    def rules(self, family: int) -> list[Rule]:
        """The policy rules of a family (2 or 10), by priority."""
        replies = self.read("list rules", routes.RTM_GETRULE, routes.rule_query(family), NLM_F_DUMP)
        return sorted((routes.rule(reply) for reply in replies), key=lambda rule: rule.priority)

    def add_rule(self, rule: Rule, *, first: bool = False) -> None:
        """Add a policy rule; `first` puts it before all but the one for the local table, whatever its priority says."""
        message = routes.rule_message(rule, priority=not first)
        self.request(f"add rule {rule.src or rule.dst or rule.priority}", routes.RTM_NEWRULE, message, _NEW)

    def delete_rule(self, rule: Rule) -> None:
        """Delete the policy rule that is exactly like this one."""
        self.request(f"delete rule {rule.priority}", routes.RTM_DELRULE, routes.rule_message(rule))

    # Sysctls --------------------------------------------------------------------------------------------------------

    def sysctl(self, path: str) -> str:
        """The value at `/proc/sys/PATH` (slashes, so that dots in interface names are safe), without its line end.

        Raises `KernelError` (`open /proc/sys/PATH: no such file or directory`).
        """
        full = f"/proc/sys/{path}"
        try:
            with self.entered():
                fd = os.open(full, os.O_RDONLY | os.O_CLOEXEC)
            with open(fd, encoding="utf-8", errors="replace") as file:
                return file.read().strip()
        except OSError as error:
            raise _file_error("read sysctl", full, error) from None

    def set_sysctl(self, path: str, value: str) -> None:
        """Write `/proc/sys/PATH`."""
        full, verb = f"/proc/sys/{path}", "open"
        self.before_call(f"set sysctl {path}={value}")
        try:
            with self.entered():
                fd = os.open(full, os.O_WRONLY | os.O_CLOEXEC)
                verb = "write"
                try:
                    os.write(fd, value.encode())
                finally:
                    os.close(fd)
        except OSError as error:
            raise _file_error("set sysctl", full, error, verb) from None


def _file_error(operation: str, path: str, error: OSError, verb: str = "open") -> KernelError:
    number = error.errno or codes.EIO
    return KernelError(number, f"{operation} {path}", reason=f"{verb} {path}: {errno_text(number)}")


def _explained(error: KernelError, kind: str, data: Mapping[str, Any]) -> KernelError:
    """The same error, saying which module or feature the kernel lacks where that is why."""
    if error.errno != codes.EOPNOTSUPP:
        return error
    if kind == "bridge" and "IFLA_BR_VLAN_FILTERING" in data:
        hint = "this kernel's bridge has no VLAN filtering: it was built without CONFIG_BRIDGE_VLAN_FILTERING"
    else:
        hint = f"this kernel has no {kind} links: load the module {_MODULES.get(kind, kind)}"
    return KernelError(codes.EOPNOTSUPP, error.operation, hint)
