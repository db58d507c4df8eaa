"""One module per output format, each with `render(diagnostics, style) -> str`.

Adding a format is adding a module here: the command line finds it by its name.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, cast

from netc.diagnostics import Diagnostic


@dataclass(frozen=True, slots=True)
class Style:
    """How the output is looked at: `width` in terminal cells, `color` where it may carry colours."""

    color: bool = False
    width: int = 100


class Format(Protocol):
    """What a format's module offers."""

    def render(self, diagnostics: Sequence[Diagnostic], style: Style) -> str:
        """The findings as text, ending in a line end; findings come ordered, without doubles."""


def names() -> list[str]:
    """The names of all formats, `full` first."""
    found = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return sorted(found, key=lambda name: name != "full")


def find(name: str) -> Format:
    """The format of this name; raises `ModuleNotFoundError` for an unknown one."""
    return cast(Format, importlib.import_module(f"{__name__}.{name}"))
