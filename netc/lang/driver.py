"""The parser: one loop over the grammar's tables, for texts that follow the grammar.

What can stand where decides what a word is, as in Lark's contextual lexer: each word is looked for among those that
fit. An expression's grammar is a ladder of a dozen rules, one a precedence, and a mere `1` climbs all of it: twelve
reductions that change nothing but the state. The loop remembers where such a climb ends.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from netc.lang.build import Builder, TooDeepError
from netc.lang.compact import Data
from netc.lang.syntax import Comment, Item
from netc.lang.token import Token
from netc.sources import Source, Span

#: Words and marks in one file. A fleet of 1,000 networks written out one by one has 150,000.
MAX_TOKENS = 500_000
#: How many things may be open at once: brackets, operators that wait for their right side.
MAX_OPEN = 1_000

Make = Callable[[list[Any]], Any]


class TooLongError(Exception):
    """More tokens than `MAX_TOKENS`; `offset` is where the last one stands."""

    def __init__(self, offset: int) -> None:
        super().__init__("too long")
        self.offset = offset


class NoFitError(Exception):
    """A text that does not follow the grammar."""


class Driver:
    """Reads texts with the tables of `compact`, by the methods of one builder."""

    def __init__(self, data: Data, builder: Builder) -> None:
        self.builder = builder
        self.states: list[dict[str, int]] = data["states"]
        self.start, self.end = data["start"], data["end"]
        #: Of each rule: how many symbols it takes, what it becomes, what makes it, whether it only climbs.
        self.rules = [
            (size, origin, _maker(builder, method, children, one), climbs)
            for size, origin, method, children, one, climbs in data["rules"]
        ]
        self.patterns: list[list[tuple[str, str]]] = data["patterns"]
        white = r"[ \t\r\n]*"
        self.words = [
            re.compile((white if not kind else "") + _one_of(patterns)) for kind, patterns in enumerate(self.patterns)
        ]
        self.kinds = [1 if "STR_TEXT" in each else 2 if "TEXT_TEXT" in each else 0 for each in self.states]
        #: Keywords: their terminal, and what must follow.
        self.keywords: dict[str, tuple[str, str]] = data["keywords"]
        self.climbs: dict[tuple[int, int, str], int] = {}

    def run(self, source: Source) -> tuple[Item, ...]:
        """The items of a text; raises `NoFitError`, `TooDeepError` or `TooLongError`."""
        text, states, kinds, words, keywords = source.text, self.states, self.kinds, self.words, self.keywords
        stack, values = [self.start], []  # type: ignore[var-annotated]
        at, left = 0, MAX_TOKENS
        while True:
            state = stack[-1]
            found = words[kinds[state]].match(text, at)
            if found is None:
                if text[at:].strip(" \t\r\n"):
                    raise NoFitError
                self._feed(stack, values, "$END", None)
                items: tuple[Item, ...] = values[-1]
                return items
            kind = found.lastgroup
            assert kind is not None
            start, at = found.span(kind)
            if kind == "COMMENT":
                self.builder.comments.append(Comment(Span(source, start, start + len(found[kind].rstrip("\r")))))
                continue
            actions = states[state]
            word = found[kind]
            keyword = keywords.get(word) if kind == "IDENT" else None
            # `re` keeps what it has compiled, and few of the keywords stand in any one file.
            if keyword is not None and keyword[0] in actions and re.compile(keyword[1]).match(text, at):
                kind = keyword[0]
            if kind not in actions:
                kind, at = self._fitting(actions, kinds[state], text, start)
                word = text[start:at]
            self._feed(stack, values, kind, Token(kind, word, start, at))
            left -= 1
            if len(values) > MAX_OPEN:
                raise TooDeepError(Span(source, start, at))
            if left < 0:
                raise TooLongError(start)

    def _fitting(self, actions: dict[str, int], kind: int, text: str, at: int) -> tuple[str, int]:
        """The first word of those that fit here, and where it ends; raises `NoFitError`."""
        for name, pattern in self.patterns[kind]:
            if name in actions and (found := re.compile(pattern).match(text, at)):
                return name, found.end()
        raise NoFitError

    def _feed(self, stack: list[int], values: list[Any], terminal: str, token: Token | None) -> None:
        states, rules, climbs = self.states, self.rules, self.climbs
        while True:
            top = stack[-1]
            action = states[top].get(terminal)
            if action is None:
                raise NoFitError
            if action >= 0:
                stack.append(action)
                values.append(token)
                return
            size, name, make, only_climbs = rules[-1 - action]
            if only_climbs:
                key = (stack[-2], top, terminal)
                final = climbs.get(key)
                if final is None:
                    climbs[key] = final = self._top_of_climb(*key)
                stack[-1] = final
                continue
            if size:
                children = values[-size:]
                del stack[-size:]
                del values[-size:]
            else:
                children = []
            values.append(make(children))
            stack.append(states[stack[-1]][name])
            if terminal == "$END" and stack[-1] == self.end:
                return

    def _top_of_climb(self, below: int, top: int, terminal: str) -> int:
        while True:
            action = self.states[top].get(terminal)
            if action is None or action >= 0:
                return top
            _, name, _, only_climbs = self.rules[-1 - action]
            if not only_climbs:
                return top
            top = self.states[below][name]


def _one_of(patterns: list[tuple[str, str]]) -> str:
    return "(?:" + "|".join(f"(?P<{name}>{pattern})" for name, pattern in patterns) + ")"


def _maker(builder: Builder, method: str, children: list[int], one: bool) -> Make:
    """What a rule makes of its children."""
    keep = _keeper(children)
    if not method:
        return keep
    make: Make = getattr(builder, method, None) or _no_method
    if one:

        def alone(given: list[Any]) -> Any:
            kept = keep(given)
            return kept[0] if len(kept) == 1 else make(kept)

        return alone
    if all(each == 1 for each in children):
        return make
    return lambda given: make(keep(given))


def _keeper(children: list[int]) -> Callable[[list[Any]], list[Any]]:
    """The children that are kept, in one list."""
    if all(each == 1 for each in children):
        return lambda given: given
    if 2 not in children:
        at = [index for index, each in enumerate(children) if each]
        return lambda given: [given[index] for index in at]

    def flat(given: list[Any]) -> list[Any]:
        out: list[Any] = []
        for each, child in zip(children, given):
            if each == 2:
                out += child
            elif each:
                out.append(child)
        return out

    return flat


def _no_method(children: list[Any]) -> Any:
    raise AssertionError("a rule without a method of the builder")
