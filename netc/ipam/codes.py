"""The codes of what can be wrong with pools, requests and the lock file."""

from __future__ import annotations

from netc.diagnostics import Severity
from netc.diagnostics.rule import Rule


def _error(code: str, name: str, doc: str) -> Rule:
    return Rule(code, name, Severity.ERROR, "project", doc)


def _warning(code: str, name: str, doc: str) -> Rule:
    return Rule(code, name, Severity.WARNING, "project", doc)


CIDR = _error(
    "NC620",
    "pool-cidr",
    """A pool's `cidrs` or `reserve` has something that is no network.

Why:
    A pool is planned from whole networks. With host bits set it is a guess which network was meant.

Bad:
    pool pods { cidrs = [10.42.0.1/16] }

Good:
    pool pods { cidrs = [10.42.0.0/16] }

Source:
    docs/ipam.md
""",
)

OVERLAP = _error(
    "NC621",
    "pool-cidrs-overlap",
    """Two networks of one pool overlap.

Why:
    The addresses that they share would be counted, and could be handed out, twice.

Bad:
    pool pods { cidrs = [10.42.0.0/16, 10.42.128.0/17] }

Good:
    pool pods { cidrs = [10.42.0.0/16] }

Source:
    docs/ipam.md
""",
)

RESERVE = _error(
    "NC622",
    "reserve-outside-pool",
    """What a pool reserves lies outside of the pool.

Why:
    The reservation does nothing: most likely one of the two is misspelt, and the addresses that were to be kept free
    are handed out.

Bad:
    pool pods { cidrs = [10.42.0.0/16], reserve = [10.24.255.0/24] }

Good:
    pool pods { cidrs = [10.42.0.0/16], reserve = [10.42.255.0/24] }

Source:
    docs/ipam.md
""",
)

SHARED = _warning(
    "NC623",
    "pools-share-addresses",
    """Two pools have addresses in common.

Why:
    Each pool is planned by itself: both may hand out the same block. That is right only where the networks never meet.

Bad:
    pool pods { cidrs = [10.42.0.0/16] }
    pool storage { cidrs = [10.42.128.0/20] }

Good:
    pool pods { cidrs = [10.42.0.0/17] }
    pool storage { cidrs = [10.42.128.0/20] }

Source:
    docs/ipam.md
""",
)

TWICE = _error(
    "NC624",
    "pool-name-twice",
    """Two pools of a project have one name.

Why:
    The lock file knows a pool by its name, also where the two are declared in different modules.

Bad:
    pool pods { cidrs = [10.42.0.0/16] }
    pool pods { cidrs = [10.43.0.0/16] }

Good:
    pool pods { cidrs = [10.42.0.0/16, 10.43.0.0/16] }

Source:
    docs/ipam.md
""",
)

FITS_NOT = _error(
    "NC625",
    "alloc-does-not-fit",
    """A block is asked for that no network of the pool could ever hold.

Why:
    The prefix is shorter than that of every network of the pool, longer than an address, or of a family that the pool
    does not have. A block never spans two networks of a pool.

Bad:
    pool pods { cidrs = [10.42.0.0/16] }
    let block = alloc(pods, "n1", 12)

Good:
    pool pods { cidrs = [10.42.0.0/16] }
    let block = alloc(pods, "n1", 24)

Source:
    docs/ipam.md
""",
)

AMBIGUOUS = _error(
    "NC626",
    "alloc-family",
    """A prefix fits both families of a pool, and `family` is not given.

Why:
    A /28 exists in 10.0.0.0/8 and in fd00::/20: netc does not guess which of them a network gets.

Bad:
    pool pods { cidrs = [10.0.0.0/8, fd00::/20] }
    let block = alloc(pods, "n1", 28)

Good:
    pool pods { cidrs = [10.0.0.0/8, fd00::/20] }
    let block = alloc(pods, "n1", 28, family = 4)

Source:
    docs/ipam.md
""",
)

DISAGREE = _error(
    "NC627",
    "alloc-prefixes-differ",
    """One key asks one pool for blocks of different sizes.

Why:
    Pool, key and family name one block: the same block is given wherever it is asked for, so it has one size.

Bad:
    pool pods { cidrs = [10.42.0.0/16] }
    let a = alloc(pods, "n1", 24)
    let b = alloc(pods, "n1", 25)

Good:
    pool pods { cidrs = [10.42.0.0/16] }
    let a = alloc(pods, "n1", 24)
    let b = alloc(pods, "n1-storage", 25)

Source:
    docs/ipam.md
""",
)

EXHAUSTED = _error(
    "NC628",
    "pool-exhausted",
    """A pool has no free block of the size that is asked for.

Why:
    Blocks in use, blocks held for keys that are gone, and reserved addresses leave no aligned run that is long enough.

Bad:
    pool pods { cidrs = [10.42.0.0/30] }
    let blocks = [for i in count(5): alloc(pods, "n${i}", 32)]

Good:
    pool pods { cidrs = [10.42.0.0/29] }
    let blocks = [for i in count(5): alloc(pods, "n${i}", 32)]

Source:
    docs/ipam.md
""",
)

