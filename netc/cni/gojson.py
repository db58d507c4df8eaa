"""JSON as the reference implementation reads and writes it: its texts for broken documents, its escapes, its quoting.

Plugins and runtimes compare these texts byte for byte in logs and tests, so a netc driver says the same ones.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final, NoReturn

Json = Any  # None | bool | int | float | str | list[Json] | dict[str, Json]

#: Spaces of indentation in everything that a plugin prints, except the VERSION reply.
INDENT: Final = 4
#: Levels of lists and objects in a document. Go allows 10,000; here every pass over a document is recursive.
MAX_DEPTH: Final = 200

_LITERALS: Final = {"t": "true", "f": "false", "n": "null"}
_ESCAPES: Final = {"\a": "a", "\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t", "\v": "v", "\\": "\\"}
_HTML: Final = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})


class JsonError(ValueError):
    """A document that is not JSON; the message is the one that Go's decoder has for it."""


def quote(text: str) -> str:
    """`text` in double quotes as Go's `%q` prints it."""
    return '"' + "".join(_quoted(char, '"') for char in text) + '"'


def quote_all(texts: Iterable[str]) -> str:
    """`["a" "b"]`, as Go's `%q` prints a list of strings."""
    return "[" + " ".join(quote(text) for text in texts) + "]"


def _quoted(char: str, mark: str) -> str:
    if char == mark:
        return "\\" + char
    if char in _ESCAPES:
        return "\\" + _ESCAPES[char]
    if char.isprintable():
        return char
    code = ord(char)
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def loads(source: str | bytes) -> Json:
    """The JSON document in `source`. Raises `JsonError`.

    Stricter than `json.loads` where Go is: no NaN or Infinity. Integers keep all their digits. Bytes that are not
    UTF-8, and lone surrogates, become U+FFFD. Lists and objects nest `MAX_DEPTH` levels at most.
    """
    text = source.decode("utf-8", errors="replace") if isinstance(source, bytes) else source
    if _nests_too_deep(text):
        raise JsonError("exceeded max depth")
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise JsonError(_syntax_error(text, error)) from None
    except JsonError:
        raise
    except ValueError:
        raise JsonError("cannot unmarshal number: too many digits") from None
    return _without_surrogates(value) if "\\u" in text or not text.isascii() else value


def _no_constant(name: str) -> NoReturn:
    raise JsonError(
        f"invalid character '{name.lstrip('-')[0]}' " + ("in numeric literal" if name[0] == "-" else _VALUE)
    )


_VALUE: Final = "looking for beginning of value"


def _without_surrogates(value: Json) -> Json:
    # A lone \\ud83d escape makes a string that can't be written out again; the way through UTF-16 mends it.
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return value
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    return value


def _syntax_error(text: str, error: json.JSONDecodeError) -> str:
    position, what = error.pos, error.msg
    if what.startswith("Unterminated string"):
        return "unexpected end of JSON input"
    if what.startswith("Illegal trailing comma"):  # Python 3.13 and later point at the comma
        position = _skip_space(text, position + 1)
        what = "Expecting property name" if text[position : position + 1] == "}" else "Expecting value"
    if what.startswith("Expecting property name") or what.startswith("Expecting value"):
        position = _skip_space(text, position)
    if position >= len(text):
        return "unexpected end of JSON input"
    char = text[position]
    if what.startswith("Extra data"):
        return f"invalid character {_char(char)} after top-level value"
    if what.startswith("Expecting property name"):
        return f"invalid character {_char(char)} looking for beginning of object key string"
    if what.startswith("Expecting ':'"):
        return f"invalid character {_char(char)} after object key"
    if what.startswith("Expecting ','"):
        where = "object key:value pair" if _innermost(text[:position]) == "{" else "array element"
        return f"invalid character {_char(char)} after {where}"
    if what.startswith("Invalid control character"):
        return f"invalid character {_char(char)} in string literal"
    if what.startswith("Invalid \\"):
        return f"invalid character {_char(text[position + 1 : position + 2] or char)} in string escape code"
    literal = _LITERALS.get(char)
    if literal is not None:
        # At the end of the document Go's scanner goes on with a space, and complains of that.
        for expected, found in zip(literal, text[position:].ljust(len(literal))):
            if found != expected:
                return f"invalid character {_char(found)} in literal {literal} (expecting {_char(expected)})"
    if char == "-":
        return f"invalid character {_char(text[position + 1 : position + 2] or ' ')} in numeric literal"
    return f"invalid character {_char(char)} {_VALUE}"


def _char(char: str) -> str:
    """A character in single quotes; Go's decoder works on bytes, so one beyond ASCII shows as its first byte."""
    first = chr(char.encode("utf-8", "replace")[0])
    return "'\"'" if first == '"' else "'" + _quoted(first, "'") + "'"


def _skip_space(text: str, position: int) -> int:
    while position < len(text) and text[position] in " \t\r\n":
        position += 1
    return position


def _nests_too_deep(text: str) -> bool:
    # Most documents have fewer brackets than that, and need no closer look.
    return text.count("[") + text.count("{") > MAX_DEPTH and _brackets(text)[1] > MAX_DEPTH


def _innermost(text: str) -> str:
    """The bracket that is still open at the end of `text`."""
    return _brackets(text)[0]


def _brackets(text: str) -> tuple[str, int]:
    """The bracket that is still open at the end of `text`, and how many were open at once."""
    open_brackets, in_string, escaped, deepest = [], False, False, 0
    for char in text:
        if in_string:
            in_string = escaped or char != '"'
            escaped = char == "\\" and not escaped
        elif char == '"':
            in_string = True
        elif char in "[{":
            open_brackets.append(char)
            deepest = max(deepest, len(open_brackets))
        elif char in "]}" and open_brackets:
            open_brackets.pop()
    return (open_brackets[-1] if open_brackets else ""), deepest


def dumps(value: Json, *, indent: int | None = INDENT) -> str:
    """JSON text with Go's escapes (`<`, `>` and `&` as \\u003c, ...); compact where `indent` is None."""
    separators = (",", ":") if indent is None else (",", ": ")
    # Brackets, quotes and commas are never among the escaped characters: only the insides of strings change.
    return json.dumps(value, indent=indent, separators=separators, ensure_ascii=False, allow_nan=False).translate(_HTML)


def kind(value: Json) -> str:
    """What Go's decoder calls the JSON type of `value`: null, bool, number, string, array or object."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, (list, tuple)) else "object"


def go_type(value: Json) -> str:
    """The Go type of `value` decoded without a schema, as `%T` prints it."""
    return {
        "null": "<nil>",
        "bool": "bool",
        "number": "float64",
        "string": "string",
        "array": "[]interface {}",
        "object": "map[string]interface {}",
    }[kind(value)]
