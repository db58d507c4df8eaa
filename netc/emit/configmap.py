"""ConfigMaps that hold the conflists, for the installer or for a mount of one's own.

Files for all nodes lie in maps under their own name; a node's lie in others under `NODE_FILE` (no node's name has a
`_`). A map's name ends in a digest of what it holds, and it never changes: pods of the installer that still run with an
earlier map keep that, so a change reaches nodes one by one and can be rolled back.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from netc.dataclass import dataclass
from netc.diagnostics import Diagnostic, Step, error
from netc.emit.conflist import text
from netc.emit.kubernetes import SUBDOMAIN, render
from netc.emit.request import MANIFEST, Made, Output, Request
from netc.model import Network

#: Kubernetes' own limit of a ConfigMap's data, in bytes.
_LIMIT = 1024 * 1024
#: `kubectl apply` keeps the object as JSON in an annotation, which holds 256 KiB: maps are split to stay below.
_COMFORTABLE = 240_000
_LONGEST_KEY = 253


@dataclass(frozen=True, slots=True)
class ConfigMap:
    """One map: its name, and its data by key."""

    name: str
    data: dict[str, str]


@dataclass(frozen=True, slots=True)
class Maps:
    """The maps of a build: with files for every node, and with those of single nodes."""

    everywhere: tuple[ConfigMap, ...]
    by_node: tuple[ConfigMap, ...]
    findings: tuple[Diagnostic, ...] = ()


def make(request: Request) -> Made:
    """`STEM.configmap.yaml`, a document for each map."""
    found = maps(request)
    if found.findings:
        return Made((), found.findings)
    manifest = render(
        "configmap.yaml.j2",
        name=request.manifests.name,
        namespace=request.manifests.namespace,
        maps=(*found.everywhere, *found.by_node),
    )
    return Made((Output(f"{request.stem}.configmap.yaml", manifest, request.networks[0].span),))


def maps(request: Request) -> Maps:
    """The networks' files as maps, or what keeps them from being so."""
    findings = [problem for network in request.networks if (problem := _problem(network)) is not None]
    findings += _clashes(request.networks)
    if findings:
        return Maps((), (), tuple(findings))
    name = request.manifests.name
    everywhere = [(one.file_name, text(one)) for one in request.networks if one.meta.node is None]
    by_node = sorted((_key(one), text(one)) for one in request.networks if one.meta.node is not None)
    return Maps(tuple(_packed(f"{name}-all", everywhere)), tuple(_packed(f"{name}-nodes", by_node)))


def _key(network: Network) -> str:
    return network.file_name if network.meta.node is None else f"{network.meta.node}_{network.file_name}"


def _problem(network: Network) -> Diagnostic | None:
    node, key, size = network.meta.node, _key(network), len(text(network))
    message = help = None
    if node is not None and (not SUBDOMAIN.fullmatch(node) or len(node) > _LONGEST_KEY):
        message = f"{node!r} is no name that a Kubernetes node can have"
        help = "meta.node is the node's metadata.name: of a-z, 0-9, - and ."
    elif len(key) > _LONGEST_KEY:
        message = f"the key {key} has {len(key)} characters; a ConfigMap takes {_LONGEST_KEY}"
        help = "give the network a shorter name"
    elif size > _LIMIT:
        message = f"network {network.name} has {size} bytes of JSON; a ConfigMap holds {_LIMIT}"
        help = "split the network, or write conflists and bring them to the nodes in another way"
    if message is None:
        return None
    return error(MANIFEST.code, message, network.span, help=help).in_network(network.name)


def _clashes(networks: Iterable[Network]) -> list[Diagnostic]:
    """Networks of all nodes and of one that would be the same file there."""
    networks = tuple(networks)
    everywhere = {one.file_name: one for one in networks if one.meta.node is None}
    return [
        error(
            MANIFEST.code,
            f"on node {one.meta.node}, two networks would be the file {one.file_name}",
            one.span,
            Step("this one is for all nodes", everywhere[one.file_name].span),
            help="give one of them another name or priority",
        ).in_network(one.name)
        for one in networks
        if one.meta.node is not None and one.file_name in everywhere
    ]


def _packed(prefix: str, files: list[tuple[str, str]]) -> list[ConfigMap]:
    """The files in as few maps as the limit allows, in order."""
    groups: list[dict[str, str]] = []
    room = 0
    for key, content in files:
        size = len(json.dumps(key)) + len(json.dumps(content)) + 2
        if size > room:
            groups.append({})
            room = _COMFORTABLE
        groups[-1][key] = content
        room -= size
    return [ConfigMap(f"{prefix}-{_digest(group)}", group) for group in groups]


def _digest(data: dict[str, str]) -> str:
    return hashlib.sha256(json.dumps(data).encode()).hexdigest()[:10]
