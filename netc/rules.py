"""Declaring a rule that looks at a compiled network: what it finds, in terms of the JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Literal

from netc.dataclass import dataclass, field
from netc.diagnostics import Severity
from netc.diagnostics.rule import Rule
from netc.model import Json, Network, Plugin
from netc.sources import Span
from netc.target import Target


@dataclass(frozen=True, slots=True)
class Violation:
    """What a rule found, in terms of the conflist: the lint engine finds the author's line.

    `pointer` is an RFC 6901 pointer: from the conflist's root for a network rule, from the plugin object for a plugin
    rule ("" is the plugin itself). `on` says whether the key or its value is to be underlined. `related` are pointers
    (of the same kind) that take part, each with the words to show there. `setting` names the target's setting that says
    so, for a rule about a target.
    """

    pointer: str
    message: str
    help: str | None = None
    on: Literal["key", "value"] = "value"
    related: tuple[tuple[str, str], ...] = ()
    setting: str = ""


@dataclass(frozen=True, slots=True)
class Clash:
    """What a rule found between networks: in `network` at `pointer`, an RFC 6901 pointer from its conflist's root.

    `related` are the places in other networks that take part, each with the words to show there. `on` and `help` are
    as in a `Violation`.
    """

    network: Network
    pointer: str
    message: str
    help: str | None = None
    on: Literal["key", "value"] = "value"
    related: tuple[tuple[Network, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """One network that a pod asks for. `network` is None where nothing is known of it.

    `title` is what the pod calls the network. `ifname` is the interface's name, given by the pod or, where it is not
    `named`, the one that Multus will give. `wanted` are the values for capabilities; `places` has where each stands,
    and `span` is the place of the whole. `leads` says that the pod's default route is to go this way.
    """

    title: str
    ifname: str
    named: bool
    network: Network | None
    wanted: Mapping[str, Json]
    span: Span
    places: Mapping[str, Span] = field(default_factory=dict)
    leads: bool = False


@dataclass(frozen=True, slots=True)
class Gathered:
    """A pod with the networks that it asks for, in order.

    In a `cluster` it has eth0 in the cluster's network before them. `copies` are how many pods are made of it, at
    least: 2 for what has one on each node.
    """

    name: str
    asked: tuple[Asked, ...]
    span: Span
    cluster: bool = False
    copies: int = 1


@dataclass(frozen=True, slots=True)
class Remark:
    """What a rule found about pods: at `span`, with the places that take part and the words to show there."""

    span: Span
    message: str
    help: str | None = None
    related: tuple[tuple[Span, str], ...] = ()


PluginCheck = Callable[[Plugin, Network], Iterable[Violation]]
NetworkCheck = Callable[[Network], Iterable[Violation]]
ProjectCheck = Callable[[Sequence[Network]], Iterable[Clash]]
PodCheck = Callable[[Sequence[Gathered]], Iterable[Remark]]
TargetCheck = Callable[[Network, Target], Iterable[Violation]]


def plugin_rule(
    code: str, name: str, severity: Severity, *, plugin: str | None = None
) -> Callable[[PluginCheck], Rule]:
    """Declare a rule that looks at one plugin object (of type `plugin`, or of any) with its network around it."""

    def declare(check: PluginCheck) -> Rule:
        return Rule(code, name, severity, "plugin", check.__doc__ or "", plugin, check)

    return declare


def network_rule(code: str, name: str, severity: Severity) -> Callable[[NetworkCheck], Rule]:
    """Declare a rule that looks at a whole network."""

    def declare(check: NetworkCheck) -> Rule:
        return Rule(code, name, severity, "network", check.__doc__ or "", None, check)

    return declare


def project_rule(code: str, name: str, severity: Severity) -> Callable[[ProjectCheck], Rule]:
    """Declare a rule that looks at all networks that one host, or one cluster, has at the same time.

    What it does must grow with the number of networks and not with that of their pairs: a fleet has thousands.
    """

    def declare(check: ProjectCheck) -> Rule:
        return Rule(code, name, severity, "project", check.__doc__ or "", None, check)

    return declare


def target_rule(code: str, name: str, severity: Severity) -> Callable[[TargetCheck], Rule]:
    """Declare a rule that looks at a network and at what it is to run on."""

    def declare(check: TargetCheck) -> Rule:
        return Rule(code, name, severity, "target", check.__doc__ or "", None, check)

    return declare


def pod_rule(code: str, name: str, severity: Severity) -> Callable[[PodCheck], Rule]:
    """Declare a rule that looks at pods, each as a whole and beside the others of a run."""

    def declare(check: PodCheck) -> Rule:
        return Rule(code, name, severity, "pod", check.__doc__ or "", None, check)

    return declare


def declared_in(module: object) -> Iterator[Rule]:
    """The rules that a module declares, in the order written."""
    return (value for value in vars(module).values() if isinstance(value, Rule))
