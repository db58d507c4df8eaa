"""The ranges that addresses are handed out from: read, checked and walked as the reference plugin does.

Unlike `ranges`, which reads what it can so that rules can look at it, this refuses what the plugin refuses, in its
words.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

from netc.cni.addresses import parse_ip
from netc.cni.decode import Keys
from netc.cni.errors import failure
from netc.cni.results import Ip
from netc.dataclass import dataclass

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Range:
    """The addresses `start` to `end` of `subnet`, both included; `gateway` is never handed out."""

    subnet: Network
    start: Ip
    end: Ip
    gateway: Ip

    def __contains__(self, ip: Ip) -> bool:
        return ip.version == self.start.version and int(self.start) <= int(ip) <= int(self.end)

    def overlaps(self, other: Range) -> bool:
        """Whether an address lies in both."""
        return self.start in other or other.start in self

    def __str__(self) -> str:
        return f"{self.start}-{self.end}"


RangeSet = tuple[Range, ...]


def contains(ranges: RangeSet, ip: Ip) -> bool:
    """Whether an address lies in one of the ranges."""
    return any(ip in one for one in ranges)


def shown(ranges: RangeSet) -> str:
    """`10.1.0.1-10.1.0.6,10.1.0.9-10.1.0.14`."""
    return ",".join(map(str, ranges))


def candidates(ranges: RangeSet, last: Ip | None, taken: Container[str]) -> Iterator[tuple[Ip, Range]]:
    """The addresses that are neither taken nor a gateway, each once: from the one after `last`, round and round.

    `last` outside the ranges, or None, starts at the first range. `taken` holds address texts.
    """
    number = next((i for i, one in enumerate(ranges) if last is not None and last in one), None)
    if number is None or last is None:
        number, first = 0, int(ranges[0].start)
    else:
        first = int(last) + 1
    # The range that the walk starts inside is walked in two parts: from there to its end, at last what lies before.
    parts = [(ranges[number], first, int(ranges[number].end))]
    parts += [(one, int(one.start), int(one.end)) for one in ranges[number + 1 :] + ranges[:number]]
    parts.append((ranges[number], int(ranges[number].start), first - 1))
    for one, low, high in parts:
        make: Callable[[int], Ip] = IPv4Address if one.start.version == 4 else IPv6Address
        gateway = int(one.gateway) if one.gateway.version == one.start.version else -1
        for value in range(low, high + 1):
            if value != gateway:
                ip = make(value)
                if str(ip) not in taken:
                    yield ip, one


@dataclass(frozen=True, slots=True)
class RangeText:
    """A range as it is written; "" for what is left out."""

    subnet: str
    start: str
    end: str
    gateway: str


def read_range(keys: Keys) -> RangeText:
    """The keys of one range; raises `CniError` for wrong types and for what is no address."""
    written = RangeText(
        keys.string("subnet"), keys.string("rangeStart"), keys.string("rangeEnd"), keys.string("gateway")
    )
    if keys.has("subnet"):
        _refuse_other_than_cidr(written.subnet)
    for text in (written.start, written.end, written.gateway):
        if text:
            _refuse_other_than_ip(text)
    return written


def read_sets(keys: Keys, key: str) -> list[list[RangeText]]:
    """A list of lists of ranges; raises `CniError` for wrong types."""
    sets = []
    for item in keys.items(key, "[]allocator.RangeSet"):
        if not isinstance(item, (list, type(None))):
            raise keys.mismatch(key, item, "allocator.RangeSet")
        inner = Keys({key: item}, prefix=keys.prefix, struct=keys.struct, path=keys.path)
        sets.append([read_range(one) for one in inner.objects(key, "Range", go="allocator.Range")])
    return sets


def checked(written: list[list[RangeText]]) -> list[RangeSet]:
    """The range sets with all that is left out filled in; raises `CniError` (999) with the reference's text."""
    if not written:
        raise failure("no IP ranges specified")
    sets = []
    for number, inner in enumerate(written):
        try:
            sets.append(_range_set(inner))
        except ValueError as error:
            raise failure(f"invalid range set {number}: {error}") from None
    for i, one in enumerate(sets):
        for j, other in enumerate(sets[:i]):
            if any(a.overlaps(b) for a in one for b in other):
                raise failure(f"range set {j} overlaps with {i}")
    return sets


def _range_set(inner: list[RangeText]) -> RangeSet:
    if not inner:
        raise ValueError("empty range set")
    ranges: list[Range] = []
    for written in inner:
        ranges.append(_range(written))
        if ranges[-1].start.version != ranges[0].start.version:
            raise ValueError("mixed address families")
    for i, one in enumerate(ranges):
        for other in ranges[i + 1 :]:
            if one.overlaps(other):
                raise ValueError(f"subnets {one} and {other} overlap")
    return tuple(ranges)


def _range(written: RangeText) -> Range:
    if not written.subnet:
        raise ValueError("IP <nil> not v4 nor v6")
    host, _, digits = written.subnet.partition("/")
    prefix = int(digits)
    ip = parse_ip(host)
    bits = 32 if ":" not in host else 128
    if prefix > bits - 2:
        raise ValueError(f"Network {written.subnet} too small to allocate from")
    if ip.max_prefixlen != bits:
        raise ValueError("IPNet IP and Mask version mismatch")
    subnet = ip_network(f"{ip}/{prefix}", strict=False)
    if ip != subnet.network_address:
        raise ValueError(
            f"Network has host bits set. For a subnet mask of length {prefix} "
            f"the network address is {subnet.network_address}"
        )
    start = parse_ip(written.start) if written.start else None
    end = parse_ip(written.end) if written.end else None
    gateway = parse_ip(written.gateway) if written.gateway else subnet.network_address + 1
    if start is not None and (start not in subnet or (end is not None and _beyond(start, end))):
        raise ValueError(f"RangeStart {start} not in network {subnet}")
    start = subnet.network_address + 1 if start is None else start
    if end is not None and (end not in subnet or _beyond(start, end)):
        raise ValueError(f"RangeEnd {end} not in network {subnet}")
    # IPv6 has no broadcast address to leave out.
    last = subnet.broadcast_address - 1 if subnet.version == 4 else subnet.broadcast_address
    return Range(subnet, start, last if end is None else end, gateway)


def _beyond(start: Ip, end: Ip) -> bool:
    return start.version != end.version or int(start) > int(end)


def _refuse_other_than_cidr(text: str) -> None:
    # Not netc.cni.addresses.parse_address: it makes IPv4 of v4-mapped networks, which the plugin refuses later on.
    host, slash, digits = text.partition("/")
    try:
        parse_ip(host)
        if not slash or not (digits.isascii() and digits.isdigit()) or int(digits) > (128 if ":" in host else 32):
            raise ValueError
    except ValueError:
        raise failure(f"invalid CIDR address: {text}") from None


def _refuse_other_than_ip(text: str) -> None:
    try:
        parse_ip(text)
    except ValueError as error:
        raise failure(str(error)) from None
