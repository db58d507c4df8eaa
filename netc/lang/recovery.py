"""Reading on after a mistake: the parser's stacks, and how to bring them back to a place where reading makes sense.

Two ways. A *repair* reads the text as it was most likely meant, so that nothing that follows is disturbed. Where none
is known, the entry is given up: the stacks go back to the body around it, the text to the entry's end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from netc.dataclass import dataclass
from netc.diagnostics import Step, error
from netc.lang import brackets, codes
from netc.lang.build import Builder
from netc.lang.token import Token
from netc.sources import Span

#: More mistakes than this in one file are not looked for.
MAX_MISTAKES = 25
#: Nor is a text read on after this many entries were given up.
MAX_GIVEN_UP = 200

_OPENERS = ("LBRACE", "LSQB", "LPAR", "INTERP_OPEN", "STR_OPEN", "TEXT_OPEN")

_CLOSERS = ("RBRACE", "RSQB", "RPAR", "STR_CLOSE", "STR_BROKEN", "TEXT_CLOSE")


@dataclass(frozen=True, slots=True)
class Repair:
    """A mistake at `span` in words, and how to read on: as if `tokens` stood there, with the text from `resume`.

    With `resume` None the entry is given up. `told` says that the mistake is part of one that was told before.
    """

    message: str
    span: Span
    help: str | None = None
    labels: tuple[Step, ...] = ()
    tokens: tuple[tuple[str, str], ...] = ()
    resume: int | None = None
    told: bool = False


class Reader:
    """A parse that goes on after mistakes. `explain` of `mistakes` looks at it to say what is wrong."""

    def __init__(self, lark: Any, builder: Builder) -> None:
        self.builder = builder
        self.source = builder.source
        self.text = builder.source.text
        interactive = lark.parse_interactive(self.text)
        self.state, self.thread = interactive.parser_state, interactive.lexer_thread
        self.layout = brackets.scan(self.source)
        self.patches = list(reversed(self.layout.patches))
        self.history: list[Token] = []
        terminals = [
            each for each in lark.terminals if not each.name.startswith(("STR_", "TEXT_", "BAD_", "ESCAPE", "WS"))
        ]
        terminals.sort(key=lambda each: (-each.priority, -each.pattern.max_width, -len(each.pattern.value)))
        self.terminals = [(each.name, re.compile(each.pattern.to_regexp())) for each in terminals]
        self.mistakes = 0
        self.given_up = 0
        self.quiet = False
        self.indentation = 0
        self.furthest = -1
        #: How many tokens there were when something was last left out of the text.
        self.left_out = -1

    def read(self) -> None:
        """Read the text to its end, or to the last mistake that is looked for; mistakes go to the builder."""
        from lark.exceptions import UnexpectedCharacters, UnexpectedToken

        from netc.lang import mistakes
        from netc.lang.driver import MAX_TOKENS, TooLongError

        for found in self.layout.found[:MAX_MISTAKES]:
            self.builder.found.append(found)
            self.mistakes += 1
        fed = 0
        while self.mistakes < MAX_MISTAKES and self.given_up < MAX_GIVEN_UP:
            try:
                for word in self.thread.lex(self.state):
                    token = Token(word.type, word, word.start_pos, word.end_pos)
                    if self._patch(token.start_pos):
                        break
                    early = mistakes.before(self, token)
                    if early is not None:
                        self._carry_out(early, token.start_pos)
                        break
                    if not self.can(token.type):
                        self._carry_out(mistakes.explain(self, token.start_pos, token), token.start_pos)
                        break
                    self._feed(token)
                    fed += 1
                    if fed > MAX_TOKENS:
                        raise TooLongError(token.start_pos)
                else:
                    if self._patch(len(self.text)):
                        continue
                    self._end()
                    return
            except (UnexpectedToken, UnexpectedCharacters) as unexpected:
                at = unexpected.pos_in_stream or 0
                if not self._patch(at):
                    self._carry_out(mistakes.explain(self, at, self._token_at(at)), at)

    def _end(self) -> None:
        from netc.lang import mistakes

        if self.can("$END"):
            # What the last tokens make is built only now, and the builder may have something to say of it.
            self.state.feed_token(Token("$END", "", len(self.text), len(self.text)), True)
        elif not self.quiet:
            self._note(mistakes.at_end(self))

    def _feed(self, token: Token) -> None:
        self.state.feed_token(token)
        self.history.append(token)
        self.quiet = False

    def _token_at(self, at: int) -> Token | None:
        """The token at an offset as it would be outside of strings, whether it fits there or not."""
        for name, pattern in self.terminals:
            match = pattern.match(self.text, at)
            if match is not None:
                return Token(name, match[0], start_pos=at, end_pos=match.end())
        return None

    # ---- what fits --------------------------------------------------------------------------------------------------

    def can(self, *terminals: str) -> bool:
        """Whether these terminals, one after the other, could stand here.

        It is asked before every token: the parser itself sees that one does not fit only after it has drawn
        conclusions, and what it concluded can't be taken back.
        """
        from lark.parsers.lalr_analysis import Shift

        conf = self.state.parse_conf
        stack = list(self.state.state_stack)
        for terminal in terminals:
            while True:
                action = conf.states[stack[-1]].get(terminal)
                if action is None:
                    return False
                if action[0] is Shift:
                    stack.append(action[1])
                    break
                size = len(action[1].expansion)
                if size:
                    del stack[-size:]
                stack.append(conf.states[stack[-1]][action[1].origin.name][1])
                if terminal == "$END" and stack[-1] == conf.end_state:
                    return True
        return True

    def bracket(self) -> Token | None:
        """The innermost bracket or quote that is open."""
        closed = 0  # the parser may not have put together yet what is complete
        for value in reversed(self.state.value_stack):
            if type(value) is not Token:
                continue
            if value.type in _CLOSERS:
                closed += 1
            elif value.type in _OPENERS:
                if not closed:
                    return value
                closed -= 1
        return None

    def opened_by(self, *terminals: str) -> Token | None:
        """The last keyword of these whose construct is still open."""
        for value in reversed(self.state.value_stack):
            if type(value) is Token and value.type in terminals:
                return value
        return None

    def last(self, back: int = 1) -> Token | None:
        """The token before this place, or one further back."""
        return self.history[-back] if len(self.history) >= back else None

    def span(self, start: int, end: int) -> Span:
        """Characters of the text."""
        return Span(self.source, start, max(start, min(end, len(self.text))))

    # ---- reading on -------------------------------------------------------------------------------------------------

    def _move(self, offset: int) -> None:
        self.thread.state.line_ctr.char_pos = offset

    def _patch(self, at: int) -> bool:
        """Apply the patch that is due at or before `at`, if there is one."""
        if not self.patches or self.patches[-1].start > at:
            return False
        patch = self.patches.pop()
        if not patch.tokens:
            self.left_out = len(self.history)
        for terminal, text in patch.tokens:
            if not self.can(terminal) and terminal in ("RBRACE", "RSQB", "RPAR"):
                self._unwind(terminal)
            if self.can(terminal):
                self._feed_all([(terminal, text)], patch.start, patch.end)
        self._move(max(patch.end, patch.start))
        return True

    def _feed_all(self, tokens: Iterable[tuple[str, str]], start: int, end: int) -> None:
        for terminal, text in tokens:
            self._feed(Token(terminal, text, start_pos=start, end_pos=end))

    def _note(self, repair: Repair) -> None:
        self.mistakes += 1
        found = error(codes.SYNTAX.code, repair.message, repair.span, *repair.labels, help=repair.help)
        self.builder.found.append(found)

    def _carry_out(self, repair: Repair, at: int) -> None:
        if not repair.told and (not self.quiet or self._starts_anew(at)):
            self._note(repair)
        kinds = [terminal for terminal, _ in repair.tokens]
        progress = (at, len(self.history))
        if repair.resume is not None and self.can(*kinds) and (repair.resume > at or kinds):
            last = self.last()
            if repair.resume > at or last is None:
                self._feed_all(repair.tokens, at, repair.resume)
            else:
                end = last.end_pos
                self._feed_all(repair.tokens, end, end)
            self._move(repair.resume)
            if progress[0] > self.furthest or repair.resume > at:
                self.furthest = max(self.furthest, at)
                return
        self._give_up(at)

    def _starts_anew(self, at: int) -> bool:
        """Whether `at` begins a line that is no continuation of the entry that was given up."""
        before = self.text[self.text.rfind("\n", 0, at) + 1 : at]
        return not before.strip() and len(before) <= self.indentation

    def _give_up(self, at: int) -> None:
        """Drop the entry that the parser is in, and read on after it."""
        self.given_up += 1
        line = self.text[self.text.rfind("\n", 0, at) + 1 :][:200]
        self.indentation = len(line) - len(line.lstrip(" \t"))
        self._unwind()
        opening = self.bracket()
        limit = len(self.text)
        if opening is not None:
            limit = self.layout.pairs.get(opening.start_pos, limit)
        resume = self.layout.end_of_entry(at, max(limit, at))
        if resume <= self.furthest:
            resume = self.furthest + 1
        if resume == at and not self.text.startswith(("}", "\n"), at):
            resume = at + 1
        self.furthest = max(resume, self.furthest)
        self._move(min(resume, len(self.text)))
        self.quiet = True

    def _unwind(self, closer: str | None = None) -> None:
        """Take from the stacks what is unfinished, back to the body around it (or to where `closer` fits)."""
        state_stack, value_stack = self.state.state_stack, self.state.value_stack
        while len(state_stack) > 1:
            if closer is not None and self.can(closer):
                return
            if closer is None and self._between_entries():
                return
            state_stack.pop()
            value_stack.pop()

    def _between_entries(self) -> bool:
        if self.can("$END"):
            return True
        return self.can("RBRACE") and any(self.can(terminal) for terminal in ("IDENT", "EXPECT", "ATTACH"))
