"""Values in netc notation: the text that, read again, is the value; laid out as `netc fmt` does."""

from __future__ import annotations

import re
from decimal import Decimal

from netc.lang.literals import BIT_UNITS, BYTE_UNITS, MAX_WORD
from netc.lang.values import Data, List, Object, Quantity
from netc.sources import Source

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:-+[A-Za-z0-9_]+)*")
_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"}
_HEAD = "let it = "
_BYTES = {name: size for name, size in BYTE_UNITS.items() if "i" not in name and name != "KB"}


def notation(data: Data) -> str:
    """`data` in netc notation, on several lines where one would be too long; without a line end at its end.

    A float that no literal is long enough for has an exponent, and can't be read again.
    """
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
        plain = plain if "." in plain else f"{plain}.0"
        return plain if len(plain) <= MAX_WORD else repr(data)
    if isinstance(data, List):
        return f"[{', '.join(_written(item.data) for item in data.items)}]"
    if isinstance(data, Object):
        entries = [f"{key_text(key)} = {_written(field.value.data)}" for key, field in data.fields.items()]
        return f"{{ {', '.join(entries)} }}" if entries else "{ }"
    return _amount(data) if isinstance(data, Quantity) else str(data)


def _amount(data: Quantity) -> str:
    """As it was written; what was worked out, in the largest unit that keeps it whole."""
    units, smallest = (BIT_UNITS, "bit") if data.kind == "bit" else (_BYTES, "B")
    if not data.bits or data.text != f"{data.bits // units[smallest]}{smallest}":
        return data.text
    unit = max((unit for unit, bits in units.items() if data.bits % bits == 0), key=lambda unit: units[unit])
    return f"{data.bits // units[unit]}{unit}"


def key_text(key: str) -> str:
    """A key as it is written: bare where it is a word, else in quotes."""
    return key if _WORD.fullmatch(key) else quoted(key)


def quoted(text: str) -> str:
    """A string with its quotes and escapes."""
    return '"' + "".join(_ESCAPES.get(char) or _printable(char) for char in text).replace("${", "\\${") + '"'


def _printable(char: str) -> str:
    return char if char.isprintable() else f"\\u{{{ord(char):x}}}"
