"""A first look at a text that does not follow the grammar: its brackets, and habits from other languages.

The parser knows where it could not go on; which bracket was forgotten shows better in the text as a whole, in its
indentation above all.
"""

from __future__ import annotations

import re
from bisect import bisect_left

from netc.dataclass import dataclass, field, replace
from netc.diagnostics import Diagnostic, Edit, Step, error
from netc.lang import codes
from netc.lang.build import TooDeepError
from netc.lang.syntax import MAX_DEPTH
from netc.sources import Source, Span

_CODE = re.compile(
    r"""(?P<comment>\#[^\n]*) | (?P<text>\"{3}|") | (?P<bracket>[\[\](){}])
      | (?P<slashes>//[^\n]*|/\*(?s:.)*?\*/) | (?P<single>'[^'\n]*') | (?P<semicolon>;)""",
    re.X,
)
#: Whole words that other languages have; sought apart from the marks, whose first letters make them quick to find.
_NOT = re.compile(r"not[ \t]+(?=[A-Za-z_(])")
_BEFORE_NOT = re.compile(r"(?:[=(,&|?:]|\b(?:if|or|and|where|assert))[ \t]*$")
_ELSE = re.compile(r"else\b")
_IF = re.compile(r".*\b(if\b(?![\w-])[^{}]*)$")
_AFTER_ELSE = re.compile(r"[^{}\n,\])]*")
_STRING = re.compile(r'\\.|\$\{|"|\n')
_TEXT = re.compile(r'\\.|\$\{|"""', re.S)
_ITEM = re.compile(
    r"^(?:import|param|let|chain|pool|func|type|pod|network|assert|test)(?![\w-])(?=[ \t]+[\w\"])(?![ \t]*[={])", re.M
)
_CLOSERS = {"{": "}", "[": "]", "(": ")", "${": "}"}


#: More than this is not looked for.
MAX_FOUND = 25
#: Nor is a text with more marks than this looked at any further.
MAX_MARKS = 500_000
#: Brackets within brackets; what the parser takes is less.
MAX_OPEN = 2 * MAX_DEPTH


@dataclass(frozen=True, slots=True)
class Patch:
    """Read the text from `start` to `end` as if these terminals, each with its text, stood there."""

    start: int
    end: int
    tokens: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Layout:
    """The brackets of a text, each opening one's offset with its closing one's, and what to read differently.

    Strings count as brackets here. `patches` are in the order of the text; `found` says what is wrong at each.
    """

    source: Source
    pairs: dict[int, int] = field(default_factory=dict)
    patches: list[Patch] = field(default_factory=list)
    found: list[Diagnostic] = field(default_factory=list)
    _openers: list[int] = field(default_factory=list)
    _closers: dict[int, int] = field(default_factory=dict)

    def prepare(self) -> None:
        """Sort what `scan` has found."""
        self.patches.sort(key=lambda patch: patch.start)
        self._openers = sorted(self.pairs)
        self._closers = {close: opening for opening, close in self.pairs.items()}

    def end_of_entry(self, start: int, limit: int) -> int:
        """Where to read on after a mistake at `start`: the end of its line, or the closing bracket around it.

        Brackets that open on the way are skipped whole. `limit` is the offset of the innermost open bracket's
        closing one (or the text's end), which is not passed.
        """
        at = start
        while True:
            line_end = self.source.text.find("\n", at)
            line_end = min(len(self.source.text) if line_end < 0 else line_end, limit)
            index = bisect_left(self._openers, at)
            while index < len(self._openers) and self._openers[index] < line_end:
                close = self.pairs[self._openers[index]]
                if close >= line_end:
                    at = close + 1
                    break
                index += 1
            else:
                return max(line_end, start)
            if at >= limit:
                return limit


def scan(source: Source) -> Layout:
    """The layout of a text."""
    plain = _Scan(source, by_item=False)
    if plain.run():
        return plain.layout
    again = _Scan(source, by_item=True)
    again.run()
    return again.layout


