"""Versions of the CNI specification: parsing, numeric comparison, and which one a list of alternatives selects.

Two rules live side by side in CNI, and both are kept: a plugin supports a version as an exact string ("1.0" is not
"1.0.0"), while features are gated by number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import total_ordering
from typing import Final

from netc.cni.errors import CniError, Code
from netc.cni.gojson import quote, quote_all

#: Every version of the specification that has a number, oldest first, as the exact strings that plugins compare.
SUPPORTED: Final = ("0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0")
#: The newest version that this library speaks.
CURRENT: Final = SUPPORTED[-1]
#: What a missing or empty `cniVersion` means.
IMPLIED: Final = SUPPORTED[0]

_INTEGER: Final = re.compile(r"[+-]?[0-9]+")
_PARTS: Final = ("major", "minor", "micro")


@total_ordering
class Version:
    """A version as three integers; missing parts are 0, and "" is 0.1.0. Raises `CniError` for anything else."""

    __slots__ = ("parts",)

    def __init__(self, text: str) -> None:
        pieces = (text or IMPLIED).split(".")
        if len(pieces) > len(_PARTS):
            raise CniError(Code.DECODING_FAILURE, f"invalid version {quote(text)}: too many parts")
        for part, piece in zip(_PARTS, pieces):
            if not _INTEGER.fullmatch(piece):
                raise CniError(
                    Code.DECODING_FAILURE,
                    f"failed to convert {part} version part {quote(piece)}: "
                    f"strconv.Atoi: parsing {quote(piece)}: invalid syntax",
                )
        numbers = [int(piece) for piece in pieces]
        self.parts: tuple[int, ...] = tuple(numbers + [0] * (len(_PARTS) - len(numbers)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Version) and self.parts == other.parts

    def __lt__(self, other: Version) -> bool:
        return self.parts < other.parts

    def __hash__(self) -> int:
        return hash(self.parts)

    def __repr__(self) -> str:
        return f"Version({'.'.join(map(str, self.parts))})"


def at_least(version: str, bound: str) -> bool:
    """Whether `version` is `bound` or newer, by number. Raises `CniError` (code 6) if either can't be parsed."""
    return Version(version) >= Version(bound)


def select(cni_version: str, alternatives: Iterable[str] | None) -> str:
    """The version that a list with `cniVersion` and `cniVersions` is run with (SPEC.md, section 1).

    Without alternatives that is `cni_version`, whatever it says. With them it is the highest of all that is not above
    `CURRENT`, spelled as it was written (of "1.1" and "1.1.0" the one listed first, although plugins refuse "1.1");
    if none is left, `cni_version` stays. Raises `CniError` (code 6).
    """
    if alternatives is None:
        return cni_version
    candidates = [*alternatives, *([cni_version] if cni_version else [])]
    usable = [text for text in candidates if Version(text) <= Version(CURRENT)]
    return max(usable, key=Version) if usable else cni_version


def check_supported(version: str, supported: Iterable[str]) -> None:
    """Raises `CniError` (code 1) unless `version` ("" counts as 0.1.0) is in `supported` as an exact string."""
    known = tuple(supported)
    if (version or IMPLIED) not in known:
        details = f"config is {quote(version or IMPLIED)}, plugin supports {quote_all(known)}"
        raise CniError(Code.INCOMPATIBLE_VERSION, "incompatible CNI versions", details)
