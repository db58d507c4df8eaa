"""The netc language: text to syntax tree, syntax tree and parameters to networks.

`parse(source)` gives a `Parsed`, `evaluate(parsed.file, params)` an `Evaluation`. Neither raises for any input. The
modules are loaded when first used, since a command that reads no `.netc` file needs none of them.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from netc.lang.evaluation import Evaluation, Given, evaluate
    from netc.lang.parser import Parsed, parse

__all__ = ["Evaluation", "Given", "Parsed", "evaluate", "parse"]

_HOMES = {
    "Evaluation": "evaluation",
    "Given": "evaluation",
    "evaluate": "evaluation",
    "Parsed": "parser",
    "parse": "parser",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
