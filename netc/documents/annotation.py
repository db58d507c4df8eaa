"""The annotation that asks for a pod's further networks: `a, other/b@net1`, or a JSON list of objects."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from netc.dataclass import dataclass
from netc.diagnostics import Diagnostic
from netc.documents import json_reader
from netc.documents.codes import ANNOTATION
from netc.documents.json_tree import Kind, Node
from netc.documents.templates import is_filled_in_later
from netc.documents.texts import Text
from netc.plugins.kinds import is_ifname
from netc.sources import Span
from netc.spelling import nearest

KEY: Final = "k8s.v1.cni.cncf.io/networks"

#: The keys of an element, and the kind of value that each takes.
KEYS: Final[Mapping[str, Kind]] = {
    "name": "string", "namespace": "string", "interface": "string", "ips": "list", "mac": "string",
    "infiniband-guid": "string", "bandwidth": "object", "portMappings": "list", "default-route": "list",
    "cni-args": "object", "deviceID": "string", "ipam-claim-reference": "string",
}  # fmt: skip
_SHORT = re.compile(r"(?:(?P<namespace>[^/@]*)/)?(?P<name>[^/@]+)(?:@(?P<interface>[^/@]+))?")
_LABEL = re.compile(r"[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?")
_WORDS: Final[Mapping[Kind, str]] = {"string": "a string", "list": "a list", "object": "an object"}


@dataclass(frozen=True, slots=True)
class Selection:
    """One network that a pod asks for. `namespace` and `interface` are None where left to Multus."""

    name: str
    namespace: str | None
    interface: str | None
    span: Span
    element: Node | None = None


@dataclass(frozen=True, slots=True)
class Asking:
    """What asks for networks: a pod, or what makes pods. `span` is the annotation.

    `copies` are how many pods are made of it, at least: 2 for what has one on each node.
    """

    name: str
    namespace: str | None
    selections: tuple[Selection, ...]
    span: Span
    copies: int = 1


def read(text: Text) -> tuple[tuple[Selection, ...], list[Diagnostic]]:
    """The networks that the annotation's value asks for, and what is wrong with it."""
    if re.search(r'[\[{"]', text.value) is None:
        if is_filled_in_later(text.value):
            return (), []
        findings: list[Diagnostic] = []
        return tuple(_short_form(text, findings)), findings
    root, findings = json_reader.read(text, what="the annotation")
    if root is None or root.kind == "hole":
        return (), findings
    if root.kind != "list":
        message = f"the annotation takes a list, not {_a(root)}"
        return (), [*findings, _finding(message, root.span, "wrap it in [ ]" if root.kind == "object" else None)]
    return tuple(_elements(root, findings)), findings


def _short_form(text: Text, findings: list[Diagnostic]) -> Iterator[Selection]:
    for match in re.finditer(r"[^,]+", text.value):
        word = match[0].strip()
        if not word:
            continue
        start = match.start() + match[0].index(word)
        span = text.span(start, start + len(word))
        parts = _SHORT.fullmatch(word)
        if parts is None or not all(_LABEL.fullmatch(parts[key]) for key in ("namespace", "name") if parts[key]):
            findings.append(
                _finding(f"{word} names no network", span, "write NAMESPACE/NAME@INTERFACE, or a part of it")
            )
            continue
        if parts["interface"] and not is_ifname(parts["interface"]):
            findings.append(_finding(f"{parts['interface']} is no name for an interface", span, "at most 15 bytes"))
        yield Selection(parts["name"], parts["namespace"] or None, parts["interface"], span)


def _elements(root: Node, findings: list[Diagnostic]) -> Iterator[Selection]:
    for element in root.elements:
        if element.kind == "hole":
            continue
        if element.kind != "object":
            findings.append(
                _finding(f"an element is an object, not {_a(element)}", element.span, 'write {"name": ...}')
            )
            continue
        for member in element.members:
            known = {key.lower(): key for key in KEYS}.get(member.key.lower())
            if known is None:
                meant = nearest(member.key, KEYS)
                help = f"did you mean `{meant}`?" if meant else f"it takes {', '.join(KEYS)}"
                findings.append(_finding(f"nobody reads `{member.key}` of a pod's network", member.key_span, help))
            elif not _fits(member.value, KEYS[known]):
                words = _WORDS[KEYS[known]]
                fix = "wrap it in [ ]" if KEYS[known] == "list" else None
                findings.append(_finding(f"`{known}` takes {words}, not {_a(member.value)}", member.value.span, fix))
        name, namespace, interface = (element.string(key) for key in ("name", "namespace", "interface"))
        if name is None:
            if not element.open and element.get("name") is None:
                findings.append(_finding("an element without a name", element.span, "add `name`: the network's"))
        elif is_filled_in_later(name):
            continue
        elif "/" in name:
            where, _, rest = name.partition("/")
            place = element.member("name")
            assert place is not None
            help = f'write "namespace": "{where}", "name": "{rest}"'
            findings.append(_finding(f'"{name}" is no name: in JSON the namespace has a key', place.value.span, help))
        else:
            yield Selection(name, namespace, interface, element.span, element)


def _fits(node: Node, wanted: Kind) -> bool:
    if node.kind in ("hole", "null", "absent") or (isinstance(node.scalar, str) and is_filled_in_later(node.scalar)):
        return True
    return node.kind == wanted


def _a(node: Node) -> str:
    if node.kind == "string":
        return f'the string "{node.scalar}"'
    return f"{'an' if node.kind == 'object' else 'a'} {node.kind}"


def _finding(message: str, span: Span, help: str | None) -> Diagnostic:
    return Diagnostic(ANNOTATION.code, ANNOTATION.severity, message, span, help=help)
