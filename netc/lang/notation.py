"""Values in netc notation: the text that, read again, is the value; laid out as `netc fmt` does."""

from __future__ import annotations

import re
from decimal import Decimal

from netc.lang.values import Data, List, Object
from netc.sources import Source

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:-+[A-Za-z0-9_]+)*")
_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"}
_HEAD = "let it = "


def notation(data: Data) -> str:
    """`data` in netc notation, on several lines where one would be too long; without a line end at its end."""
    from netc.lang.formatter import formatted

    text = _written(data)
    if not isinstance(data, (List, Object)):
        return text
    laid_out = formatted(Source("", f"{_HEAD}{text}\n")).text
    return text if laid_out is None else laid_out.removeprefix(_HEAD).rstrip("\n")


def _written(data: Data) -> str:
    if data is None:
        return "null"
    if isinstance(data, bool):
        return "true" if data else "false"
    if isinstance(data, str):
        return quoted(data)
    if isinstance(data, float):
        plain = format(Decimal(repr(data)), "f")
        return plain if "." in plain else f"{plain}.0"
    if isinstance(data, List):
        return f"[{', '.join(_written(item.data) for item in data.items)}]"
    if isinstance(data, Object):
        entries = [f"{key_text(key)} = {_written(field.value.data)}" for key, field in data.fields.items()]
        return f"{{ {', '.join(entries)} }}" if entries else "{ }"
    return str(data)


def key_text(key: str) -> str:
    """A key as it is written: bare where it is a word, else in quotes."""
    return key if _WORD.fullmatch(key) else quoted(key)


def quoted(text: str) -> str:
    """A string with its quotes and escapes."""
    return '"' + "".join(_ESCAPES.get(char) or _printable(char) for char in text).replace("${", "\\${") + '"'


def _printable(char: str) -> str:
    return char if char.isprintable() else f"\\u{{{ord(char):x}}}"
