"""Connection tracking: forgetting the connections to a port.

A UDP sender that goes on sending keeps its entry alive, and with it the translation that was right before a port map
was made. Entries are deleted by ctnetlink; no `conntrack` program is needed.
"""

from __future__ import annotations

import errno as codes
import socket
import struct
from collections.abc import Iterator

from netc.kernel.errors import KernelError
from netc.kernel.namespace import Namespace
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


def forget(namespace: Namespace, family: int, protocol: int, port: int) -> int:
    """Delete the connections of an address family (2 or 10) and protocol whose original destination port is `port`.

    Returns how many there were. Raises `KernelError`; a kernel without connection tracking has none to forget.
    """
    namespace.before_call(f"forget connections to port {port}")
    with namespace.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_NETFILTER) as link:
        link.bind((0, 0))
        doomed = [entry for entry in _entries(link, family) if _matches(entry, protocol, port)]
        for sequence, entry in enumerate(doomed, 2):
            body = b"".join(_packed(kind, data) for kind, data in entry if kind in (_TUPLE_ORIG, _ZONE))
            _send(link, _DELETE, _REQUEST | _ACK, sequence, family, body)
            for _ in _replies(link):
                pass
    return len(doomed)


def _entries(link: socket.socket, family: int) -> Iterator[list[tuple[int, bytes]]]:
    _send(link, _GET, _REQUEST | _DUMP, 1, family, b"")
    for message in _replies(link):
        if message[0] == family:
            yield list(attributes(message[4:]))


def _matches(entry: list[tuple[int, bytes]], protocol: int, port: int) -> bool:
    parts = dict(attributes(dict(entry).get(_TUPLE_ORIG, b"")))
    numbers = dict(attributes(parts.get(_TUPLE_PROTO, b"")))
    return numbers.get(_PROTO_NUM) == bytes([protocol]) and numbers.get(_DST_PORT) == struct.pack(">H", port)


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
