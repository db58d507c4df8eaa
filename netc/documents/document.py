"""A file as a document: its networks, who asks for networks, and what is wrong with how it is written."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

from netc.dataclass import dataclass, replace
from netc.diagnostics import Diagnostic, Edit, ordered
from netc.documents import CONFIGURATIONS, MANIFESTS, go, in_conf_dir, json_reader, manifests, templates
from netc.documents import folder as folder_plugins
from netc.documents.annotation import Asking
from netc.documents.codes import JSON
from netc.documents.go import Written
from netc.documents.json_tree import Node
from netc.documents.manifests import Definition
from netc.documents.texts import Text
from netc.sources import Source, Span

_OBJECT = re.compile(r"\s*[{\[]")


@dataclass(frozen=True, slots=True)
class Document:
    """What a file holds: its networks, who asks for networks, and what is wrong with how it is written.

    `loads` is false where a runtime could not read the file: it is not JSON, or not YAML. `comments` are those that
    speak to netc, `texts` what has several lines and can't have any: see `netc.documents.remarks`.
    """

    source: Source
    written: tuple[Written, ...] = ()
    asking: tuple[Asking, ...] = ()
    definitions: tuple[Definition, ...] = ()
    findings: tuple[Diagnostic, ...] = ()
    loads: bool = True
    comments: tuple[Span, ...] = ()
    texts: tuple[Span, ...] = ()


def read(source: Source) -> Document:
    """The document in a source: by its name, or, where that says nothing, by how it starts."""
    extension = os.path.splitext(source.path)[1]
    masked = templates.masked(source.text)
    if extension in MANIFESTS or (extension not in CONFIGURATIONS and not _OBJECT.match(masked)):
        return _yaml(source, masked)
    return _json(source, masked)


def _json(source: Source, masked: str) -> Document:
    root, findings = json_reader.read(Text(source, masked, verbatim=True))
    if source.bom:
        findings.insert(0, _byte_order_mark(source))
    loads = not any(found.code == JSON.code for found in findings)
    if root is None or root.kind == "hole":
        return Document(source, findings=tuple(findings), loads=loads)
    if manifests.is_manifest(root):
        return _document(source, [*findings, *manifests.read(_with_texts(root, source, masked))], loads=loads)
    form = go.form_of(root)
    folder, file = os.path.split(source.path)
    belongs = folder_plugins.owner(source, root) if form == "single" else None
    if belongs is not None:
        written, said = go.part(root, belongs)
        return Document(source, (written,), findings=tuple(ordered([*findings, *said])), loads=loads)
    behind, more = folder_plugins.parts(source, root) if file.endswith(".conflist") and form != "single" else ([], [])
    if form is None and behind and root.member("plugins") is None:
        form = "list"
    if form is None:
        if loads or root.kind != "object":
            findings.append(manifests.no_network(root, "the file"))
        return Document(source, findings=tuple(findings), loads=loads)
    if not file.endswith(".json") or in_conf_dir(os.path.abspath(folder)):
        at = root.member("plugins") if form == "list" else None
        first = Span(source, root.span.start, root.span.start + 1)
        mismatch = manifests.name_and_form(file, form, at.key_span if at is not None else first)
        findings += [mismatch] if mismatch is not None else []
    written, said = go.network(root, form, os.path.splitext(file)[0] or file, "file")
    written, added = go.with_folder(written, behind)
    inner = list(go.delegates(written))
    findings += [*said, *more, *added, *(one for _, found in inner for one in found)]
    return Document(source, (written, *(one for one, _ in inner)), findings=tuple(ordered(findings)), loads=loads)


def _byte_order_mark(source: Source) -> Diagnostic:
    message = "the file starts with a byte order mark: JSON has none"
    help = "save it as UTF-8 without BOM"
    start = Span(source, 0, 0)
    # The mark is no character of the text: whoever applies this writes the text without it.
    return Diagnostic(JSON.code, JSON.severity, message, start, help=help, edits=(Edit(start, ""),), safe=True)


def _yaml(source: Source, masked: str) -> Document:
    from netc.documents import remarks, yaml_tree

    parts: list[manifests.Part] = []
    roots: list[Node] = []
    for found in yaml_tree.documents(source, masked):
        if isinstance(found, Diagnostic):
            parts.append(found)
        else:
            roots.append(found)
            parts += manifests.read(found)
    comments, texts = remarks.of(roots, source)
    return replace(_document(source, parts, loads=True), comments=comments, texts=texts)


def _document(source: Source, parts: Iterable[manifests.Part], *, loads: bool) -> Document:
    found = list(parts)
    findings = [part for part in found if isinstance(part, Diagnostic)]
    return Document(
        source,
        tuple(part for part in found if isinstance(part, Written)),
        tuple(part for part in found if isinstance(part, Asking)),
        tuple(part for part in found if isinstance(part, manifests.Definition)),
        tuple(ordered(findings)),
        loads and not any(one.code in ("NC150", "NC152") for one in findings),
    )


def _with_texts(root: Node, source: Source, masked: str) -> Node:
    """The tree of a JSON manifest, its strings with the places of their characters."""
    from netc.documents.embedded import with_texts

    return with_texts(root, source, masked)
