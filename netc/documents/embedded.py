"""JSON in a string of JSON: the places of a string's characters, its escapes undone."""

from __future__ import annotations

from netc.dataclass import replace
from netc.documents import json_strings
from netc.documents.json_tree import Node
from netc.documents.texts import Text
from netc.sources import Source

_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def with_texts(node: Node, source: Source, masked: str) -> Node:
    """The tree with a `text` for each of its strings."""
    if node.kind == "string":
        return replace(node, text=_text(node, source, masked))
    if node.kind == "object":
        return replace(
            node, members=tuple(replace(one, value=with_texts(one.value, source, masked)) for one in node.members)
        )
    if node.kind == "list":
        return replace(node, elements=tuple(with_texts(one, source, masked) for one in node.elements))
    return node


def _text(node: Node, source: Source, masked: str) -> Text:
    value = str(node.scalar)
    match = json_strings.SOUND.fullmatch(masked, node.span.start, node.span.end)
    if match is None:
        return Text(source, value, whole=node.span)
    chars: list[str] = []
    pieces: list[tuple[int, int]] = [(0, node.span.start + 1)]
    at, end = node.span.start + 1, node.span.end - 1
    while at < end:
        slash = masked.find("\\", at, end)
        stop = end if slash < 0 else slash
        chars.append(masked[at:stop])
        if slash < 0:
            break
        size = sum(map(len, chars))
        pieces.append((size, slash))
        char = masked[slash + 1]
        at = slash + 6 if char == "u" else slash + 2
        chars.append(chr(int(masked[slash + 2 : at], 16)) if char == "u" else _ESCAPED.get(char, char))
        pieces.append((size + 1, at))
    # A pair of escapes for one character beyond the basic plane makes the two differ.
    text = "".join(chars)
    return Text(source, text, pieces) if text == value else Text(source, value, whole=node.span)
