"""The catalogue: one folder per plugin, holding all that netc knows of it.

A folder has `__init__.py` with `PLUGIN = PluginInfo(...)`, `schema.json` beside it, and where there is something to
say `rules.py`, `driver.py`, `NOTES.md`. Adding a folder adds the plugin: nothing lists them. A project adds plugins of
its own by its netc.toml (`netc.plugins.own`).
"""

from __future__ import annotations

import importlib
import json
import posixpath
import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, TypeVar, cast

from netc import resources
from netc.dataclass import dataclass

Kind = Literal["interface", "ipam", "meta"]

#: Every version of the CNI specification that has a number, oldest first.
ALL_VERSIONS = ("0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0")


@dataclass(frozen=True, slots=True)
class PluginInfo:
    """What is known of a plugin apart from its keys.

    `kind`: `interface` makes the container's interface, `ipam` hands out addresses, `meta` changes what came before it
    in the chain. `versions` is a set: real plugins have holes in it. `capabilities` are the keys of `runtimeConfig`
    that it reads. `modules` are kernel modules it can't do without. `since` is the first reference release with it.
    `earlier` are pairs of a reference release and the versions that releases before it speak, oldest first, where those
    are not what the releases of that time speak in general. `project` makes a plugin that is none of the reference
    ones: its releases come without netc hearing of it, so a key that netc has not heard of is no error.
    """

    name: str
    kind: Kind
    summary: str
    docs: str
    capabilities: frozenset[str] = frozenset()
    versions: tuple[str, ...] = ALL_VERSIONS
    modules: tuple[str, ...] = ()
    since: str | None = None
    earlier: tuple[tuple[str, tuple[str, ...]], ...] = ()
    project: str | None = None


#: Plugins of a project's own, by type: what is known of each, and its schema, which stands alone.
Own = Mapping[str, tuple[PluginInfo, Mapping[str, Any]]]
_OWN: dict[str, tuple[PluginInfo, Mapping[str, Any]]] = {}
_KEPT: list[Callable[[], None]] = []


_F = TypeVar("_F", bound=Callable[..., Any])


def kept(function: _F) -> _F:
    """`functools.cache` for as long as the catalogue stays as it is."""
    cached = cache(function)
    _KEPT.append(cached.cache_clear)
    return cast(_F, cached)


def use(own: Own) -> None:
    """Know the catalogue's plugins and these: those of the project whose files come next, and of no other."""
    if own != _OWN:
        _OWN.clear()
        _OWN.update(own)
        for clear in _KEPT:
            clear()


def _folders() -> Mapping[str, str]:
    """Plugin type to the name of its package below this one."""
    found = {}
    for name in resources.packages(sys.modules[__name__]):
        found[name.replace("_", "-")] = name
    return found


@kept
def names() -> tuple[str, ...]:
    """The types of all plugins in the catalogue, sorted."""
    return tuple(sorted({*_folders(), *_OWN}))


@kept
def ranked() -> tuple[str, ...]:
    """The types of all plugins, those of the reference plugins before those of other projects."""
    return tuple(sorted(names(), key=lambda name: getattr(find(name), "project", None) is not None))


@kept
def find(name: str) -> PluginInfo | None:
    """What is known of the plugin of this type; None if the catalogue has no such folder."""
    if name in _OWN:
        return _OWN[name][0]
    folder = _folders().get(name)
    if folder is None:
        return None
    info = importlib.import_module(f"{__name__}.{folder}").PLUGIN
    assert isinstance(info, PluginInfo)
    return info


def is_reference(name: str) -> bool:
    """Whether a type is that of one of the reference plugins, which are released together."""
    info = find(name)
    return info is not None and info.project is None


@kept
def schema(name: str) -> Mapping[str, Any]:
    """The JSON Schema (draft 2020-12) of the plugin's object, or of the `ipam` object for an IPAM plugin.

    It stands alone: what the plugin's `schema.json` takes from `envelope.schema.json` is written in, and there is no
    `$ref` left. Its keys are in order of importance. A key's `x-netc` says what a schema can't, and a key marked
    `runtime-only` there is known, but not for authors: see docs/catalogue.md. Raises `KeyError` for an unknown plugin.
    """
    return _OWN[name][1] if name in _OWN else _whole(name, "schema.json")


