"""A source from its text to everything that is known of it: compiled, judged by every rule, exceptions taken out."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from netc.dataclass import dataclass, replace
from netc.diagnostics import Diagnostic, Severity, ordered
from netc.sources import PROJECT_FILE, Source, Span, project_root

if TYPE_CHECKING:
    from netc.compiler.neighbours import Neighbours
    from netc.compiler.planning import Planned
    from netc.compiler.scenarios import Scenario
    from netc.documents.document import Document
    from netc.documents.go import Written
    from netc.lang import Given
    from netc.lang.expressions import Observer
    from netc.model import Network, Pod
    from netc.plugins import Own
    from netc.target import Target


@dataclass(frozen=True, slots=True)
class Checked:
    """A source's networks, every finding, ordered, and those that the source itself allows.

    `pods` are its pods without mistakes, `planned` its address plan, None where it has no pool. `comments` are those
    that may allow a finding. `document` is what was read where the source is no `.netc`. `params` are the names of the
    params that the source takes, `scenarios` its tests, if nothing is wrong with it. `whole` says that it compiled:
    what is wrong, if anything, is what the networks are, and not that one is missing.
    """

    networks: tuple[Network, ...]
    findings: tuple[Diagnostic, ...] = ()
    allowed: tuple[Diagnostic, ...] = ()
    pods: tuple[Pod, ...] = ()
    planned: Planned | None = None
    comments: tuple[Span, ...] = ()
    document: Document | None = None
    whole: bool = True
    params: frozenset[str] = frozenset()
    scenarios: tuple[Scenario, ...] = ()

    @property
    def errors(self) -> int:
        """How many of the findings are errors; with any, nothing may be written."""
        return sum(found.severity is Severity.ERROR for found in self.findings)


def checked(
    source: Source,
    params: Mapping[str, Given],
    *,
    final: bool = True,
    observe: Observer | None = None,
    neighbours: Neighbours | None = None,
) -> Checked:
    """Compile a source and lint its networks.

    Where no error was found, and `final` says that the JSON is to be used, it is validated once more as a whole.
    `observe` is told the value of each expression; `neighbours` is one for all files of a run, as for `compile_source`.
    """
    from netc.compiler import compile_source, validate
    from netc.lint import allow
    from netc.lint.together import lint_together

    targets, missed = _targets(source)  # before all else: the project may have plugins of its own
    compiled = compile_source(source, params, observe, neighbours=neighbours)
    findings = [*compiled.findings, *missed]
    networks, pods = _versioned(compiled.networks, compiled.pods, targets)
    for network in networks:
        findings += _judged(network, targets)
    if len(networks) > 1:
        findings += lint_together(networks)
    if pods:
        from netc.lint.pods import lint_pods

        findings += lint_pods(pods)
    judged = allow.apply(findings, compiled.comments, compiled.shared)
    result = Checked(
        networks,
        tuple(ordered(judged.findings)),
        judged.silenced,
        pods,
        compiled.planned,
        (*compiled.comments, *compiled.shared),
        whole=not any(found.severity is Severity.ERROR for found in compiled.findings),
        params=compiled.params,
        scenarios=compiled.scenarios,
    )
    if result.errors or not final:
        return result
    invalid = validate(networks, judged.silenced)
    return replace(result, findings=tuple(ordered((*result.findings, *invalid)))) if invalid else result


def checked_document(source: Source) -> Checked:
    """Read a conflist, a single configuration or a manifest, and lint the networks in it.

    Pointers in findings are those of the JSON as it is written.
    """
    from netc.documents.document import read

    targets, missed = _targets(source)
    document = read(source)
    findings = [*document.findings, *missed]
    for written in document.written:
        findings += [_as_written(found, written) for found in _judged(written.network, targets)]
    networks = tuple(written.network for written in document.written if written.place not in ("delegate", "part"))
    if not document.comments:
        return Checked(networks, tuple(ordered(findings)), document=document)
    from netc.lint import allow

    judged = allow.apply(findings, document.comments, texts=document.texts)
    found = tuple(ordered(judged.findings))
    return Checked(networks, found, judged.silenced, comments=document.comments, document=document)


def checked_together(
    checks: Sequence[Checked], folders: Collection[str] = (), *, heed: bool = True
) -> tuple[Diagnostic, ...]:
    """Every finding about all that was checked, ordered: those of each source, and those between networks that meet.

    The configurations in each of `folders`, absolute paths, are taken for those of one host. Where comments are not to
    be heeded, what they allow is found as well.
    """
    from netc.lint import allow
    from netc.lint.together import lint_together, meetings

    found = [finding for one in checks for finding in one.findings]
    if not heed:
        found += [finding for one in checks for finding in one.allowed]
    documents = [one.document for one in checks if one.document is not None]
    written = {id(each.network): each for document in documents for each in document.written}
    compiled = [network for one in checks if one.document is None for network in one.networks]

    def pointer_of(network: Network, pointer: str) -> str:
        known = written.get(id(network))
        return pointer if known is None else known.pointer(pointer)

    between: list[Diagnostic] = []
    for networks in meetings(compiled, documents, folders):
        between += lint_together(networks, pointer_of)
    if any(document.asking for document in documents):
        from netc.lint.pods import lint_pods

        between += lint_pods((), documents)
    if not between:
        return tuple(ordered(found))
    comments = [comment for one in checks for comment in one.comments] if heed else []
    texts = [text for document in documents for text in document.texts]
    judged = allow.apply(between, comments, texts=texts)
    codes = {one.code for one in between}
    return tuple(ordered([*found, *(one for one in judged.findings if one.code in codes)]))


def _judged(network: Network, targets: Sequence[Target]) -> Iterable[Diagnostic]:
    """What is to be said of a network by itself, and of it on the targets of its project."""
    from netc.lint import lint

    found = lint(network)
    if not targets:
        return found
    from netc.lint.against import lint_against, still_read

    return [*still_read(found, network, targets), *lint_against(network, targets)]


def _versioned(
    networks: tuple[Network, ...], pods: tuple[Pod, ...], targets: Sequence[Target]
) -> tuple[tuple[Network, ...], tuple[Pod, ...]]:
    """The networks, those without a version of their own with one that the targets speak, and the pods in them."""
    if not targets:
        return networks, pods
    from netc.lint.deployed import versioned

    found = {id(network): versioned(network, targets) for network in networks}
    attached = (
        replace(pod, attachments=tuple(replace(one, network=found[id(one.network)]) for one in pod.attachments))
        for pod in pods
    )
    return tuple(found.values()), tuple(attached)


def _targets(source: Source) -> tuple[tuple[Target, ...], tuple[Diagnostic, ...]]:
    """The targets of the project that a source belongs to, and what is wrong with its netc.toml.

    From here on the catalogue has the project's own plugins.
    """
    from netc import plugins

    file = project_root(source.file) / PROJECT_FILE
    try:
        state = file.stat()
    except OSError:
        plugins.use({})
        return (), ()
    own, targets, findings = _project_of(file, os.getcwd(), state.st_mtime_ns, state.st_size)
    plugins.use(own)
    return targets, findings


@lru_cache(maxsize=16)
def _project_of(file: Path, *_: object) -> tuple[Own, tuple[Target, ...], tuple[Diagnostic, ...]]:
    from netc import project_file

    project, findings = project_file.load(file)
    if project is None:
        return {}, (), findings
    own: Own = {}
    if project.named.get("plugins"):
        from netc.plugins.own import plugins_of

        own, findings = plugins_of(project)
        if findings:
            return own, (), findings
    if not (project.tables.get("target") or project.named.get("target")):
        return own, (), ()
    from netc.target.reading import targets

    return own, *targets(project)


def _as_written(found: Diagnostic, written: Written) -> Diagnostic:
    from netc.lint.in_json import help_in_json

    pointer = written.pointer(found.pointer) if found.pointer is not None else None
    return replace(found, pointer=pointer, help=help_in_json(found.help) if found.help else None)
