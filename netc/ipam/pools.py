"""Pools: the address space that a project plans from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address

from netc.dataclass import dataclass, field
from netc.diagnostics import Diagnostic, error, warning
from netc.ipam import codes
from netc.ipam.blocks import Family, Network, pointed
from netc.ipam.space import Interval, interval, merged, network, size, width, within
from netc.lang.values import Cidr, Ip, IpRange
from netc.sources import Span


@dataclass(frozen=True, slots=True)
class Written:
    """A cidr, a range or an address as an author wrote it, host bits and all."""

    value: Cidr | IpRange | Ip
    span: Span


@dataclass(frozen=True, slots=True)
class Pool:
    """Networks to plan blocks from, less what is reserved. A block lies in one of the networks as a whole.

    `span` is the declaration, `cidr_spans` the networks as written (none, or one for each).
    """

    name: str
    cidrs: tuple[Network, ...]
    reserve: tuple[IpRange, ...] = ()
    span: Span | None = field(default=None, compare=False)
    cidr_spans: tuple[Span, ...] = field(default=(), compare=False)

    @property
    def families(self) -> tuple[Family, ...]:
        """The families that the pool has addresses of, IPv4 first."""
        return tuple(sorted({cidr.version for cidr in self.cidrs}))

    def of(self, family: Family) -> tuple[Network, ...]:
        """The networks of one family."""
        return tuple(cidr for cidr in self.cidrs if cidr.version == family)

    def reserved(self, family: Family) -> list[Interval]:
        """The reserved addresses of one family that lie in the pool: intervals in order, apart from each other."""
        kept = merged((int(one.first), int(one.last)) for one in self.reserve if one.first.version == family)
        return merged(part for cidr in self.of(family) for part in within(interval(cidr), kept))

    def usable(self, family: Family) -> int:
        """How many addresses of one family can be planned."""
        return size(merged(map(interval, self.of(family)))) - size(self.reserved(family))

    def contains(self, block: Network) -> bool:
        """Whether one of the networks has all of this block."""
        first, last = interval(block)
        return any(
            low <= first and last <= high
            for low, high in (interval(cidr) for cidr in self.cidrs if cidr.version == block.version)
        )

    def fitting(self, prefix: int) -> tuple[Family, ...]:
        """The families in which a block of this prefix length can exist."""
        return tuple(
            family
            for family in self.families
            if min(cidr.prefixlen for cidr in self.of(family)) <= prefix <= width(family)
        )

    def __str__(self) -> str:
        return f"{self.name} ({', '.join(map(str, self.cidrs))})"


def declare(
    name: str, span: Span, cidrs: Sequence[Written], reserve: Sequence[Written]
) -> tuple[Pool, tuple[Diagnostic, ...]]:
    """The pool that an author declared, and what is wrong with it.

    The pool is there in any case, with what could be made of it, so that one mistake does not hide the next. Elements
    of `cidrs` are `Cidr`s; `reserve` may have ranges and addresses as well.
    """
    findings: list[Diagnostic] = []
    networks: list[tuple[Network, Span]] = []
    if not cidrs:
        findings.append(error(codes.CIDR.code, f"pool {name} has no cidr", span, help="write cidrs = [10.42.0.0/16]"))
    for written in cidrs:
        if not isinstance(written.value, Cidr):
            findings.append(_no_network(name, written))
            continue
        findings += _host_bits(name, written)
        networks.append((written.value.network, written.span))
    findings += _overlapping(name, networks)
    kept = [(found, one.span) for one in reserve if (found := _range(name, one, findings)) is not None]
    pool = Pool(
        name,
        tuple(cidr for cidr, _ in networks),
        tuple(found for found, _ in kept),
        span,
        tuple(at for _, at in networks),
    )
    for found, at in kept:
        inside = any(
            part
            for cidr in pool.of(found.first.version)
            for part in within(interval(cidr), [(int(found.first), int(found.last))])
        )
        if networks and not inside:
            findings.append(
                error(
                    codes.RESERVE.code,
                    f"pool {pool} has nothing of {_shown(found)} to reserve",
                    at,
                    *pointed("the pool", span),
                    help="reserve addresses of the pool's own cidrs, or leave it out",
                )
            )
    return pool, tuple(findings)


def check(pools: Iterable[Pool]) -> tuple[Diagnostic, ...]:
    """What is wrong between the pools of a project: a name that two have, addresses that two have."""
    findings: list[Diagnostic] = []
    names: dict[str, Pool] = {}
    places: list[tuple[int, Interval, Pool, int]] = []
    for pool in pools:
        first = names.setdefault(pool.name, pool)
        if first is not pool:
            findings.append(
                error(
                    codes.TWICE.code,
                    f"two pools are called {pool.name}",
                    pool.span,
                    *pointed("the first", first.span),
                    help="the lock file knows a pool by its name: give one another name",
                )
            )
        places += [(cidr.version, interval(cidr), pool, at) for at, cidr in enumerate(pool.cidrs)]
    seen: set[frozenset[str]] = set()
    before: tuple[int, Interval, Pool, int] | None = None
    for one in sorted(places, key=lambda one: (one[0], one[1][0], -one[1][1])):
        if before is not None and before[0] == one[0] and one[1][0] <= before[1][1]:
            pair = frozenset((before[2].name, one[2].name))
            if len(pair) == 2 and pair not in seen:
                seen.add(pair)
                findings.append(_shared(before[2], before[3], one[2], one[3]))
        if before is None or before[0] != one[0] or one[1][1] > before[1][1]:
            before = one
    return tuple(findings)


def _shared(left: Pool, left_at: int, right: Pool, right_at: int) -> Diagnostic:
    return warning(
        codes.SHARED.code,
        f"pools {left.name} and {right.name} share addresses: {left.cidrs[left_at]} and {right.cidrs[right_at]}",
        right.cidr_spans[right_at] if right.cidr_spans else right.span,
        *pointed(f"pool {left.name}", left.cidr_spans[left_at] if left.cidr_spans else left.span),
        help="each pool is planned by itself, so both may hand out the same addresses; give each its own cidr",
    )


def _overlapping(name: str, networks: Sequence[tuple[Network, Span]]) -> Iterable[Diagnostic]:
    before: tuple[Network, Span] | None = None
    for cidr, at in sorted(networks, key=lambda one: (one[0].version, *interval(one[0]))):
        if before is not None and before[0].version == cidr.version and interval(cidr)[0] <= interval(before[0])[1]:
            later, earlier = ((cidr, at), before) if at.start > before[1].start else (before, (cidr, at))
            yield error(
                codes.OVERLAP.code,
                f"pool {name} has addresses twice: {later[0]} and {earlier[0]}",
                later[1],
                *pointed("the other", earlier[1]),
                help="leave the smaller one out" if cidr != before[0] else "leave one out",
            )
        if before is None or before[0].version != cidr.version or interval(cidr)[1] > interval(before[0])[1]:
            before = cidr, at


def _host_bits(name: str, written: Written) -> tuple[Diagnostic, ...]:
    value = written.value
    if not isinstance(value, Cidr) or value.network.network_address == value.ip:
        return ()
    return (
        error(
            codes.CIDR.code,
            f"{value} is an address in a network, and pool {name} wants the network",
            written.span,
            help=f"write {value.network}",
        ),
    )


def _no_network(name: str, written: Written) -> Diagnostic:
    return error(
        codes.CIDR.code, f"{written.value} is no network for pool {name}", written.span, help="write 10.42.0.0/16"
    )


def _range(name: str, written: Written, findings: list[Diagnostic]) -> IpRange | None:
    """What is reserved as a range."""
    value = written.value
    if isinstance(value, Cidr):
        findings += _host_bits(name, written)
        first, last = interval(value.network)
        bits = value.network.version
        ends = [network(at, width(bits), bits).network_address for at in (first, last)]
        return IpRange(ends[0], ends[1])
    if not isinstance(value, IpRange):
        return IpRange(value, value)
    if value.first.version == value.last.version and int(value.first) <= int(value.last):
        return value
    findings.append(
        error(
            codes.CIDR.code,
            f"the range {value} does not go from a lower to a higher address of one family",
            written.span,
            help=f"write {value.last}-{value.first}"
            if value.first.version == value.last.version
            else "reserve IPv4 and IPv6 apart",
        )
    )
    return None


def _shown(found: IpRange) -> str:
    if found.first == found.last:
        return str(found.first)
    span = int(found.last) - int(found.first) + 1
    if span & (span - 1) == 0 and int(found.first) % span == 0:
        bits = 32 if isinstance(found.first, IPv4Address) else 128
        return f"{found.first}/{bits - span.bit_length() + 1}"
    return str(found)
