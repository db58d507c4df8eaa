"""NetworkAttachmentDefinitions for Multus: one object a network, one file an object."""

from __future__ import annotations

from netc.diagnostics import Diagnostic, Step, error
from netc.emit.conflist import text
from netc.emit.kubernetes import object_name, render
from netc.emit.request import MANIFEST, Made, Output, Request
from netc.model import Network

_LONGEST = 253
_RESOURCE = "k8s.v1.cni.cncf.io/resourceName"
_DESCRIPTION = "kubernetes.io/description"


def make(request: Request) -> Made:
    """`NAME.nad.yaml` for each network; that of a node is `NAME-NODE`, since such objects are the whole cluster's."""
    outputs: list[Output] = []
    findings: list[Diagnostic] = []
    seen: dict[str, Network] = {}
    for network in request.networks:
        name = object_name(_full_name(network))
        problem = _problem(name, network, seen)
        if problem is not None:
            findings.append(problem)
            continue
        seen[name] = network
        manifest = render(
            "nad.yaml.j2",
            name=name,
            namespace=request.manifests.nad_namespace,
            annotations=_annotations(network, request),
            json=text(network),
        )
        outputs.append(Output(f"{name}.nad.yaml", manifest, network.span))
    return Made(tuple(outputs), tuple(findings))


def _full_name(network: Network) -> str:
    return network.name if network.meta.node is None else f"{network.name}-{network.meta.node}"


def _problem(name: str, network: Network, seen: dict[str, Network]) -> Diagnostic | None:
    if not name:
        return error(
            MANIFEST.code,
            f"network {network.name} leaves no name for a Kubernetes object",
            network.span,
            help="such a name is of a-z, 0-9 and -: give the network one with letters or digits",
        ).in_network(network.name)
    if len(name) > _LONGEST:
        return error(
            MANIFEST.code,
            f"the name of the object of this network has {len(name)} characters; Kubernetes takes {_LONGEST}",
            network.span,
            help="give the network a shorter name",
        ).in_network(network.name)
    if name in seen:
        other = seen[name]
        return error(
            MANIFEST.code,
            f"networks {_full_name(other)} and {_full_name(network)} are both NetworkAttachmentDefinition {name}",
            network.span,
            Step(f"{name} is taken by this network", other.span),
            help="names of objects are of a-z, 0-9 and -, so other characters can't tell them apart: rename one",
        ).in_network(network.name)
    return None


def _annotations(network: Network, request: Request) -> dict[str, str]:
    found: dict[str, str] = {}
    if network.meta.description is not None:
        found[_DESCRIPTION] = network.meta.description
    resource = request.manifests.resources.get(network.name)
    if resource is not None:
        found[_RESOURCE] = resource
    return found
