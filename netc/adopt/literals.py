"""JSON values as netc literals: the shortest that compiles to the very same JSON under its key.

An address, a network or a MAC address becomes one where the key takes one, or where the catalogue does not know the
key; only if the literal's own text is the string, so that it comes back letter by letter.
"""

from __future__ import annotations

import re
from ipaddress import IPv6Address

from netc.adopt.pieces import Scalar
from netc.dataclass import dataclass
from netc.lang.literals import BYTE_UNITS, MAX_INT, MAX_WORD, BadLiteral, classify
from netc.lang.notation import notation, quoted
from netc.lang.values import Cidr, IpRange, type_name
from netc.model import Json
from netc.plugins.subschema import Subschema

#: `x-netc.kind`s whose strings are network values, and the types that stand under them.
_KINDS = {
    "ip": ("ip",),
    "network": ("cidr",),
    "address": ("cidr",),
    "cidr": ("cidr",),
    "cidr-or-range": ("cidr",),
    "ip-or-address": ("ip", "cidr"),
    "mac": ("mac",),
    "range": ("range",),
}
#: Where nothing is known of a key.
_ANY = ("ip", "cidr", "mac")
#: How a network value starts: a digit, or a group of an IPv6 address.
_START = re.compile(r"[0-9A-Fa-f]{0,4}:|[0-9]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_RATES = {"tbit": 10**12, "gbit": 10**9, "mbit": 10**6, "kbit": 10**3}


@dataclass(frozen=True, slots=True)
class Literal:
    """A literal, the JSON that it compiles to, and where that is not the JSON given, what becomes of it."""

    scalar: Scalar
    json: Json
    changed: str | None = None


def literal(value: Json, schema: Subschema | None) -> Literal:
    """A JSON scalar under the key that `schema` speaks of, None for one that the catalogue does not know."""
    if isinstance(value, str):
        return _string(value, schema)
    if value is None:
        return Literal(Scalar("null", "null"), None)
    if schema is not None and schema.note("string-of-number"):
        text = str(int(value)) if isinstance(value, bool) else str(value)
        return Literal(Scalar(quoted(text), "string"), text, f"{notation(value)} becomes a string here")
    if isinstance(value, bool):
        return Literal(Scalar(notation(value), "bool"), value)
    if isinstance(value, int) and abs(value) > MAX_INT:
        near = float(value)
        return Literal(_float(near), near, f"a number beyond 2^128 becomes {near}")
    if isinstance(value, float):
        return Literal(_float(value), value)
    amount = _amount(value, schema.note("unit")) if schema is not None and value > 0 else None
    return Literal(Scalar(amount, "quantity") if amount is not None else Scalar(str(value), "int"), value)


def _float(value: float) -> Scalar:
    text = notation(value)
    return Scalar(text if "e" not in text and len(text) <= MAX_WORD else f'float("{value!r}")', "float")


def _string(value: str, schema: Subschema | None) -> Literal:
    changed = None
    if _SURROGATE.search(value):
        value = _SURROGATE.sub("\ufffd", value)
        changed = "half of a character becomes U+FFFD"
    if schema is not None and schema.note("string-of-number") and re.fullmatch(r"0|[1-9][0-9]{0,17}", value):
        return Literal(Scalar(value, "int"), value)
    kinds = _ANY if schema is None else _KINDS.get(str(schema.note("kind")), ())
    found = network_value(value) if kinds else None
    if found is not None and found.type in kinds:
        return Literal(found, value)
    return Literal(Scalar(quoted(value), "string"), value, changed)


def network_value(text: str) -> Scalar | None:
    """The address, network, range or MAC address whose own text this is; None if it is none of them."""
    if len(text) > MAX_WORD or not text.isascii() or not _START.match(text):
        return None
    try:
        data = classify(text)
    except BadLiteral:
        return None
    ends = (data.ip,) if isinstance(data, Cidr) else (data.first, data.last) if isinstance(data, IpRange) else (data,)
    if any(isinstance(end, IPv6Address) and end.ipv4_mapped is not None for end in ends):
        return None  # Python releases write these in two ways
    kind = type_name(data)
    return Scalar(text, kind) if kind in ("ip", "cidr", "range", "mac") and str(data) == text else None


def _amount(value: int, unit: object) -> str | None:
    """A count of bits with its unit, where that is a round number. Bytes are those of an MTU, which has no unit."""
    bits = value * 8 if unit == "byte/s" else value
    if unit in ("bit", "bit/s", "byte/s"):
        for name, size in _RATES.items():
            if bits % size == 0:
                return f"{bits // size}{name}"
    if unit == "bit":
        for name in ("GiB", "MiB", "KiB"):
            if bits % BYTE_UNITS[name] == 0:
                return f"{bits // BYTE_UNITS[name]}{name}"
    return None
