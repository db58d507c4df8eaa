"""The free addresses of a pool, in blocks that can be handed out.

Addresses are numbers here, intervals have both ends in them. A free interval is cut into the largest aligned blocks
that it holds; a block that is asked for lies in exactly one of them, so the lowest one is found by looking at the
lowest of each size.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from ipaddress import IPv4Network, IPv6Network

from netc.ipam.blocks import Family, Network

Interval = tuple[int, int]


def width(family: Family) -> int:
    """Bits of an address."""
    return 32 if family == 4 else 128


def network(first: int, prefix: int, family: Family) -> Network:
    """The network that starts at `first`."""
    return IPv4Network((first, prefix)) if family == 4 else IPv6Network((first, prefix))


def interval(block: Network) -> Interval:
    """First and last address."""
    first = int(block.network_address)
    return first, first | int(block.hostmask)


def merged(intervals: Iterable[Interval]) -> list[Interval]:
    """The same addresses in order, without overlaps and neighbours."""
    found: list[Interval] = []
    for first, last in sorted(intervals):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return found


def within(outer: Interval, inner: Sequence[Interval]) -> Iterator[Interval]:
    """The parts of `inner` (as `merged` gives them) that lie in `outer`."""
    first, last = outer
    at = bisect_left(inner, first, key=lambda one: one[1])
    while at < len(inner) and inner[at][0] <= last:
        yield max(first, inner[at][0]), min(last, inner[at][1])
        at += 1


def gaps(outer: Interval, taken: Sequence[Interval]) -> Iterator[Interval]:
    """What is left of `outer` without `taken` (as `merged` gives it)."""
    at, end = outer
    for first, last in within(outer, taken):
        if at < first:
            yield at, first - 1
        at = last + 1
    if at <= end:
        yield at, end


def aligned(free: Interval, family: Family) -> Iterator[tuple[int, int]]:
    """An interval as the largest blocks that it holds, in order: first address and prefix length of each."""
    at, last = free
    bits = width(family)
    while at <= last:
        size = (last - at + 1).bit_length() - 1
        if at:
            size = min(size, (at & -at).bit_length() - 1)
        yield at, bits - size
        at += 1 << size


def size(intervals: Iterable[Interval]) -> int:
    """How many addresses there are in intervals that do not overlap."""
    return sum(last - first + 1 for first, last in intervals)


class Space:
    """The free space of one family of a pool while it is being planned: what is taken from it is gone."""

    def __init__(self, cidrs: Iterable[Network], taken: Iterable[Interval], family: Family) -> None:
        self._family = family
        #: Free blocks by prefix length, each a heap of first addresses.
        self._free: dict[int, list[int]] = {}
        busy = merged(taken)
        for cidr in cidrs:
            if cidr.version == family:
                for gap in gaps(interval(cidr), busy):
                    for first, prefix in aligned(gap, family):
                        self._free.setdefault(prefix, []).append(first)
        for heap in self._free.values():
            heapq.heapify(heap)

    @property
    def largest(self) -> int | None:
        """The prefix length of the largest free block; None if nothing is free."""
        return min((prefix for prefix, heap in self._free.items() if heap), default=None)

    def take(self, prefix: int) -> Network | None:
        """The lowest free block of this prefix length; None if there is none."""
        at = min(((heap[0], size) for size, heap in self._free.items() if size <= prefix and heap), default=None)
        if at is None:
            return None
        first, size = at
        heapq.heappop(self._free[size])
        bits = width(self._family)
        for rest in range(size + 1, prefix + 1):
            heapq.heappush(self._free.setdefault(rest, []), first + (1 << (bits - rest)))
        return network(first, prefix, self._family)
