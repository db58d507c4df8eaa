"""Hosts and networks that are alike, as one: a fleet's picture is that of one node, and how many there are."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

from netc.dataclass import replace
from netc.graph.planned import Subject
from netc.model import Network, Pod

#: As many of one kind stand side by side before they are drawn as one.
FEW = 3


def subjects(networks: Sequence[Network], pods: Sequence[Pod]) -> list[Subject]:
    """Each host with its pods, and with the networks that no pod is in; in the order of the source."""
    inside = {id(one.network) for pod in pods for one in pod.attachments}
    hosts: dict[str, tuple[list[Network], list[Pod]]] = {}
    for network in networks:
        if id(network) not in inside:
            hosts.setdefault(network.meta.node or "", ([], []))[0].append(network)
    for pod in pods:
        node = next((one.network.meta.node for one in pod.attachments if one.network.meta.node), "")
        hosts.setdefault(node or "", ([], []))[1].append(pod)
    return [Subject(name, name, tuple(listed), tuple(attached)) for name, (listed, attached) in hosts.items()]


def merged(found: Sequence[Subject]) -> list[Subject]:
    """The same with hosts of one shape as one, and so networks of one shape on a host; few of a kind stay."""
    alike: dict[Hashable, list[Subject]] = {}
    for one in found:
        alike.setdefault(_shape(one), []).append(one)
    return [subject for several in alike.values() for subject in _as_one(several)]


def _as_one(several: list[Subject]) -> Iterator[Subject]:
    if len(several) <= FEW:
        yield from (replace(one, networks=tuple(_few(one.networks))) for one in several)
        return
    first, last = several[0], several[-1]
    title = f"{first.name}, and {len(several) - 1} hosts like it up to {last.name}"
    yield replace(first, title=title, networks=tuple(_few(first.networks)))


def _few(networks: Sequence[Network]) -> Iterator[Network]:
    alike: dict[Hashable, list[Network]] = {}
    for one in networks:
        alike.setdefault(_kind(one), []).append(one)
    for several in alike.values():
        if len(several) <= FEW:
            yield from several
        else:
            yield replace(
                several[0], name=f"{several[0].name}, and {len(several) - 1} like it up to {several[-1].name}"
            )


def _shape(subject: Subject) -> Hashable:
    pods = tuple((pod.name, tuple(_kind(one.network) for one in pod.attachments)) for pod in subject.pods)
    return tuple(dict.fromkeys(_kind(one) for one in subject.networks)), pods


def _kind(network: Network) -> Hashable:
    """What it has in common with others: the source's network, or its chain and what that is on."""
    chain = tuple(plugin.type for plugin in network.plugins)
    return chain, network.head if network.key is not None else network.name if network.meta.node else ""
