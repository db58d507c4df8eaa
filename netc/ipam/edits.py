"""Changing the lock on purpose: giving blocks up, and handing them to another key or pool.

Each edit is a function from the blocks of a lock to the blocks that it is to have.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from netc.dataclass import dataclass, replace
from netc.ipam.blocks import Block, Family, Identity
from netc.ipam.collisions import collisions
from netc.ipam.quoting import quoted, word
from netc.spelling import nearest


class EditError(Exception):
    """The edit makes no sense for this lock. `str()` is one sentence; `help` is the fix."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.help = help


@dataclass(frozen=True, slots=True)
class Edited:
    """The blocks afterwards, and those that went (`removed`) or have a new name (`renamed`: before and after)."""

    blocks: tuple[Block, ...]
    removed: tuple[Block, ...] = ()
    renamed: tuple[tuple[Block, Block], ...] = ()


def release(
    blocks: Sequence[Block],
    pool: str,
    keys: Iterable[str],
    family: Family | None = None,
    in_use: Collection[Identity] = (),
) -> Edited:
    """Give up the blocks of these keys, of one family or of both.

    Raises `EditError`, and gives up none, where a key has no block, or has one that is `in_use`.
    """
    gone: list[Block] = []
    for key in dict.fromkeys(keys):
        found = _of(blocks, pool, key, family)
        used = next((block for block in found if block.identity in in_use), None)
        if used is not None:
            raise EditError(
                f"{word(key)} uses {used.network} of pool {word(pool)}",
                "remove what asks for it first; with --force the next build gives it a block anew, maybe another one",
            )
        gone += found
    lost = {id(block) for block in gone}
    return Edited(tuple(block for block in blocks if id(block) not in lost), tuple(gone))


def move(
    blocks: Sequence[Block], pool: str, old: str, new: str, family: Family | None = None, *, force: bool = False
) -> Edited:
    """Hand the blocks of key `old` to key `new`. With `force` the blocks that `new` has already are given up.

    Raises `EditError` where `old` has no block, or `new` has one.
    """
    if old == new:
        raise EditError(f"{word(old)} is the same key", "write the key that has the block, then the one that gets it")
    moving = _of(blocks, pool, old, family)
    families = {block.family for block in moving}
    there = [block for block in blocks if (block.pool, block.key) == (pool, new) and block.family in families]
    if there and not force:
        raise EditError(
            f"{word(new)} has {there[0].network} of pool {word(pool)} already",
            f"give that up and take over {moving[0].network}: add --force",
        )
    lost = {id(block) for block in (*moving, *there)}
    renamed = tuple((block, replace(block, key=new)) for block in moving)
    rest = tuple(block for block in blocks if id(block) not in lost)
    return Edited((*rest, *(after for _, after in renamed)), tuple(there), renamed)


def rename(blocks: Sequence[Block], old: str, new: str) -> Edited:
    """Hand all blocks of pool `old` to pool `new`.

    Raises `EditError` where there are none, or where pool `new` has blocks that contradict them.
    """
    if old == new:
        raise EditError(f"{word(old)} is the same pool", "write the pool that was, then the one that is")
    moving = [block for block in blocks if block.pool == old]
    if not moving:
        raise _no_pool(blocks, old)
    renamed = tuple((block, replace(block, pool=new)) for block in moving)
    there = [block for block in blocks if block.pool == new]
    both = collisions((*there, *(after for _, after in renamed)))
    if len(both) > len(collisions(there)) + len(collisions(moving)):
        raise EditError(
            f"pool {word(new)} has blocks that contradict those of pool {word(old)}: {both[0].message}",
            f"release those of pool {word(new)} first, if they are not in use yet",
        )
    rest = tuple(block for block in blocks if block.pool != old)
    return Edited((*rest, *(after for _, after in renamed)), (), renamed)


def _of(blocks: Sequence[Block], pool: str, key: str, family: Family | None) -> list[Block]:
    found = [block for block in blocks if block.pool == pool and block.key == key]
    if not found:
        keys = {block.key for block in blocks if block.pool == pool}
        if not keys:
            raise _no_pool(blocks, pool)
        meant = nearest(key, keys)
        raise EditError(
            f"pool {word(pool)} has no block for {word(key)}",
            f"did you mean {quoted(meant)}?" if meant is not None else "netc ipam shows all blocks",
        )
    chosen = [block for block in found if family in (None, block.family)]
    if not chosen:
        raise EditError(
            f"{word(key)} has no IPv{family} block of pool {word(pool)}",
            f"it has {', '.join(str(b.network) for b in found)}",
        )
    return chosen


def _no_pool(blocks: Sequence[Block], pool: str) -> EditError:
    pools = sorted({block.pool for block in blocks})
    if not pools:
        return EditError("no block is planned yet", "netc build plans what the project asks for")
    meant = nearest(pool, pools)
    return EditError(
        f"the lock has no block of a pool {word(pool)}",
        f"did you mean {quoted(meant)}?" if meant is not None else f"it has blocks of {', '.join(map(word, pools))}",
    )
