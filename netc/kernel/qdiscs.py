"""Queueing disciplines and filters, as far as limiting and redirecting traffic needs them.

The messages are packed here, not by pyroute2: its token bucket turns rates into ticks by rules of its own and has no
attribute for rates of 4 GB/s and more, and the numbers here must be those that the reference plugins send.
"""

from __future__ import annotations

import errno as codes
import struct
from collections.abc import Iterator
from typing import Any, Protocol

from netc.dataclass import dataclass
from netc.kernel.errors import KernelError
from netc.kernel.rtnetlink import NLM_F_CREATE, NLM_F_DUMP, NLM_F_EXCL

RTM_NEWQDISC, RTM_DELQDISC, RTM_GETQDISC = 36, 37, 38
RTM_NEWTFILTER, RTM_GETTFILTER = 44, 46
TC_H_ROOT, TC_H_INGRESS = 0xFFFFFFFF, 0xFFFFFFF1
#: Handles `1:` and `ffff:`, class `1:1`.
ROOT_HANDLE, INGRESS_HANDLE, _CLASS = 0x10000, 0xFFFF0000, 0x10001
_ETH_P_ALL = 0x0003
_TC_ACT_STOLEN, _EGRESS_REDIRECT = 4, 1

_HEADER = struct.Struct("=IHHII")
_TCMSG = struct.Struct("=BxxxiIII")
#: tc_ratespec (cell_log, linklayer, overhead, cell_align, mpu, rate) twice, then limit, buffer, mtu.
_TBF_PARMS = struct.Struct("=BBHhHI BBHhHI III")
#: The kernel counts time in ticks of 64 ns.
_TICKS_FALLBACK = 15.625
_U32 = 0xFFFFFFFF

# attribute types
_KIND, _OPTIONS = 1, 2
_TBF_PARMS_TYPE, _TBF_RATE64 = 1, 4
_U32_CLASSID, _U32_SEL, _U32_ACT = 1, 5, 7
_ACT_KIND, _ACT_OPTIONS = 1, 2
_MIRRED_PARMS = 2


@dataclass(frozen=True, slots=True)
class TokenBucket:
    """The numbers of a token bucket filter: `rate` in bytes a second, `limit` in bytes, `buffer` in kernel ticks."""

    rate: int
    limit: int
    buffer: int


