"""Walking a plugin's schema: which part of it speaks of a key, of a list's element, of an IPAM plugin's object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from netc import plugins
from netc.dataclass import dataclass
from netc.model import Json

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Subschema:
    """A part of a plugin's JSON Schema; `netc.plugins.schema` leaves no `$ref` in it."""

    node: Schema

    def key(self, name: str) -> Subschema | None:
        """What speaks of key `name` of an object; None where nothing does."""
        found = self.node.get("properties", {}).get(name)
        if found is None:
            found = self.node.get("additionalProperties")
        return Subschema(found) if isinstance(found, Mapping) else None

    @property
    def element(self) -> Subschema | None:
        """What speaks of a list's elements."""
        found = self.node.get("items")
        return Subschema(found) if isinstance(found, Mapping) else None

    def note(self, key: str) -> Any:
        """What `x-netc` says under `key`; None where it is silent."""
        notes = self.node.get("x-netc")
        return notes.get(key) if notes is not None else None


@plugins.kept
def of_plugin(type_: str) -> Subschema | None:
    """The schema of a plugin object of this type; None if the catalogue does not know the type, or it is no plugin of
    a chain."""
    info = plugins.find(type_)
    if info is None or info.kind == "ipam":
        return None
    return Subschema(plugins.schema(type_))


@plugins.kept
def of_ipam(type_: str) -> Subschema | None:
    """The schema of an `ipam` object of this type; None if it is no IPAM plugin of the catalogue."""
    schema = plugins.ipam_schema(type_)
    return Subschema(schema) if schema is not None else None


def rewritten(body: Mapping[str, Json]) -> bool:
    """Whether a plugin calls its IPAM plugin with other values than those that stand in its `ipam`.

    Calico puts the pod network of its host in the place of the word `usePodCidr`, so what stands there is none of the
    IPAM plugin's business.
    """
    type_ = body.get("type")
    known = of_plugin(type_) if isinstance(type_, str) else None
    part = known.key("ipam") if known is not None else None
    words = part.note("rewrites") if part is not None else None
    return words is not None and holds(body.get("ipam"), words)


def holds(value: Json, words: Sequence[str]) -> bool:
    """Whether one of the words stands as a string anywhere in a value."""
    if isinstance(value, dict):
        return any(holds(inner, words) for inner in value.values())
    if isinstance(value, list):
        return any(holds(inner, words) for inner in value)
    return isinstance(value, str) and value in words


@cache
def of_conflist() -> Subschema:
    """The schema of the list level: everything of a conflist but the insides of `plugins`."""
    return Subschema(plugins.conflist_schema())
