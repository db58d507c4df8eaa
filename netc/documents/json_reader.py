"""JSON as people leave it: every mistake is reported, and what can be read is read.

A mistake is repaired in the way its finding says, and reading goes on from there, so that one run shows all that are
independent of each other. Whether a bracket is missing or one too many is told by how many there are of each.
"""

from __future__ import annotations

import re
from bisect import bisect_left

from netc.dataclass import replace
from netc.diagnostics import Diagnostic, Edit, Severity, Step
from netc.diagnostics.edits import without_comment
from netc.documents import json_strings, json_words, removal
from netc.documents.codes import JSON, TWICE
from netc.documents.json_strings import SMART, Mistake
from netc.documents.json_tree import Kind, Member, Node
from netc.documents.templates import placeholder_at
from netc.documents.texts import Text

#: Levels of lists and objects; no configuration has a tenth of it.
MAX_DEPTH = 200
#: Reading stops at so many mistakes: it is some other language.
MAX_MISTAKES = 100

_SPACE = re.compile(r"[ \t\r\n]*")
_STRANGE = re.compile("[\\s\u200b\u200c\u200d\u2060\ufeff\x00]+")
#: Characters that start or part tokens, and the end of the text.
_PLAIN = frozenset([*'{}[]":,-0123456789tfn', ""])
#: A value that nothing is wrong with, followed by what may follow one.
_SOUND = re.compile(json_words.NUMBER.pattern + r"(?=[,\]}\s])|(?:true|false|null)(?=[,\]}\s])")
_CLOSER = {"{": "}", "[": "]"}
_OPENER = {"}": "{", "]": "["}
_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')


def read(text: Text, *, what: str = "the file") -> tuple[Node | None, list[Diagnostic]]:
    """The document in a text, and what is wrong with how it is written; None where there is no value at all.

    `what` names the text in messages. Keys that stand twice are reported here, all of them are kept.
    """
    reader = _Reader(text, what)
    return reader.document(), reader.findings


