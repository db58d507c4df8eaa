"""DHCP messages as bytes and as values (RFC 2131, options of RFC 2132 and 3442)."""

from __future__ import annotations

import enum
import struct
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network

from netc.dataclass import dataclass

CLIENT_PORT, SERVER_PORT = 68, 67
_COOKIE = bytes((99, 130, 83, 99))
_HEADER = struct.Struct("!BBBBIHH4s4s4s4s16s64s128s")
#: What servers of old expect at least.
_SMALLEST = 300
_NONE = IPv4Address(0)
_BROADCAST = 0x8000


class Kind(enum.IntEnum):
    """Option 53."""

    DISCOVER = 1
    OFFER = 2
    REQUEST = 3
    DECLINE = 4
    ACK = 5
    NAK = 6
    RELEASE = 7


class Option(enum.IntEnum):
    """The options that the client reads and writes itself."""

    SUBNET_MASK = 1
    ROUTERS = 3
    HOST_NAME = 12
    STATIC_ROUTES = 33
    REQUESTED_ADDRESS = 50
    LEASE_TIME = 51
    KIND = 53
    SERVER = 54
    REQUEST_LIST = 55
    RENEWAL_TIME = 58
    REBINDING_TIME = 59
    VENDOR_CLASS = 60
    CLIENT_ID = 61
    USER_CLASS = 77
    CLASSLESS_ROUTES = 121


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `mac` is the client's; `options` are the options' bytes by number, 53 included.

    `broadcast` asks the server to answer to everybody, for a client that hears nothing sent to its address yet.
    """

    xid: int
    mac: bytes
    options: Mapping[int, bytes]
    reply: bool = False
    broadcast: bool = False
    client: IPv4Address = _NONE
    yours: IPv4Address = _NONE

    @property
    def kind(self) -> int:
        """Option 53; 0 for a message of BOOTP, which has none."""
        value = self.options.get(Option.KIND, b"")
        return value[0] if len(value) == 1 else 0

    def encode(self) -> bytes:
        """The message as a datagram's contents. An option of more than 255 bytes raises `ValueError`."""
        flags = _BROADCAST if self.broadcast else 0
        head = _HEADER.pack(
            2 if self.reply else 1, 1, 6, 0, self.xid, 0, flags, self.client.packed, self.yours.packed, bytes(4),
            bytes(4), self.mac, b"", b"",
        )  # fmt: skip
        parts = [head, _COOKIE]
        for code, value in sorted(self.options.items(), key=lambda option: option[0] != Option.KIND):
            if len(value) > 255:
                raise ValueError(f"option {code} has {len(value)} bytes, 255 fit")
            parts.append(bytes((code, len(value))) + value)
        return (b"".join(parts) + b"\xff").ljust(_SMALLEST, b"\0")


def decode(data: bytes) -> Message:
    """The message in a datagram; raises `ValueError` for one that is none. Parts of a long option are put together."""
    if len(data) < _HEADER.size + 4 or data[_HEADER.size : _HEADER.size + 4] != _COOKIE:
        raise ValueError("no DHCP message")
    kind, _, _, _, xid, _, flags, client, yours, _, _, mac, _, _ = _HEADER.unpack_from(data)
    options: dict[int, bytes] = {}
    for code, value in _options(data[_HEADER.size + 4 :]):
        options[code] = options.get(code, b"") + value
    broadcast = bool(flags & _BROADCAST)
    return Message(xid, mac[:6], options, kind == 2, broadcast, IPv4Address(client), IPv4Address(yours))


def _options(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data) and data[at] != 255:
        if data[at] == 0:
            at += 1
            continue
        size = data[at + 1] if at + 1 < len(data) else 256
        if at + 2 + size > len(data):
            raise ValueError(f"option {data[at]} is cut off")
        yield data[at], data[at + 2 : at + 2 + size]
        at += 2 + size


# ---- values of options ---------------------------------------------------------------------------------------------


def addresses(value: bytes) -> list[IPv4Address]:
    """The addresses of an option that is a list of them; what is left over is dropped."""
    return [IPv4Address(value[at : at + 4]) for at in range(0, len(value) - 3, 4)]


def seconds(value: bytes) -> int | None:
    """A time; None for an option of another size."""
    return int.from_bytes(value, "big") if len(value) == 4 else None


def classless_routes(value: bytes) -> list[tuple[IPv4Network, IPv4Address]]:
    """Option 121: destinations and routers. Raises `ValueError` where it is malformed (RFC 3442)."""
    found = []
    at = 0
    while at < len(value):
        length = value[at]
        size = (length + 7) // 8
        if length > 32 or at + 1 + size + 4 > len(value):
            raise ValueError("the classless routes are malformed")
        prefix = value[at + 1 : at + 1 + size].ljust(4, b"\0")
        router = IPv4Address(value[at + 1 + size : at + 5 + size])
        found.append((IPv4Network((prefix, length), strict=False), router))
        at += 5 + size
    return found


def static_routes(value: bytes) -> list[tuple[IPv4Network, IPv4Address]]:
    """Option 33: destinations, each with the mask of its class, and routers."""
    pairs = addresses(value)
    return [
        (IPv4Network((destination, _class_of(destination)), strict=False), router)
        for destination, router in zip(pairs[::2], pairs[1::2], strict=False)
    ]


def _class_of(address: IPv4Address) -> int:
    first = address.packed[0]
    return 8 if first < 128 else 16 if first < 192 else 24


def request_list(asked: Sequence[int]) -> bytes:
    """Option 55."""
    return bytes(asked)
