"""Tokens, comments and brackets: what the layout of every construct is made of.

Tokens are written as they were, in their order, so that a comment can be put back where it stood: before a token
comes every comment that stood before it. Brackets that were written on one line may stay on it; brackets whose parts
stood on several lines get one part per line.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import Any

from netc.lang import syntax as s
from netc.lang.layout import Concat, Doc, Group, IfBroken, Indent, Line, Row, Rows, Suffix

#: Makes the document of a node.
Make = Callable[[Any], Doc]
#: Words of the grammar that a block's key may be as well, which only a comma before it says: without a label, with one.
_NEED_A_COMMA = frozenset({"assert", "expect", "in"})
_NEED_A_COMMA_WITH_LABEL = _NEED_A_COMMA | {
    *("as", "attach", "chain", "detach", "for", "func", "if", "import", "key", "let", "network", "param"),
    *("plugin", "pod", "pool", "test", "type", "use", "where", "within"),
}


class Tokens:
    """Makes the documents of one file's nodes. It has to be asked in the order in which they stand in the text."""

    def __init__(self, file: s.File) -> None:
        self.text = file.source.text
        self._comments = file.comments
        self._starts = [comment.span.start for comment in file.comments]
        self._next = 0
        self.in_string = 0

    # ---- comments ---------------------------------------------------------------------------------------------------

    def before(self, end: int, *, first: bool = False) -> tuple[list[Suffix], bool]:
        """The comments that stand before offset `end` and were not asked for yet; whether an empty line comes last.

        `first` says that nothing but an opening bracket stands before: no empty line is kept there.
        """
        out: list[Suffix] = []
        inside = not first
        while self._next < len(self._comments) and self._starts[self._next] < end:
            span = self._comments[self._next].span
            self._next += 1
            own = not self.text[self.text.rfind("\n", 0, span.start) + 1 : span.start].strip()
            out.append(Suffix(span.text.rstrip(), own, own and inside and self._blank_before(span.start)))
            inside = inside or own
        return out, inside and self._blank_before(end)

    def _blank_before(self, at: int) -> bool:
        start = at
        while start > 0 and self.text[start - 1] in " \t\r\n":
            start -= 1
        return self.text.count("\n", start, at) > 1

    def token(self, start: int, text: str) -> Doc:
        """A token, behind the comments that stood before it where no line can end."""
        comments, _ = self.before(start)
        return Concat((*comments, text)) if comments else text

    def spread_out(self, start: int, end: int) -> bool:
        """Whether the text from one offset to another takes several lines, and may take them again."""
        return not self.in_string and self.text.find("\n", start, end) >= 0

    def find(self, mark: str, start: int) -> int:
        """The offset of a punctuation mark that is known to come, past comments."""
        at = self.text.index(mark, start)
        while (before := bisect_left(self._starts, at)) and at < self._comments[before - 1].span.end:
            at = self.text.index(mark, self._comments[before - 1].span.end)
        return at

    # ---- brackets ---------------------------------------------------------------------------------------------------

    def bracket(
        self, opening: Doc, nodes: Sequence[s.Node], make: Make, close: int, closing: str, *, broken: bool
    ) -> Doc:
        """Nodes with commas: on one line, or one per line and a comma behind the last. `close` is where it ends."""
        inner = " " if closing == "}" else ""
        docs: list[Doc] = []
        for number, node in enumerate(nodes):
            comments, blank = self.before(node.span.start, first=number == 0)
            broken = broken or bool(comments)
            docs += [*comments, Line(" " if number else inner, blank), make(node)]
            docs.append("," if number + 1 < len(nodes) else IfBroken(",", ""))
        comments, _ = self.before(close, first=not nodes)
        broken = not self.in_string and (bool(comments) or (broken and bool(nodes)))
        return Group(Concat((opening, Indent(Concat((*docs, *comments))), Line(inner), closing)), broken)

    def entries(
        self, opening: Doc, nodes: Sequence[s.Node], make: Make, close: int, *, broken: bool, comma: bool = True
    ) -> Doc:
        """A body's entries: on one line with commas, or one per line without. One may be made into `Rows` of one row.

        `comma` is false where the grammar knows none.
        """
        rows = []
        key: Doc | None
        for number, node in enumerate(nodes):
            comments, blank = self.before(node.span.start, first=number == 0)
            broken = broken or bool(comments)
            lead = Concat((*comments, Line(blank=blank)))
            apart = blank or any(comment.blank for comment in comments)
            entry = make(node)
            key, value = (entry.rows[0].key, entry.rows[0].value) if isinstance(entry, Rows) else (None, entry)
            after: Doc = ""
            if comma and number + 1 < len(nodes):
                after = "," if _needs_a_comma(nodes[number + 1]) else IfBroken("", ",")
            rows.append(Row(lead, apart, key, value, after))
        comments, _ = self.before(close, first=not nodes)
        broken = not self.in_string and (bool(comments) or (broken and bool(nodes)))
        return Group(Concat((opening, Indent(Concat((Rows(tuple(rows)), *comments))), Line(), "}")), broken)


def _needs_a_comma(node: s.Node) -> bool:
    """Whether an entry without a comma before it would be read as something else."""
    if not isinstance(node, s.Block) or not isinstance(node.key, s.Ident):
        return False
    return node.key.text in (_NEED_A_COMMA if node.label is None else _NEED_A_COMMA_WITH_LABEL)
