"""The comments of a YAML file that speak to netc, and the texts in it that can't have any.

A network in a manifest is a text over several lines: what looks like a comment there would be part of the JSON. So a
comment on the line of such a text's key, or alone above it, speaks of all of it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from netc.documents.json_tree import Node
from netc.sources import Source, Span

_REMARK = re.compile(r"(?:^|(?<=[ \t]))#+[ \t]*netc:[^\n]*", re.MULTILINE)


def of(roots: list[Node], source: Source) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """The comments, and the texts from their keys to their ends, of the documents with these roots."""
    if _REMARK.search(source.text) is None:
        return (), ()
    from netc.documents.yaml_tree import BOUNDARY

    boundaries = [match.start() for match in BOUNDARY.finditer(source.text)]
    read = {bisect_right(boundaries, root.span.start) for root in roots}  # what stands in other documents is not ours
    texts = [text for root in roots for text in _texts(root)]
    comments = []
    for match in _REMARK.finditer(source.text):
        ours = bisect_right(boundaries, match.start()) in read
        if ours and not any(_holds(value, match.start()) for _, value in texts):
            comments.append(Span(source, match.start(), match.start() + len(match[0].rstrip())))
    several = tuple(Span(source, start, value.end) for start, value in texts if "\n" in source.text[start : value.end])
    return tuple(comments), several


def _texts(node: Node) -> Iterator[tuple[int, Span]]:
    """Every string, with where its key, or else it itself, starts."""
    for member in node.members:
        if member.value.kind == "string":
            yield member.key_span.start, member.value.span
        yield from _texts(member.value)
    for element in node.elements:
        if element.kind == "string":
            yield element.span.start, element.span
        yield from _texts(element)


def _holds(value: Span, at: int) -> bool:
    """Whether a character belongs to a string; behind the sign that starts a block there may be a comment."""
    start = value.start
    if value.source.text[start : start + 1] in ("|", ">"):
        line_end = value.source.text.find("\n", start)
        start = value.end if line_end < 0 else line_end
    return start <= at < value.end
