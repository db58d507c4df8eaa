"""Connection tracking: forgetting the connections to a port.

A UDP sender that goes on sending keeps its entry alive, and with it the translation that was right before a port map
was made. Entries are deleted by ctnetlink; no `conntrack` program is needed.
"""

from __future__ import annotations

import errno as codes
import socket
import struct
import threading
from collections.abc import Collection, Iterator
from typing import Protocol

from netc.dataclass import dataclass
from netc.kernel.errors import KernelError
from netc.kernel.qdiscs import attributes

_NETLINK_NETFILTER = 12
_GET, _DELETE = 0x101, 0x102
_REQUEST, _ACK, _DUMP = 0x1, 0x4, 0x300
_ERROR, _DONE = 2, 3
_HEADER = struct.Struct("=IHHII")
# attribute types
_TUPLE_ORIG, _ZONE = 1, 18
_TUPLE_PROTO = 2
_PROTO_NUM, _DST_PORT = 1, 3


@dataclass(frozen=True, slots=True)
class Destination:
    """Where connections are made to: an address family (2, 10), a protocol's number, a port, at any address."""

    family: int
    protocol: int
    port: int


class Place(Protocol):
    """What is needed of a namespace: a socket, sysctls, and to be told of changes before they are made."""

    def socket(self, family: int, kind: int, protocol: int = 0) -> socket.socket: ...

    def sysctl(self, path: str) -> str: ...

    def before_call(self, operation: str) -> None: ...


class Conntrack:
    """Connection tracking of one namespace, by one socket: closing one of this kind takes the kernel 10 ms and more.

    Safe for threads.
    """

    def __init__(self, namespace: Place) -> None:
        self._namespace = namespace
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None

    def forget(self, doomed: Collection[Destination]) -> int:
        """Delete the connections that were made to one of these destinations; how many there were.

        Raises `KernelError`. A kernel without connection tracking has none to forget.
        """
        # The kernel walks its whole table, of all namespaces together, for any question: 10 ms, however few there are.
        if not doomed or not self._any():
            return 0
        self._namespace.before_call("forget connections")
        with self._lock:
            if self._socket is None:
                self._socket = self._namespace.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_NETFILTER)
                self._socket.bind((0, 0))
            found = [entry for entry in _entries(self._socket) if entry.destination in doomed]
            for sequence, entry in enumerate(found, 2):
                _send(self._socket, _DELETE, _REQUEST | _ACK, sequence, entry.destination.family, entry.key)
                for _ in _replies(self._socket):
                    pass
        return len(found)

    def _any(self) -> bool:
        """Whether the namespace has connections at all."""
        try:
            return self._namespace.sysctl("net/netfilter/nf_conntrack_count") != "0"
        except KernelError:
            return False

    def close(self) -> None:
        """Give the socket back."""
        with self._lock:
            kept, self._socket = self._socket, None
        if kept is not None:
            kept.close()


@dataclass(frozen=True, slots=True)
class _Entry:
    """A connection: where it was made to, and the attributes that name it to the kernel."""

    destination: Destination
    key: bytes


def _entries(link: socket.socket) -> Iterator[_Entry]:
    _send(link, _GET, _REQUEST | _DUMP, 1, socket.AF_UNSPEC, b"")
    for message in _replies(link):
        parts = dict(attributes(message[4:]))
        numbers = dict(attributes(dict(attributes(parts.get(_TUPLE_ORIG, b""))).get(_TUPLE_PROTO, b"")))
        protocol = numbers.get(_PROTO_NUM, b"\0")[0]
        port = int.from_bytes(numbers.get(_DST_PORT, b""), "big")
        key = b"".join(_packed(kind, parts[kind]) for kind in (_TUPLE_ORIG, _ZONE) if kind in parts)
        yield _Entry(Destination(message[0], protocol, port), key)


def _packed(kind: int, data: bytes) -> bytes:
    nested = 0x8000 if kind == _TUPLE_ORIG else 0
    return struct.pack("=HH", len(data) + 4, kind | nested) + data + bytes(-len(data) % 4)


def _send(link: socket.socket, kind: int, flags: int, sequence: int, family: int, body: bytes) -> None:
    length = _HEADER.size + 4 + len(body)
    link.send(_HEADER.pack(length, kind, flags, sequence, 0) + struct.pack("=BBH", family, 0, 0) + body)


def _replies(link: socket.socket) -> Iterator[bytes]:
    """The messages of one answer, without their headers, up to its end."""
    while True:
        data = link.recv(1 << 18)
        at = 0
        while at < len(data):
            length, kind, _, _, _ = _HEADER.unpack_from(data, at)
            if kind == _ERROR:
                number = -struct.unpack_from("=i", data, at + _HEADER.size)[0]
                # Gone by itself in the meantime, or a kernel without conntrack.
                if number not in (0, codes.ENOENT, codes.EINVAL):
                    raise KernelError(number, "conntrack")
                return
            if kind == _DONE:
                return
            yield data[at + _HEADER.size : at + length]
            at += (length + 3) & ~3
