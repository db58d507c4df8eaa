"""TOML with a place for every key: tomllib reads the values, a second look at the text finds where they stand.

tomllib says nothing of positions. Text that it has accepted follows the grammar, so finding keys in it again takes
little: strings, brackets and comments are told apart, nothing is judged twice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from netc.dataclass import dataclass
from netc.sources import Source, Span

#: The way to a value: keys, and for elements of a list their index.
Path = tuple[str | int, ...]


class TomlError(Exception):
    """The text is no TOML. `str()` is one sentence in lower case; `span` is the place."""

    def __init__(self, message: str, span: Span) -> None:
        super().__init__(message)
        self.span = span


@dataclass(frozen=True, slots=True)
class Place:
    """Where a key and its value stand. A table's value is its header, or what stands between its braces."""

    key: Span
    value: Span


@dataclass(frozen=True, slots=True)
class Document:
    """The values of a TOML text as tomllib gives them, and the place of each."""

    source: Source
    values: Mapping[str, Any]
    places: Mapping[Path, Place]

    def place(self, path: Path) -> Place:
        """Where the value at `path` stands; the nearest value around it where it has no place of its own."""
        while path and path not in self.places:
            path = path[:-1]
        whole = Span(self.source, 0, 0)
        return self.places.get(path) or Place(whole, whole)


def parse(source: Source) -> Document:
    """The document; raises `TomlError`."""
    import tomllib

    try:
        values = tomllib.loads(source.text)
    except tomllib.TOMLDecodeError as error:
        raise _located(str(error), source) from None
    except RecursionError:
        raise TomlError("lists or tables are nested too deeply", Span(source, 0, 0)) from None
    except ValueError as error:  # a date that no calendar has, an integer of thousands of digits
        raise TomlError(str(error).lower(), Span(source, 0, 0)) from None
    return Document(source, values, _Places(source).find())


_AT = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


def _located(message: str, source: Source) -> TomlError:
    found = _AT.search(message)
    at = len(source.text.rstrip())
    if found and found[1]:
        # tomllib counts lines by \n in a text whose \r\n it has replaced; a line's columns are the same.
        at = min(source.offset(min(int(found[1]), len(source.line_starts)), int(found[2])), len(source.text))
    text = message[: found.start()] if found else message
    return TomlError(f"{text[:1].lower()}{text[1:]}", Span(source, at, min(at + 1, len(source.text))))


_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"{3,5}' r"|'''(?:[^']|'(?!''))*'{3,5}" r'|"(?:[^"\\\n]|\\.)*"' r"|'[^'\n]*'", re.S
)
_PLAIN = re.compile(r"[^,\]}\n#]*")


class _Places:
    """One walk through a text that tomllib has accepted."""

    def __init__(self, source: Source) -> None:
        self._source, self._text, self._at = source, source.text, 0
        self._found: dict[Path, Place] = {}
        self._lists: dict[Path, int] = {}

    def find(self) -> dict[Path, Place]:
        table: Path = ()
        self._skip(_BLANK)
        while self._at < len(self._text):
            if self._text[self._at] == "[":
                table = self._header()
            else:
                self._entry(table)
            self._skip(_BLANK)
        return self._found

    def _header(self) -> Path:
        start = self._at
        many = self._text.startswith("[[", start)
        self._at += 2 if many else 1
        keys = self._keys()
        self._at = self._text.index("]", self._at) + (2 if many else 1)
        whole = Span(self._source, start, self._at)
        path = self._into((), [name for name, _ in keys[:-1]], [span for _, span in keys[:-1]], whole)
        path = (*path, keys[-1][0])
        if many:
            self._found.setdefault(path, Place(keys[-1][1], whole))
            self._lists[path] = self._lists.get(path, -1) + 1
            path = (*path, self._lists[path])
        self._found[path] = Place(keys[-1][1], whole)
        return path

    def _into(self, path: Path, names: list[str], spans: list[Span], whole: Span) -> Path:
        """Down through keys before the last: those may name tables, or the last element of a list of tables."""
        for name, span in zip(names, spans, strict=True):
            path = (*path, name)
            self._found.setdefault(path, Place(span, whole))
            if path in self._lists:
                path = (*path, self._lists[path])
        return path

    def _entry(self, table: Path) -> None:
        keys = self._keys()
        first = keys[0][1]
        self._at = self._text.index("=", self._at) + 1
        self._skip(_SPACE)
        start = self._at
        path = (*table, *(name for name, _ in keys))
        self._value(path)
        value = Span(self._source, start, self._at)
        for depth in range(1, len(keys)):
            self._found.setdefault((*table, *(name for name, _ in keys[:depth])), Place(first, first.to(value)))
        self._found[path] = Place(first.to(keys[-1][1]), value)

    def _keys(self) -> list[tuple[str, Span]]:
        keys = []
        while True:
            self._skip(_SPACE)
            start = self._at
            match = _STRING.match(self._text, start) or _BARE_KEY.match(self._text, start)
            assert match is not None, "tomllib accepted the text"
            self._at = match.end()
            keys.append((_key_name(match[0]), Span(self._source, start, self._at)))
            self._skip(_SPACE)
            if not self._text.startswith(".", self._at):
                return keys
            self._at += 1

    def _value(self, path: Path) -> None:
        character = self._text[self._at : self._at + 1]
        if character in "\"'":
            self._skip(_STRING)
        elif character == "[":
            self._elements(path)
        elif character == "{":
            self._at += 1
            self._skip(_BLANK)
            while self._text[self._at] != "}":
                self._entry(path)
                self._skip(_BLANK)
                self._at += self._text[self._at] == ","
                self._skip(_BLANK)
            self._at += 1
        else:
            match = _PLAIN.match(self._text, self._at)
            assert match is not None
            self._at += len(match[0].rstrip())

    def _elements(self, path: Path) -> None:
        self._at += 1
        self._skip(_BLANK)
        index = 0
        while self._text[self._at] != "]":
            start = self._at
            self._value((*path, index))
            span = Span(self._source, start, self._at)
            self._found[(*path, index)] = Place(span, span)
            self._skip(_BLANK)
            self._at += self._text[self._at] == ","
            self._skip(_BLANK)
            index += 1
        self._at += 1

    def _skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self._text, self._at)
        assert match is not None, "tomllib accepted the text"
        self._at = match.end()


def _key_name(text: str) -> str:
    if text[0] not in "\"'":
        return text
    import tomllib

    return next(iter(tomllib.loads(f"{text} = 0")))
