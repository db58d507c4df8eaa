"""From a failing plugin's words to the line that its author wrote."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from netc.lab.report import Place
from netc.model import Network, escape
from netc.sources import Span

_SHORTEST = 3
#: What a runtime puts before a plugin's own message.
_RUNTIMES_WORDS = re.compile(r'^plugin type="[^"]*"( name="[^"]*")? failed \(\w+\): ')


def place(network: Network, pointer: str | None, message: str = "") -> Place:
    """The `span`, as reports have it."""
    return Place.of(span(network, pointer, message))


def span(network: Network, pointer: str | None, message: str = "") -> Span:
    """Where the plugin object at `pointer` was written; narrowed down to the value that `message` speaks of.

    A message names a value by its text, or a key. Of several the longest counts, of equals the deepest.
    """
    pointer = pointer or ""
    message = _dotted(_RUNTIMES_WORDS.sub("", message).replace("/proc/sys/", " "))
    body = _at(network.conflist, pointer)
    best, origin = 0, network.origin(pointer)
    found = origin.value
    for inner, key, value in _walk(body, pointer):
        for word, of_key in ((value, False), (key if key not in ("type", "name") else None, True)):
            weight = _weight(word, message)
            if weight and weight >= best:
                best, origin = weight, network.origin(inner)
                found = origin.key if of_key and origin.key is not None else origin.value
    return found


def _weight(word: Any, message: str) -> int:
    """The length of a word that stands in the message as a whole one; 0 for what is too short to mean anything."""
    if not isinstance(word, str) or len(word) < _SHORTEST:
        return 0
    return len(word) if re.search(rf"(?<![\w.:-]){re.escape(_dotted(word))}(?![\w-]|[.:]\w)", message) else 0


def _dotted(text: str) -> str:
    """With dots for slashes: a sysctl's name and its file's path are then the same."""
    return text.replace("/", ".")


def _at(document: Any, pointer: str) -> Any:
    from netc.model import resolve

    try:
        return resolve(document, pointer)
    except KeyError:
        return None


def _walk(value: Any, pointer: str) -> Iterator[tuple[str, str, Any]]:
    """(pointer, key, scalar or None) of everything below."""
    if isinstance(value, dict):
        for key, inner in value.items():
            below = f"{pointer}/{escape(key)}"
            yield below, key, inner if isinstance(inner, str) and key != "type" else None
            yield from _walk(inner, below)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            below = f"{pointer}/{index}"
            yield below, "", inner if isinstance(inner, str) else None
            yield from _walk(inner, below)
