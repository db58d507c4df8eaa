"""CNI_ARGS: `KEY=VALUE;KEY=VALUE`, without any escaping."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeVar

from netc.cni.errors import failure
from netc.cni.gojson import quote, quote_all

T = TypeVar("T")

_BOOLEANS: Final = {"1": True, "true": True, "0": False, "false": False}

Pairs = tuple[tuple[str, str], ...]


def parse_args(text: str, known: Mapping[str, Callable[[str], T]]) -> dict[str, T]:
    """The values of the `known` keys in a plugin's CNI_ARGS, each read by its function; the last of a key wins.

    Keys are case sensitive. Raises `CniError` (code 999) for a pair without exactly one `=`, for a value that a
    function refuses with `ValueError`, and for unknown keys unless `IgnoreUnknown` is 1 or true.
    """
    values: dict[str, T] = {}
    unknown: list[str] = []
    ignore_unknown = False
    for pair in text.split(";") if text else ():
        key, equals, value = pair.partition("=")
        if not equals or "=" in value:
            raise failure(f"ARGS: invalid pair {quote(pair)}")
        if key == "IgnoreUnknown":
            if value.lower() not in _BOOLEANS:
                raise _refused(pair, f"boolean unmarshal error: invalid input {value}")
            ignore_unknown = _BOOLEANS[value.lower()]
        elif key == "CommonArgs":  # the name of the struct that the reference embeds: found, but it takes no text
            raise failure(
                "ARGS: cannot unmarshal into field 'CommonArgs' - type '*types.CommonArgs' "
                "does not implement encoding.TextUnmarshaler"
            )
        elif key in known:
            try:
                values[key] = known[key](value)
            except ValueError as error:
                raise _refused(pair, str(error)) from None
        else:
            unknown.append(pair)
    if unknown and not ignore_unknown:
        raise failure(f"ARGS: unknown args {quote_all(unknown)}")
    return values


def _refused(pair: str, why: str) -> Exception:
    return failure(f"ARGS: error parsing value of pair {quote(pair)}: {why}")


def split_args(text: str) -> Pairs:
    """The pairs of CNI_ARGS as a runtime's user writes them.

    Raises `CniError` (code 999) unless each is `KEY=VALUE` with both sides given.
    """
    pairs = []
    for pair in text.split(";") if text else ():
        pieces = pair.split("=")
        if len(pieces) != 2 or not all(pieces):
            raise failure(f"invalid CNI_ARGS pair {quote(pair)}")
        pairs.append((pieces[0], pieces[1]))
    return tuple(pairs)


def pairs(text: str) -> Pairs:
    """The pairs of CNI_ARGS as a plugin reads them that minds none: the key ends at the first `=`, none, no pair."""
    cut = (pair.partition("=") for pair in text.split(";"))
    return tuple((key, value) for key, equals, value in cut if equals)


def join_args(pairs: Iterable[tuple[str, str]]) -> str:
    """CNI_ARGS of these pairs."""
    return ";".join(f"{key}={value}" for key, value in pairs)
