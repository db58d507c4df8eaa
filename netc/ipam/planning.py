"""The plan: who gets which block.

A pure function of the pools, the requests and the lock; the order of none of them matters. What is locked stays where
it is. What is new comes largest block first, then by key, each at the lowest address that is free.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from netc.dataclass import dataclass
from netc.diagnostics import Diagnostic, Step, error, warning
from netc.ipam import codes
from netc.ipam.blocks import Block, Family, Identity, Request, arranged, place, pointed
from netc.ipam.collisions import MOST, contradiction, contradictions
from netc.ipam.elsewhere import Elsewhere, Look, nothing
from netc.ipam.exhaustion import exhausted
from netc.ipam.families import family_of
from netc.ipam.pools import Pool
from netc.ipam.quoting import quoted, release_command, word
from netc.ipam.space import Interval, Space, within


@dataclass(frozen=True, slots=True)
class Plan:
    """What a build gets, and what the lock is to hold afterwards.

    `blocks` is everything for the lock, in its order; `granted` has each request that was met; `added` are the blocks
    that the lock did not have, `held` those that nothing asks for. Nothing is ever taken out of the lock here.
    """

    blocks: tuple[Block, ...]
    granted: Mapping[Request, Block]
    added: tuple[Block, ...]
    held: tuple[Block, ...]


def plan(
    pools: Iterable[Pool], requests: Iterable[Request], locked: Iterable[Block], look: Look = nothing
) -> tuple[Plan, tuple[Diagnostic, ...]]:
    """Plan all requests of a build together; with an error among the findings the plan may not be written.

    `look` tells what other files of the project ask for. It is called only for what a message says: the plan is the
    same without it.

    The pool of every request is among `pools` (`KeyError` otherwise). A request that can't be met is not in `granted`,
    and what is wrong with it is in the findings. Blocks of pools that are not among `pools` are kept as they are: they
    belong to another part of the project. Blocks of the lock that contradict each other are given to nobody.
    """
    by_name = {pool.name: pool for pool in pools}
    asked, findings = _gathered(by_name, requests)
    before = arranged(locked)
    pairs = contradictions(before)
    findings += [contradiction(*pair) for pair in pairs[:MOST]]
    doubtful = {block.identity for pair in pairs for block in pair}
    planned: dict[Identity, Block] = {}
    taken: dict[tuple[str, Family], list[Block]] = defaultdict(list)
    reserved = {(pool.name, family): pool.reserved(family) for pool in by_name.values() for family in pool.families}
    met: dict[Identity, Block] = {}
    for block in before:
        planned.setdefault(block.identity, block)
        taken[block.pool, block.family].append(block)
        pool, wanted = by_name.get(block.pool), asked.get(block.identity)
        if pool is None:
            continue
        problem = _unfit(pool, block, wanted, reserved.get((pool.name, block.family), ()), look)
        if problem is not None:
            findings.append(problem)
        elif wanted is not None and block.identity not in doubtful:
            met.setdefault(block.identity, block)
    new: dict[tuple[str, Family], list[Request]] = defaultdict(list)
    for identity, wanted in asked.items():
        if wanted is not None and identity not in planned:
            new[wanted.request.pool, wanted.family].append(wanted.request)
    findings += _renamed(by_name, new, before)
    added: list[Block] = []
    for (name, family), wants in sorted(new.items()):
        pool = by_name[name]
        there = taken[name, family]
        space = Space(pool.cidrs, [*reserved[name, family], *((one.first, one.last) for one in there)], family)
        short: list[Request] = []
        given: list[Block] = []
        for request in sorted(wants, key=lambda request: (request.prefix, request.key)):
            found = space.take(request.prefix)
            if found is None:
                short.append(request)
            else:
                given.append(Block(name, request.key, found))
        if short:
            held = {block.identity for block in there if block.identity not in asked}
            others = look() if held else nothing()
            findings.append(exhausted(pool, family, short, [*there, *given], held, space.largest, others))
        added += given
    met |= {block.identity: block for block in added}
    granted = {
        request: met[identity]
        for identity, wanted in asked.items()
        if wanted is not None and identity in met
        for request in wanted.same
    }
    held_blocks = tuple(block for block in before if block.identity not in asked)
    return Plan(arranged((*before, *added)), granted, arranged(added), held_blocks), tuple(findings)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """All requests for one block: `request` is the first of them in the sources."""

    request: Request
    family: Family
    same: tuple[Request, ...]


def _gathered(
    pools: Mapping[str, Pool], requests: Iterable[Request]
) -> tuple[dict[Identity, _Wanted | None], list[Diagnostic]]:
    """The requests by the block that they ask for (None where they disagree), in an order of their own."""
    findings: list[Diagnostic] = []
    groups: dict[Identity, list[Request]] = defaultdict(list)
    families: dict[tuple[str, int, Family | None], Family] = {}
    for request in requests:
        shape = request.pool, request.prefix, request.family
        family = families.get(shape) or family_of(pools[request.pool], request)
        if isinstance(family, Diagnostic):
            findings.append(family)
        else:
            families[shape] = family
            groups[request.pool, request.key, family].append(request)
    asked: dict[Identity, _Wanted | None] = {}
    for identity in sorted(groups):
        same = groups[identity]
        first = same[0]
        if len(same) > 1:
            same.sort(key=lambda one: (*place(one.span), one.prefix))
            first = same[0]
            other = next((one for one in same if one.prefix != first.prefix), None)
            if other is not None:
                findings.append(_disagreement(first, other))
                asked[identity] = None
                continue
        asked[identity] = _Wanted(first, _family(identity), tuple(same))
    return asked, findings


def _family(identity: Identity) -> Family:
    return 4 if identity[2] == 4 else 6


def _disagreement(first: Request, other: Request) -> Diagnostic:
    return error(
        codes.DISAGREE.code,
        f"{word(other.key)} asks pool {other.pool} for a /{other.prefix} here and for a /{first.prefix} elsewhere",
        other.span,
        *other.trail,
        *pointed(f"a /{first.prefix} is asked for here", first.span),
        *first.trail,
        help="pool, key and family name one block: ask for one size, or give the second block a key of its own",
    )


def _unfit(
    pool: Pool, block: Block, wanted: _Wanted | None, reserved: Sequence[Interval], look: Look
) -> Diagnostic | None:
    """Why a locked block can't stay what it is; None if it can."""
    outside = not pool.contains(block.network)
    namesake = look().pool_of(block) if outside else None
    if namesake is not None:
        return _two_pools(pool, namesake, block)
    if wanted is None:
        if not outside or block.identity in look().identities:
            return None
        return warning(
            codes.STRANDED.code,
            f"{block.network} is held for {word(block.key)} outside of pool {pool}",
            block.span,
            *pointed("the pool", pool.span),
            help=f"nothing {_as_far_as_known(look())}asks for it: {release_command(pool.name, block.key)}",
        )
    request = wanted.request
    places = (*request.trail, *pointed("the block", block.span))
    if request.prefix != block.network.prefixlen:
        return error(
            codes.RESIZED.code,
            f"{word(block.key)} has {block.network} of pool {pool.name} and now asks for a /{request.prefix}",
            request.span,
            *places,
            help=f"ask for a /{block.network.prefixlen}, or {_instead(block)}",
        )
    if outside:
        return error(
            codes.DISPLACED.code,
            f"{word(block.key)} has {block.network}, which is not in pool {pool} any more",
            request.span,
            *places,
            *pointed("the pool", pool.span),
            help=f"add a cidr that holds it, or {_instead(block)}",
        )
    if any(within((block.first, block.last), reserved)):
        return error(
            codes.DISPLACED.code,
            f"{word(block.key)} has {block.network}, and pool {pool.name} now reserves addresses in it",
            request.span,
            *places,
            *pointed("the pool", pool.span),
            help=f"reserve other addresses, or {_instead(block)}",
        )
    return None


