"""Files that a template engine has yet to fill in: what stands in for a value fits any type.

Known are `__NAME__`, `{{ ... }}`, `${NAME}`, `$NAME`, `$(NAME)` and `<name>`. Lines that only steer the engine
(`{{- if ... }}`, `{% endfor %}`) are passed over.
"""

from __future__ import annotations

import re

#: What an expression in braces becomes, character by character: a private character that no configuration has.
HOLE = "\ue000"

# Braces within braces never start like this in JSON, where a key in double quotes follows a brace.
_EXPRESSION = re.compile(
    r"\{\{-?\s+[^{}]+?\}\}|\{\{-?\s*[\w.$(/#!>^&][^{}]*?\}\}|\{\{-?\s*/\*.*?\*/\s*-?\}\}", re.DOTALL
)
_LINE = re.compile(r"^[ \t]*(?:(?:\{\{[^{}\n]*\}\}|\{%[^\n]*?%\})[ \t]*)+$", re.MULTILINE)
_KEY = re.compile(r"\"\s*:")

#: A placeholder that ends by itself, wherever it stands in a text.
WORD = re.compile(
    r"__[A-Za-z][A-Za-z0-9_]*?__|\$\{[^{}\s]+\}|\$\([\w.]+\)|\$[A-Za-z_][A-Za-z0-9_]*|" + HOLE + r"+", re.ASCII
)
_ANGLE = re.compile(r"<[A-Za-z][\w .:/-]*>")


def masked(text: str) -> str:
    """The text, as long as it was: each expression in double braces as `HOLE`s, a line of only such as empty ones."""
    if "{{" not in text and "{%" not in text:
        return text
    text = _LINE.sub(lambda match: match[0] if _KEY.search(match[0]) else "\n" * len(match[0]), text)
    return _EXPRESSION.sub(_hole, text)


def _hole(match: re.Match[str]) -> str:
    if _KEY.search(match[0]):
        return match[0]
    return "".join("\n" if char == "\n" else HOLE for char in match[0])


def is_filled_in_later(text: str) -> bool:
    """Whether a string has a placeholder in it, or is one."""
    if not text or ("_" not in text and "$" not in text and "<" not in text and HOLE not in text):
        return False
    return WORD.search(text) is not None or _ANGLE.fullmatch(text) is not None


def placeholder_at(text: str, offset: int) -> int | None:
    """Where a placeholder that starts at `offset`, outside of quotes, ends; None where there is none."""
    match = WORD.match(text, offset) or _ANGLE.match(text, offset)
    return match.end() if match is not None else None
