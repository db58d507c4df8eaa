"""What stands in a JSON text outside of quotes and brackets: numbers, true, false, null, and what was meant by it."""

from __future__ import annotations

import json
import re

from netc.dataclass import dataclass
from netc.documents.json_tree import Kind, Scalar

NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
#: A word ends at a blank, a comma, a bracket or a quote; a colon belongs to it where more follows at once.
WORD = re.compile(r"(?:[^\s,\[\]{}\"':]|:(?=[^\s,\[\]{}\"']))+")
#: The same for a key, which ends at its colon.
KEY_WORD = re.compile(r"[^\s,\[\]{}\"':=]+")

_LITERALS: dict[str, Scalar] = {"true": True, "false": False, "null": None}
_MEANT = {
    "yes": "true", "on": "true", "no": "false", "off": "false",
    "none": "null", "nil": "null", "undefined": "null",
}  # fmt: skip
_NOT_FINITE = ("nan", "infinity", "inf")


@dataclass(frozen=True, slots=True)
class Word:
    """A word's value, and what is wrong with it: `message` is None where nothing is.

    `put` would be right, and `safe` says that no one can have meant another.
    """

    kind: Kind
    scalar: Scalar
    message: str | None = None
    help: str | None = None
    put: str | None = None
    safe: bool = False


def judged(word: str) -> Word:
    """What a word outside of quotes stands for."""
    if word in _LITERALS:
        return Word("null" if word == "null" else "boolean", _LITERALS[word])
    if NUMBER.fullmatch(word):
        return _number(word)
    lower = word.lower()
    meant = lower if lower in _LITERALS else _MEANT.get(lower)
    if meant is not None:
        value = _LITERALS[meant]
        kind: Kind = "null" if value is None else "boolean"
        return Word(kind, value, f"JSON has no word `{word}`", f"write {meant}", meant, lower == meant)
    if lower.lstrip("+-") in _NOT_FINITE:
        return Word("absent", None, f"JSON has no number {word}", "write a number, or leave the key out")
    if word[0].isdigit() or word[0] in "+-.":
        return _odd_number(word)
    quoted = json.dumps(word, ensure_ascii=False)
    return Word("string", word, "a string without quotes", f"write {quoted}", quoted)


def _number(word: str) -> Word:
    try:
        value = int(word) if word.lstrip("-").isdigit() else float(word)
    except ValueError:  # more digits than Python takes for one number
        return Word("absent", None, "a number with too many digits", "no key takes such a number")
    if value in (float("inf"), float("-inf")):
        return Word("absent", None, f"{word} is too large a number", "no key takes such a number")
    return Word("number", value)


def _odd_number(word: str) -> Word:
    hexadecimal = re.fullmatch(r"([-+]?)0[xX]([0-9a-fA-F]{1,16})", word)
    if hexadecimal:
        value = int(hexadecimal[2], 16) * (-1 if hexadecimal[1] == "-" else 1)
        return Word("number", value, "JSON has no hexadecimal numbers", f"write {value}", str(value))
    fixed = re.sub(r"^(-?)0+(?=\d)", r"\1", word.lstrip("+").replace("_", ""))
    fixed = re.sub(r"^(-?)\.", r"\g<1>0.", fixed)
    fixed = re.sub(r"\.(?=$|[eE])", ".0", fixed)
    if NUMBER.fullmatch(fixed):
        why = "starts with a zero" if re.match(r"[-+]?0\d", word) else "is not written as JSON has numbers"
        if word.startswith("+"):
            why = "has a plus sign"
        number = _number(fixed)
        return Word(number.kind, number.scalar, f"the number {word} {why}", f"write {fixed}", fixed)
    quoted = json.dumps(word, ensure_ascii=False)
    return Word("string", word, "a string without quotes", f"write {quoted}", quoted)
