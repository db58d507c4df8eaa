"""What a pool looks like, address by address: for people and programs that want to see it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from netc.dataclass import dataclass
from netc.ipam.blocks import Block, Demand, Family, Network, arranged
from netc.ipam.exhaustion import percent
from netc.ipam.planning import Plan
from netc.ipam.pools import Pool
from netc.ipam.space import Interval, aligned, gaps, interval, merged, network, size, width

#: `used`: asked for, and in the lock. `new`: asked for, and planned by the next build. `held`: in the lock, and nothing
#: asks for it. `locked`: in the lock, and nothing says whether it is asked for.
State = Literal["used", "new", "held", "locked"]
#: What a cell of a map can be: one of the states all over, or reserved or free, or some of each.
Mark = Literal["used", "new", "held", "locked", "reserved", "free", "mixed"]

#: A map has at most 2 to the power of this many cells, and that of a whole network at least this many.
_MOST, _LEAST = 8, 5


@dataclass(frozen=True, slots=True)
class Shown:
    """A block with what is known of it."""

    block: Block
    state: State


@dataclass(frozen=True, slots=True)
class Map:
    """A network in cells of equal size, each a block of prefix length `prefix`."""

    network: Network
    prefix: int
    cells: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Usage:
    """One family of a pool. Without `pool` only the lock is known: then nothing is free, and nothing has a share."""

    name: str
    family: Family
    pool: Pool | None
    blocks: tuple[Shown, ...]
    free: tuple[Interval, ...]
    reserved: tuple[Interval, ...]
    maps: tuple[Map, ...]

    @property
    def taken(self) -> int:
        """How many addresses the blocks have."""
        return sum(one.block.network.num_addresses for one in self.blocks)

    @property
    def usable(self) -> int | None:
        """How many addresses could be taken; None where that is not known."""
        return self.pool.usable(self.family) if self.pool is not None else None

    @property
    def share(self) -> str | None:
        """`37 %` of the usable addresses are taken."""
        return percent(self.taken, self.usable) if self.usable is not None else None

    @property
    def largest(self) -> int | None:
        """The prefix length of the largest free block."""
        return min((prefix for gap in self.free for _, prefix in aligned(gap, self.family)), default=None)

    def count(self, state: State) -> int:
        """How many blocks are in this state."""
        return sum(one.state == state for one in self.blocks)

    @property
    def free_networks(self) -> Iterator[Network]:
        """What is free, as the largest networks that it makes."""
        for gap in self.free:
            for first, prefix in aligned(gap, self.family):
                yield network(first, prefix, self.family)


def survey(
    locked: Iterable[Block], demand: Demand | None, planned: Plan | None, *, complete: bool = True
) -> tuple[Usage, ...]:
    """Every pool, one family each: those of the project, and those that only the lock knows.

    Unless `demand` is `complete`, nobody knows whether what it does not ask for is asked for.
    """
    shown: dict[tuple[str, Family], list[Shown]] = defaultdict(list)
    pools = {pool.name: pool for pool in demand.pools} if demand is not None else {}
    asked = {block.identity for block in planned.granted.values()} if planned is not None else set()
    for block in arranged(locked):
        known = block.pool in pools and (complete or block.identity in asked)
        state: State = "locked" if not known else "used" if block.identity in asked else "held"
        shown[block.pool, block.family].append(Shown(block, state))
    if planned is not None:
        for block in planned.added:
            shown[block.pool, block.family].append(Shown(block, "new"))
    for pool in pools.values():
        for family in pool.families:
            shown.setdefault((pool.name, family), [])
    return tuple(
        _usage(name, family, pools.get(name), tuple(sorted(blocks, key=lambda one: (one.block.first, one.block.last))))
        for (name, family), blocks in sorted(shown.items())
    )


def _usage(name: str, family: Family, pool: Pool | None, blocks: tuple[Shown, ...]) -> Usage:
    taken = [(one.block.first, one.block.last) for one in blocks]
    if pool is None:
        frame = network(taken[0][0], width(family), family)
        while interval(frame)[1] < max(last for _, last in taken):
            frame = frame.supernet()
        return Usage(name, family, None, blocks, (), (), (_map(frame, family, blocks, (), 0),))
    cidrs = [cidr for cidr in pool.of(family) if not any(_inside(cidr, other) for other in pool.of(family))]
    reserved = pool.reserved(family)
    busy = merged([*taken, *reserved])
    free = tuple(gap for cidr in cidrs for gap in gaps(interval(cidr), busy))
    maps = tuple(_map(cidr, family, blocks, reserved, _LEAST) for cidr in sorted(cidrs, key=interval))
    return Usage(name, family, pool, blocks, tuple(sorted(free)), tuple(reserved), maps)


def _inside(inner: Network, outer: Network) -> bool:
    (first, last), (low, high) = interval(inner), interval(outer)
    return inner != outer and low <= first and last <= high


def _map(frame: Network, family: Family, blocks: Sequence[Shown], reserved: Sequence[Interval], least: int) -> Map:
    """A network in cells that are as coarse as its parts allow."""
    start, end = interval(frame)
    parts: list[tuple[int, int, Mark]] = [(one.block.first, one.block.last, one.state) for one in blocks]
    parts += [(first, last, "reserved") for first, last in reserved]
    parts = [part for part in parts if part[1] >= start and part[0] <= end]
    finest = max((prefix for first, last, _ in parts for _, prefix in aligned((first, last), family)), default=0)
    prefix = min(width(family), frame.prefixlen + _MOST, max(finest, frame.prefixlen + least))
    step = 1 << (width(family) - prefix)
    cells: list[dict[Mark, int]] = [{} for _ in range((end - start + 1) // step)]
    for first, last, mark in parts:
        for at in range((max(first, start) - start) // step, (min(last, end) - start) // step + 1):
            low = start + at * step
            cells[at][mark] = cells[at].get(mark, 0) + size([(max(first, low), min(last, low + step - 1))])
    return Map(frame, prefix, tuple(_mark(cell, step) for cell in cells))


def _mark(cell: dict[Mark, int], step: int) -> Mark:
    if not cell:
        return "free"
    mark, addresses = max(cell.items(), key=lambda one: one[1])
    return mark if addresses >= step else "mixed"
