"""How an operator or function says no."""

from __future__ import annotations

from netc.lang import codes


class Refusal(Exception):
    """These values do not go: `str()` is one sentence, `help` the fix, `argument` the culprit's index where known."""

    def __init__(self, message: str, help: str | None = None, *, code: str = codes.VALUE.code, argument: int = -1):
        super().__init__(message)
        self.help, self.code, self.argument = help, code, argument


def wrong_type(message: str, help: str | None = None, *, argument: int = -1) -> Refusal:
    """A refusal because of a value's type."""
    return Refusal(message, help, code=codes.TYPE.code, argument=argument)


def too_large(message: str, help: str | None = None) -> Refusal:
    """A refusal because of a result's size."""
    return Refusal(message, help, code=codes.LIMIT.code)


def a(kind: str) -> str:
    """`an int`, `a string`, `null`: a type with its article."""
    return kind if kind == "null" else f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"
