"""From a source to its networks: the only room that knows both the language and the conflist.

The passes, each a function from one value to the next: parse, evaluate, lower, and a last check of the whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from netc.dataclass import dataclass
from netc.diagnostics import Diagnostic, Severity
from netc.model import Network, Pod, without
from netc.sources import Source, Sources, Span, project_root

if TYPE_CHECKING:
    from pathlib import Path

    from netc.compiler.neighbours import Neighbours
    from netc.compiler.planning import Planned, Planning
    from netc.compiler.scenarios import Scenario
    from netc.ipam import Elsewhere
    from netc.lang import Given
    from netc.lang.expressions import Observer
    from netc.lang.syntax import File


@dataclass(frozen=True, slots=True)
class Compiled:
    """The networks of a source, and what is wrong with it.

    A network whose values can't all be written is among `networks` too, without those values, so that the rest of it
    can be looked at: nothing may be written while there is an error in `findings`. A pod with a mistake is left out.

    `comments` are those of the source; `shared` those of its chains and of the files that it imports, which may speak
    of what only others do with them. `planned` is the address plan, None where there is no pool. `params`
    are the names of the params that the source takes; `scenarios` its tests, if nothing is wrong with it.
    """

    networks: tuple[Network, ...]
    findings: tuple[Diagnostic, ...]
    comments: tuple[Span, ...] = ()
    shared: tuple[Span, ...] = ()
    pods: tuple[Pod, ...] = ()
    planned: Planned | None = None
    params: frozenset[str] = frozenset()
    scenarios: tuple[Scenario, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether there is no error."""
        return not any(found.severity is Severity.ERROR for found in self.findings)


def compile_source(
    source: Source,
    params: Mapping[str, Given] | None = None,
    observe: Observer | None = None,
    sources: Sources | None = None,
    neighbours: Neighbours | None = None,
) -> Compiled:
    """Parse, evaluate and lower a source; `params` are values for its params, by name; `observe` is told each value.

    What the source imports, its data and the project's lock are read through `sources`, by default from the disk within
    the project's folder. `neighbours` is one for all files of a run: blocks of several files that are not in the lock
    yet are then planned one file after another.
    """
    from netc.lang.parser import without_collection

    with without_collection():
        return _compiled(source, params or {}, observe, sources, neighbours)


def _compiled(
    source: Source,
    params: Mapping[str, Given],
    observe: Observer | None,
    sources: Sources | None,
    neighbours: Neighbours | None,
) -> Compiled:
    from netc import lang
    from netc.compiler.lower import lower

    parsed = lang.parse(source)
    comments = tuple(comment.span for comment in parsed.comments)
    if parsed.file is None:
        return Compiled((), parsed.diagnostics, comments)
    root = project_root(source.file)
    sources = sources if sources is not None else Sources(root)
    planning = _planning(sources.root or root, sources, params, neighbours)
    evaluation = lang.evaluate(parsed.file, params, observe, sources=sources, planner=planning)
    findings = [*parsed.diagnostics, *evaluation.diagnostics, *planning.findings]
    networks = []
    for value in evaluation.networks:
        network, found = lower(value)
        networks.append(network)
        findings += found
    pods = []
    if evaluation.pods:
        from netc.compiler.pods import lower_pod

        for one in evaluation.pods:
            pod, found = lower_pod(one, networks)
            pods.append(pod)
            findings += found
    if neighbours is not None:
        neighbours.add(planning.root, planning.planned)
    scenarios: tuple[Scenario, ...] = ()
    if evaluation.scenes:
        from netc.compiler.scenarios import Scenario

        scenarios = tuple(Scenario(scene, networks) for scene in evaluation.scenes)
    own, shared = _parted(comments, parsed.file)
    others = tuple(span for span in evaluation.comments if span.source is not source)
    return Compiled(
        tuple(networks),
        tuple(findings),
        own,
        (*shared, *others),
        tuple(pods),
        planning.planned,
        _params(parsed.file),
        scenarios,
    )


def _planning(root: Path, sources: Sources, params: Mapping[str, Given], neighbours: Neighbours | None) -> Planning:
    from netc.compiler.planning import Planning

    def look() -> Elsewhere:
        from netc.compiler.neighbours import Neighbours

        return (neighbours or Neighbours()).elsewhere(root, params)

    return Planning(root, sources, neighbours.added(root) if neighbours is not None else (), cache(look))


def _params(file: File) -> frozenset[str]:
    from netc.lang.syntax import Param

    return frozenset(item.name.text for item in file.items if isinstance(item, Param))


def _parted(comments: Sequence[Span], file: File) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """The comments outside of chains, and those inside."""
    from netc.lang.syntax import Chain

    chains = [item.span for item in file.items if isinstance(item, Chain)]
    inside = {comment for comment in comments if any(at.start <= comment.start < at.end for at in chains)}
    return tuple(one for one in comments if one not in inside), tuple(one for one in comments if one in inside)


def validate(networks: Sequence[Network], allowed: Sequence[Diagnostic] = ()) -> list[Diagnostic]:
    """The last check before anything leaves netc: the finished JSON against the plugins' JSON Schemas.

    What an author allowed in so many words stays allowed: nothing is said of the places of `allowed`.
    """
    from netc.compiler import codes
    from netc.plugins.schemas import validate as problems

    found = []
    for network in networks:
        errors = [one for one in allowed if one.severity is Severity.ERROR and one.network == network.name]
        excused = {one.pointer for one in errors if one.pointer}
        invalid = problems(network.conflist)
        if excused and invalid:
            # Not what lacks only because an excused value was taken out: that is not said of the whole.
            invalid = [one for one in problems(without(network.conflist, excused)) if one in invalid]
        if any(one.pointer == "" for one in errors):
            invalid = [one for one in invalid if one.pointer]
        for problem in invalid:
            origin = network.origin(problem.pointer)
            found.append(
                Diagnostic(
                    codes.FINAL.code,
                    Severity.ERROR,
                    f"the finished JSON is not valid: {problem.message}",
                    origin.value,
                    origin.labels,
                    None,
                    network.name,
                    problem.pointer,
                )
            )
    return found
