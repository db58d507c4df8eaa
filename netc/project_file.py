"""`netc.toml`: the file that marks a project's folder and holds what its builds are told.

`TABLES` is all that may stand in it: a room that wants a setting adds its table or key there, and reads it from
`ProjectFile`; what is unknown, of the wrong type or missing is found here, once, at its line and column.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from netc import toml
from netc.dataclass import dataclass, field
from netc.diagnostics import Diagnostic, Severity, error
from netc.diagnostics.rule import Rule
from netc.sources import Source, SourceError, Sources, Span
from netc.spelling import nearest, suggest

FILE_NAME = "netc.toml"

PROJECT_FILE = Rule(
    "NC601",
    "project-file",
    Severity.ERROR,
    "project",
    """netc.toml is no TOML, or says what netc does not know.

Why:
    A misspelt key would otherwise be a setting that silently does nothing.

Bad:
    [emit.docs]
    templat = "docs.md.j2"
    output = "networks.md"

Good:
    [emit.docs]
    template = "docs.md.j2"
    output = "networks.md"

Source:
    docs/manifests.md; TOML 1.0.
""",
)


@dataclass(frozen=True, slots=True)
class Key:
    """A key that a table may have: what its value is, and what it is for, in a few words.

    `words` closes a string, or the strings of a list, to these; `keys` are those of each table in "tables".
    """

    kind: Literal["string", "integer", "boolean", "strings", "string map", "strings map", "string or map", "tables"]
    about: str
    required: bool = False
    words: tuple[str, ...] = ()
    keys: Mapping[str, Key] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Table:
    """A table of netc.toml. With `named`, it holds tables that the author names, each with these keys.

    With `variants` it has the keys itself, and those tables besides: for one that is called as a key there is no room.
    """

    keys: Mapping[str, Key]
    about: str
    named: bool = False
    variants: bool = False


TABLES: Mapping[str, Table] = {
    "project": Table(
        {"params": Key("strings", "YAML or JSON files with params, from this folder, for every command")},
        "what holds for all files of the project",
    ),
    "build": Table(
        {"emit": Key("strings", "what `netc build` makes without --emit")},
        "defaults of netc build",
    ),
    "lint": Table(
        {
            "select": Key("strings", "codes, their first digits, or names: nothing else is reported"),
            "ignore": Key("strings", "codes, their first digits, or names that are not reported"),
            "per-file-ignores": Key("strings map", "what is not reported of the files that a pattern fits"),
            "fail-on": Key(
                "string",
                "what makes `netc lint` fail, without --fail-on",
                words=("error", "warning", "info", "never"),
            ),
            "baseline": Key("string", "path, from this folder, of the findings that were there before"),
        },
        "what netc lint reports of this folder's files",
    ),
    "emit": Table(
        {
            "template": Key("string", "path of a Jinja2 template, from this folder", required=True),
            "output": Key("string", "path to write to below the output folder; a template itself", required=True),
            "each": Key("string", "one output for each of these, instead of one in all", words=("network", "node")),
        },
        "a project's own outputs",
        named=True,
    ),
    "manifests": Table(
        {
            "name": Key("string", "name of the installer and start of its ConfigMaps' names"),
            "namespace": Key("string", "namespace of the ConfigMaps and of the installer"),
            "nad-namespace": Key("string", "namespace of the NetworkAttachmentDefinitions"),
            "image": Key("string", "image of the installer; it needs a shell"),
            "resources": Key("string map", "network to the device plugin's resource that its pods need"),
        },
        "what Kubernetes manifests are told",
    ),
    "plugins": Table(
        {
            "schema": Key("string", "path, from this folder, of a JSON Schema with the plugin's keys", required=True),
            "kind": Key("string", "what the plugin does in a chain", words=("interface", "ipam", "meta")),
            "capabilities": Key("strings", "what it reads of the runtime's arguments"),
            "about": Key("string", "what it does, in a line"),
            "docs": Key("string", "where its documentation is"),
        },
        "plugins of the project's own",
        named=True,
    ),
    "target": Table(
        {
            "plugins": Key(
                "string or map", 'release of the reference plugins, or of each plugin; "none" if it is missing'
            ),
            "runtime": Key("string", 'the runtime and its release, such as "containerd 2.1"'),
            "multus": Key("string", "release of the Multus that reads NetworkAttachmentDefinitions"),
            "modules": Key("strings", "the kernel modules that are there, built in or to be loaded"),
            "uplinks": Key(
                "tables",
                "the host's interfaces, by name",
                keys={
                    "mtu": Key("integer", "MTU of the interface in bytes"),
                    "addresses": Key("strings", "addresses of the interface, with their prefix length"),
                },
            ),
            "nodes": Key("strings", "patterns of the nodes that this is said of, such as edge-*"),
        },
        "what the networks run on",
        variants=True,
    ),
}

_KINDS = {
    "string": "a string",
    "integer": "an integer",
    "boolean": "true or false",
    "strings": "a list of strings",
    "string map": "a table of strings",
    "strings map": "a table of lists of strings",
    "string or map": "a string, or a table of strings",
    "tables": "a table of tables",
}


@dataclass(frozen=True, slots=True)
class Setting:
    """A value with the places of its key and of itself; `inner` are the values of a table."""

    value: Any
    key: Span
    span: Span
    inner: Mapping[str, Setting] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProjectFile:
    """What a netc.toml says. `root` is the folder that it lies in.

    `tables` has the settings of each plain table, `named` those of each table that the author named; a table with
    variants is in both.
    """

    root: Path
    source: Source
    tables: Mapping[str, Mapping[str, Setting]] = field(default_factory=dict)
    named: Mapping[str, Mapping[str, NamedTable]] = field(default_factory=dict)

    def setting(self, table: str, key: str) -> Setting | None:
        """The setting of a plain table, None where it is not given."""
        return self.tables.get(table, {}).get(key)


@dataclass(frozen=True, slots=True)
class NamedTable:
    """A table `[emit.docs]`: its name, where that stands, its settings."""

    name: str
    span: Span
    settings: Mapping[str, Setting]


def find(start: str | Path) -> Path | None:
    """The netc.toml of a file or folder: in its own folder, or the nearest one above; None where there is none."""
    folder = Path(os.path.abspath(start))
    for one in (folder, *folder.parents):
        candidate = one / FILE_NAME
        if candidate.is_file():
            return candidate
    return None


def load(path: Path, sources: Sources | None = None) -> tuple[ProjectFile | None, tuple[Diagnostic, ...]]:
    """Read a netc.toml; None with the findings where it has errors, which keep everything from being built."""
    shown = os.path.relpath(path)
    try:
        source = (sources or Sources()).read(path, shown=str(path) if shown.startswith("..") else shown)
    except SourceError as failed:
        return None, (Diagnostic(PROJECT_FILE.code, Severity.ERROR, str(failed), None, (), failed.help, file=shown),)
    return read(source, path.parent)


def read(source: Source, root: Path) -> tuple[ProjectFile | None, tuple[Diagnostic, ...]]:
    """`load` for a text at hand; `root` is the folder that it speaks of."""
    try:
        document = toml.parse(source)
    except toml.TomlError as failed:
        return None, (error(PROJECT_FILE.code, f"this is no TOML: {failed}", failed.span),)
    reader = _Reader(document)
    tables, named = reader.read()
    if reader.findings:
        return None, tuple(reader.findings)
    return ProjectFile(root, source, tables, named), ()


class _Reader:
    """One document against `TABLES`; collects what does not fit."""

    def __init__(self, document: toml.Document) -> None:
        self.findings: list[Diagnostic] = []
        self._document = document

    def read(self) -> tuple[dict[str, dict[str, Setting]], dict[str, dict[str, NamedTable]]]:
        plain: dict[str, dict[str, Setting]] = {}
        named: dict[str, dict[str, NamedTable]] = {}
        for name, value in self._document.values.items():
            table = TABLES.get(name)
            if table is None:
                self._unknown_table(name, value)
            elif not isinstance(value, dict):
                self._complain((name,), f"{name} is a table", f"write [{name}]", on="value")
            elif table.named:
                named[name] = self._named(name, table, value)
            elif table.variants:
                inner = {key: one for key, one in value.items() if isinstance(one, dict) and key not in table.keys}
                named[name] = self._named(name, table, inner)
                own = {key: one for key, one in value.items() if key not in inner}
                plain[name] = self._settings((name,), table, own)
            else:
                plain[name] = self._settings((name,), table, value)
        return plain, named

    def _unknown_table(self, name: str, value: Any) -> None:
        owners = [table for table, known in TABLES.items() if name in known.keys and not known.named]
        if not isinstance(value, dict) and owners:
            self._complain((name,), f"{name} belongs into a table", f"write it below [{owners[0]}]")
            return
        what = "table" if isinstance(value, dict) else "key"
        meant = nearest(name, TABLES)
        known = f"did you mean [{meant}]?" if meant else f"tables are {', '.join(f'[{one}]' for one in TABLES)}"
        self._complain((name,), f"netc.toml has no {what} {name}", known)

    def _named(self, name: str, table: Table, value: dict[str, Any]) -> dict[str, NamedTable]:
        found: dict[str, NamedTable] = {}
        for word, inner in value.items():
            path = (name, word)
            if not isinstance(inner, dict):
                help = f"write [{name}.NAME] with {word} below it" if word in table.keys else f"write [{name}.{word}]"
                self._complain(path, f"[{name}] holds tables, each with a name", help)
                continue
            found[word] = NamedTable(word, self._document.place(path).key, self._settings(path, table, inner))
        return found

    def _settings(self, path: toml.Path, table: Table, value: dict[str, Any]) -> dict[str, Setting]:
        header = ".".join(str(part) for part in path)
        settings: dict[str, Setting] = {}
        for name, inner in value.items():
            at = (*path, name)
            key = table.keys.get(name)
            if key is None:
                self._complain(at, f"[{header}] has no key {name}", suggest(name, table.keys))
                continue
            place = self._document.place(at)
            if self._fits(at, key, inner):
                settings[name] = Setting(inner, place.key, place.value, self._inner(at, key, inner))
        for name, key in table.keys.items():
            if key.required and name not in value:
                self._complain(path, f"[{header}] has no {name}", f"add {name} = ...: {key.about}")
        return settings

    def _inner(self, at: toml.Path, key: Key, value: Any) -> dict[str, Setting]:
        """The values of a table that is a setting."""
        if not isinstance(value, dict):
            return {}
        found = {}
        for name, inner in value.items():
            below = (*at, name)
            place = self._document.place(below)
            settings = self._settings(below, Table(key.keys, key.about), inner) if key.kind == "tables" else {}
            found[name] = Setting(inner, place.key, place.value, settings)
        return found

    def _fits(self, at: toml.Path, key: Key, value: Any) -> bool:
        name = at[-1]
        if not _is(value, key.kind):
            self._complain(at, f"{name} is {_KINDS[key.kind]}", f"it is {key.about}", on="value")
            return False
        for index, word in enumerate(value if isinstance(value, list) else [value]):
            if key.words and word not in key.words:
                inner = (*at, index) if isinstance(value, list) else at
                self._complain(inner, f"{name} has no {word!r}", suggest(str(word), key.words), on="value")
                return False
        return True

    def _complain(
        self, path: toml.Path, message: str, help: str | None, *, on: Literal["key", "value"] = "key"
    ) -> None:
        place = self._document.place(path)
        span = place.key if on == "key" else place.value
        self.findings.append(error(PROJECT_FILE.code, message, span, help=help))


def _is(value: Any, kind: str) -> bool:
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "strings":
        return isinstance(value, list) and all(isinstance(one, str) for one in value)
    if kind == "string or map" and isinstance(value, str):
        return True
    if kind == "tables":
        return isinstance(value, dict) and all(isinstance(one, dict) for one in value.values())
    if kind in ("string map", "string or map"):
        return isinstance(value, dict) and all(isinstance(one, str) for one in value.values())
    if kind == "strings map":
        return isinstance(value, dict) and all(_is(one, "strings") for one in value.values())
    return isinstance(value, str)
