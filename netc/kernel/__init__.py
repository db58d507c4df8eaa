"""The kernel as values: network namespaces, links, addresses, routes, rules, qdiscs, nftables, sysctls.

A thin facade on route netlink (pyroute2's messages) and `/proc`, and the only importer of pyroute2. It knows no CNI
word. Start with `Kernel()`; everything else hangs off its namespaces:

    kernel = Kernel()
    host = kernel.here()
    container = kernel.at("/var/run/netns/blue")
    container.add_veth("eth0", "veth1", peer_netns=host)
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

from netc.kernel.addresses import Address, Neighbour
from netc.kernel.errors import KernelError, errno_text
from netc.kernel.links import Link, Port, PortVlan
from netc.kernel.namespace import Namespace
from netc.kernel.routes import Hop, Route, Rule
from netc.kernel.switch import open_here, open_namespace

__all__ = [
    "Address",
    "Hop",
    "Kernel",
    "KernelError",
    "Link",
    "Namespace",
    "Neighbour",
    "Port",
    "PortVlan",
    "Route",
    "Rule",
    "errno_text",
]


class Kernel:
    """The namespaces that one run works with, each opened once. Safe for threads.

    `before_call`, if set, is called with the name of every changing operation just before it is made: tests make it
    raise, traces write it down.
    """

    def __init__(self, before_call: Callable[[str], None] | None = None) -> None:
        self.before_call = before_call
        self._lock = threading.Lock()
        self._here = Namespace(self, open_here(), "")
        self._open: dict[tuple[int, int], Namespace] = {self._here.identity: self._here}

    def here(self) -> Namespace:
        """The namespace that the thread was in when this object was made."""
        return self._here

    def at(self, path: str) -> Namespace:
        """The namespace at a path (`/var/run/netns/x`, `/proc/PID/ns/net`), the same object for the same namespace.

        Raises `KernelError` worded as the reference plugins do: `failed to Statfs "PATH": no such file or directory`
        (errno ENOENT), `unknown FS magic on "PATH": HEX`.
        """
        fd = open_namespace(path)
        status = os.fstat(fd)
        identity = status.st_dev, status.st_ino
        with self._lock:
            known = self._open.get(identity)
            if known is None:
                known = self._open[identity] = Namespace(self, fd, path)
                return known
        os.close(fd)
        return known

    def forget(self, namespace: Namespace) -> None:
        """Let go of a namespace: an open one stays alive in the kernel after its container is gone.

        Its sockets close when nobody uses the object any more. The kernel's own is never forgotten.
        """
        if namespace is not self._here:
            with self._lock:
                self._open = {key: value for key, value in self._open.items() if value is not namespace}

    def forget_path(self, path: str) -> None:
        """Let go of the namespace at a path, and of one that was there when it was opened and is gone."""
        try:
            now = self.at(path)
        except KernelError:
            now = None
        with self._lock:
            self._open = {
                key: value
                for key, value in self._open.items()
                if value is self._here or (value is not now and value.path != path)
            }

    def close(self) -> None:
        """Close every namespace."""
        with self._lock:
            for namespace in self._open.values():
                namespace.close()
            self._open.clear()
