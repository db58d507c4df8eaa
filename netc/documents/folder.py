"""Plugins in a folder: `NAME/*.conf` beside a list of that name are called behind the list's own plugins.

So libcni 1.3.0 and later does it for a list that it read from a file and that has no `loadOnlyInlinedPlugins`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from netc.diagnostics import Diagnostic
from netc.documents import in_conf_dir, json_reader, templates
from netc.documents.json_tree import Node
from netc.documents.texts import Text
from netc.sources import Source, SourceError, Sources


def parts(source: Source, root: Node) -> tuple[list[Node], list[Diagnostic]]:
    """The plugins in the folder of a list, in order, and what is wrong with how they are written."""
    name, alone = root.string("name"), root.get("loadOnlyInlinedPlugins")
    found: list[Node] = []
    findings: list[Diagnostic] = []
    if source.file is None or not name or not _plain(name) or (alone is not None and alone.scalar in (True, "true")):
        return found, findings
    shown, folder = os.path.join(os.path.dirname(source.path), name), source.file.parent / name
    for file in _files(str(folder)):
        try:
            part = Sources().read(folder / file, shown=os.path.join(shown, file))
        except SourceError:
            continue  # who names the file itself is told
        tree, said = json_reader.read(Text(part, templates.masked(part.text), verbatim=True))
        findings += said
        if tree is not None and tree.kind == "object":
            found.append(tree)
    return found, findings


def owner(source: Source, root: Node) -> str | None:
    """The name of the list that a file in a folder belongs to; None for a file that is a configuration by itself."""
    if source.file is None or source.file.suffix != ".conf":
        return None
    folder = source.file.parent
    if any(_names(path, folder.name) for path in _lists(str(folder.parent))):
        return folder.name
    nameless = not any(member.key.lower() == "name" for member in root.members) and not root.open
    return folder.name if nameless and in_conf_dir(str(folder.parent)) else None


def _plain(name: str) -> bool:
    return re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*", name) is not None


def _files(folder: str) -> list[str]:
    try:
        return sorted(name for name in os.listdir(folder) if name.endswith(".conf"))
    except OSError:
        return []


def _lists(folder: str) -> Iterator[str]:
    try:
        yield from (os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name.endswith(".conflist"))
    except OSError:
        return


def _names(path: str, name: str) -> bool:
    """Whether a list has this name and calls what lies in its folder."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read()
    except OSError:
        return False
    alone = re.search(r'"loadOnlyInlinedPlugins"\s*:\s*"?true', text)
    return alone is None and re.search(rf'"name"\s*:\s*"{re.escape(name)}"', text) is not None
