"""How a key is written, in its place: an entry of its schema, or one made of its type, with the keys that it needs."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from netc import plugins

Schema = Mapping[str, Any]

_OF_KIND = {
    "ip": "10.1.0.1",
    "address": "10.1.0.5/16",
    "network": "10.1.0.0/16",
    "cidr": "10.1.0.0/16",
    "cidr-or-range": "10.1.0.0/16",
    "ip-or-address": "10.1.0.9",
    "mac": "02:42:0a:00:00:01",
    "ifname": '"eth0"',
    "path": '"/run/cni"',
}
_OF_UNIT = {"bit": "8MB", "bit/s": "100mbit", "byte": "1450", "byte/s": "1MB"}
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:-+[A-Za-z0-9_]+)*")


def in_place(owner: str, path: list[str]) -> str:
    """netc source with the key at `path` of a plugin, or of the list level, where it belongs."""
    info = plugins.find(owner)
    schema = plugins.conflist_schema() if info is None else plugins.schema(owner)
    if path[0] == "runtimeConfig":
        path = ["capabilities", *path[1:2]]
    head = f"network {_NAME}" if info is None else f"{'ipam' if info.kind == 'ipam' else 'plugin'} {owner}"
    if path == ["type"]:
        return f"{head} {{ }}"
    if info is None and path == ["name"]:
        return f"network {_NAME} {{ }}"
    if info is None:
        schema = {**schema, "required": ()}  # what the list level can't do without, netc writes
    lines = "\n".join(f"  {line}" for line in _within(schema, path))
    return f"{head} {{\n{lines}\n}}"


_NAME = "dbnet"


def _within(schema: Schema, path: list[str]) -> list[str]:
    """The entry for the key at `path` of an object, and before it those that the object can't do without."""
    key, *rest = path
    node = schema.get("properties", {}).get(key)
    if node is None:  # a free map: what is left of the path is one key
        return [f"{_key('.'.join(path))} = {_value(schema.get('additionalProperties') or {})}"]
    needed = [*schema.get("required", ()), *schema.get("dependentRequired", {}).get(key, ())]
    others = [_entry(each, schema["properties"][each]) for each in needed if each not in (key, "type")]
    return [*others, _inside(key, node, rest) if rest else _entry(key, node)]


def _inside(key: str, node: Schema, path: list[str]) -> str:
    depth, least = 0, 1
    while node.get("type") == "array":
        least = max(least, node.get("minItems", 1))
        node = node.get("items", {})
        depth += 1
    entries = ", ".join(_within(node, path))
    if node.get("x-netc", {}).get("delegate"):
        return f"{_key(key)} host-local {{ subnet = 10.1.0.0/16 }}"
    elements = ", ".join([f"{{ {entries} }}"] * least)
    return f"{_key(key)} = {'[' * depth}{elements}{']' * depth}" if depth else f"{_key(key)} {{ {entries} }}"


def _entry(key: str, node: Schema) -> str:
    known = node.get("x-netc", {}).get("example")
    if known is not None:
        return str(known)
    value = _value(node)
    return f"{_key(key)} {value}" if node.get("type") == "object" else f"{_key(key)} = {value}"


def _key(key: str) -> str:
    return key if _WORD.fullmatch(key) else json.dumps(key)


def _value(node: Schema) -> str:
    notes = node.get("x-netc", {})
    kind = node.get("type")
    if "const" in node or "enum" in node:
        return json.dumps(node.get("const", node.get("enum", [None])[0]))
    if kind == "boolean":
        return "false" if node.get("default") is True else "true"
    if kind == "integer":
        return _OF_UNIT.get(notes.get("unit"), str(max(node.get("minimum", 0), min(node.get("maximum", 100), 100))))
    if kind == "array":
        return f"[{_value(node.get('items', {}))}]"
    if kind == "object":
        entries = [_entry(key, part) for key, part in _needed(node)]
        return f"{{ {', '.join(entries)} }}"
    if notes.get("string-of-number"):
        return "1"
    return _OF_KIND.get(notes.get("kind"), json.dumps(node.get("default") or "example"))


def _needed(node: Schema) -> list[tuple[str, Schema]]:
    """The keys that an object can't do without, or its first one."""
    properties = node.get("properties", {})
    names = [key for key in node.get("required", ()) if key != "type"] or list(properties)[:1]
    return [(key, properties[key]) for key in names]