class _Scan:
    def __init__(self, source: Source, *, by_item: bool) -> None:
        self.text = source.text
        self.layout = Layout(source)
        self.open: list[tuple[str, int]] = []
        self.sound = True
        self.left = MAX_MARKS
        self.comments: list[tuple[int, int]] = []
        # Where an item starts at a line's begin, all brackets before it should be closed.
        self.items = [match.start() for match in _ITEM.finditer(self.text)] if by_item else []

    def run(self) -> bool:
        """Go through the text; whether every bracket has its other half."""
        at, next_item, end = 0, 0, len(self.text)
        while at < end and len(self.layout.found) < MAX_FOUND and self.left > 0:
            self.left -= 1
            if len(self.open) > MAX_OPEN:
                opening = self.open[MAX_DEPTH][1]
                raise TooDeepError(Span(self.layout.source, opening, opening + 1))
            mode = self.open[-1][0] if self.open else ""
            pattern = _STRING if mode == '"' else _TEXT if mode == '"""' else _CODE
            match = pattern.search(self.text, at)
            stop = match.start() if match else end
            if mode != '"""':
                while next_item < len(self.items) and self.items[next_item] <= stop:
                    if self.open:
                        self._unclosed(self.items[next_item])
                        mode = ""
                    next_item += 1
                if not mode and pattern is not _CODE:
                    continue
            if match is None:
                break
            at = match.end()
            if pattern is _CODE:
                self._code(match)
            else:
                self._in_string(match, mode)
        if self.open and len(self.layout.found) < MAX_FOUND and self.left > 0:
            self._unclosed(end)
        self.layout.prepare()
        self._words()
        self.layout.prepare()
        return self.sound

    def _in_string(self, match: re.Match[str], mode: str) -> None:
        mark = match[0]
        if mark == "${":
            self.open.append((mark, match.start()))
        elif mark in (mode, "\n"):
            self.layout.pairs[self.open.pop()[1]] = match.start() + (len(mode) - 1 if mark == mode else -1)
            if mark == "\n":
                self._newline(match.start())

    def _code(self, match: re.Match[str]) -> None:
        kind, start = match.lastgroup, match.start()
        if kind == "text":
            self.open.append((match[0], start))
        elif kind == "bracket":
            self._bracket(match[0], start)
        elif kind == "comment":
            self.comments.append(match.span())
        else:
            self._habit(kind or "", match)

    def _bracket(self, mark: str, at: int) -> None:
        if mark in "{[(":
            self.open.append((mark, at))
            return
        depth = len(self.open)
        while depth and self.open[depth - 1][0] not in ('"', '"""'):
            depth -= 1
            if _CLOSERS[self.open[depth][0]] == mark:
                if depth < len(self.open) - 1:
                    self._close_early(depth + 1, at, mark)
                self.layout.pairs[self.open.pop()[1]] = at
                return
        self.sound = False
        self._note(f"this `{mark}` closes nothing", at, at + 1, help="remove it")
        self.layout.patches.append(Patch(at, at + 1))

    def _newline(self, at: int) -> None:
        """A string is broken by its line's end: in a `${` of another one, that one's closing quote was taken for it."""
        for depth in range(len(self.open) - 1, 0, -1):
            kind, opening = self.open[depth]
            if kind == "${" and self.open[depth - 1][0] == '"':
                self.sound = False
                quote = self.text.find('"', opening, at)
                end = quote if quote >= 0 else at
                self._note("this `${` is not closed", opening, opening + 2, help="write } after the value")
                self.layout.patches.append(Patch(end, end, (("RBRACE", "}"),)))
                self.layout.pairs[opening] = end
                self.layout.pairs[self.open[depth - 1][1]] = end
                del self.open[depth - 1 :]
                return

    def _habit(self, kind: str, match: re.Match[str]) -> None:
        start, end = match.span()
        if kind == "slashes":
            self._note("a comment starts with `#`", start, start + 2, help="write # in place of " + match[0][:2])
            self.layout.patches.append(Patch(start, end))
        elif kind == "single":
            inside = match[0][1:-1]
            quoted = '"' + inside.replace("\\", "\\\\").replace('"', '\\"') + '"'
            self._note("a text stands in double quotes", start, end, help=f"write {quoted}", put=quoted)
            tokens = (("STR_OPEN", '"'), ("STR_TEXT", inside or " "), ("STR_CLOSE", '"'))
            self.layout.patches.append(Patch(start, end, tokens))
        elif kind == "semicolon":
            help = "start a new line, or write a comma between two entries on one line"
            self._note("netc has no `;`", start, end, help=help)
            self.layout.patches.append(Patch(start, end, (("COMMA", ","),)))

    def _words(self) -> None:
        """`not`, and `if` with an `else`."""
        strings = sorted((start, end) for start, end in self.layout.pairs.items() if self.text[start] == '"')
        outside = sorted([*strings, *self.comments])

        def is_code(at: int) -> bool:
            index = bisect_left(outside, (at, 0)) - 1
            return index < 0 or outside[index][1] < at

        for match in _NOT.finditer(self.text):
            start = match.start()
            fits = _BEFORE_NOT.search(self.text, max(0, start - 40), start)
            if fits and len(self.layout.found) < MAX_FOUND and is_code(start):
                self._note("`not` is written `!`", start, start + 3, help="write ! before the condition")
                self.layout.patches.append(Patch(start, start + 3, (("NOT_SIGN", "!"),)))
        for match in _ELSE.finditer(self.text):
            if len(self.layout.found) >= MAX_FOUND or not is_code(match.start()):
                continue
            line = self.text.rfind("\n", max(0, match.start() - 500), match.start()) + 1
            before = _IF.match(self.text, max(line, match.start() - 500), match.start())
            if before is not None and is_code(before.start(1)):
                after = _AFTER_ELSE.match(self.text, match.end())
                start, end = before.start(1), after.end() if after else match.end()
                help = "write condition ? value : other"
                self._note("netc has no `a if condition else b`", start, end, help=help)
                self.layout.patches.append(Patch(start, end))

    # ---- what is not closed -----------------------------------------------------------------------------------------

    def _close_early(self, depth: int, at: int, mark: str) -> None:
        """The brackets from `depth` up are open where `mark` closes one around them."""
        self.sound = False
        kind, opening = self.open[depth]
        step = Step(f"`{mark}` closes the one around it", Span(self.layout.source, at, at + 1))
        message = f"this `{kind}` is not closed"
        self._note(message, opening, opening + len(kind), step, help=f"write {_CLOSERS.get(kind, kind)}")
        self._insert_closers(depth, at)

    def _insert_closers(self, depth: int, at: int) -> None:
        names = {"}": "RBRACE", "]": "RSQB", ")": "RPAR"}
        tokens = []
        for kind, opening in reversed(self.open[depth:]):
            if kind in _CLOSERS:
                tokens.append((names[_CLOSERS[kind]], _CLOSERS[kind]))
            elif kind == '"""':
                tokens.append(("TEXT_CLOSE", kind))
            else:
                tokens.append(("STR_CLOSE", kind))
            self.layout.pairs[opening] = at
        self.layout.patches.append(Patch(at, at, tuple(tokens)))
        del self.open[depth:]

    def _unclosed(self, at: int) -> None:
        """Brackets are open where an item starts, or at the text's end."""
        if self.open[-1][0] == '"' and at == len(self.text):
            self.layout.pairs[self.open.pop()[1]] = at  # the parser's rules say this better
            if not self.open:
                return
        self.sound = False
        kind, opening = self._culprit()
        what = "multi-line string" if kind == '"""' else f"`{kind}`"
        end = at == len(self.text)
        labels = () if end else (Step("not closed before this", self._word(at)),)
        closer = _CLOSERS.get(kind, kind)
        message = f"this {what} is not closed" if not end else f"this {what} is never closed"
        self._note(message, opening, opening + len(kind), *labels, help=f"write the closing {closer}")
        self._insert_closers(0, at)

    def _culprit(self) -> tuple[str, int]:
        """Which bracket most likely lacks its other half: the first whose closing one stands further left than it."""
        outermost = self.open[0][1]
        for opening, close in sorted(self.layout.pairs.items()):
            if opening < outermost or self.text[opening] not in "{[(":
                continue
            before = self.text[self.text.rfind("\n", 0, close) + 1 : close]
            if not before.strip() and len(before) < self._indentation(opening):
                return self.text[opening], opening
        return self.open[-1]

    def _indentation(self, at: int) -> int:
        line = self.text[self.text.rfind("\n", 0, at) + 1 : at + 1]
        return len(line) - len(line.lstrip())

    def _word(self, at: int) -> Span:
        end = at
        while end < len(self.text) and (self.text[end].isalnum() or self.text[end] in "-_"):
            end += 1
        return Span(self.layout.source, at, end)

    def _note(
        self, message: str, start: int, end: int, *labels: Step, help: str | None = None, put: str | None = None
    ) -> None:
        span = Span(self.layout.source, start, end)
        edits = (Edit(span, put),) if put is not None else ()
        found = error(codes.SYNTAX.code, message, span, *labels, help=help)
        self.layout.found.append(
            # A `$` means nothing in the quotes of other languages, and may mean something in netc's.
            replace(found, edits=edits, safe="$" not in edits[0].text) if edits else found
        )
