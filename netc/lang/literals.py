"""Network words: what a bare word that starts like a number or an address means, or what is wrong with it and where."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from netc.lang.values import Cidr, Data, Duration, Ip, IpRange, Mac, Quantity

#: Bits per unit; decimal prefixes are powers of 1000, binary ones of 1024, as tc(8) and IEC 80000-13 count.
BIT_UNITS = {"bit": 1, "kbit": 10**3, "mbit": 10**6, "gbit": 10**9, "tbit": 10**12}
BYTE_UNITS = {
    **{"B": 8, "kB": 8 * 10**3, "KB": 8 * 10**3, "MB": 8 * 10**6, "GB": 8 * 10**9, "TB": 8 * 10**12},
    **{"KiB": 8 * 2**10, "MiB": 8 * 2**20, "GiB": 8 * 2**30, "TiB": 8 * 2**40},
}
TIME_UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000}

#: Integers live between -MAX_INT and MAX_INT: the number of IPv6 addresses is one of them.
MAX_INT = 2**128
#: No word that means a value is longer.
MAX_WORD = 200

_INT = re.compile(r"\d[\d_]*")
_BASED = re.compile(r"0[xXoObB]\w+")
_FLOAT = re.compile(r"\d[\d_]*\.\d[\d_]*")
_EXPONENT = re.compile(r"\d[\d_]*(?:\.\d+)?[eE]\d+")
_MAC = re.compile(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}")
_AMOUNT = re.compile(r"(\d[\d_]*(?:\.\d+)?)([A-Za-z]+)")


class BadLiteral(ValueError):
    """A word that is no value. The part from `offset`, `length` characters long, is what is wrong; `help` the fix."""

    def __init__(self, offset: int, length: int, why: str, help: str | None = None) -> None:
        super().__init__(why)
        self.offset, self.length, self.why, self.help = offset, length, why, help


def classify(word: str) -> Data:
    """The value of a bare word; raises `BadLiteral`."""
    if len(word) > MAX_WORD:
        raise BadLiteral(0, len(word), f"a number or address of {len(word)} characters: no value is that long")
    if _INT.fullmatch(word):
        return integer(word)
    if _FLOAT.fullmatch(word):
        return float(word.replace("_", ""))
    if _BASED.fullmatch(word) and word[1] in "xXoObB" and word != "0bit":
        return _based(word)
    if re.fullmatch(r"\d+/\d+", word):
        raise BadLiteral(word.index("/"), 1, f"{word} is neither a cidr nor a division", "a division has spaces: a / b")
    if amount := _AMOUNT.fullmatch(word):
        return _with_unit(word, amount[1], amount[2])
    if _EXPONENT.fullmatch(word):
        raise BadLiteral(0, len(word), "numbers have no exponent here", "write it out, as in 1_000_000")
    if _MAC.fullmatch(word):
        return Mac(word.lower())
    if not word[:1].isdigit() and ":" not in word:
        raise BadLiteral(0, len(word), f"{word!r} is no number and no address")
    if "%" in word:
        at = word.index("%")
        raise BadLiteral(at, len(word) - at, "an address takes no zone", f"write {word[:at]} without the interface")
    return address_like(word)


def integer(word: str) -> int:
    """The value of decimal digits with `_` between them; raises `BadLiteral`."""
    if word[0] == "0" and len(word) > 1:
        plain = word.lstrip("0_") or "0"
        raise BadLiteral(0, len(word), f"{word} has a leading zero", f"write {plain}, or 0o{plain} if octal is meant")
    if word.endswith("_") or "__" in word:
        raise BadLiteral(0, len(word), f"a '_' stands between two digits: {word} has one that does not")
    return in_bounds(int(word.replace("_", "")), word)


def in_bounds(number: int, word: str) -> int:
    """`number`, if netc computes with numbers that large; raises `BadLiteral`."""
    if abs(number) > MAX_INT:
        raise BadLiteral(0, len(word), "this number is too large", "integers go up to 2^128")
    return number


def _based(word: str) -> int:
    try:
        return in_bounds(int(word, 0), word)
    except BadLiteral:
        raise
    except ValueError:
        base = {"x": "hexadecimal", "o": "octal", "b": "binary"}[word[1].lower()]
        raise BadLiteral(0, len(word), f"{word} is no {base} number") from None


def _with_unit(word: str, number: str, unit: str) -> Quantity | Duration:
    whole, _, decimals = number.replace("_", "").partition(".")
    scaled, scale = int(whole + decimals), 10 ** len(decimals)
    at = len(number)
    known = BIT_UNITS.get(unit) or BYTE_UNITS.get(unit) or TIME_UNITS.get(unit)
    if known is None:
        raise BadLiteral(at, len(unit), f"no unit {unit!r}", _unit_help(number, unit))
    amount, rest = divmod(scaled * known, scale)
    if rest:
        smallest = "milliseconds" if unit in TIME_UNITS else "bits"
        raise BadLiteral(0, len(word), f"{word} is not a whole number of {smallest}")
    in_bounds(amount, word)
    if unit in TIME_UNITS:
        return Duration(amount, word)
    return Quantity(amount, "bit" if unit in BIT_UNITS else "byte", word)


def _unit_help(number: str, unit: str) -> str:
    lower = unit.lower()
    if lower.endswith("bps"):
        prefix = lower[:-3]
        return (
            f"{unit!r} means bits to some tools and bytes to tc: write {number}{prefix}bit, "
            f"or {number}{prefix.upper()}B for bytes"
        )
    folded = {name.lower(): name for name in [*BYTE_UNITS, *BIT_UNITS, *TIME_UNITS]}
    spelt = {
        "kb": "kB",
        "m": "mbit",
        "g": "gbit",
        "k": "kbit",
        "mb": "MB",
        "gb": "GB",
        "mbits": "mbit",
        "gbits": "gbit",
    }
    near = spelt.get(lower) or folded.get(lower) or folded.get(lower.removesuffix("s"))
    if near is not None:
        return f"write {number}{near}"
    return "units are " + " ".join([*BIT_UNITS, *BYTE_UNITS]) + ", and " + " ".join(TIME_UNITS) + " for a time"


def address_like(word: str) -> Ip | Cidr | IpRange:
    """The value of an address, cidr or range; raises `BadLiteral`."""
    address, dash, rest = word.partition("-")
    if dash:
        last, slash, length = rest.partition("/")
        low, high = _address(address, 0), _address(last, len(address) + 1)
        at = len(address) + 1
        if low.version != high.version:
            raise BadLiteral(at, len(last), "the two ends of a range are of one family", "IPv4 or IPv6, not both")
        if int(high) < int(low):
            raise BadLiteral(at, len(last), f"the range ends before it starts: {last} is below {address}")
        return IpRange(low, high, _prefix(length, low, at + len(last) + 1) if slash else None)
    address, slash, length = word.partition("/")
    ip = _address(address, 0)
    return Cidr(ip, _prefix(length, ip, len(address) + 1)) if slash else ip


def _prefix(text: str, ip: Ip, offset: int) -> int:
    limit = ip.max_prefixlen
    if not (text.isascii() and text.isdigit()):
        raise BadLiteral(
            offset, max(len(text), 1), f"{text!r} is no prefix length", f"it is a number from 0 to {limit}"
        )
    if len(text) > 1 and text[0] == "0":
        raise BadLiteral(
            offset, len(text), f"prefix length {text} has a leading zero", f"write /{text.lstrip('0') or 0}"
        )
    if len(text) > 3 or int(text) > limit:
        raise BadLiteral(
            offset, len(text), f"prefix length {text} is over {limit}", f"IPv{ip.version} has {limit} bits"
        )
    return int(text)


def _address(text: str, offset: int) -> Ip:
    return _v6(text, offset) if ":" in text else _v4(text, offset)


def _v4(text: str, offset: int) -> IPv4Address:
    parts = text.split(".")
    begin = offset
    number = 0
    for index, part in enumerate(parts):
        if not (part.isascii() and part.isdigit()):
            raise BadLiteral(begin, max(len(part), 1), f"{part!r} can't stand in an IPv4 address")
        if len(part) > 1 and part[0] == "0":
            raise BadLiteral(
                begin,
                len(part),
                f"octet {part} has a leading zero",
                f"write {part.lstrip('0') or 0}: some programs read {part} as octal",
            )
        if len(part) > 3 or int(part) > 255:
            raise BadLiteral(begin, len(part), f"octet {part} is over 255")
        if index == 4:
            raise BadLiteral(begin, len(text) - begin + offset, f"{len(parts)} octets: an IPv4 address has 4")
        number = number << 8 | int(part)
        begin += len(part) + 1
    if len(parts) != 4:
        raise BadLiteral(offset, len(text), f"{len(parts)} octets: an IPv4 address has 4")
    return IPv4Address(number)


def _v6(text: str, offset: int) -> IPv6Address:
    spaces = "for a ':' of '? :' or 'for', put spaces around it"
    if text.count("::") > 1:
        raise BadLiteral(offset + text.rindex("::"), 2, "'::' stands in an IPv6 address once", spaces)
    begin = offset
    for part in text.split(":"):
        if "." in part:
            _v4(part, begin)
        elif len(part) > 4:
            raise BadLiteral(begin, len(part), f"group {part} is longer than 4 digits")
        elif stray := re.search(r"[^0-9A-Fa-f]", part):
            raise BadLiteral(begin, len(part), f"{stray[0]!r} is no hexadecimal digit", spaces)
        begin += len(part) + 1
    try:
        return IPv6Address(text)
    except AddressValueError:
        groups = len([part for part in text.split(":") if part]) + text.count(".") // 3
        why = f"{groups} groups: an IPv6 address has 8, or fewer with '::'" if groups != 8 or "::" in text else None
        raise BadLiteral(offset, len(text), why or f"{text} is no IPv6 address", spaces) from None
