"""Taking a key and its value out of an object, as the text stands."""

from __future__ import annotations

import json
from collections.abc import Sequence

from netc.diagnostics import Edit
from netc.documents.json_tree import Member, Node
from netc.sources import Span


def of(gone: Member, members: Sequence[Member]) -> tuple[Edit, ...]:
    """The edit that takes a member out, with the comma beside it; none where more than that stands there."""
    at = next(index for index, one in enumerate(members) if one is gone)
    text, start, end = gone.key_span.source.text, gone.key_span.start, gone.value.span.end
    if gone.key_span.text != f'"{gone.key}"' or gone.value.span.start < gone.key_span.end:
        return ()
    if at + 1 < len(members):
        following = members[at + 1].key_span.start
        if text[end:following].strip() == ",":
            return (Edit(Span(gone.key_span.source, start, following), ""),)
    elif at > 0:
        before = members[at - 1].value.span.end
        if text[before:start].strip() == ",":
            return (Edit(Span(gone.key_span.source, before, end), ""),)
    return ()


def alike(left: Node, right: Node) -> bool:
    """Whether two values are the same to whoever reads them; never where a part of one is not known."""
    known = all(
        node.kind not in ("hole", "absent") and not node.open for value in (left, right) for node in value.walk()
    )
    return known and json.dumps(left.plain(), sort_keys=True) == json.dumps(right.plain(), sort_keys=True)
