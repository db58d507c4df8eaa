"""Names in the lock file: as they are where nothing can be mistaken, else in quotes.

What needs quotes is written down here, character by character, and not asked of Python's Unicode tables: those differ
between releases, and the lock is the same on every machine.
"""

from __future__ import annotations

import re

#: Control, invisible and direction-changing characters, surrogates: what a reader can't see or an editor may change.
_HIDDEN = (
    "\\x00-\\x1f\\x7f-\\xa0\\xad\\u0300-\\u036f\\u0600-\\u0605\\u061c\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f"
    "\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u3000\\u3164\\ud800-\\udfff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\uffff"
    "\\U000e0000-\\U0010ffff"
)
#: A name that needs no quotes, as a pattern.
BARE = f'[^ {_HIDDEN}"#\\\\<=>|]+'
_BARE = re.compile(BARE)
_ESCAPED = re.compile(f'[{_HIDDEN}"\\\\]')
_HARMFUL = re.compile(f"[{_HIDDEN}]")
_ESCAPE = re.compile(r'\\(?:([nrt"\\])|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))')
_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"}
_PLAIN = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}

#: A token of the lock: in quotes, or without.
TOKEN = re.compile(f'"(?:[^"\\\\]|\\\\.)*"|{BARE}')
_SHELL = re.compile(r"[A-Za-z0-9_.:/@%+,-]+")


def word(text: str) -> str:
    """A name as the lock has it: `n1`, `"rack 1"`, `"a\\nb"`. One line, visible characters only."""
    if _BARE.fullmatch(text):
        return text
    return f'"{_ESCAPED.sub(_escape, text)}"'


def unquoted(token: str) -> str | None:
    """The name that a token stands for, the inverse of `word`; None for an escape that does not exist."""
    if not token.startswith('"'):
        return token
    parts: list[str] = []
    at, inside = 0, token[1:-1]
    while (slash := inside.find("\\", at)) >= 0:
        found = _ESCAPE.match(inside, slash)
        if found is None:
            return None
        number = int(found[2] or found[3] or "0", 16)
        if number > 0x10FFFF:
            return None
        parts += [inside[at:slash], _PLAIN[found[1]] if found[1] else chr(number)]
        at = found.end()
    return "".join([*parts, inside[at:]])


def quoted(text: str) -> str:
    """A name for a command that a person may copy into a shell; what can't be seen is in the form `$'\\u00a0'`."""
    if _SHELL.fullmatch(text) and not text.startswith("-"):
        return text
    if _HARMFUL.search(text):
        return "$'" + _ESCAPED.sub(_escape, text).replace('\\"', '"').replace("'", "\\'") + "'"
    return "'" + text.replace("'", "'\\''") + "'"


def release_command(pool: str, key: str) -> str:
    """The command that gives up a key's blocks, ready to be copied."""
    words = " ".join(map(quoted, (pool, key)))
    return f"netc ipam release {'-- ' if '-' in (pool[:1], key[:1]) else ''}{words}"


def _escape(found: re.Match[str]) -> str:
    char = found[0]
    if char in _NAMED:
        return _NAMED[char]
    return f"\\u{ord(char):04x}" if ord(char) <= 0xFFFF else f"\\U{ord(char):08x}"