def _two_pools(pool: Pool, other: Pool, block: Block) -> Diagnostic:
    return error(
        codes.TWICE.code,
        f"two files of the project have a pool {pool.name}: {pool} here, and {other}",
        pool.span,
        *pointed("the other", other.span),
        *pointed("a block of the other", block.span),
        help="the lock file knows a pool by its name: give one another name, or declare the pool once and import it",
    )


def _as_far_as_known(others: Elsewhere) -> str:
    return f"in files without mistakes ({others.unknown[0]} has some) " if others.unknown else ""


def _instead(block: Block) -> str:
    return f"give the block up and get another one: {release_command(block.pool, block.key)}"


def _renamed(
    pools: Mapping[str, Pool], new: Mapping[tuple[str, Family], Sequence[Request]], locked: Sequence[Block]
) -> Iterator[Diagnostic]:
    """Pools that ask anew for keys whose blocks lie in their space, under the name of a pool that is gone."""
    orphans: dict[tuple[str, int, int], list[Block]] = defaultdict(list)
    for block in locked:
        if block.pool not in pools:
            orphans[block.key, block.family, block.network.prefixlen].append(block)
    if not orphans:
        return
    found: dict[tuple[str, str], list[Block]] = defaultdict(list)
    for (name, family), requests in sorted(new.items()):
        for request in requests:
            for block in orphans.get((request.key, family, request.prefix), ()):
                if pools[name].contains(block.network):
                    found[name, block.pool].append(block)
    for (name, gone), blocks in found.items():
        example = blocks[0]
        more = f" and {len(blocks) - 1} more" if len(blocks) > 1 else ""
        yield warning(
            codes.RENAMED.code,
            f"pool {name} plans anew for {word(example.key)}{more}, whose blocks are held under pool {word(gone)}",
            pools[name].span,
            *(Step("the block", block.span) for block in blocks[:1] if block.span is not None),
            help=f"if the pool was renamed, before the next build: netc ipam rename {quoted(gone)} {quoted(name)}",
        )
