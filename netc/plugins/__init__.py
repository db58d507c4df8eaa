"""The catalogue: one folder per plugin, holding all that netc knows of it.

A folder has `__init__.py` with `PLUGIN = PluginInfo(...)`, `schema.json` beside it, and where there is something to
say `rules.py`, `driver.py`, `NOTES.md`. Adding a folder adds the plugin: nothing lists them.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

Kind = Literal["interface", "ipam", "meta"]

#: Every version of the CNI specification that has a number, oldest first.
ALL_VERSIONS = ("0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0")


@dataclass(frozen=True, slots=True)
class PluginInfo:
    """What is known of a plugin apart from its keys.

    `kind`: `interface` makes the container's interface, `ipam` hands out addresses, `meta` changes what came before it
    in the chain. `versions` is a set: real plugins have holes in it. `capabilities` are the keys of `runtimeConfig`
    that it reads. `modules` are kernel modules it can't do without. `since` is the first reference release with it.
    """

    name: str
    kind: Kind
    summary: str
    docs: str
    capabilities: frozenset[str] = frozenset()
    versions: tuple[str, ...] = ALL_VERSIONS
    modules: tuple[str, ...] = ()
    since: str | None = None


def _folders() -> Mapping[str, str]:
    """Plugin type to the name of its package below this one."""
    found = {}
    for module in pkgutil.iter_modules(__path__):
        if module.ispkg:
            found[module.name.replace("_", "-")] = module.name
    return found


@cache
def names() -> tuple[str, ...]:
    """The types of all plugins in the catalogue, sorted."""
    return tuple(sorted(_folders()))


@cache
def find(name: str) -> PluginInfo | None:
    """What is known of the plugin of this type; None if the catalogue has no such folder."""
    folder = _folders().get(name)
    if folder is None:
        return None
    info = importlib.import_module(f"{__name__}.{folder}").PLUGIN
    assert isinstance(info, PluginInfo)
    return info


@cache
def schema(name: str) -> Mapping[str, Any]:
    """The JSON Schema (draft 2020-12) of the plugin's object, or of the `ipam` object for an IPAM plugin.

    A key's `x-netc` says what a schema can't: see docs/catalogue.md. Raises `KeyError` for an unknown plugin.
    """
    path = Path(__file__).parent / _folders()[name] / "schema.json"
    loaded: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def part(name: str, module: Literal["rules", "driver"]) -> ModuleType | None:
    """The plugin's `rules` or `driver` module; None where the folder has none."""
    folder = _folders().get(name)
    if folder is None or not (Path(__file__).parent / folder / f"{module}.py").exists():
        return None
    return importlib.import_module(f"{__name__}.{folder}.{module}")