class _Reader:
    __slots__ = ("ended", "findings", "last", "open", "pos", "size", "spare", "text", "value", "what")

    def __init__(self, text: Text, what: str) -> None:
        self.text, self.value, self.what = text, text.value, what
        self.size, self.pos = len(text.value), 0
        self.last = 0  # the offset behind the last token
        self.open: list[tuple[str, int]] = []
        self.ended = False  # nothing more is to be said of what is missing
        self.findings: list[Diagnostic] = []
        bare = _STRING.sub("", text.value)
        self.spare = {char: bare.count(char) - bare.count(_OPENER[char]) for char in "}]"}

    # ---- saying what is wrong --------------------------------------------------------------------------------------

    def report(self, message: str, start: int, end: int, help: str | None, put: str | None = None,
               *labels: Step, at: int | None = None, safe: bool = False) -> None:  # fmt: skip
        """A mistake between two offsets; `put` in their place, or inserted `at` an offset, repairs it.

        The repair is `safe` where the text leaves no other: what is read is what stands there, spelt as JSON has it.
        """
        if self.ended:
            return
        if len(self.findings) >= MAX_MISTAKES:
            self.give_up(f"more than {MAX_MISTAKES} mistakes: the rest is not read", start, "is it JSON at all?")
            return
        span = self.text.span(start, end)
        edits: tuple[Edit, ...] = ()
        if put is not None and self.text.verbatim:
            edits = (Edit(span if at is None else self.text.span(at, at), put),)
        self.findings.append(Diagnostic(JSON.code, JSON.severity, message, span, labels, help, edits=edits, safe=safe))

    def mistakes(self, found: tuple[Mistake, ...]) -> None:
        for one in found:
            self.report(one.message, one.start, one.end, one.help, one.put, safe=one.safe)

    def give_up(self, message: str, at: int, help: str) -> None:
        """Say a last word and read no further."""
        span = self.text.span(at, min(at + 1, self.size))
        self.findings.append(Diagnostic(JSON.code, JSON.severity, message, span, help=help))
        self.ended, self.pos = True, self.size

    def opened(self, at: int) -> Step:
        return Step("opened here", self.text.span(at, at + 1))

    def gap(self, start: int, end: int) -> bool:
        """Whether a template writes something between two tokens, so that no comma there can be judged."""
        return start < end and self.text.templated(start, end)

    # ---- blanks and comments ---------------------------------------------------------------------------------------

    def peek(self) -> str:
        """The next character of a token, blanks and comments passed over; "" at the end."""
        value = self.value
        while True:
            match = _SPACE.match(value, self.pos)
            assert match is not None
            self.pos = match.end()
            char = value[self.pos : self.pos + 1]
            if char in _PLAIN:
                return char
            if char == "#" or (char == "/" and value[self.pos + 1 : self.pos + 2] in ("/", "*")):
                self.comment()
            elif char and (strange := _STRANGE.match(value, self.pos)):
                self.strange(strange.end())
            else:
                return char

    def comment(self) -> None:
        start, end = self.pos, self.line_end(self.pos)
        if self.value.startswith("/*", start):
            close = self.value.find("*/", start + 2)
            end = self.size if close < 0 else close + 2
        self.pos = max(end, start + 1)
        shown = self.value[start : start + 2] if self.value[start] == "/" else "#"
        self.report(f"a comment ({shown}): JSON has none", start, self.pos, "take it out", "", safe=True)
        if self.text.verbatim and not self.ended and self.pos > start:
            found = self.findings[-1]
            if found.primary is not None and found.edits:
                self.findings[-1] = replace(found, edits=(without_comment(found.primary),))

    def strange(self, end: int) -> None:
        start, self.pos = self.pos, end
        code = ord(self.value[start])
        if code == 0xFEFF:
            self.report(
                "a byte order mark: JSON has none", start, end, "save the file as UTF-8 without BOM", "", safe=True
            )
        else:
            name = "no-break space" if code == 0xA0 else "character that can't be seen"
            self.report(f"a {name} (U+{code:04X}) between values", start, end, "write a plain space", " ", safe=True)

    def line_end(self, offset: int) -> int:
        """The offset at which the line of the file ends that `offset` is on; the text itself may have no lines."""
        if self.text.whole is not None:
            return self.size
        newline = self.text.source.text.find("\n", self.text.place(offset))
        if newline < 0:
            return self.size
        return bisect_left(range(self.size), newline, lo=min(offset, self.size), key=self.text.place)

    # ---- the document ----------------------------------------------------------------------------------------------

    def document(self) -> Node | None:
        if not self.peek():
            if not self.findings:
                self.report(f"{self.what} is empty", 0, 0, "write the network, or remove it")
            return None
        root = self.any_value()
        while not self.ended and (char := self.peek()):
            if char in "}]":
                self.pos += 1
                self.report(f"one `{char}` too many", self.pos - 1, self.pos, "take it out", "")
            elif char in "{[":
                self.report("a second document in one file", self.pos, self.pos + 1, "a file holds one network")
                self.any_value()
            elif char == ",":
                self.pos += 1
                self.report("a comma behind the end of the document", self.pos - 1, self.pos, "take it out", "",
                            safe=True)  # fmt: skip
            else:
                self.report("text behind the end of the document", self.pos, self.size, "take it out")
                break
        return root

    def any_value(self) -> Node:
        char = self.peek()
        if char in ("{", "["):
            if len(self.open) >= MAX_DEPTH:
                self.give_up(f"nested deeper than {MAX_DEPTH} levels", self.pos, "no network is")
                return self.node("absent", self.pos)
            return self.object() if char == "{" else self.elements()
        if char == '"' or (char and (char == "'" or char in SMART)):
            start = self.pos
            text = self.string(key=False)
            return self.node("string", start, text)
        sound = _SOUND.match(self.value, self.pos)
        if sound is not None:
            start, self.pos = self.pos, sound.end()
            found = json_words.judged(sound[0])
            if found.message is None:
                return self.node(found.kind, start, found.scalar)
            self.pos = start
        end = placeholder_at(self.value, self.pos)
        if end is not None:
            rest = json_words.WORD.match(self.value, end)
            start, self.pos = self.pos, rest.end() if rest is not None else end
            return self.node("hole", start)
        return self.word()

    def node(self, kind: Kind, start: int, scalar: str | int | float | None = None) -> Node:
        self.last = self.pos
        return Node(kind, self.text.span(start, self.pos), scalar)

    def word(self) -> Node:
        start = self.pos
        match = json_words.WORD.match(self.value, start)
        if match is None:
            return self.node("absent", start)
        self.pos = match.end()
        if self.value[self.pos : self.pos + 1] == '"' and re.match(
            r"\s*(?:[,:}\]]|$)", self.value[self.pos + 1 : self.pos + 41]
        ):
            self.pos += 1
            self.report("a string without its opening quote", start, self.pos, f'write "{match[0]}"', '"', at=start)
            return self.node("string", start, match[0])
        found = json_words.judged(match[0])
        if found.message is not None:
            self.report(found.message, start, self.pos, found.help, found.put, safe=found.safe)
        self.last = self.pos
        return Node(found.kind, self.text.span(start, self.pos), found.scalar)

    def string(self, *, key: bool) -> str:
        start = self.pos
        if self.value[start] != '"':
            return self.foreign_string()
        found = json_strings.sound(self.value, start)
        if found is None or json_strings.swallows_neighbour(self.value, start, found.end):
            found = json_strings.unsound(self.value, start, self.line_end(start), key=key)
            self.mistakes(found.mistakes)
        self.pos = self.last = found.end
        return found.value

    def foreign_string(self) -> str:
        """A string in single or typographic quotes."""
        start, stop = self.pos, self.line_end(self.pos)
        closers = "'" if self.value[start] == "'" else SMART + '"'
        end = next((at for at in range(start + 1, stop) if self.value[at] in closers), None)
        if end is None:
            content = re.sub(r"[\s,}\]:]+$", "", self.value[start + 1 : stop])
            self.pos = start + 1 + len(content)
        else:
            content, self.pos = self.value[start + 1 : end], end + 1
        kind = "single quotes" if self.value[start] == "'" else "typographic quotes"
        sure = end is not None and '"' not in content and "\\" not in content
        self.report(f"a string in {kind}", start, self.pos, f'write "{content}"', f'"{content}"', safe=sure)
        self.last = self.pos
        return content

    # ---- brackets --------------------------------------------------------------------------------------------------

    def closed(self, char: str) -> bool:
        """Whether `char`, the end of the text or a closing bracket of the other kind, ends the innermost bracket.

        One too many is passed over. One that closes a bracket further out is left for that.
        """
        bracket, at = self.open[-1]
        if not char:
            self.unfinished()
            return True
        missing = self.spare[_CLOSER[bracket]] < 0
        if self.spare[char] > 0:
            self.spare[char] -= 1
            self.pos += 1
            if missing:
                self.spare[_CLOSER[bracket]] += 1
                message = f"`{bracket}` is closed by `{char}`"
                self.report(
                    message, self.pos - 1, self.pos, f"write {_CLOSER[bracket]}", _CLOSER[bracket], self.opened(at)
                )
                return True
            self.report(f"one `{char}` too many", self.pos - 1, self.pos, "take it out", "")
            return False
        if any(other == _OPENER[char] for other, _ in self.open[:-1]):
            self.spare[_CLOSER[bracket]] += 1
            message = f"`{bracket}` is not closed before this `{char}`"
            self.report(message, self.pos, self.pos + 1, f"write {_CLOSER[bracket]} before it", _CLOSER[bracket],
                        self.opened(at), at=self.last)  # fmt: skip
            return True
        self.pos += 1
        self.report(f"one `{char}` too many", self.pos - 1, self.pos, "take it out", "")
        return False

    def unfinished(self) -> None:
        """The text ends inside of brackets: said once, for all of them."""
        innermost = self.open[-1]
        closers = "".join(_CLOSER[bracket] for bracket, _ in reversed(self.open))
        where = self.text.span(innermost[1], innermost[1] + 1)
        more = f", nor are {len(closers) - 1} around it" if len(closers) > 2 else ", nor is the one around it"
        message = f"`{innermost[0]}` is never closed{more if len(closers) > 1 else ''}: {self.what} ends before"
        outer = [Step("opened here", self.text.span(at, at + 1)) for _, at in reversed(self.open[:-1])]
        if not self.ended:
            help = f"add {closers} at the end, or what is cut off"
            edits = (Edit(self.text.span(self.size, self.size), closers),) if self.text.verbatim else ()
            self.findings.append(
                Diagnostic(JSON.code, JSON.severity, message, where, tuple(outer[:4]), help, edits=edits)
            )
        self.ended = True

    def separated(self, before: int | None, char: str) -> int | None:
        """The commas before the next key or element: `before` is the end of what came before, None at the start.

        Returns the offset of a comma that what follows has to justify.
        """
        comma: int | None = None
        while char == ",":
            gap = self.gap(self.last, self.pos)
            if not gap and (comma is not None or before is None):
                self.report("a comma too many", self.pos, self.pos + 1, "take it out", "", safe=True)
            else:
                comma = self.pos
            self.pos += 1
            self.last = self.pos
            char = self.peek()
        ends = not char or char in "}]"
        if comma is not None and ends and not self.gap(comma, self.pos) and char:
            self.report(f"a comma before `{char}`", comma, comma + 1, "take the comma out", "", safe=True)
        elif comma is None and before is not None and not ends and not self.gap(before, self.pos):
            sure = "\n" in self.value[before : self.pos]
            self.report("a comma is missing", before - 1, before, "add a comma behind it", ",", at=before, safe=sure)
        return comma

    # ---- objects and lists -----------------------------------------------------------------------------------------

    def object(self, *, implied: bool = False) -> Node:
        """The object that starts here; `implied` is one whose opening brace is missing."""
        start = self.pos
        self.pos += 0 if implied else 1
        self.last = self.pos
        self.open.append(("{", start))
        members: list[Member] = []
        before: int | None = None
        while not self.ended:
            self.separated(before, self.peek())
            char = self.peek()
            if char == "}":
                self.pos += 1
                break
            if char == "]" or not char:
                if self.closed(char):
                    break
                before = self.last
                continue
            member = self.member()
            if member is not None:
                members.append(member)
            before = self.last
        self.open.pop()
        self.last = self.pos
        self.doubles(members, self.gap(start, self.pos))
        return Node("object", self.text.span(start, self.pos), members=tuple(members), open=self.gap(start, self.pos))

    def member(self) -> Member | None:
        """A key and its value; None for what is neither, which has been reported."""
        start = self.pos
        key = self.key()
        if key is None:
            return None
        key_span = self.text.span(start, self.pos)
        char = self.peek()
        if char == ":":
            self.pos += 1
        elif char == "=":
            self.pos += 2 if self.value[self.pos : self.pos + 2] == "=>" else 1
            self.report("`=` between key and value", self.pos - 1, self.pos, "write a colon", ":")
        elif char and char not in ",}]" and "\n" not in self.value[self.last : self.pos]:
            self.report(f"no colon behind the key `{key}`", start, self.last, "add a colon", ":", at=self.last)
        else:
            if char:
                self.report(f"the key `{key}` has no value", start, self.last, f'write "{key}": and its value')
            return Member(key, key_span, Node("absent", key_span))
        self.last = self.pos
        char = self.peek()
        if not char or char in ",}]":
            if char and not self.gap(self.last, self.pos):
                self.report(f"the key `{key}` has no value", start, self.last, "write its value, or leave the key out")
            return Member(key, key_span, Node("absent", key_span))
        return Member(key, key_span, self.any_value())

    def key(self) -> str | None:
        start, char = self.pos, self.value[self.pos]
        if char in "\"'" or char in SMART:
            return self.string(key=True)
        if char in "{[":
            self.report(
                f"a `{char}` where a key is due", start, start + 1, "write its key before it, or check the brackets"
            )
            self.any_value()
            return None
        end = placeholder_at(self.value, start)
        if end is not None:
            self.pos = self.last = end
            if self.peek() == ":":
                self.pos += 1
                self.any_value()
            return None  # a template writes the key: nobody can tell which
        match = json_words.KEY_WORD.match(self.value, start)
        if match is None:
            self.pos = self.last = start + 1
            self.report(f"`{char}` where a key is due", start, start + 1, "take it out", "")
            return None
        self.pos = self.last = match.end()
        if self.value[self.pos : self.pos + 1] == '"':
            self.pos = self.last = self.pos + 1
            self.report(
                f"the key `{match[0]}` has no opening quote", start, self.pos, f'write "{match[0]}"', '"', at=start
            )
        else:
            help = f'write "{match[0]}"'
            self.report(f"the key `{match[0]}` has no quotes", start, self.pos, help, f'"{match[0]}"', safe=True)
        return match[0]

    def elements(self) -> Node:
        start = self.pos
        self.pos = self.last = start + 1
        self.open.append(("[", start))
        elements: list[Node] = []
        before: int | None = None
        while not self.ended:
            comma = self.separated(before, self.peek())
            char = self.peek()
            if char == "]":
                self.pos += 1
                break
            if char == "}" or not char:
                if self.closed(char):
                    break
                before = self.last
                continue
            at, said = self.pos, len(self.findings)
            element = self.any_value()
            if self.pos == at and not self.ended:
                self.pos = self.last = at + 1
                self.report(f"`{char}` where a value is due", at, at + 1, "take it out", "")
            elif element.kind == "string" and self.peek() == ":" and not self.ended:
                del self.findings[said:]
                self.pos = at
                if self.ends_unclosed(elements):
                    self.report("`[` is not closed before this key", at, self.last, "write ] before it", "]",
                                self.opened(start), at=before)  # fmt: skip
                    self.spare["]"] += 1
                    self.pos = comma if comma is not None else at  # the comma is the outer object's
                    break
                self.report(
                    "a key inside of a list: its `{` is missing", at, self.last, "write { before it", "{", at=at
                )
                self.spare["}"] -= 1
                elements.append(self.object(implied=True))
            else:
                elements.append(element)
            before = self.last
        self.open.pop()
        self.last = self.pos
        return Node("list", self.text.span(start, self.pos), elements=tuple(elements), open=self.gap(start, self.pos))

    def ends_unclosed(self, elements: list[Node]) -> bool:
        """Whether a key behind these elements is the outer object's, and not the first of one without its brace."""
        inside_object = len(self.open) > 1 and self.open[-2][0] == "{"
        return inside_object and bool(elements) and (elements[-1].kind != "object" or self.spare["]"] < 0)

    def doubles(self, members: list[Member], gap: bool) -> None:
        """Report keys that stand twice; a template may choose between them."""
        if gap or self.ended or len(members) == len({one.key for one in members}):
            return
        last = {one.key: one for one in members}
        for one in members:
            counts = last[one.key]
            if counts is not one:
                labels = (Step("this one counts", counts.key_span),)
                message = f"`{one.key}` stands twice: the one here is ignored"
                help = "remove one of them"
                edits = removal.of(one, members) if removal.alike(one.value, counts.value) else ()
                self.findings.append(
                    Diagnostic(
                        TWICE.code, Severity.ERROR, message, one.key_span, labels, help, edits=edits, safe=bool(edits)
                    )
                )
