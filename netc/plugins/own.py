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
from netc.plugins.kinds import KINDS, UNITS
from netc.project_file import PROJECT_FILE, NamedTable, ProjectFile, Setting
from netc.sources import Sources

_COMMON = {"ipam": ("interface",), "dns": ("interface", "ipam"), "args": (), "capabilities": ()}


def load(path: Path, sources: Sources | None = None) -> tuple[ProjectFile | None, tuple[Diagnostic, ...]]:
    """`project_file.load`, and the catalogue of this process then has the project's own plugins as well."""
    project, findings = project_file.load(path, sources)
    if project is None:
        return None, findings
    own, wrong = plugins_of(project)
    plugins.use(own)
    return (None, wrong) if wrong else (project, ())


def plugins_of(project: ProjectFile) -> tuple[plugins.Own, tuple[Diagnostic, ...]]:
    """The plugins that a netc.toml tells of, and what is wrong with the others."""
    own: dict[str, tuple[PluginInfo, Mapping[str, Any]]] = {}
    wrong: list[Diagnostic] = []
    for name, table in project.named.get("plugins", {}).items():
        if plugins.is_reference(name):
            message, help = f"{name} is a reference plugin, whose keys netc knows", "take another name, or leave it out"
            wrong.append(error(PROJECT_FILE.code, message, table.span, help=help))
            continue
        info, setting = _info(table), table.settings["schema"]
        try:
            schema = _read(project.root, setting)
        except _Unfit as unfit:
            wrong.append(error(PROJECT_FILE.code, str(unfit), setting.span, help=unfit.help))
            continue
        _complete(schema, info)
        own[name] = info, schema
    return own, tuple(wrong)


def _info(table: NamedTable) -> PluginInfo:
    kind: Kind = table.settings["kind"].value if "kind" in table.settings else "meta"
    return PluginInfo(
        name=table.name,
        kind=kind,
        summary=_text(table, "about") or "A plugin of this project.",
        docs=_text(table, "docs") or project_file.FILE_NAME,
        capabilities=frozenset(table.settings["capabilities"].value)
        if "capabilities" in table.settings
        else frozenset(),
        project=project_file.FILE_NAME,
    )


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
    except RecursionError:
        raise _nested(file) from None
    except ValueError as failed:
        raise _Unfit(f"{file} is no JSON: {failed}", "write a JSON Schema with the plugin's keys") from None
    if not isinstance(document, dict) or not isinstance(document.get("properties"), dict):
        raise _Unfit(
            f"{file} has no `properties`", "write a JSON Schema of an object, whose properties are the plugin's keys"
        )
    from jsonschema import Draft202012Validator, SchemaError

    try:
        Draft202012Validator.check_schema(document)
        whole = _Writing(document, file).whole(document, ())
    except SchemaError as wrong:
        where = "/".join(map(str, wrong.absolute_path))
        raise _Unfit(
            f"{file} is no JSON Schema: {wrong.message} at /{where}", "draft 2020-12 is what netc reads"
        ) from None
    except RecursionError:
        raise _nested(file) from None
    return whole


def _nested(file: str) -> _Unfit:
    return _Unfit(f"{file} is nested too deep", "say it flatter")


#: Where a schema has schemas: one, a list of them, or some by name.
_ONE = (
    *("items", "additionalProperties", "contains", "not", "if", "then", "else", "propertyNames"),
    *("unevaluatedItems", "unevaluatedProperties"),
)
_SEVERAL = ("allOf", "anyOf", "oneOf", "prefixItems")
_NAMED = ("properties", "patternProperties", "dependentSchemas")
#: More parts than any plugin's keys have: references that multiply each other get there soon.
_MOST = 20_000


class _Writing:
    """Writes a document out as the catalogue's readers want a schema: what is referred to stands where it is meant."""

    def __init__(self, document: Mapping[str, Any], file: str) -> None:
        self.document, self.file, self.parts = document, file, 0

    def whole(self, node: Any, trail: tuple[str, ...]) -> dict[str, Any]:
        """A schema with everything below it. Raises `_Unfit`.

        One of `true` is empty, and one of `false` fits nothing.
        """
        self.parts += 1
        if self.parts > _MOST:
            raise _Unfit(f"{self.file} has too many parts, references written in", "say less in it")
        if isinstance(node, bool):
            return {} if node else {"not": {}}
        own = {key: value for key, value in node.items() if key not in ("$ref", "$defs")}
        self._check_notes(own.get("x-netc", {}))
        for key in _ONE:
            if isinstance(own.get(key), dict) or (key == "items" and key in own):
                own[key] = self.whole(own[key], trail)
        for key in _SEVERAL:
            if key in own:
                own[key] = [self.whole(one, trail) for one in own[key]]
        for key in _NAMED:
            if key in own:
                own[key] = {name: self.whole(one, trail) for name, one in own[key].items()}
        reference = node.get("$ref")
        return own if reference is None else {**self.whole(self._meant(reference, trail), (*trail, reference)), **own}

    def _meant(self, reference: str, trail: tuple[str, ...]) -> Any:
        if not reference.startswith("#/") or reference in trail:
            how = "leads to itself" if reference in trail else "leads out of the file"
            help = "refer to `#/$defs/…` of the same file, without a ring"
            raise _Unfit(f"the reference {reference} of {self.file} {how}", help)
        target: Any = self.document
        for token in reference[2:].split("/"):
            target = target.get(token.replace("~1", "/").replace("~0", "~")) if isinstance(target, dict) else None
        if not isinstance(target, dict | bool):
            raise _Unfit(f"the reference {reference} of {self.file} leads to no schema", "define it below `$defs`")
        return target

    def _check_notes(self, notes: Any) -> None:
        taken = {"kind": KINDS, "unit": UNITS}
        for key, value in notes.items() if isinstance(notes, dict) else [("x-netc", notes)]:
            words = taken.get(key)
            if words is not None and isinstance(value, str) and value in words:
                continue
            if key == "example" and isinstance(value, str):
                continue
            if key == "string-of-number" and isinstance(value, bool):
                continue
            what = f"{key} of x-netc" if isinstance(notes, dict) else key
            help = f"it has `kind` ({', '.join(KINDS)}), `unit` ({', '.join(UNITS)}), `example`, `string-of-number`"
            raise _Unfit(f"{what} in {self.file} is {json.dumps(value)}", help)


def _complete(schema: dict[str, Any], info: PluginInfo) -> None:
    """Add what a schema of the catalogue has: the type, what all plugins have, and a line about each key."""
    keys = schema["properties"]
    keys["type"] = {"const": info.name, "type": "string", "description": "The plugin's name."}
    for name, kinds in _COMMON.items():
        if name not in keys and (not kinds or info.kind in kinds):
            keys[name] = {**plugins.shared(name)}
    for name in schema.get("required", ()):
        keys.setdefault(name, {})
    _describe(schema)
    schema.setdefault("type", "object")
    schema.setdefault("additionalProperties", False)


def _describe(schema: dict[str, Any]) -> None:
    """Say a line about each key that has none."""
    for name, part in schema.get("properties", {}).items():
        part.setdefault("description", f"{name}, of this project's own schema.")
        _describe(part)
    if "items" in schema:
        _describe(schema["items"])