@dataclass(frozen=True, slots=True)
class Qdisc:
    """A queueing discipline of the link `index`; `tbf` is set where `kind` is "tbf"."""

    index: int
    kind: str
    handle: int
    parent: int
    tbf: TokenBucket | None = None


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter of the link `index`. `redirects` are the indexes of the links that its actions send packets to."""

    index: int
    kind: str
    priority: int
    protocol: int
    redirects: tuple[int, ...] = ()


class Place(Protocol):
    """What is needed of a namespace: to ask route netlink, and to change something by it."""

    def read(self, operation: str, kind: int, message: Any, flags: int = 0) -> list[Any]: ...

    def request(self, operation: str, kind: int, message: Any, flags: int = 0) -> None: ...


class Qdiscs:
    """Traffic control in one namespace. Links are named by their index. Raises `KernelError`."""

    def __init__(self, namespace: Place) -> None:
        self._namespace = namespace

    def add_token_bucket(self, index: int, bucket: TokenBucket) -> None:
        """Make a token bucket `1:` the root of a link; `EEXIST` where it has a root of somebody's making."""
        parameters = attribute(
            _TBF_PARMS_TYPE,
            _TBF_PARMS.pack(
                *(0, 0, 0, 0, 0, bucket.rate & _U32),
                *(0, 0, 0, 0, 0, 0),
                *(bucket.limit & _U32, bucket.buffer & _U32, 0),
            ),
        )
        if bucket.rate > _U32:
            parameters += attribute(_TBF_RATE64, struct.pack("=Q", bucket.rate))
        self._add("qdisc", RTM_NEWQDISC, index, ROOT_HANDLE, TC_H_ROOT, 0, "tbf", parameters)

    def add_ingress(self, index: int) -> None:
        """Give a link the qdisc `ffff:` that filters what it receives; `EEXIST` where it has one."""
        self._add("qdisc", RTM_NEWQDISC, index, INGRESS_HANDLE, TC_H_INGRESS, 0, "ingress", None)

    def add_redirect(self, index: int, to: int) -> None:
        """Send all that link `index` receives out of link `to`. The link needs its ingress qdisc."""
        selector = struct.pack("=BBBxHHhhI", 1, 0, 1, 0, 0, 0, 0, 0) + bytes(16)
        mirred = struct.pack("=IIiiiiI", 0, 0, _TC_ACT_STOLEN, 0, 0, _EGRESS_REDIRECT, to)
        action = attribute(_ACT_KIND, b"mirred\0") + attribute(_ACT_OPTIONS, attribute(_MIRRED_PARMS, mirred))
        options = (
            attribute(_U32_CLASSID, struct.pack("=I", _CLASS))
            + attribute(_U32_ACT, attribute(1, action))
            + attribute(_U32_SEL, selector)
        )
        info = (1 << 16) | int.from_bytes(struct.pack(">H", _ETH_P_ALL), "little")
        self._add("filter", RTM_NEWTFILTER, index, 0, INGRESS_HANDLE, info, "u32", options)

    def delete(self, index: int, parent: int = TC_H_ROOT) -> None:
        """Delete a link's root qdisc, or with `parent=TC_H_INGRESS` its ingress; nothing if it has none."""
        handle = INGRESS_HANDLE if parent == TC_H_INGRESS else ROOT_HANDLE
        try:
            self._namespace.request("delete qdisc", RTM_DELQDISC, TrafficControl(index, handle, parent))
        except KernelError as error:
            # A kernel says EINVAL of an ingress that is not there, ENOENT of a root.
            if not error.is_missing() and error.errno != codes.EINVAL:
                raise

    def on(self, index: int) -> tuple[Qdisc, ...]:
        """The qdiscs of a link, roots first, in the kernel's order."""
        replies = self._namespace.read("list qdiscs", RTM_GETQDISC, TrafficControl(index), NLM_F_DUMP)
        return tuple(_qdisc(reply) for reply in replies if reply.index == index)

    def filters_on(self, index: int, parent: int = INGRESS_HANDLE) -> tuple[Filter, ...]:
        """The filters at a link's qdisc that do something (u32 lists its hash tables as filters, too)."""
        message = TrafficControl(index, parent=parent)
        replies = self._namespace.read("list filters", RTM_GETTFILTER, message, NLM_F_DUMP)
        return tuple(_filter(reply) for reply in replies if reply.index == index and _U32_SEL in reply.options)

    def _add(
        self, what: str, kind: int, index: int, handle: int, parent: int, info: int, name: str, options: bytes | None
    ) -> None:
        body = attribute(_KIND, name.encode() + b"\0") + (attribute(_OPTIONS, options) if options is not None else b"")
        message = TrafficControl(index, handle, parent, info, body)
        try:
            self._namespace.request(f"add {what} {name}", kind, message, NLM_F_CREATE | NLM_F_EXCL)
        except KernelError as error:
            if error.errno == codes.ENOENT and what == "qdisc":
                error.hint = f"does this kernel have the module sch_{name}?"
            raise


def token_bucket(rate: int, burst: int) -> TokenBucket:
    """The token bucket that the bandwidth plugin makes of `rate` (bits a second) and `burst` (bits).

    Rounded down to bytes; the queue holds 25 ms of traffic and the burst. Limit and buffer are 32 bits wide and wrap,
    as they do in the plugin: a large burst over a small rate becomes another burst.
    """
    rate_bytes, burst_bytes = rate // 8, burst // 8
    limit = ((int(rate_bytes * 0.025) & _U32) + burst_bytes) & _U32
    microseconds = int(burst_bytes * 1e6 / rate_bytes) & _U32 if rate_bytes else 0
    return TokenBucket(rate_bytes, limit, int(microseconds * ticks_per_microsecond()) & _U32)


