"""A source from its text to everything that is known of it: compiled, judged by every rule, exceptions taken out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from netc.diagnostics import Diagnostic, Severity, ordered
from netc.sources import Source

if TYPE_CHECKING:
    from netc.compiler.planning import Planned
    from netc.lang import Given
    from netc.lang.expressions import Observer
    from netc.model import Network, Pod


@dataclass(frozen=True, slots=True)
class Checked:
    """A source's networks, every finding, ordered, and those that the source itself allows.

    `pods` are its pods without mistakes, `planned` its address plan, None where it has no pool.
    """

    networks: tuple[Network, ...]
    findings: tuple[Diagnostic, ...] = ()
    allowed: tuple[Diagnostic, ...] = ()
    pods: tuple[Pod, ...] = ()
    planned: Planned | None = None

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

    compiled = compile_source(source, params, observe)
    findings = list(compiled.findings)
    for network in compiled.networks:
        findings += lint(network)
    judged = allow.apply(findings, compiled.comments, compiled.shared)
    result = Checked(
        compiled.networks, tuple(ordered(judged.findings)), judged.silenced, compiled.pods, compiled.planned
    )
    if result.errors or not final:
        return result
    invalid = validate(compiled.networks, judged.silenced)
    return replace(result, findings=tuple(ordered((*result.findings, *invalid)))) if invalid else result
