"""Blocks that can't be true at once: one key with two blocks, one address in two."""

from __future__ import annotations

from collections.abc import Iterable

from netc.diagnostics import Diagnostic, error
from netc.ipam import codes
from netc.ipam.blocks import Block, Identity, arranged, place, pointed
from netc.ipam.quoting import release_command, word

#: A file with more mistakes than this is no lock that a merge went wrong in: the rest are not told.
MOST = 1000


def contradictions(blocks: Iterable[Block]) -> list[tuple[Block, Block]]:
    """Pairs of blocks of which at most one can be right: of one key and family, or with addresses in common.

    Each pool is looked at by itself. The block that stands first, in the file or by address, comes first.
    """
    found: list[tuple[Block, Block]] = []
    known: dict[Identity, Block] = {}
    before: Block | None = None
    for block in arranged(blocks):
        twin = known.setdefault(block.identity, block)
        if twin is not block:
            found.append((twin, block))
        near = before is not None and (before.pool, before.family) == (block.pool, block.family)
        if before is not None and near and block.first <= before.last and before.identity != block.identity:
            found.append((before, block))
        if before is None or not near or block.last > before.last:
            before = block
    return [(two, one) if place(two.span) < place(one.span) else (one, two) for one, two in found]


def collisions(blocks: Iterable[Block]) -> list[Diagnostic]:
    """A finding for each contradiction, as far as somebody could want to read them."""
    return [contradiction(first, second) for first, second in contradictions(blocks)[:MOST]]


def contradiction(first: Block, second: Block) -> Diagnostic:
    """The finding for a pair of `contradictions`."""
    return _twice(first, second) if first.identity == second.identity else _overlap(first, second)


def _twice(first: Block, second: Block) -> Diagnostic:
    same = first.network == second.network
    return error(
        codes.KEY_TWICE.code,
        f"{word(second.key)} has {second.network} twice in pool {word(second.pool)}"
        if same
        else f"{word(second.key)} has two blocks of pool {word(second.pool)}: {first.network} and {second.network}",
        second.span,
        *pointed("the first", first.span),
        help="remove one of the lines" if same else "remove the line of the block that is not in use",
    )


def _overlap(first: Block, second: Block) -> Diagnostic:
    return error(
        codes.COLLISION.code,
        f"{second.network} of {word(second.key)} overlaps {first.network} of {word(first.key)}"
        f" in pool {word(second.pool)}",
        second.span,
        *pointed("the other", first.span),
        help="give up the block that is not in use yet, and build again to get another one:\n"
        + "\n".join(release_command(one.pool, one.key) for one in (second, first)),
    )
