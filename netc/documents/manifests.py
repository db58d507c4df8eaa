"""Kubernetes objects that have networks in them: NetworkAttachmentDefinitions, ConfigMaps, pods that ask for networks.

Every other object is passed over without a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from netc.dataclass import dataclass
from netc.diagnostics import Diagnostic, Severity
from netc.documents import annotation, go, json_reader
from netc.documents.annotation import Asking
from netc.documents.codes import ANNOTATION, CONF_IN_LIST, ENVELOPE, LIST_IN_CONF, NO_NAME, NO_NETWORK
from netc.documents.go import Place, Written
from netc.documents.json_tree import Member, Node
from netc.documents.templates import is_filled_in_later
from netc.documents.texts import Text
from netc.model import Network
from netc.sources import Span
from netc.spelling import nearest

NAD = "NetworkAttachmentDefinition"
API = "k8s.cni.cncf.io/v1"

#: What makes pods, and where it describes them.
MAKERS = {
    "Deployment": ("spec", "template"), "DaemonSet": ("spec", "template"), "StatefulSet": ("spec", "template"),
    "ReplicaSet": ("spec", "template"), "ReplicationController": ("spec", "template"), "Job": ("spec", "template"),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Definition:
    """A NetworkAttachmentDefinition: what pods call it, and its network, None where it is no text that can be read."""

    name: str
    namespace: str | None
    network: Network | None


Part = Written | Asking | Definition | Diagnostic

_VERSION = re.compile(r"cniVersion")
_CHAIN = re.compile(r"type|plugins")


def is_manifest(root: Node) -> bool:
    """Whether a document is a Kubernetes object, or a list of them."""
    return root.kind == "object" and root.string("kind") is not None and root.string("type") is None


def read(root: Node) -> Iterator[Part]:
    """The networks, the pods and the findings of one object."""
    if root.kind != "object":
        return
    items = root.get("items")
    if items is not None and items.kind == "list":
        for item in items.elements:
            yield from read(item)
        return
    kind = root.string("kind") or ""
    if kind == NAD or _meant_for_one(root, kind):
        parts = list(_definition(root, kind))
        yield from parts
        name = root.string("metadata", "name")
        if name and not is_filled_in_later(name):
            networks = (part.network for part in parts if isinstance(part, Written) and part.place == "definition")
            yield Definition(name, root.string("metadata", "namespace"), next(networks, None))
    elif kind == "ConfigMap":
        yield from _config_map(root)
    yield from _annotations(root)


def _meant_for_one(root: Node, kind: str) -> bool:
    config = root.get("spec", "config") or root.get("config")
    return kind != NAD and nearest(kind, [NAD]) == NAD and config is not None


def _definition(root: Node, kind: str) -> Iterator[Part]:
    place, version = root.member("kind"), root.member("apiVersion")
    if kind != NAD and place is not None:
        yield _envelope(f"there is no kind {kind}", place.value.span, f"did you mean {NAD}?")
    if version is not None and version.value.scalar != API and version.value.kind == "string":
        message = f"{NAD} is no kind of {version.value.scalar}"
        yield _envelope(message, version.value.span, f"write {API}")
    name = root.string("metadata", "name")
    member = _member(root, "spec", "config")
    if member is None:
        member, where = _elsewhere(root)
        if member is None:
            return  # Multus looks for a file of that name
        help = "write it in `spec`" if where == "beside" else "write it in `spec` itself"
        yield _envelope(f"`config` stands {where} `spec`: nobody reads it there", member.key_span, help)
    value = member.value
    if value.kind in ("null", "hole", "absent"):
        return
    if value.kind == "object":
        yield _envelope(
            "`config` takes the JSON as one string, not an object", value.span, "write `config: |` and JSON"
        )
        form = go.form_of(value)
        if form is not None:
            yield from _parts(go.network(value, form, name or "nad", "definition", nameless=True))
        return
    if not isinstance(value.scalar, str) or value.text is None:
        yield _envelope(f"`config` takes the JSON as one string, not a {value.kind}", value.span, None)
        return
    if value.scalar.strip():
        yield from configuration(value.text, name or "nad", what="the configuration", nad=True)


def _elsewhere(root: Node) -> tuple[Member | None, str]:
    """A `config` that stands where it is not read."""
    beside, inside = _member(root, "config"), _member(root, "spec", "spec", "config")
    return (beside, "beside") if beside is not None else (inside, "in another `spec` inside of")


def _member(root: Node, *path: str) -> Member | None:
    holder = root.get(*path[:-1])
    return holder.member(path[-1]) if holder is not None else None


def _config_map(root: Node) -> Iterator[Part]:
    data = root.get("data")
    for member in data.members if data is not None else ():
        value, key = member.value, member.key
        if value.text is None or not isinstance(value.scalar, str):
            continue
        if key.endswith(".conflist") or _speaks_of_a_network(value.scalar, key):
            stem = key.rpartition(".")[0] or key
            yield from configuration(value.text, stem, what=f"`{key}`", file=key, key=member.key_span)


def _speaks_of_a_network(text: str, key: str) -> bool:
    """Whether the value of a ConfigMap is meant as a network, be it JSON or not."""
    if not re.match(r"\s*(?:(?://|#|/\*).*\s*)*[{\[]", text) or _CHAIN.search(text) is None:
        return False
    return _VERSION.search(text) is not None or re.search(r"\bcni\b", key) is not None


def configuration(
    text: Text, name: str, *, what: str, nad: bool = False, file: str | None = None, key: Span | None = None
) -> Iterator[Part]:
    """A configuration in a text. `file` is the name that it will lie under, `key` where that name stands."""
    root, findings = json_reader.read(text, what=what)
    form = go.form_of(root) if root is not None else None
    place: Place = "definition" if nad else "config-map"
    if root is None:
        yield from findings
    elif form is None:
        if nad or (file is not None and file.endswith(".conflist")) or findings:
            yield from findings
            if root.kind != "hole" and not findings:
                yield no_network(root, what)
    else:
        yield from findings
        # A key that ends in .json may become a file of any name.
        named = file is not None and not file.endswith(".json")
        mismatch = name_and_form(file or "", form, key or root.span) if named else None
        if mismatch is not None:
            yield mismatch
        if nad and _nameless(root, form):
            message = "the configuration has no name: Multus takes the definition's"
            at = Span(root.span.source, root.span.start, root.span.start + 1)
            yield Diagnostic(NO_NAME.code, Severity.INFO, message, at, help=f'add "name": "{name}"')
        yield from _parts(go.network(root, form, name, place, nameless=nad))


def _nameless(root: Node, form: str) -> bool:
    keys = {member.key if form == "list" else member.key.lower() for member in root.members}
    return "name" not in keys and not root.open


def no_network(root: Node, what: str) -> Diagnostic:
    """What is said of JSON that is no configuration."""
    if root.kind == "object":
        message, help = (
            f"{what} is no network: it has neither `plugins` nor `type`",
            "write the network, or move the file elsewhere",
        )
        at = Span(root.span.source, root.span.start, root.span.start + 1)
    else:
        message, help = f"{what} is no network: that is an object, not a {root.kind}", "write { ... }"
        at = root.span
    return Diagnostic(NO_NETWORK.code, NO_NETWORK.severity, message, at, help=help)


def name_and_form(file: str, form: str, span: Span) -> Diagnostic | None:
    """What is said of a file whose name makes a runtime read it as the other form."""
    stem, dot, extension = file.rpartition(".")
    if form == "list" and dot and extension in ("conf", "json"):
        message = f"{file} holds a list, and .{extension} is read as a single plugin's configuration"
        return Diagnostic(LIST_IN_CONF.code, LIST_IN_CONF.severity, message, span, help=f"call it {stem}.conflist")
    if form == "single" and extension == "conflist":
        message = f"{file} holds a single plugin's configuration, and .conflist is read as a list"
        help = f"call it {stem}.conf, or put the plugin into `plugins`"
        return Diagnostic(CONF_IN_LIST.code, CONF_IN_LIST.severity, message, span, help=help)
    return None


def _annotations(root: Node) -> Iterator[Part]:
    """The annotations of an object and of the pods that it makes, wherever it describes those."""
    for node in root.walk():
        value = node.get("metadata", "annotations", annotation.KEY) if node.kind == "object" else None
        if value is None or value.text is None:
            continue
        kind = root.string("kind") or ""
        if node is root and kind in MAKERS:
            place, member = ".".join(MAKERS[kind]), _member(root, "metadata", "annotations", annotation.KEY)
            assert member is not None
            message = f"the annotation stands at the {kind} itself: Multus looks at its pods"
            help = f"write it into {place}.metadata.annotations"
            yield Diagnostic(ANNOTATION.code, ANNOTATION.severity, message, member.key_span, help=help)
        selections, findings = annotation.read(value.text)
        yield from findings
        name = node.string("metadata", "name") or root.string("metadata", "name") or root.string("kind") or "pod"
        namespace = node.string("metadata", "namespace") or root.string("metadata", "namespace")
        yield Asking(name, namespace, selections, value.span, _copies(root))


def _copies(root: Node) -> int:
    """How many pods an object makes, at least."""
    if root.string("kind") == "DaemonSet":
        return 2  # one on each node
    for key in ("replicas", "parallelism"):
        found = root.get("spec", key)
        if found is not None and isinstance(found.scalar, int) and not isinstance(found.scalar, bool):
            return found.scalar
    return 1


def _parts(read: tuple[Written, list[Diagnostic]]) -> Iterator[Part]:
    yield read[0]
    yield from read[1]
    for inner in go.delegates(read[0]):
        yield from _parts(inner)


def _envelope(message: str, span: Span, help: str | None) -> Diagnostic:
    return Diagnostic(ENVELOPE.code, ENVELOPE.severity, message, span, help=help)
