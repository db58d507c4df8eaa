"""What is there after DEL that was not there before ADD: left behind, or kept on purpose, and why."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable

from netc.dataclass import dataclass
from netc.lab.snapshot import FILES, Change, Snapshot, diff

#: In the names of chains and links that belong to one attachment: a hash of it.
_HASH = re.compile(r"\b(CNI-|CNI-[A-Z]+-|bwp|veth)?[0-9a-f]{8,}\b")


@dataclass(frozen=True, slots=True)
class Kept:
    """Something that stays by design."""

    change: Change
    reason: str


@dataclass(frozen=True, slots=True)
class _Rule:
    reason: str
    applies: Callable[[Change, Residue], bool]


@dataclass(frozen=True, slots=True)
class Residue:
    """All that differs, and what tells one attachment from another: `marks` are its names and addresses."""

    changes: tuple[Change, ...]
    marks: frozenset[str]
    bridges: frozenset[str]

    def is_shared(self, change: Change) -> bool:
        """Whether it names nothing of the attachment, so that the next attachment finds and uses the same one."""
        if _HASH.search(change.name):
            return False
        return not any(_names(change.name, mark) for mark in self.marks)


def _names(text: str, mark: str) -> bool:
    """Whether the mark stands in the text, not as part of a longer word or address."""
    longer = r"(?!\w|[.:]\w)" if ":" in mark else r"(?!\w|\.\w)"  # a port may follow an IPv4 address
    return re.search(rf"(?<![\w.:]){re.escape(mark)}{longer}", text) is not None


def settle(before: Snapshot, after: Snapshot, marks: Collection[str]) -> tuple[tuple[Change, ...], tuple[Kept, ...]]:
    """(left behind, kept by design) of what differs between the snapshots from before ADD and after DEL.

    `marks` are texts that occur in what belongs to the attachment alone: its container ID, its addresses.
    """
    changes = diff(before, after)
    bridges = frozenset(
        change.name
        for change in changes
        if change.kind == "link" and change.action == "added" and change.detail.startswith("bridge")
    )
    residue = Residue(changes, frozenset(mark for mark in marks if mark), bridges)
    left, kept = [], []
    for change in changes:
        reason = _reason(change, residue)
        if reason is None:
            left.append(change)
        else:
            kept.append(Kept(change, reason))
    return tuple(left), tuple(kept)


def _reason(change: Change, residue: Residue) -> str | None:
    return next((rule.reason for rule in _RULES if rule.applies(change, residue)), None)


def _is_bridges_own(change: Change, residue: Residue) -> bool:
    """The bridge, its addresses and their routes, its sysctls."""
    if change.netns == FILES or change.action == "removed":
        return False
    words = re.split(r"[ .]", change.name) if change.kind == "sysctl" else change.name.split(" ")
    return change.kind in ("link", "address", "route", "sysctl") and bool(residue.bridges.intersection(words))


def _is_empty_frame(change: Change, residue: Residue) -> bool:
    kinds = ("nft table", "nft chain", "nft set", "nft map", "iptables chain", "ip6tables chain")
    return change.kind in kinds and change.action == "added" and residue.is_shared(change)


def _is_shared_rule(change: Change, residue: Residue) -> bool:
    kinds = ("nft rule", "iptables rule", "ip6tables rule")
    return change.kind in kinds and change.action == "added" and residue.is_shared(change)


def _named(*patterns: str) -> Callable[[Change, Residue], bool]:
    compiled = [re.compile(pattern) for pattern in patterns]
    return lambda change, _: any(pattern.search(f"{change.netns} {change.kind} {change.name}") for pattern in compiled)


_RULES: Iterable[_Rule] = (
    _Rule("the bridge stays for the network's other containers", _is_bridges_own),
    _Rule(
        "forwarding stays on: other containers may need it",
        _named(r"^host sysctl net\.ipv4\.ip_forward$", r"^host sysctl net\.ipv6\.conf\.all\.forwarding$"),
    ),
    _Rule("all attachments share them, and they name none", _is_empty_frame),
    _Rule("all attachments share them, and they name none", _is_shared_rule),
    _Rule(
        "host-local goes on behind the last address, so that one is not handed out again at once",
        _named(r"^files file .*/last_reserved_ip\.\d+$"),
    ),
    _Rule("a lock file, empty", _named(r"^files file .*/\.?lock$", r"^files file /run/xtables\.lock$")),
    _Rule(
        "the kernel gives lo its address when it comes up, and leaves it",
        _named(r"^(?!host )\S+ address 127\.0\.0\.1/8 on lo$"),
    ),
    _Rule(
        "sysctls of the container are not reset; they end with its namespace",
        _named(r"^(?!host )(?!files )\S+ sysctl "),
    ),
)
