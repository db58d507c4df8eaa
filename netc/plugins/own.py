"""A project's own plugins: what `[plugins.NAME]` of its netc.toml says of a plugin that the catalogue does not have.

The author's JSON Schema has the plugin's keys; those that any plugin has (`ipam`, `dns`, `args`, `capabilities`) are
added where it does not mention them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from netc import plugins, project_file
from netc.diagnostics import Diagnostic, error
from netc.plugins import Kind, PluginInfo
from netc.project_file import PROJECT_FILE, NamedTable, ProjectFile, Setting
from netc.sources import Sources

_COMMON = {"ipam": ("interface",), "dns": ("interface", "ipam"), "args": (), "capabilities": ()}


def load(path: Path, sources: Sources | None = None) -> tuple[ProjectFile | None, tuple[Diagnostic, ...]]:
    """`project_file.load`, and the catalogue of this process then has the project's own plugins as well."""
    project, findings = project_file.load(path, sources)
    if project is None:
        return None, findings
    wrong = tuple(found for table in project.named.get("plugins", {}).values() for found in _learn(project, table))
    return (None, wrong) if wrong else (project, ())


def _learn(project: ProjectFile, table: NamedTable) -> list[Diagnostic]:
    """Add one plugin to the catalogue; what is wrong with it."""
    name = table.name
    if plugins.is_reference(name):
        message, help = f"{name} is a reference plugin, whose keys netc knows", "take another name, or leave it out"
        return [error(PROJECT_FILE.code, message, table.span, help=help)]
    kind: Kind = table.settings["kind"].value if "kind" in table.settings else "meta"
    info = PluginInfo(
        name=name,
        kind=kind,
        summary=_text(table, "about") or "A plugin of this project.",
        docs=_text(table, "docs") or project_file.FILE_NAME,
        capabilities=frozenset(table.settings["capabilities"].value)
        if "capabilities" in table.settings
        else frozenset(),
        project=project_file.FILE_NAME,
    )
    setting = table.settings["schema"]
    try:
        schema = _read(project.root, setting)
        _complete(schema, info)
    except _Unfit as unfit:
        return [error(PROJECT_FILE.code, str(unfit), setting.span, help=unfit.help)]
    plugins.add(info, schema)
    return []


def _text(table: NamedTable, key: str) -> str:
    return str(table.settings[key].value) if key in table.settings else ""


class _Unfit(Exception):
    """Why a file can't be a plugin's schema, and what to do."""

    def __init__(self, message: str, help: str) -> None:
        super().__init__(message)
        self.help = help


def _read(root: Path, setting: Setting) -> dict[str, Any]:
    """The schema in a file, references within it written in. Raises `_Unfit`."""
    file = setting.value
    path = os.path.realpath(root / file)
    if os.path.commonpath((path, os.path.realpath(root))) != os.path.realpath(root):
        raise _Unfit(f"{file} lies outside of the project's folder", "put the schema beside the project's files")
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as failed:
        raise _Unfit(
            f"can't read {file}: {(failed.strerror or str(failed)).lower()}", "write a path from netc.toml's folder"
        ) from None
    except (ValueError, RecursionError) as failed:
        raise _Unfit(f"{file} is no JSON: {failed}", "write a JSON Schema with the plugin's keys") from None
    if not isinstance(document, dict) or not isinstance(document.get("properties"), dict):
        raise _Unfit(
            f"{file} has no `properties`", "write a JSON Schema of an object, whose properties are the plugin's keys"
        )
    from jsonschema import Draft202012Validator, SchemaError

    try:
        Draft202012Validator.check_schema(document)
    except SchemaError as wrong:
        where = "/".join(map(str, wrong.absolute_path))
        raise _Unfit(
            f"{file} is no JSON Schema: {wrong.message} at /{where}", "draft 2020-12 is what netc reads"
        ) from None
    whole = _written_in(document, document, file, ())
    assert isinstance(whole, dict)
    whole.pop("$defs", None)
    return whole


def _written_in(node: Any, document: Mapping[str, Any], file: str, trail: tuple[str, ...]) -> Any:
    """A part of the schema, each `$ref` replaced by what it points to in the same file."""
    if isinstance(node, list):
        return [_written_in(one, document, file, trail) for one in node]
    if not isinstance(node, dict):
        return node
    own = {
        key: _written_in(value, document, file, trail) for key, value in node.items() if key not in ("$ref", "$defs")
    }
    reference = node.get("$ref")
    if not isinstance(reference, str):
        return own
    if not reference.startswith("#/") or reference in trail:
        how = "leads to itself" if reference in trail else "leads out of the file"
        raise _Unfit(
            f"the reference {reference} of {file} {how}", "refer to `#/$defs/…` of the same file, without a ring"
        )
    target: Any = document
    for token in reference[2:].split("/"):
        target = target.get(token.replace("~1", "/").replace("~0", "~")) if isinstance(target, dict) else None
    if target is None:
        raise _Unfit(f"the reference {reference} of {file} leads nowhere", "define it below `$defs`")
    found = _written_in(target, document, file, (*trail, reference))
    return {**found, **own} if isinstance(found, dict) else own


def _complete(schema: dict[str, Any], info: PluginInfo) -> None:
    """Add what a schema of the catalogue has: the type, what all plugins have, and a line about each key."""
    keys = schema["properties"]
    keys["type"] = {"const": info.name, "type": "string", "description": "The plugin's name."}
    for name, kinds in _COMMON.items():
        if name not in keys and (not kinds or info.kind in kinds):
            keys[name] = {**plugins.shared(name)}
    for name in schema.get("required", ()):
        keys.setdefault(name, {})
    _described(schema)
    schema.setdefault("type", "object")
    schema.setdefault("additionalProperties", False)


def _described(schema: dict[str, Any]) -> None:
    """Say a line about each key that has none; a schema of `true` is an empty one, and that of `false` fits nothing."""
    keys = schema.get("properties", {})
    for name in keys:
        if isinstance(keys[name], bool):
            keys[name] = {} if keys[name] else {"not": {}}
        part = keys[name]
        part.setdefault("description", f"{name}, of this project's own schema.")
        _described(part)
        if isinstance(part.get("items"), dict):
            _described(part["items"])
