"""Explanations as text for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from itertools import groupby

from netc.diagnostics.formats import Style
from netc.diagnostics.formats.full import Paint
from netc.explain.page import Code, Fact, Page, Part, Prose, Table

#: Lines longer than this are hard to read, however wide the terminal is.
_MEASURE = 100
_INDENT = "  "
_TITLE, _HEADING, _QUIET = "1", "1", "2"


def render(pages: Sequence[Page], style: Style) -> str:
    """The pages one below the other, wrapped to the width; example source is never wrapped."""
    return "\n".join("\n".join(_Layout(style).page(page)) + "\n" for page in pages)


class _Layout:
    def __init__(self, style: Style) -> None:
        self.width = max(min(style.width, _MEASURE), 40)
        self.paint = Paint(style.color)

    def page(self, page: Page) -> Iterator[str]:
        kind = "" if page.kind == "index" else self.paint(f"  {page.kind}", _QUIET)
        first, *rest = textwrap.wrap(page.title, self.width - len(page.kind) - 2, subsequent_indent="    ")
        yield self.paint(first, _TITLE) + kind
        yield from (self.paint(line, _TITLE) for line in rest)
        yield from self.wrapped(page.summary, _INDENT)
        for facts, parts in groupby(page.parts, key=lambda part: isinstance(part, Fact)):
            group = list(parts)
            if facts:
                yield ""
                yield from self.facts([part for part in group if isinstance(part, Fact)])
            else:
                for part in group:
                    yield ""
                    yield from self.part(part)

    def wrapped(self, text: str, indent: str, hanging: str | None = None) -> list[str]:
        """A paragraph; words, names and addresses stay whole."""
        return textwrap.wrap(
            " ".join(text.split()),
            self.width,
            initial_indent=indent,
            subsequent_indent=indent if hanging is None else hanging,
            break_long_words=False,
            break_on_hyphens=False,
        )

    def facts(self, facts: Sequence[Fact]) -> Iterator[str]:
        column = max(len(fact.name) for fact in facts) + 2
        for fact in facts:
            words = fact.words or str(fact.value)
            first, *rest = self.wrapped(words, " " * (column + len(_INDENT)))
            yield f"{_INDENT}{self.paint(fact.name, _QUIET)}{first[len(_INDENT) + len(fact.name) :]}"
            yield from rest

    def part(self, part: Part) -> Iterator[str]:
        heading = getattr(part, "heading", "")
        indent = _INDENT
        if heading:
            yield f"{_INDENT}{self.paint(heading, _HEADING)}"
            indent = _INDENT * 2
        match part:
            case Prose():
                yield from self.wrapped(part.text, indent)
            case Code():
                yield from (f"{indent}{line}".rstrip() for line in part.text.splitlines())
            case Table():
                yield from self.table(part, indent)

    def table(self, table: Table, indent: str) -> Iterator[str]:
        """Columns as wide as they have to be, the last one wrapped; below the others where it has no room beside."""
        *columns, last = [name for name in table.rows[0] if any(row[name] for row in table.rows)]
        widths = {name: max(len(row[name]) for row in table.rows) for name in columns}
        left = len(indent) + sum(width + 2 for width in widths.values())
        beside = self.width - left >= 30
        for row in table.rows:
            cells = "  ".join(row[name].ljust(widths[name]) for name in columns)
            if not beside:
                yield from self.wrapped(cells, indent) if len(columns) == 1 else [f"{indent}{cells}".rstrip()]
                yield from self.wrapped(row[last], indent + _INDENT * 2)
                continue
            lines = self.wrapped(row[last], " " * left) or [""]
            yield f"{indent}{cells}  {lines[0][left:]}".rstrip()
            yield from lines[1:]
