"""One module per output format, each with `render(diagnostics, style) -> str`.

Adding a format is adding a module here: the command line finds it by its name.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol, cast

from netc import resources
from netc.dataclass import dataclass
from netc.diagnostics import Diagnostic

if TYPE_CHECKING:
    from netc.diagnostics.rule import Rule


def _no_rule(_: str) -> Rule | None:
    return None


@dataclass(frozen=True, slots=True)
class Style:
    """How the output is looked at: `width` in terminal cells, `color` where it may carry colours.

    `rule_of` finds what a code means, for formats that describe the rules beside the findings.
    """

    color: bool = False
    width: int = 100
    rule_of: Callable[[str], Rule | None] = _no_rule


class Format(Protocol):
    """What a format's module offers."""

    def render(self, diagnostics: Sequence[Diagnostic], style: Style) -> str:
        """The findings as text, ending in a line end; findings come ordered, without doubles."""


def names() -> list[str]:
    """The names of all formats, `full` first."""
    return sorted(resources.modules(sys.modules[__name__]), key=lambda name: name != "full")


def find(name: str) -> Format:
    """The format of this name; raises `ModuleNotFoundError` for an unknown one."""
    return cast(Format, importlib.import_module(f"{__name__}.{name}"))
