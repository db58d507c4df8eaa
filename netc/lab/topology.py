"""The links of a sandbox: a host with an uplink, and an outside peer at the other end of it.

    container(s) ... host --uplink0-----peer0-- peer

The host's default route leads to the peer. The peer has no route back but to the link itself: what leaves the host
with a container's address is not answered, so that masquerade is seen to be needed.
"""

from __future__ import annotations

import os
from ipaddress import IPv4Interface, IPv6Interface, ip_interface
from typing import TYPE_CHECKING

from netc.kernel import Kernel, Namespace, Route
from netc.lab import syscalls
from netc.lab.syscalls import CLONE_NEWNET, MS_BIND

if TYPE_CHECKING:
    from netc.lab.sandbox import Sandbox

UPLINK = "uplink0"
PEER_LINK = "peer0"
#: Addresses for documentation (RFC 5737, RFC 3849) at the far end of their ranges: nobody's containers live there.
HOST_ADDRESSES = (IPv4Interface("198.51.100.2/24"), IPv6Interface("2001:db8:ffff:ffff::2/64"))
PEER_ADDRESSES = (IPv4Interface("198.51.100.1/24"), IPv6Interface("2001:db8:ffff:ffff::1/64"))
_HOST_MAC, _PEER_MAC = "02:00:5e:00:00:02", "02:00:5e:00:00:01"


def new_namespace(path: str) -> str:
    """A new network namespace bound to the file `path`, which is returned; raises OSError."""
    back = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        syscalls.unshare(CLONE_NEWNET)
        try:
            name_namespace(path)
        finally:
            syscalls.setns(back, CLONE_NEWNET)
    finally:
        os.close(back)
    return path


def name_namespace(path: str, namespace: str = "/proc/thread-self/ns/net") -> None:
    """Bind a network namespace, that of the calling thread if not told otherwise, to the file `path`."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDONLY | os.O_CLOEXEC, 0o444))
    syscalls.mount(namespace, path, None, MS_BIND)


def lay(sandbox: Sandbox) -> None:
    """Make the host of the fresh namespace that this process is in, and the peer in one of its own."""
    name_namespace(sandbox.host)
    new_namespace(sandbox.peer)
    kernel = Kernel()
    try:
        host, peer = kernel.here(), kernel.at(sandbox.peer)
        for namespace in (host, peer):
            bring_up_loopback(namespace)
        _set(host, "net/ipv4/ip_forward", "0")  # a new namespace takes it over from the machine
        host.add_veth(UPLINK, PEER_LINK, mac=_HOST_MAC, peer_netns=peer)
        _configure(peer, PEER_LINK, PEER_ADDRESSES, mac=_PEER_MAC)
        _configure(host, UPLINK, HOST_ADDRESSES, mac=_HOST_MAC)
        uplink = host.link(UPLINK)
        assert uplink is not None
        for address in PEER_ADDRESSES:
            if address.version == 4 or _has_ipv6(host):
                everywhere = ip_interface("0.0.0.0/0" if address.version == 4 else "::/0")
                host.add_route(Route(dst=everywhere.network, gateway=address.ip, oif=uplink.index))
    finally:
        kernel.close()


def bring_up_loopback(namespace: Namespace) -> None:
    """Set `lo` up: what a new namespace leaves to whoever works in it."""
    loopback = namespace.link("lo")
    assert loopback is not None
    namespace.set_link(loopback.index, up=True)


def _configure(
    namespace: Namespace, name: str, addresses: tuple[IPv4Interface | IPv6Interface, ...], *, mac: str
) -> None:
    """Addresses on a link, and the link up; nothing on it waits for duplicate address detection."""
    link = namespace.link(name)
    assert link is not None
    for key in ("accept_dad", "accept_ra", "disable_ipv6"):  # the last is on where the kernel was started so
        _set(namespace, f"net/ipv6/conf/{name}/{key}", "0")
    namespace.set_link(link.index, mac=mac)
    for address in addresses:
        if address.version == 4 or _has_ipv6(namespace):
            namespace.add_address(link.index, address)
    namespace.set_link(link.index, up=True)


def _has_ipv6(namespace: Namespace) -> bool:
    with namespace.entered():
        return os.path.isdir("/proc/sys/net/ipv6/conf/all")


def _set(namespace: Namespace, path: str, value: str) -> None:
    if path.startswith("net/ipv6/") and not _has_ipv6(namespace):
        return
    namespace.set_sysctl(path, value)
