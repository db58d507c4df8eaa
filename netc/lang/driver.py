"""The parser's loop over the tables that Lark has made.

An expression's grammar is a ladder of a dozen rules, one a precedence, and a mere `1` climbs all of it: twelve
reductions that change nothing but the state. Lark's own loop takes each for itself; this one remembers where such a
climb ends, which takes a fifth off the time of a whole parse (the rest is the lexer's and the tree's).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netc.lang.build import TooDeepError
from netc.lang.syntax import Item
from netc.sources import Source, Span

#: Words and marks in one file. A fleet of 1,000 networks written out one by one has 150,000.
MAX_TOKENS = 500_000
#: How many things may be open at once: brackets, operators that wait for their right side.
MAX_OPEN = 1_000


class TooLongError(Exception):
    """More tokens than `MAX_TOKENS`; `offset` is where the last one stands."""

    def __init__(self, offset: int) -> None:
        super().__init__("too long")
        self.offset = offset


class NoFitError(Exception):
    """A token that does not fit."""


class Driver:
    """Runs one Lark parser, text after text."""

    def __init__(self, lark: Any) -> None:
        from lark.parsers.lalr_analysis import Shift

        self.lark = lark
        self.shift = Shift
        callbacks = lark.parser.parser.parser.callbacks
        #: By the `id` of a rule: how many symbols it takes, what it becomes, what makes it, whether it only climbs.
        self.rules: dict[int, tuple[int, str, Callable[[list[Any]], Any], bool]] = {}
        for rule in lark.rules:
            size = len(rule.expansion)
            climbs = rule.options.expand1 and rule.alias is None and size == 1 and not rule.expansion[0].is_term
            self.rules[id(rule)] = (size, rule.origin.name, callbacks[rule], climbs)
        #: Where a climb ends, by the state below it, its first state, and the terminal that comes next.
        self.climbs: dict[tuple[int, int, str], int] = {}

    def run(self, source: Source) -> tuple[Item, ...]:
        """The items of a text; raises `NoFitError`, `TooDeepError`, `TooLongError`, or what Lark's lexer raises."""
        interactive = self.lark.parse_interactive(source.text)
        state, thread = interactive.parser_state, interactive.lexer_thread
        below = state.value_stack
        left = MAX_TOKENS
        for token in thread.lex(state):
            self._feed(state, token.type, token)
            left -= 1
            if len(below) > MAX_OPEN:
                raise TooDeepError(Span(source, token.start_pos, token.end_pos))
            if left < 0:
                raise TooLongError(token.start_pos)
        self._feed(state, "$END", None)
        items: tuple[Item, ...] = below[-1]
        return items

    def _feed(self, state: Any, terminal: str, token: Any) -> None:
        states, end = state.parse_conf.states, state.parse_conf.end_state
        stack, values = state.state_stack, state.value_stack
        rules, climbs, shift = self.rules, self.climbs, self.shift
        while True:
            top = stack[-1]
            action = states[top].get(terminal)
            if action is None:
                raise NoFitError
            kind, rule = action
            if kind is shift:
                stack.append(rule)
                values.append(token)
                return
            size, name, make, only_climbs = rules[id(rule)]
            if only_climbs:
                key = (stack[-2], top, terminal)
                final = climbs.get(key)
                if final is None:
                    climbs[key] = final = self._top_of_climb(states, *key)
                stack[-1] = final
                continue
            if size:
                children = values[-size:]
                del stack[-size:]
                del values[-size:]
            else:
                children = []
            values.append(make(children))
            stack.append(states[stack[-1]][name][1])
            if terminal == "$END" and stack[-1] == end:
                return

    def _top_of_climb(self, states: Any, below: int, top: int, terminal: str) -> int:
        while True:
            action = states[top].get(terminal)
            if action is None or action[0] is self.shift:
                return top
            _, name, _, only_climbs = self.rules[id(action[1])]
            if not only_climbs:
                return top
            top = states[below][name][1]