@kept
def ipam_schema(name: str) -> Mapping[str, Any] | None:
    """The JSON Schema of an `ipam` object of this type; None for a plugin that hands out no addresses.

    Most plugins that do are of the kind `ipam`. One that makes interfaces too, such as kube-ovn, has an
    `ipam.schema.json` for where another plugin calls it.
    """
    info = find(name)
    if info is None:
        return None
    if info.kind == "ipam":
        return schema(name)
    if name in _OWN:
        return None
    file = "ipam.schema.json"
    return _whole(name, file) if (Path(__file__).parent / _folders()[name] / file).exists() else None


def _whole(name: str, file: str) -> Mapping[str, Any]:
    inlined = _inline(f"{_folders()[name]}/{file}", "")
    arguments = inlined["properties"].get("runtimeConfig")
    if arguments is not None:
        info = find(name)
        reads = info.capabilities if info is not None else frozenset()
        kept = {key: value for key, value in arguments["properties"].items() if key in reads}
        inlined["properties"]["runtimeConfig"] = {**arguments, "properties": kept}
        if not kept:
            del inlined["properties"]["runtimeConfig"]
    inlined.pop("$defs", None)
    return inlined


@cache
def conflist_schema() -> Mapping[str, Any]:
    """The JSON Schema of a conflist's own level: plugin objects are any objects with a `type`."""
    return _inline("conflist.schema.json", "")


@cache
def capability(name: str) -> Mapping[str, Any] | None:
    """The JSON Schema of what a runtime hands over for a capability; None for one that no convention describes."""
    arguments = _inline("envelope.schema.json", "/$defs/capability-arguments")
    found: Mapping[str, Any] | None = arguments["properties"].get(name)
    return found


def shared(name: str) -> Mapping[str, Any]:
    """The JSON Schema of what many plugins have: `ipam`, `dns`, `args`, `capabilities`."""
    return _inline("envelope.schema.json", f"/$defs/{name}")


@cache
def _document(file: str) -> Any:
    """A schema file of the catalogue, `bridge/schema.json`, as it stands."""
    return json.loads((Path(__file__).parent / file).read_text(encoding="utf-8"))


def _inline(file: str, pointer: str) -> dict[str, Any]:
    """The schema at `pointer` of a file, each `$ref` replaced by what it points to.

    Keywords beside a `$ref` win, and `x-netc` is put together from both: so a plugin can say of a shared key what it
    does there.
    """
    node = _document(file)
    for token in pointer.split("/")[1:]:
        node = node[token]
    inlined = _written_in(node, file)
    assert isinstance(inlined, dict)
    return inlined


def _written_in(node: Any, file: str) -> Any:
    if isinstance(node, list):
        return [_written_in(element, file) for element in node]
    if not isinstance(node, dict):
        return node
    own = {key: _written_in(value, file) for key, value in node.items() if key != "$ref"}
    if "$ref" not in node:
        return own
    other, _, pointer = node["$ref"].partition("#")
    target = _inline(posixpath.normpath(posixpath.join(posixpath.dirname(file), other)) if other else file, pointer)
    merged = {**target, **own}
    if "x-netc" in target and "x-netc" in own:
        merged["x-netc"] = {**target["x-netc"], **own["x-netc"]}
    return merged


def has(name: str, module: Literal["rules", "driver"]) -> bool:
    """Whether a plugin's folder has this module."""
    folder = _folders().get(name) if name not in _OWN else None
    return folder is not None and (Path(__file__).parent / folder / f"{module}.py").exists()


def part(name: str, module: Literal["rules", "driver"]) -> ModuleType | None:
    """The plugin's `rules` or `driver` module; None where the folder has none."""
    if not has(name, module):
        return None
    return importlib.import_module(f"{__name__}.{_folders()[name]}.{module}")
