"""What to say when a pool is full: how full it is, and by whom."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from netc.diagnostics import Diagnostic, error
from netc.ipam import codes
from netc.ipam.blocks import Block, Family, Identity, Request, place, pointed
from netc.ipam.elsewhere import Elsewhere
from netc.ipam.pools import Pool
from netc.ipam.quoting import release_command, word
from netc.ipam.space import size

#: How many keys a message names before it counts.
_NAMED = 3


def exhausted(
    pool: Pool,
    family: Family,
    short: Sequence[Request],
    blocks: Sequence[Block],
    held: Collection[Identity],
    largest: int | None,
    elsewhere: Elsewhere,
) -> Diagnostic:
    """One finding for all requests that a pool has no room for.

    `blocks` are what is taken, `held` those of them that this file does not ask for, `elsewhere` what other files do;
    `largest` is the prefix length of the largest free block.
    """
    first, *others = sorted(short, key=lambda request: (*place(request.span), request.prefix, request.key))
    usable, taken = pool.usable(family), sum(block.network.num_addresses for block in blocks)
    idle = [block for block in blocks if block.identity in held and block.identity not in elsewhere.identities]
    away = [block for block in blocks if block.identity in held and block.identity in elsewhere.identities]
    busy = [block for block in blocks if block.identity not in held]
    room = f"the largest free block is a /{largest}" if largest is not None else "nothing is free"
    reserved = size(pool.reserved(family))
    lines = [f"{percent(taken, usable)} of it is taken, {room}"]
    if reserved:
        lines[0] += f"; {reserved} address{'es are' if reserved > 1 else ' is'} reserved"
    if busy:
        lines.append(f"in use by {len(busy)}: {_largest(busy)}")
    if away:
        lines.append(f"in use by {len(away)} of other files: {_largest(away)}")
    if idle:
        lines.append(f"held for {len(idle)} that nothing asks for: {_largest(idle)}")
        if elsewhere.unknown:
            lines.append(f"(not known is what {elsewhere.unknown[0]} asks for: it has mistakes)")
        one = min(idle, key=lambda block: (block.network.prefixlen, block.key))
        lines.append(f"give those up ({release_command(pool.name, one.key)}), or add a cidr")
    else:
        lines.append("add a cidr to the pool")
    more = f" and {len(others)} more" if others else ""
    return error(
        codes.EXHAUSTED.code,
        f"pool {pool} has no free /{first.prefix} for {word(first.key)}{more}",
        first.span,
        *first.trail,
        *pointed("the pool", pool.span),
        help="\n".join(lines),
    )


def _largest(blocks: Sequence[Block]) -> str:
    ranked = sorted(blocks, key=lambda block: (block.network.prefixlen, block.key))
    named = ", ".join(f"{word(block.key)} {block.network}" for block in ranked[:_NAMED])
    return named + (", ..." if len(ranked) > _NAMED else "")


def percent(part: int, whole: int) -> str:
    """`37 %`; never 0 for something, nor 100 for less than all."""
    if part >= whole:
        return "100 %" if whole else "0 %"
    tenths = part * 1000 // whole
    if part and tenths == 0:
        return "< 0.1 %"
    return f"{tenths // 10}.{tenths % 10} %" if tenths % 10 else f"{tenths // 10} %"
