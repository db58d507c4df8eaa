"""The strings of a JSON text: what one says, where it ends, and what is wrong with how it is written."""

from __future__ import annotations

import json
import re

from netc.dataclass import dataclass

#: A string without a mistake.
SOUND = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"')

#: Quotes of typographers and word processors.
SMART = "\u201c\u201d\u201e\u201f\u2018\u2019\u201a\u201b\u00ab\u00bb\u2033\u0060\u00b4"

_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_HEX = re.compile(r"[0-9a-fA-F]{4}")
_KEY_AND_COLON = re.compile(r'"([A-Za-z_][\w./-]*)\s*:')
_NEXT_LINE_CLOSES = re.compile(r'[^"\n{}\[\]]*"[ \t]*(?:[,}\]:]|$)', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing wrong between two offsets; `put` is what belongs there, `safe` where no one can have meant another."""

    message: str
    start: int
    end: int
    help: str
    put: str | None = None
    safe: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A string: its value, the offset behind it, and the mistakes in it."""

    value: str
    end: int
    mistakes: tuple[Mistake, ...] = ()


def sound(text: str, at: int) -> Found | None:
    """The string that starts at `at`, if nothing is wrong with it."""
    match = SOUND.match(text, at)
    if match is None:
        return None
    inner = match[0][1:-1]
    return Found(json.loads(match[0]) if "\\" in inner else inner, match.end())


def swallows_neighbour(text: str, at: int, end: int) -> bool:
    """Whether a string that looks sound has likely run past its own end: a word follows its closing quote at once."""
    following = text[end : end + 1]
    return following.isalnum() or following in ("_", "\\", "$") or (following in SMART and following != "")


def unsound(text: str, at: int, line_end: int, *, key: bool) -> Found:
    """The string that starts at `at`, whatever is wrong with it; `line_end` is where its line ends in the file."""
    cut = _cut_short(text, at, line_end, key=key)
    if cut is not None:
        return cut
    value: list[str] = []
    mistakes: list[Mistake] = []
    pos, size = at + 1, len(text)
    while pos < size:
        char = text[pos]
        if char == '"':
            return Found("".join(value), pos + 1, tuple(mistakes))
        if char == "\\":
            pos = _escape(text, pos, value, mistakes)
            continue
        if char == "\n" and not (pos < line_end or _NEXT_LINE_CLOSES.match(text, pos + 1)):
            return _unclosed(text, at, pos, mistakes)
        if char < " ":
            mistakes.append(_control(char, pos))
        value.append(char)
        pos += 1
    return _unclosed(text, at, min(line_end, size) if line_end > at else size, mistakes)


def _cut_short(text: str, at: int, line_end: int, *, key: bool) -> Found | None:
    """A string whose closing quote is missing, where the text itself says where it belongs."""
    if key:
        match = _KEY_AND_COLON.match(text, at, line_end)
        if match is not None:
            name, end = match[1], match.end(1)
            return Found(
                name,
                end,
                (Mistake(f"the key `{name}` has no closing quote", at, end, f'write "{name}":', f'"{name}"'),),
            )
    quote = text.find('"', at + 1, line_end)
    stop = line_end if quote < 0 else quote
    for index in range(at + 1, min(stop + 1, line_end)):
        if text[index] in SMART and re.match(r"\s*(?:[:,}\]]|$)", text[index + 1 : line_end]):
            message = f"a string is closed by {text[index]}, which is no quote for JSON"
            mistake = Mistake(message, index, index + 1, 'write "', '"', True)
            return Found(text[at + 1 : index], index + 1, (mistake,))
    if quote >= 0 and (text[quote + 1 : quote + 2].isalnum() or text[quote + 1 : quote + 2] == "_"):
        comma = re.match(r"([^,\"]*?)\s*,\s*$", text[at + 1 : quote])
        if comma is not None:
            end = at + 1 + comma.end(1)
            return Found(comma[1], end, (_missing_quote(at, end),))
    return None


def _missing_quote(at: int, end: int) -> Mistake:
    return Mistake("a string without its closing quote", at, end, 'close it with "', None)


def _unclosed(text: str, at: int, line_end: int, mistakes: list[Mistake]) -> Found:
    inner = text[at + 1 : line_end]
    content = re.sub(r"[\s,}\]]+$", "", inner)
    end = at + 1 + len(content)
    kept = [one for one in mistakes if one.start < end]
    return Found(content, end, (*kept, _missing_quote(at, end)))


def _escape(text: str, pos: int, value: list[str], mistakes: list[Mistake]) -> int:
    """Take the escape at `pos` into `value`; the offset behind it."""
    char = text[pos + 1 : pos + 2]
    if char in _ESCAPES and char:
        value.append(_ESCAPES[char])
        return pos + 2
    if char == "u":
        match = _HEX.match(text, pos + 2)
        if match is not None:
            value.append(chr(int(match[0], 16)))
            return match.end()
        mistakes.append(Mistake(r"\u without four hex digits", pos, pos + 2, r"write \u00e9, or the letter itself"))
        return pos + 2
    if char in ("", "\n", "\r"):
        mistakes.append(Mistake("a backslash at the end of a line", pos, pos + 1, "a string stands on one line"))
        return pos + 1
    if char == "'":
        mistakes.append(Mistake(r"JSON has no escape \'", pos, pos + 2, "write the ' by itself", "'", True))
    else:
        shown = f"\\{char}" if char.isprintable() else "a backslash"
        mistakes.append(
            Mistake(f"JSON has no escape {shown}", pos, pos + 2, r"write \\ for a backslash", f"\\\\{char}")
        )
        value.append("\\")
    value.append(char)
    return pos + 2


def _control(char: str, pos: int) -> Mistake:
    names = {"\t": ("a tab", "\\t"), "\n": ("a line break", "\\n"), "\r": ("a carriage return", "\\r")}
    name, put = names.get(char, (f"the control character U+{ord(char):04X}", f"\\u{ord(char):04x}"))
    return Mistake(f"{name} inside of a string", pos, pos + 1, f"write {put}", put, char not in "\r\n")
