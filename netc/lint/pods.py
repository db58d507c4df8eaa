"""Pods as a whole: what the networks that they ask for do to each other.

A pod of a `.netc` file names its networks itself. One of a manifest names NetworkAttachmentDefinitions, which are
looked for in all that is linted at the same time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from netc.diagnostics import Diagnostic, Severity, Step
from netc.diagnostics.rule import Rule
from netc.lint import general_rules
from netc.model import Json, Pod
from netc.rules import Asked, Gathered
from netc.sources import Span
from netc.spelling import nearest

if TYPE_CHECKING:
    from netc.documents.annotation import Asking, Selection
    from netc.documents.document import Document
    from netc.documents.manifests import Definition

UNKNOWN = Rule(
    "NC663",
    "unknown-network",
    Severity.WARNING,
    "project",
    """A pod asks for a network of which there is no definition among those that are linted.

Why:
    Multus starts no pod that asks for a network that it does not find. Nothing is said where no definition of the
    pod's namespace is in sight: it may be anywhere.

Bad:
    -- nad.yaml --
    apiVersion: k8s.cni.cncf.io/v1
    kind: NetworkAttachmentDefinition
    metadata: { name: storage }
    spec: { config: '{ "cniVersion": "1.0.0", "name": "storage", "type": "loopback" }' }
    -- pod.yaml --
    kind: Pod
    metadata: { name: web, annotations: { k8s.v1.cni.cncf.io/networks: storge } }

Good:
    -- nad.yaml --
    apiVersion: k8s.cni.cncf.io/v1
    kind: NetworkAttachmentDefinition
    metadata: { name: storage }
    spec: { config: '{ "cniVersion": "1.0.0", "name": "storage", "type": "loopback" }' }
    -- pod.yaml --
    kind: Pod
    metadata: { name: web, annotations: { k8s.v1.cni.cncf.io/networks: storage } }

Source:
    Multus: `cannot find a network-attachment-definition (storge) in namespace`.
""",
)

#: What an element of the annotation is called, and the capability that it becomes.
_CAPABILITIES = {
    "ips": "ips", "mac": "mac", "portMappings": "portMappings", "bandwidth": "bandwidth",
    "infiniband-guid": "infinibandGUID", "deviceID": "deviceID",
}  # fmt: skip


def lint_pods(pods: Sequence[Pod], documents: Sequence[Document] = ()) -> list[Diagnostic]:
    """All findings about pods, of `.netc` files and of manifests, in no order."""
    definitions: dict[str, list[Definition]] = {}
    for document in documents:
        for one in document.definitions:
            definitions.setdefault(one.name, []).append(one)
    askings = [one for document in documents for one in document.asking]
    gathered = [*map(_of_source, pods), *(_of_manifest(one, definitions) for one in askings)]
    if not gathered:
        return []
    found = list(_unknown(askings, definitions))
    for rule in general_rules():
        if rule.input == "pod" and rule.check is not None:
            for remark in rule.check(gathered):
                labels = tuple(Step(text, span) for span, text in remark.related)
                found.append(Diagnostic(rule.code, rule.severity, remark.message, remark.span, labels, remark.help))
    return found


def _of_source(pod: Pod) -> Gathered:
    asked = tuple(
        Asked(
            one.network.selector,
            one.ifname,
            True,
            one.network,
            one.runtime_config,
            one.span,
            {
                name: one.origins[at].value if (at := f"/runtimeConfig/{name}") in one.origins else one.span
                for name in one.runtime_config
            },
        )
        for one in pod.attachments
    )
    return Gathered(pod.selector, asked, pod.span)


def _of_manifest(asking: Asking, definitions: Mapping[str, Sequence[Definition]]) -> Gathered:
    asked = []
    for number, one in enumerate(asking.selections, start=1):
        meant = _meant(one, asking, definitions)
        wanted: dict[str, Json] = {}
        places: dict[str, Span] = {}
        leads = False
        if one.element is not None:
            for key, capability in _CAPABILITIES.items():
                value = one.element.get(key)
                if value is not None and value.kind in ("string", "list", "object"):
                    wanted[capability], places[capability] = value.plain(), value.span
            leads = one.element.get("default-route") is not None
        asked.append(
            Asked(
                f"{one.namespace}/{one.name}" if one.namespace else one.name,
                one.interface or f"net{number}",
                one.interface is not None,
                meant.network if meant is not None else None,
                wanted,
                one.span,
                places,
                leads,
            )
        )
    return Gathered(asking.name, tuple(asked), asking.span, True, asking.copies)


def _meant(one: Selection, asking: Asking, definitions: Mapping[str, Sequence[Definition]]) -> Definition | None:
    """The definition that a pod means; one without a namespace goes with any."""
    wanted = one.namespace or asking.namespace
    fits = [each for each in definitions.get(one.name, ()) if _same(each.namespace, wanted)]
    return fits[0] if len(fits) == 1 or (fits and fits[0].namespace == wanted) else None


def _same(left: str | None, right: str | None) -> bool:
    return left is None or right is None or left == right


def _unknown(askings: Iterable[Asking], definitions: Mapping[str, Sequence[Definition]]) -> Iterator[Diagnostic]:
    spaces: dict[str | None, set[str]] = {}
    for name, several in definitions.items():
        for each in several:
            spaces.setdefault(each.namespace, set()).add(name)
    everywhere = set(definitions)
    for asking in askings:
        for one in asking.selections:
            wanted = one.namespace or asking.namespace
            names = everywhere if wanted is None else spaces.get(wanted, set()) | spaces.get(None, set())
            elsewhere = sorted({each.namespace for each in definitions.get(one.name, ()) if each.namespace})
            if one.name in names or not (names or elsewhere):
                continue
            if elsewhere:
                help = f"there is one in {' or '.join(elsewhere)}: write {elsewhere[0]}/{one.name}"
            else:
                meant = nearest(one.name, names)
                help = f"did you mean {meant}?" if meant else f"there is {', '.join(sorted(names)[:10])}"
            among = f" in {wanted}" if wanted else ""
            message = f"there is no definition of a network {one.name}{among} among these files"
            yield Diagnostic(UNKNOWN.code, UNKNOWN.severity, message, one.span, help=help)
