"""Walking a plugin's schema: which part of it speaks of a key, of a list's element, of an IPAM plugin's object."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from netc import plugins
from netc.dataclass import dataclass

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


@cache
def of_plugin(type_: str) -> Subschema | None:
    """The schema of a plugin object of this type; None if the catalogue does not know the type, or it is no plugin of
    a chain."""
    info = plugins.find(type_)
    if info is None or info.kind == "ipam":
        return None
    return Subschema(plugins.schema(type_))


@cache
def of_ipam(type_: str) -> Subschema | None:
    """The schema of an `ipam` object of this type; None if it is no IPAM plugin of the catalogue."""
    info = plugins.find(type_)
    if info is None or info.kind != "ipam":
        return None
    return Subschema(plugins.schema(type_))


@cache
def of_conflist() -> Subschema:
    """The schema of the list level: everything of a conflist but the insides of `plugins`."""
    return Subschema(plugins.conflist_schema())
