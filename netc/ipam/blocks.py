"""What is asked of a pool, and what it gave: requests and blocks."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network
from typing import TYPE_CHECKING, Literal

from netc.dataclass import dataclass, field
from netc.diagnostics import Step, Trail
from netc.sources import Span

if TYPE_CHECKING:
    from netc.ipam.pools import Pool

Network = IPv4Network | IPv6Network
Family = Literal[4, 6]

#: What a block is known by: pool, key and family.
Identity = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Request:
    """A block of this prefix length for `key`, wanted from a pool. Two requests that ask for the same are equal.

    `family` is None where it was not said. `span` is the place that asks, `trail` how it came there.
    """

    pool: str
    key: str
    prefix: int
    family: Family | None = None
    span: Span | None = field(default=None, compare=False)
    trail: Trail = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a pool that belongs to a key. `span` is its line in the lock file, None for a new one."""

    pool: str
    key: str
    network: Network
    span: Span | None = field(default=None, compare=False)

    @property
    def family(self) -> Family:
        """4 or 6."""
        return self.network.version

    @property
    def identity(self) -> Identity:
        """Pool, key and family."""
        return self.pool, self.key, self.network.version

    @property
    def first(self) -> int:
        """The first address, as a number."""
        return int(self.network.network_address)

    @property
    def last(self) -> int:
        """The last address, as a number."""
        return int(self.network.network_address) | int(self.network.hostmask)


@dataclass(frozen=True, slots=True)
class Demand:
    """All pools of a project, and all that is asked of them."""

    pools: tuple[Pool, ...]
    requests: tuple[Request, ...]


def arranged(blocks: Iterable[Block]) -> tuple[Block, ...]:
    """By pool, family and address: the order of the lock file.

    A first fit puts what two branches add at once to the same place of the same pool. In this order those lines meet in
    a merge, and lines that have nothing to do with each other do not.
    """
    return tuple(
        sorted(blocks, key=lambda block: (block.pool, block.family, block.first, block.network.prefixlen, block.key))
    )


def place(span: Span | None) -> tuple[str, int]:
    """Where in the sources something stands, to put findings in an order that does not depend on evaluation."""
    return (span.source.path, span.start) if span is not None else ("", -1)


def pointed(text: str, span: Span | None) -> Trail:
    """A label for a place, where there is one."""
    return (Step(text, span),) if span is not None else ()
