"""From a document to lines of at most `WIDTH` characters."""

from __future__ import annotations

from collections.abc import Sequence

from netc.dataclass import dataclass
from netc.lang.layout import (
    STEP,
    WIDTH,
    Concat,
    Doc,
    Flat,
    Group,
    IfBroken,
    Indent,
    Line,
    Row,
    Rows,
    Suffix,
    Verbatim,
    parts,
    unaligned,
    width,
)


def paddings(rows: Sequence[Row], indent: int) -> list[int]:
    """Spaces to put before each row's `=`, with the rows `indent` spaces in.

    Aligned are consecutive one-line `key = value` rows without an empty line between. One that would get too long by
    it stands alone.
    """
    out = [0] * len(rows)
    run: list[int] = []
    for at, row in enumerate(rows):
        if row.apart:
            _align(run, rows, indent, out)
            run = []
        if row.key is not None and width(row.key) is not None and width(row.value) is not None:
            run.append(at)
        else:
            _align(run, rows, indent, out)
            run = []
    _align(run, rows, indent, out)
    return out


def _align(run: list[int], rows: Sequence[Row], indent: int, out: list[int]) -> None:
    if not run:
        return
    keys = {at: width(rows[at].key or "") or 0 for at in run}
    column = max(keys.values())
    pieces: list[list[int]] = [[]]
    for at in run:
        if indent + column + len(" = ") + (width(rows[at].value) or 0) > WIDTH:
            pieces.append([])
        else:
            pieces[-1].append(at)
    if len(pieces) == 1:
        for at in run:
            out[at] = column - keys[at]
        return
    for piece in pieces:
        _align(piece, rows, indent, out)


#: What is left to print: how far in, whether its lines end, a document.
_Job = tuple[int, bool, Doc]


def text(doc: Doc) -> str:
    """The document as text, broken at its outermost lines; ends in one newline, unless it is empty."""
    page = _Page()
    jobs = [(0, True, doc)]
    while jobs:
        indent, breaks, one = jobs.pop()
        match one:
            case str():
                page.put(one)
            case Concat():
                jobs += [(indent, breaks, part) for part in reversed(one.parts)]
            case Line():
                if breaks:
                    page.end_line(indent, blank=one.blank)
                else:
                    page.put(one.flat)
            case Suffix():
                page.suffixes.append((indent, one))
            case IfBroken():
                page.put(one.broken if breaks else one.flat)
            case Indent():
                jobs.append((indent + one.levels * STEP, breaks, one.doc))
            case Group():
                broken = one.broken or (breaks and not _fits(WIDTH - page.column, one, jobs))
                jobs.append((indent, broken, one.doc))
            case Flat():
                jobs.append((indent, False, one.doc))
            case Verbatim():
                page.put(one.text)
            case Rows():
                spaces = paddings(one.rows, indent) if breaks else [0] * len(one.rows)
                inside = [part for row, padding in zip(one.rows, spaces) for part in parts(row, padding)]
                jobs += [(indent, breaks, part) for part in reversed(inside)]
    return page.text()


def _fits(left: int, group: Group, rest: list[_Job]) -> bool:
    """Whether the group on one line, and what follows up to the next line end, takes at most `left` characters.

    With a line end inside that has to be (of a bracket that is broken anyway), only what stands before that counts.
    """
    below = len(rest)
    ahead = [(0, False, group.doc)]
    while left >= 0:
        if not ahead:
            if below == 0:
                return True
            below -= 1
            ahead.append(rest[below])
        _, breaks, doc = ahead.pop()
        size = width(doc)
        if size is not None and not breaks:
            left -= size
            continue
        match doc:
            case str():
                left -= len(doc)
            case Line():
                return True
            case IfBroken():
                left -= len(doc.broken if breaks else doc.flat)
            case Concat():
                ahead += [(0, breaks, part) for part in reversed(doc.parts)]
            case Rows():
                ahead += [(0, breaks, part) for part in reversed(unaligned(doc.rows))]
            case Indent():
                ahead.append((0, breaks, doc.doc))
            case Group():
                ahead.append((0, breaks or doc.broken, doc.doc))
            case Flat():
                ahead.append((0, False, doc.doc))
            case Verbatim():
                return left >= len(doc.text.partition("\n")[0])
    return False


@dataclass(slots=True)
class _Printed:
    """A finished line: how far in it is, its code, the comment behind it."""

    indent: int
    code: str
    comment: str = ""

    @property
    def width(self) -> int:
        return len(self.code) - (self.code.rfind("\n") + 1)


class _Page:
    """The lines printed so far."""

    def __init__(self) -> None:
        self.suffixes: list[tuple[int, Suffix]] = []
        self.column = 0
        self._lines: list[_Printed] = []
        self._parts: list[str] = []
        self._indent = 0

    def put(self, text: str) -> None:
        """Go on in the current line."""
        if not text:
            return
        if not self._parts and self._indent:
            self._parts.append(" " * self._indent)
        self._parts.append(text)
        end = text.rfind("\n")
        self.column = self.column + len(text) if end < 0 else len(text) - end - 1

    def end_line(self, indent: int, *, blank: bool) -> None:
        """End the line with its comment, print the comments that have lines of their own, begin a line."""
        self._finish(indent)
        if blank and self._lines:
            self._lines.append(_Printed(0, ""))
        self._indent = self.column = indent

    def _finish(self, indent: int) -> None:
        pending, self.suffixes = self.suffixes, []
        if self._parts:
            line = _Printed(self._indent, "".join(self._parts))
            self._lines.append(line)
            self._parts = []
            if pending and not pending[0][1].own:
                line.comment = pending.pop(0)[1].text
        for inside, suffix in pending:
            if suffix.blank and self._lines:
                self._lines.append(_Printed(0, ""))
            # Before a closing bracket the comment belongs inside; one out of an odd place joins what comes next.
            self._lines.append(_Printed(0, " " * max(inside, indent) + suffix.text))

    def text(self) -> str:
        """All lines; comments at the ends of consecutive lines of one depth are aligned."""
        self._finish(0)
        run: list[_Printed] = []
        for line in [*self._lines, _Printed(0, "")]:
            if run and not (line.comment and line.indent == run[0].indent):
                _align_comments(run)
                run = []
            if line.comment:
                run.append(line)
        return "".join(f"{line.code}\n" for line in self._lines)


def _align_comments(run: list[_Printed]) -> None:
    column = max(line.width for line in run)
    too_long = any(line.width + 2 + len(line.comment) <= WIDTH < column + 2 + len(line.comment) for line in run)
    for line in run:
        line.code += " " * ((0 if too_long else column - line.width) + 2) + line.comment
