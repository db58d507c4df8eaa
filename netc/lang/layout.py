"""Documents: text with the places where a line may end.

A `Group` is on one line if that fits, else each `Line` directly in it ends one (the layout of Oppen and Wadler). A
comment is a `Suffix`: wherever it stands in a document, it is printed where the current line ends, so that nothing
that follows it can be swallowed by it. netc/lang/page.py makes text of a document.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from netc.dataclass import dataclass, field

#: Characters in a line, without a comment at its end.
WIDTH = 100
#: Spaces per level.
STEP = 2


@dataclass(frozen=True, slots=True)
class Verbatim:
    """A token with line ends of its own: a multi-line string's text."""

    text: str
    width: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A place where a line may end; `flat` is what stands there if it does not. `blank` adds an empty line."""

    flat: str = " "
    blank: bool = False
    hard: bool = False

    @property
    def width(self) -> int | None:
        return None if self.hard else len(self.flat)


@dataclass(frozen=True, slots=True)
class Suffix:
    """A comment, on a line of its own (below an empty one if `blank`) or at the end of the current line."""

    text: str
    own: bool
    blank: bool
    width: int = 0


@dataclass(frozen=True, slots=True)
class IfBroken:
    """One text or the other, by whether the group around is broken."""

    broken: str
    flat: str

    @property
    def width(self) -> int:
        return len(self.flat)


@dataclass(frozen=True, slots=True)
class Concat:
    """Documents one after another."""

    parts: tuple[Doc, ...]
    width: int | None = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "width", _sum(self.parts))


@dataclass(frozen=True, slots=True)
class Indent:
    """A document whose lines, from the second on, are `levels` further in."""

    doc: Doc
    levels: int = 1

    @property
    def width(self) -> int | None:
        return width(self.doc)


@dataclass(frozen=True, slots=True)
class Group:
    """A document that is on one line if it fits and is not `broken`."""

    doc: Doc
    broken: bool = False
    width: int | None = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "width", None if self.broken else width(self.doc))


@dataclass(frozen=True, slots=True)
class Flat:
    """A document without line ends other than those of its texts, however long: what stands inside a string."""

    doc: Doc

    @property
    def width(self) -> int | None:
        return width(self.doc)


@dataclass(frozen=True, slots=True)
class Row:
    """An entry of a body. With a `key` it is `key = value`, and its `=` is aligned with those around it.

    `lead` is the comments above it and the line end before it; `apart` says that an empty line stands there, `after`
    is its comma.
    """

    lead: Doc
    apart: bool
    key: Doc | None
    value: Doc
    after: Doc = ""


@dataclass(frozen=True, slots=True)
class Rows:
    """The entries of a body."""

    rows: tuple[Row, ...]
    width: int | None = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "width", _sum(unaligned(self.rows)))


Doc = str | Verbatim | Line | Suffix | IfBroken | Concat | Indent | Group | Flat | Rows


def width(doc: Doc) -> int | None:
    """Characters of a document on one line; None if it can't be on one."""
    return len(doc) if isinstance(doc, str) else doc.width


def _sum(docs: Iterable[Doc]) -> int | None:
    total = 0
    for doc in docs:
        size = width(doc)
        if size is None:
            return None
        total += size
    return total


def unaligned(rows: Sequence[Row]) -> list[Doc]:
    """The documents of all rows, without alignment."""
    return [part for row in rows for part in parts(row, 0)]


def parts(row: Row, padding: int) -> tuple[Doc, ...]:
    """The documents of a row, with `padding` spaces before its `=`."""
    if row.key is None:
        return row.lead, row.value, row.after
    return row.lead, row.key, " " * padding + " = ", row.value, row.after
