"""A source from its text to everything that is known of it: compiled, judged by every rule, exceptions taken out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from netc.diagnostics import Diagnostic, Severity, ordered
from netc.sources import Source, Span

if TYPE_CHECKING:
    from netc.compiler.planning import Planned
    from netc.documents.document import Document
    from netc.documents.go import Written
    from netc.lang import Given
    from netc.lang.expressions import Observer
    from netc.model import Network, Pod


@dataclass(frozen=True, slots=True)
class Checked:
    """A source's networks, every finding, ordered, and those that the source itself allows.

    `pods` are its pods without mistakes, `planned` its address plan, None where it has no pool. `comments` are those
    that may allow a finding. `document` is what was read where the source is no `.netc`.
    """

    networks: tuple[Network, ...]
    findings: tuple[Diagnostic, ...] = ()
    allowed: tuple[Diagnostic, ...] = ()
    pods: tuple[Pod, ...] = ()
    planned: Planned | None = None
    comments: tuple[Span, ...] = ()
    document: Document | None = None

    @property
    def errors(self) -> int:
        """How many of the findings are errors; with any, nothing may be written."""
        return sum(found.severity is Severity.ERROR for found in self.findings)


def checked(
    source: Source, params: Mapping[str, Given], *, final: bool = True, observe: Observer | None = None
) -> Checked:
    """Compile a source and lint its networks.

    Where no error was found, and `final` says that the JSON is to be used, it is validated once more as a whole.
    `observe` is told the value of each expression.
    """
    from netc.compiler import compile_source, validate
    from netc.lint import allow, lint
    from netc.lint.together import lint_together

    compiled = compile_source(source, params, observe)
    findings = list(compiled.findings)
    for network in compiled.networks:
        findings += lint(network)
    if len(compiled.networks) > 1:
        findings += lint_together(compiled.networks)
    judged = allow.apply(findings, compiled.comments, compiled.shared)
    result = Checked(
        compiled.networks,
        tuple(ordered(judged.findings)),
        judged.silenced,
        compiled.pods,
        compiled.planned,
        (*compiled.comments, *compiled.shared),
    )
    if result.errors or not final:
        return result
    invalid = validate(compiled.networks, judged.silenced)
    return replace(result, findings=tuple(ordered((*result.findings, *invalid)))) if invalid else result


def checked_document(source: Source) -> Checked:
    """Read a conflist, a single configuration or a manifest, and lint the networks in it.

    Pointers in findings are those of the JSON as it is written.
    """
    from netc.documents.document import read
    from netc.lint import lint

    document = read(source)
    findings = list(document.findings)
    for written in document.written:
        findings += [_as_written(found, written) for found in lint(written.network)]
    networks = tuple(written.network for written in document.written if written.place not in ("delegate", "part"))
    return Checked(networks, tuple(ordered(findings)), document=document)


def checked_together(checks: Sequence[Checked], folders: Collection[str] = ()) -> tuple[Diagnostic, ...]:
    """Every finding about all that was checked, ordered: those of each source, and those between networks that meet.

    The configurations in each of `folders`, absolute paths, are taken for those of one host.
    """
    from netc.lint import allow
    from netc.lint.together import lint_together, meetings

    found = [finding for one in checks for finding in one.findings]
    documents = [one.document for one in checks if one.document is not None]
    written = {id(each.network): each for document in documents for each in document.written}
    compiled = [network for one in checks if one.document is None for network in one.networks]

    def pointer_of(network: Network, pointer: str) -> str:
        known = written.get(id(network))
        return pointer if known is None else known.pointer(pointer)

    between: list[Diagnostic] = []
    for networks in meetings(compiled, documents, folders):
        between += lint_together(networks, pointer_of)
    if not between:
        return tuple(ordered(found))
    comments = [comment for one in checks for comment in one.comments]
    judged = allow.apply(between, comments)
    codes = {one.code for one in between}
    return tuple(ordered([*found, *(one for one in judged.findings if one.code in codes)]))


def _as_written(found: Diagnostic, written: Written) -> Diagnostic:
    from netc.lint.in_json import help_in_json

    pointer = written.pointer(found.pointer) if found.pointer is not None else None
    return replace(found, pointer=pointer, help=help_in_json(found.help) if found.help else None)
