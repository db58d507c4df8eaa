"""Repairing a source where its findings say how, as far as the result can be shown to be the same and better.

A repair stands only if, read again, the source has the networks that it had and no finding that it had not. There are
two exceptions. The value of a key that is renamed to what its author meant is read, where it was dropped before. Where
no network could be made of a source at all, findings that appear with the first are no fault of the repair.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from netc.dataclass import dataclass
from netc.diagnostics import Diagnostic
from netc.diagnostics.edits import applied, independent
from netc.model import Json
from netc.plugins.shape_codes import UNKNOWN_KEY
from netc.sources import Source

if TYPE_CHECKING:
    from netc.lint.project import Checked

#: Rounds of repairs, each of which repairs something: one makes room for the next where they touch.
_ROUNDS = 60
#: Repairs that are tried one by one where not all of them together hold.
_SINGLY = 100

Check = Callable[[Source], "Checked"]
Kind = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Fixed:
    """A source after its repairs, what is known of it, and the findings that are gone by them."""

    source: Source
    checked: Checked
    repaired: tuple[Diagnostic, ...] = ()


def fixed(source: Source, check: Check, wanted: Callable[[Diagnostic], bool] = lambda _: True) -> Fixed:
    """Repair what `wanted` says yes to; `check` must say the same of the same text each time it is asked.

    The new source has no byte order mark where that was to be repaired.
    """
    now = Fixed(source, check(source))
    for _ in range(_ROUNDS):
        before = now
        trying = independent(found for found in now.checked.findings if _repairs(found, now.source) and wanted(found))
        together = _attempt(now, trying, check) if trying else None
        if together is not None:
            now = together
            continue
        # From the end, so that the places of those before stay what they were.
        for found in reversed(trying[:_SINGLY]):
            now = _attempt(now, [found], check) or now
        if now is before:
            break
    return now


def _repairs(found: Diagnostic, source: Source) -> bool:
    return found.safe and bool(found.edits) and all(edit.span.source is source for edit in found.edits)


def _attempt(now: Fixed, findings: Sequence[Diagnostic], check: Check) -> Fixed | None:
    """The state after these repairs, None where that is not shown to be better."""
    source = now.source
    edits = [edit for found in findings for edit in found.edits]
    marked = any(edit.span.start == edit.span.end == 0 and not edit.text for edit in edits)
    text = applied(source.text, edits)
    if text == source.text and not (marked and source.bom):
        return None
    after = Source(source.path, text, source.file, bom=source.bom and not marked)
    checked = check(after)
    if not _better(now.checked, checked, findings):
        return None
    return Fixed(after, checked, (*now.repaired, *findings))


def _better(before: Checked, after: Checked, repaired: Sequence[Diagnostic]) -> bool:
    known = Counter(map(_kind, (*before.findings, *before.allowed)))
    found = Counter(map(_kind, (*after.findings, *after.allowed)))
    if not all(found[kind] < known[kind] for kind in set(map(_kind, repaired))):
        return False
    old, new = ([network.conflist for network in one.networks] for one in (before, after))
    if any(one.code == UNKNOWN_KEY.code for one in repaired):
        # What is said of the network may have other words, now that the key is read; it may not be of another kind.
        return not _codes(found) - _codes(known) and Counter(_leaves(old)) == Counter(_leaves(new))
    if not old:
        # Nothing could be made of it, and so nothing was judged: what is seen only now is no work of the repair.
        codes = {one.code for one in repaired}
        return not any(code in codes for code, *_ in found - known)
    return not found - known and old == new


def _codes(found: Counter[Kind]) -> Counter[tuple[str, str]]:
    counts: Counter[tuple[str, str]] = Counter()
    for (code, _, network, _), number in found.items():
        counts[code, network] += number
    return counts


def _kind(found: Diagnostic) -> Kind:
    """What makes two findings one before and after: neither the line, nor the case of a key that is being mended."""
    return (found.code, found.message, found.network or "", (found.pointer or "").lower())


def _leaves(value: Json) -> Iterator[str]:
    """Every value that is neither object nor list, as text: renaming a key moves none of them."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from _leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner)
    else:
        yield repr(value)
