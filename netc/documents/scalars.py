"""The text that a YAML scalar stands for, and where each of its characters stands in the file.

Every style is read once more here, by the rules of YAML 1.2 chapters 7 and 8, keeping the places. The parser's own
value decides: where the two differ, the text is the parser's and only the place of the scalar as a whole is known.
"""

from __future__ import annotations

import re
from typing import Any

from netc.documents.texts import Text
from netc.sources import Source, Span

_ESCAPES = {
    "0": "\0", "a": "\a", "b": "\b", "t": "\t", "\t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r", "e": "\x1b",
    " ": " ", '"': '"', "/": "/", "\\": "\\", "N": "\x85", "_": "\xa0", "L": "\u2028", "P": "\u2029",
}  # fmt: skip
_HEX = {"x": 2, "u": 4, "U": 8}
_HEADER = re.compile(r"[|>](?P<signs>[-+0-9]*)[ \t]*(?:#[^\n]*)?\r?\n")
_BREAK = re.compile(r"[ \t]*\r?\n[ \t\r\n]*")


def text_of(node: Any, source: Source, masked: str, offset: int) -> Text:
    """The text of a scalar node. `masked` is the file without its templates, `offset` where the node's marks start."""
    start, end = node.start_mark.index + offset, node.end_mark.index + offset
    body = _Body(masked, start, end)
    try:
        if node.style in ("|", ">"):
            body.block(node.style)
        elif node.style == "'":
            body.single()
        elif node.style == '"':
            body.double()
        else:
            body.flow(start, end)
    except (IndexError, ValueError):
        body.chars = []
    value = "".join(body.chars)
    if value != node.value:
        return Text(source, node.value, whole=Span(source, start, max(end, start + 1)))
    return Text(source, value, body.pieces, verbatim=node.style == "|")


class _Body:
    """Collects characters with their places."""

    __slots__ = ("chars", "end", "pieces", "size", "start", "text")

    def __init__(self, text: str, start: int, end: int) -> None:
        self.text, self.start, self.end = text, start, end
        self.chars: list[str] = []
        self.pieces: list[tuple[int, int]] = []
        self.size = 0

    def add(self, chars: str, place: int) -> None:
        """Characters of the text that stand in the source from `place` on."""
        if not chars:
            return
        if not self.pieces or self.pieces[-1][1] + (self.size - self.pieces[-1][0]) != place:
            self.pieces.append((self.size, place))
        self.chars.append(chars)
        self.size += len(chars)

    def block(self, style: str) -> None:
        header = _HEADER.match(self.text, self.start)
        if header is None:
            return
        signs = header["signs"]
        lines = self._lines(header.end())
        digit = next((int(sign) for sign in signs if sign.isdigit()), None)
        full = [line for line in lines if line[1].strip(" \r")]
        indent = min((len(line[1]) - len(line[1].lstrip(" ")) for line in full[:1]), default=0)
        if digit is not None:
            indent = self._parent_indent() + digit
        content = [(place + min(indent, len(line)), line[indent:].rstrip("\r")) for place, line in lines]
        kept = len(content)
        while kept and not content[kept - 1][1]:
            kept -= 1
        self._fold(content[:kept]) if style == ">" else self._literal(content[:kept])
        after = content[kept - 1][0] + len(content[kept - 1][1]) if kept else self.start
        if "-" not in signs and kept:
            self.add("\n", after)
        if "+" in signs:
            for place, _ in content[kept:]:
                self.add("\n", place)

    def _lines(self, at: int) -> list[tuple[int, str]]:
        """The lines of the block with their places, the last one's end not counted as a line of its own."""
        found = []
        while at < self.end:
            stop = self.text.find("\n", at, self.end)
            stop = self.end if stop < 0 else stop
            found.append((at, self.text[at:stop]))
            at = stop + 1
        return found

    def _parent_indent(self) -> int:
        line = self.text[self.text.rfind("\n", 0, self.start) + 1 : self.start]
        return len(line) - len(line.lstrip(" "))

    def _literal(self, lines: list[tuple[int, str]]) -> None:
        for index, (place, line) in enumerate(lines):
            if index:
                before, text = lines[index - 1]
                self.add("\n", before + len(text))
            self.add(line, place)

    def _fold(self, lines: list[tuple[int, str]]) -> None:
        """A line break is a blank, unless a line next to it is empty or further in."""
        index, last = 0, len(lines)
        while index < last:
            place, line = lines[index]
            self.add(line, place)
            empty = index + 1
            while empty < last and not lines[empty][1]:
                empty += 1
            if empty < last:
                end = place + len(line)
                spaced = line[:1] in (" ", "\t") or lines[empty][1][:1] in (" ", "\t") or not line
                count = empty - index - 1
                if spaced:
                    self.add("\n", end)
                elif not count:
                    self.add(" ", end)
                for blank in range(count):
                    self.add("\n", lines[index + 1 + blank][0])
            index = empty

    def single(self) -> None:
        at, end = self.start + 1, self.end - 1
        while at < end:
            quote = self.text.find("''", at, end)
            stop = end if quote < 0 else quote
            self.flow(at, stop, outer=at == self.start + 1, last=stop == end)
            if quote >= 0:
                self.add("'", quote)
                stop += 2
            at = stop

    def double(self) -> None:
        at, end = self.start + 1, self.end - 1
        while at < end:
            slash = self.text.find("\\", at, end)
            stop = end if slash < 0 else slash
            self.flow(at, stop, outer=at == self.start + 1, last=stop == end)
            at = self._escape(slash) if slash >= 0 else end

    def _escape(self, at: int) -> int:
        char = self.text[at + 1]
        if char in "\r\n":  # an escaped line break joins the lines
            match = re.compile(r"\r?\n[ \t]*").match(self.text, at + 1)
            return match.end() if match is not None else at + 2
        size = _HEX.get(char)
        if size is None:
            self.add(_ESCAPES.get(char, char), at)
            self.pieces.append((self.size, at + 2))
            return at + 2
        self.add(chr(int(self.text[at + 2 : at + 2 + size], 16)), at)
        return at + 2 + size

    def flow(self, at: int, end: int, *, outer: bool = True, last: bool = True) -> None:
        """Lines of a quoted or plain scalar: a line break is a blank, n of them in a row are n - 1 line breaks."""
        while at < end:
            match = _BREAK.search(self.text, at, end)
            stop = end if match is None else match.start()
            self.add(self.text[at:stop], at)
            if match is None:
                return
            count = match[0].count("\n")
            place = match.start() + match[0].index("\n")
            if count == 1:
                self.add(" ", place)
            for _ in range(count - 1):
                place = self.text.index("\n", place) if self.text[place] == "\n" else place
                self.add("\n", place)
                place += 1
            at = match.end()
