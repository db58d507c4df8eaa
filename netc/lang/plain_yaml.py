"""The YAML that people and programs mostly write, read at once: a general parser takes half a millisecond a line.

Block mappings and sequences, flow collections (and so JSON), scalars that stand on one line, comments. What is more
than that, and what is wrong, is left to the general parser: anchors, tags, block scalars, scalars of several lines,
tabs, several documents. What is read here has the same values as there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from netc.lang.values import Data, Field, List, Object, Val
from netc.sources import Source, Span

_UNUSUAL_TEXT = re.compile(r"[^\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_DOCUMENT = re.compile(r"^(?:---|\.\.\.|%)", re.M)
#: White space and comments up to the next thing, which may stand on another line.
_GAP = re.compile(r"(?: *(?:#[^\n]*)?(?:\n|\Z))*")
_SPACES = re.compile(r" *")
_END_OF_LINE = re.compile(r"(?: +#[^\n]*| *)(?:\n|\Z)")
_FLOW_GAP = re.compile(r"(?:[ \n]+(?:#[^\n]*)?)*")
_FIRST = r"(?:[^\s\-?:,\[\]{}#&*!|>'\"%@`]|[-?:](?=[^\s,\[\]{}]))"
_PLAIN = re.compile(_FIRST + r"(?:[^\s:#]|:(?=\S)|(?<=\S)#| +(?=[^\s#:]|:\S))*")
_FLOW_PLAIN = re.compile(_FIRST + r"(?:[^\s:#,\[\]{}]|:(?=[^\s,\[\]{}])|(?<=\S)#| +(?=[^\s#:,\[\]{}]|:[^\s,\[\]{}]))*")
_DOUBLE = re.compile(r'"(?:[^"\\\n]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"')
_SINGLE = re.compile(r"'(?:[^'\n]|'')*'")
_KEY = re.compile(r"(?:[A-Za-z_][\w./-]*|\"[^\"\\\n]*\"|'[^'\n]*')(?=:(?: |\n|\Z))")

#: How deep collections may be nested here.
_DEPTH = 50


class UnusualError(Exception):
    """The text is not of the plain kind, or not YAML at all."""


class TooManyError(Exception):
    """More values than may be; `offset` is where the last one starts."""

    def __init__(self, offset: int) -> None:
        super().__init__("too many values")
        self.offset = offset


def read(source: Source, plain: Callable[[str], Data], most: int) -> Val:
    """The value of a YAML or JSON text; `plain` is the value of a scalar without quotes.

    Raises `UnusualError` for a text that this can't read, `TooManyError` for one of more than `most` values.
    """
    text = source.text
    if _UNUSUAL_TEXT.search(text) or _DOCUMENT.search(text, 4 if text.startswith("---\n") else 0):
        raise UnusualError
    return _Reader(source, plain, most).document()


class _Reader:
    __slots__ = ("at", "depth", "left", "plain", "source", "text")

    def __init__(self, source: Source, plain: Callable[[str], Data], most: int) -> None:
        self.source, self.text, self.plain = source, source.text, plain
        self.at = 4 if self.text.startswith("---\n") else 0
        self.left = most
        self.depth = 0

    def document(self) -> Val:
        column = self._next_line()
        if column < 0:
            raise UnusualError
        value = self._block(column)
        if self._next_line() >= 0:
            raise UnusualError
        return value

    # ---- blocks -----------------------------------------------------------------------------------------------------

    def _next_line(self) -> int:
        """Go to the next line that has something; its indentation, -1 at the end."""
        gap = _GAP.match(self.text, self.at)
        assert gap is not None
        spaces = _SPACES.match(self.text, gap.end())
        assert spaces is not None
        self.at = spaces.end()
        return -1 if self.at >= len(self.text) else self.at - gap.end()

    def _rest_is_empty(self) -> bool:
        """Whether nothing but a comment follows on this line; if so, go to the next."""
        end = _END_OF_LINE.match(self.text, self.at)
        if end is None:
            return False
        self.at = end.end()
        return True

    def _block(self, column: int) -> Val:
        """The node that starts here, at this column of its line."""
        self.depth += 1
        if self.depth > _DEPTH:
            raise UnusualError
        if self.text[self.at] == "-" and self.text[self.at + 1 : self.at + 2] in (" ", "\n", ""):
            value = self._sequence(column)
        elif (key := _KEY.match(self.text, self.at)) is not None:
            value = self._mapping(column, key)
        else:
            value = self._inline(column)
        self.depth -= 1
        return value

    def _sequence(self, column: int) -> Val:
        start, items = self.at, []
        self._count(start)
        while True:
            self.at += 1
            spaces = _SPACES.match(self.text, self.at)
            assert spaces is not None
            inner = column + 1 + spaces.end() - self.at
            if self.text[spaces.end() : spaces.end() + 1] in ("\n", "", "#"):
                items.append(self._below(column, start))
            else:
                self.at = spaces.end()
                items.append(self._block(inner))
            if not self._goes_on(column) or self.text[self.at] != "-":
                break
            if self.text[self.at + 1 : self.at + 2] not in (" ", "\n", ""):
                raise UnusualError
        return Val(List(tuple(items)), Span(self.source, start, items[-1].span.end))

    def _goes_on(self, column: int) -> bool:
        """Go to the next line; whether it belongs to the collection of this column. What is deeper is unusual."""
        before = self.at
        indentation = self._next_line()
        if indentation > column:
            raise UnusualError
        if indentation < column:
            self.at = before
            return False
        return True

    def _mapping(self, column: int, key: re.Match[str] | None) -> Val:
        start, fields = self.at, {}
        self._count(start)
        end = start
        while True:
            if key is None:
                raise UnusualError
            name = key[0][1:-1] if key[0][0] in "\"'" else key[0]
            if name in fields or not isinstance(self._key(key[0]), str):
                raise UnusualError
            key_span = Span(self.source, key.start(), key.end())
            self.at = key.end() + 1
            spaces = _SPACES.match(self.text, self.at)
            assert spaces is not None
            if self.text[spaces.end() : spaces.end() + 1] in ("\n", "", "#"):
                value = self._below(column, key.start(), sequence=True)
            else:
                self.at = spaces.end()
                value = self._inline(column)
            fields[name] = Field(name, value, key_span, value.span)
            end = value.span.end
            if not self._goes_on(column):
                break
            key = _KEY.match(self.text, self.at)
        return Val(Object(fields), Span(self.source, start, end))

    def _key(self, written: str) -> Data:
        """A key as its value: one that is no string is for the general parser to judge."""
        return written if written[0] in "\"'" or written[0].isalpha() else self.plain(written)

    def _below(self, column: int, anchor: int, *, sequence: bool = False) -> Val:
        """The value on the lines below, deeper than `column`; null where there is none."""
        if not self._rest_is_empty():
            raise UnusualError
        before = self.at
        indentation = self._next_line()
        if indentation > column:
            return self._block(indentation)
        if sequence and indentation == column and self.text[self.at : self.at + 2] == "- ":
            return self._block(indentation)
        self.at = before
        self._count(anchor)
        return Val(None, Span(self.source, anchor, anchor + 1))

    def _inline(self, column: int) -> Val:
        """A scalar or flow collection, with nothing behind it on its last line."""
        if self.text[self.at] in "[{":
            value = self._flow()
        else:
            value = self._scalar(_PLAIN)
        if not self._rest_is_empty():
            raise UnusualError
        before = self.at
        if self._next_line() > column:
            raise UnusualError  # a scalar of several lines, or what is wrong
        self.at = before
        return value

    # ---- flow -------------------------------------------------------------------------------------------------------

    def _flow(self) -> Val:
        if self.text[self.at : self.at + 1] not in ("[", "{"):
            return self._scalar(_FLOW_PLAIN)
        self.depth += 1
        if self.depth > _DEPTH:
            raise UnusualError
        value = self._flow_list() if self.text[self.at] == "[" else self._flow_object()
        self.depth -= 1
        return value

    def _skip(self) -> str:
        """Past white space, line ends and comments; the character there."""
        gap = _FLOW_GAP.match(self.text, self.at)
        assert gap is not None
        self.at = gap.end()
        return self.text[self.at : self.at + 1]

    def _flow_list(self) -> Val:
        start, items = self.at, []
        self._count(start)
        self.at += 1
        while self._skip() != "]":
            items.append(self._flow())
            if self._skip() == ",":
                self.at += 1
            elif self._skip() != "]":
                raise UnusualError
        self.at += 1
        return Val(List(tuple(items)), Span(self.source, start, self.at))

    def _flow_object(self) -> Val:
        start = self.at
        fields: dict[str, Field] = {}
        self._count(start)
        self.at += 1
        while self._skip() != "}":
            key = self._scalar(_FLOW_PLAIN)
            if not isinstance(key.data, str) or key.data in fields or key.data == "<<":
                raise UnusualError
            quoted = self.text[self.at - 1] in "\"'"
            if self._skip() != ":" or not (quoted or self.text[self.at + 1 : self.at + 2] in (" ", "\n")):
                raise UnusualError
            self.at += 1
            if self._skip() in (",", "}", ""):
                raise UnusualError
            value = self._flow()
            fields[key.data] = Field(key.data, value, key.span, value.span)
            if self._skip() == ",":
                self.at += 1
            elif self._skip() != "}":
                raise UnusualError
        self.at += 1
        return Val(Object(fields), Span(self.source, start, self.at))

    # ---- scalars ----------------------------------------------------------------------------------------------------

    def _count(self, offset: int) -> None:
        self.left -= 1
        if self.left < 0:
            raise TooManyError(offset)

    def _scalar(self, plain: re.Pattern[str]) -> Val:
        start = self.at
        self._count(start)
        first = self.text[start : start + 1]
        pattern = _DOUBLE if first == '"' else _SINGLE if first == "'" else plain
        found = pattern.match(self.text, start)
        if found is None:
            raise UnusualError
        self.at = found.end()
        word = found[0]
        if first == '"':
            data: Data = json.loads(word) if "\\" in word else word[1:-1]
            if isinstance(data, str) and any("\ud800" <= char < "\ue000" for char in data):
                raise UnusualError
        elif first == "'":
            data = word[1:-1].replace("''", "'")
        else:
            data = self.plain(word)
        return Val(data, Span(self.source, start, self.at))
