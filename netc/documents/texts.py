"""A text to be read, and where each of its characters stands in the file around it.

JSON stands in a file of its own, in a scalar of a YAML manifest, or in a string of another JSON document. Whoever reads
it sees plain text; its places lead to the characters that the author wrote.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

from netc.sources import Source, Span


class Text:
    """`value` with the place of every character in `source`.

    `pieces` are runs of characters that stand together in the source: where each starts in `value`, and where in the
    source. `whole` is given instead where nothing but the place of the text as a whole is known. `verbatim` says that
    what is inserted into the source arrives in the text as it is, without being escaped.
    """

    __slots__ = ("_places", "_starts", "_templates", "source", "value", "verbatim", "whole")

    def __init__(
        self,
        source: Source,
        value: str,
        pieces: Iterable[tuple[int, int]] = ((0, 0),),
        *,
        whole: Span | None = None,
        verbatim: bool = False,
    ) -> None:
        self.source, self.value, self.whole, self.verbatim = source, value, whole, verbatim
        self._templates = whole is None and ("{{" in source.text or "{%" in source.text)
        runs = list(pieces) or [(0, 0)]
        self._starts = [start for start, _ in runs]
        self._places = [place for _, place in runs]

    def place(self, offset: int) -> int:
        """The offset in the source of the character at `offset`."""
        if self.whole is not None:
            return self.whole.start
        run = max(bisect_right(self._starts, offset) - 1, 0)
        return self._places[run] + offset - self._starts[run]

    def span(self, start: int, end: int) -> Span:
        """The characters `start` up to `end`; where they are none, the place that they would stand at."""
        if self.whole is not None:
            return self.whole
        first = self.place(start)
        if end <= start:
            return Span(self.source, first, first)
        last = self.place(end - 1)
        escaped = self.source.text[last : last + 1] == "\\" and end < len(self.value)
        return Span(self.source, first, max(self.place(end) if escaped else last + 1, first))

    def within(self, value: str, pieces: Iterable[tuple[int, int]]) -> Text:
        """A text that stands inside of this one; the pieces lead to offsets in this text."""
        if self.whole is not None:
            return Text(self.source, value, whole=self.whole)
        return Text(self.source, value, [(start, self.place(offset)) for start, offset in pieces])

    def templated(self, start: int, end: int) -> bool:
        """Whether a part of a template stands between two offsets, also one that was taken out of the text."""
        if not self._templates:
            return False
        between = self.source.text[self.place(start) : self.place(end)]
        return "{{" in between or "{%" in between
