"""The one layout of a `.netc` file; docs/language.md, section Layout, says what it is."""

from __future__ import annotations

from typing import Any

from netc.dataclass import dataclass
from netc.diagnostics import Diagnostic
from netc.lang import syntax as s
from netc.lang.codes import LIMIT
from netc.lang.parser import parse
from netc.lang.values import Val
from netc.sources import Source, Span

#: Brackets that got too long for their line are laid out as if written on several; more rounds than this are a bug.
_ROUNDS = 10


@dataclass(frozen=True, slots=True)
class Formatted:
    """A file's text in the one layout; None where it has mistakes, which `diagnostics` says."""

    text: str | None
    diagnostics: tuple[Diagnostic, ...] = ()


def formatted(source: Source) -> Formatted:
    """`source` in the one layout. A text with mistakes is not laid out: what was meant can't be known.

    The result is read again: it has the same tree and the same comments, and its own layout is itself. Raises
    `AssertionError` where that is not so, which is a bug.
    """
    parsed = parse(source)
    if parsed.file is None or parsed.diagnostics:
        return Formatted(None, parsed.diagnostics)
    file = parsed.file
    for _ in range(_ROUNDS):
        text = _laid_out(file)
        if text == file.source.text:
            return Formatted(text)
        again = parse(Source(source.path, text))
        if again.file is None and again.diagnostics[0].code == LIMIT.code:
            return Formatted(None, again.diagnostics)  # trailing commas are marks too
        if again.file is None or again.diagnostics or difference(file, again.file) is not None:
            found = difference(file, again.file) if again.file is not None else again.diagnostics[0].message
            raise AssertionError(f"the layout of {source.path} would change what it says: {found}")
        file = again.file
    raise AssertionError(f"the layout of {source.path} does not settle")


def _laid_out(file: s.File) -> str:
    from netc.lang import format_items, page

    return page.text(format_items.document(file))


def difference(one: s.File, other: s.File) -> str | None:
    """The first difference between two files' trees or comments, places aside; None if there is none."""
    pairs: list[tuple[Any, Any, str]] = [(one.comments, other.comments, "comments"), (one.items, other.items, "items")]
    while pairs:
        left, right, where = pairs.pop()
        if type(left) is not type(right):
            return f"{where}: {type(left).__name__} became {type(right).__name__}"
        if isinstance(left, tuple):
            if len(left) != len(right):
                return f"{where}: {len(left)} became {len(right)}"
            pairs += [(left[at], right[at], f"{where}[{at}]") for at in reversed(range(len(left)))]
        elif isinstance(left, s.Comment):
            pairs.append((left.span.text.rstrip(), right.span.text.rstrip(), f"{where}.text"))
        elif isinstance(left, (s.Node, Val)):
            names = left.attributes() if isinstance(left, s.Node) else ("data", "span")
            for name in reversed(names):
                pairs.append((getattr(left, name), getattr(right, name), f"{where}.{name}"))
        elif left != right and not isinstance(left, Span):
            return f"{where}: {left!r} became {right!r}"
    return None