RESIZED = _error(
    "NC629",
    "planned-prefix-changed",
    """A key asks for another prefix length than its block in netc.lock has.

Why:
    A block of another size is another block, and whatever uses the old one would be moved. netc never moves a block
    by itself.

Bad:
    pods  10.42.1.0/24  n1          # netc.lock, while the source has alloc(pods, "n1", 25)

Good:
    pods  10.42.1.0/24  n1          # alloc(pods, "n1", 24), or after `netc ipam release pods n1`

Source:
    docs/ipam.md
""",
)

DISPLACED = _error(
    "NC630",
    "planned-block-displaced",
    """A block of netc.lock that is in use does not lie in its pool any more, or lies where the pool reserves.

Why:
    The pool was changed under a block that somebody uses. netc never moves a block by itself.

Bad:
    pods  10.42.1.0/24  n1          # netc.lock, while the pool has cidrs = [10.43.0.0/16]

Good:
    pods  10.42.1.0/24  n1          # cidrs = [10.42.0.0/16, 10.43.0.0/16]

Source:
    docs/ipam.md
""",
)

STRANDED = _warning(
    "NC631",
    "held-block-outside-pool",
    """netc.lock holds a block outside of its pool, for a key that nothing asks for.

Why:
    The pool was changed or the lock was edited by hand. The block is in nobody's way, but it will never be used again.

Bad:
    pods  10.42.1.0/24  old         # netc.lock, while the pool has cidrs = [10.43.0.0/16]

Good:
    pods  10.43.1.0/24  old

Source:
    docs/ipam.md
""",
)

RENAMED = _warning(
    "NC632",
    "pool-renamed",
    """A pool plans anew what netc.lock holds for the same keys under a pool that is gone.

Why:
    Most likely the pool was renamed: every block would be planned again, and may move.

Bad:
    pods  10.42.1.0/24  n1          # netc.lock, while the source has pool cluster { cidrs = [10.42.0.0/16] }

Good:
    cluster  10.42.1.0/24  n1       # after `netc ipam rename pods cluster`

Source:
    docs/ipam.md
""",
)

BROKEN = _error(
    "NC633",
    "lock-line",
    """A line of netc.lock can't be read.

Why:
    netc.lock says which addresses are in use. A line that is skipped would free its block for somebody else.

Bad:
    pods  10.42.1.5/24  n1

Good:
    pods  10.42.1.0/24  n1

Source:
    docs/ipam.md
""",
)

CONFLICT = _error(
    "NC634",
    "lock-merge-conflict",
    """netc.lock has a merge conflict in it.

Why:
    Two branches took blocks at one place of one pool. Keep the lines of one side, rather those that are already in use:
    the next build plans what is missing.

Bad:
    <<<<<<< ours
    pods  10.42.4.0/24  n4
    =======
    pods  10.42.4.0/24  n5
    >>>>>>> theirs

Good:
    pods  10.42.4.0/24  n4

Source:
    docs/ipam.md
""",
)

KEY_TWICE = _error(
    "NC635",
    "lock-key-twice",
    """netc.lock has two blocks of one family for one key.

Why:
    Two branches planned the same key, and a merge kept both lines. Only one of the blocks is in use.

Bad:
    pods  10.42.4.0/24  n4
    pods  10.42.7.0/24  n4

Good:
    pods  10.42.4.0/24  n4

Source:
    docs/ipam.md
""",
)

COLLISION = _error(
    "NC636",
    "lock-blocks-overlap",
    """Two blocks of a pool in netc.lock overlap.

Why:
    Two branches gave the same addresses to different keys, and a merge kept both lines.

Bad:
    pods  10.42.4.0/24  n4
    pods  10.42.4.0/24  n5

Good:
    pods  10.42.4.0/24  n4
    pods  10.42.5.0/24  n5

Source:
    docs/ipam.md
""",
)

HEADER = _error(
    "NC637",
    "lock-header",
    """netc.lock does not start as this release of netc writes it.

Why:
    The file is cut off, it is something else, or a newer netc wrote it. Read as a plan with nothing in it, every block
    would be planned anew.

Bad:
    pods  10.42.1.0/24  n1          # the first line of the file

Good:
    # netc.lock version 1

Source:
    docs/ipam.md
""",
)

LOCKED = _error(
    "NC639",
    "lock-would-change",
    """The build would change netc.lock, and `--locked` forbids it.

Why:
    A block that is planned on a build server is forgotten with it: plan on the branch that asks, and commit the lock.

Bad:
    # netc.lock version 1           # without a line for n1, while the source has alloc(pods, "n1", 24)

Good:
    # netc.lock version 1
    pods  10.42.1.0/24  n1

Source:
    docs/ipam.md
""",
)
