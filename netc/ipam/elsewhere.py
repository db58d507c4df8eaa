"""What other files of a project ask of its pools: the lock is the whole project's, a build is one file's."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from netc.dataclass import dataclass
from netc.diagnostics import Diagnostic
from netc.ipam.blocks import Block, Identity, Request
from netc.ipam.families import family_of
from netc.ipam.pools import Pool


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The pools of other files, and the blocks that those files ask for.

    `unknown` are the paths of files with mistakes: of what they ask for not all is known.
    """

    pools: tuple[Pool, ...] = ()
    identities: frozenset[Identity] = frozenset()
    unknown: tuple[str, ...] = ()

    def pool_of(self, block: Block) -> Pool | None:
        """The pool of another file that has the block's name and holds it."""
        return next((pool for pool in self.pools if pool.name == block.pool and pool.contains(block.network)), None)

    def joined(self, other: Elsewhere) -> Elsewhere:
        """Both together."""
        pools = tuple(dict.fromkeys((*self.pools, *other.pools)))
        return Elsewhere(pools, self.identities | other.identities, (*self.unknown, *other.unknown))


#: Looks at the other files when somebody has to know: a build that goes well never does.
Look = Callable[[], Elsewhere]


def nothing() -> Elsewhere:
    """There are no other files."""
    return Elsewhere()


def identities(pools: Iterable[Pool], requests: Iterable[Request]) -> frozenset[Identity]:
    """The blocks that requests ask for; a request that means no family asks for none."""
    by_name = {pool.name: pool for pool in pools}
    found = set()
    for request in requests:
        family = family_of(by_name[request.pool], request)
        if not isinstance(family, Diagnostic):
            found.add((request.pool, request.key, family))
    return frozenset(found)
