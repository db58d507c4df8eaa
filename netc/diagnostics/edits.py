"""Edits of a text: made for what is often wrong, and applied."""

from __future__ import annotations

from collections.abc import Iterable

from netc.diagnostics import Diagnostic, Edit
from netc.sources import Span


def renamed(span: Span, old: str, new: str) -> tuple[Edit, ...]:
    """Write `new` where the key `old` stands, in the quotes that it has; no edit where it is written otherwise."""
    for quote in ("", '"', "'", '\\"'):
        if span.text == f"{quote}{old}{quote}":
            return (Edit(span, f"{quote}{new}{quote}"),)
    return ()


def without_comment(span: Span) -> Edit:
    """Take a comment out, with the blanks before it, and with its line where it stands alone."""
    text, start, end = span.source.text, span.start, span.end
    if text[end - 1 : end] == "\r":
        end -= 1
    line = text.rfind("\n", 0, start) + 1
    if not text[start:end].isspace() and not text[end : _line_end(text, end)].strip():
        if not text[line:start].strip():
            return Edit(Span(span.source, line, min(_line_end(text, end) + 1, len(text))), "")
        start = line + len(text[line:start].rstrip())
        return Edit(Span(span.source, start, end), "")
    apart = text[start - 1 : start].strip(",:[]{} \t\r\n") and text[end : end + 1].strip(",:[]{} \t\r\n")
    return Edit(Span(span.source, start, end), " " if apart else "")


def _line_end(text: str, at: int) -> int:
    found = text.find("\n", at)
    return len(text) if found < 0 else found


def independent(findings: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Those findings, in the order of the text, whose edits do not touch those of one before."""
    chosen: list[Diagnostic] = []
    taken: list[Span] = []
    for found in sorted(findings, key=lambda one: [(edit.span.start, edit.span.end) for edit in one.edits]):
        spans = [edit.span for edit in found.edits]
        if not any(_touch(span, other) for span in spans for other in taken[-8:]):
            chosen.append(found)
            taken += spans
    return chosen


def _touch(left: Span, right: Span) -> bool:
    if left.start == left.end or right.start == right.end:  # an insertion at the edge of another edit has no order
        return left.start <= right.end and right.start <= left.end
    return left.start < right.end and right.start < left.end


def applied(text: str, edits: Iterable[Edit]) -> str:
    """The text with these edits, which must not touch each other."""
    parts: list[str] = []
    at = 0
    for edit in sorted(edits, key=lambda one: (one.span.start, one.span.end)):
        parts += [text[at : edit.span.start], edit.text]
        at = edit.span.end
    return "".join([*parts, text[at:]])