def ticks_per_microsecond() -> float:
    """How many of the kernel's ticks one microsecond has (`/proc/net/psched`)."""
    try:
        with open("/proc/net/psched", encoding="ascii") as file:
            ticks, nanoseconds, resolution = (int(field, 16) for field in file.read().split()[:3])
    except (OSError, ValueError):
        return _TICKS_FALLBACK
    return ticks / nanoseconds * (resolution / 1e6)


def attribute(kind: int, data: bytes) -> bytes:
    """A netlink attribute, padded."""
    length = len(data) + 4
    return struct.pack("=HH", length, kind) + data + bytes(-length % 4)


def attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The attributes in `data`, in order."""
    at = 0
    while at + 4 <= len(data):
        length, kind = struct.unpack_from("=HH", data, at)
        if length < 4:
            return
        yield kind & 0x3FFF, data[at + 4 : at + length]
        at += (length + 3) & ~3


class TrafficControl:
    """A tcmsg with its attributes, in the shape that `Rtnetlink.send` wants of a pyroute2 message."""

    def __init__(self, index: int | bytes, handle: int = 0, parent: int = 0, info: int = 0, body: bytes = b"") -> None:
        self._header = {"type": 0, "flags": 0, "sequence_number": 0}
        self.data = index if isinstance(index, bytes) else b""
        self.index, self.handle, self.parent, self.info, self._body = 0, handle, parent, info, body
        self._found: dict[int, bytes] | None = None
        if isinstance(index, int):
            self.index = index

    def __getitem__(self, key: str) -> dict[str, int]:
        if key != "header":
            raise KeyError(key)
        return self._header

    def reset(self) -> None:
        """Forget the last encoding."""
        self.data = b""

    def encode(self) -> None:
        """Pack the message into `data`."""
        body = _TCMSG.pack(0, self.index, self.handle, self.parent, self.info) + self._body
        header = self._header
        self.data = (
            _HEADER.pack(_HEADER.size + len(body), header["type"], header["flags"], header["sequence_number"], 0) + body
        )

    def decode(self) -> None:
        """Unpack the fields of `data`. The rest waits: a dump holds those of all links, and one is asked about."""
        _, self.index, self.handle, self.parent, self.info = struct.unpack_from("=BxxxiIII", self.data, _HEADER.size)

    @property
    def kind(self) -> str:
        """What it is: `tbf`, `u32`."""
        return self._attributes().get(_KIND, b"").rstrip(b"\0").decode(errors="replace")

    @property
    def options(self) -> dict[int, bytes]:
        """The options by their attribute type."""
        return dict(attributes(self._attributes().get(_OPTIONS, b"")))

    def _attributes(self) -> dict[int, bytes]:
        if self._found is None:
            self._found = dict(attributes(self.data[_HEADER.size + _TCMSG.size :]))
        return self._found


def _qdisc(reply: TrafficControl) -> Qdisc:
    bucket = None
    if reply.kind == "tbf" and _TBF_PARMS_TYPE in reply.options:
        fields = _TBF_PARMS.unpack_from(reply.options[_TBF_PARMS_TYPE])
        rate = fields[5]
        if _TBF_RATE64 in reply.options:
            rate = struct.unpack("=Q", reply.options[_TBF_RATE64])[0]
        bucket = TokenBucket(rate, fields[12], fields[13])
    return Qdisc(reply.index, reply.kind, reply.handle, reply.parent, bucket)


def _filter(reply: TrafficControl) -> Filter:
    redirects = []
    for _, action in attributes(reply.options.get(_U32_ACT, b"")):
        parts = dict(attributes(action))
        mirred = dict(attributes(parts.get(_ACT_OPTIONS, b""))).get(_MIRRED_PARMS)
        if parts.get(_ACT_KIND) == b"mirred\0" and mirred is not None:
            redirects.append(struct.unpack_from("=IIiiiiI", mirred)[6])
    protocol = struct.unpack(">H", struct.pack("=H", reply.info & 0xFFFF))[0]
    return Filter(reply.index, reply.kind, reply.info >> 16, protocol, tuple(redirects))
