"""From a source to its networks: the only room that knows both the language and the conflist.

The passes, each a function from one value to the next: parse, evaluate, lower, and a last check of the whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from netc.diagnostics import Diagnostic, Severity
from netc.model import Network, without
from netc.sources import Source, Span

if TYPE_CHECKING:
    from netc.lang import Given
    from netc.lang.expressions import Observer


@dataclass(frozen=True, slots=True)
class Compiled:
    """The networks of a source, and what is wrong with it.

    A network whose values can't all be written is among `networks` too, without those values, so that the rest of it
    can be looked at: nothing may be written while there is an error in `findings`.
    """

    networks: tuple[Network, ...]
    findings: tuple[Diagnostic, ...]
    comments: tuple[Span, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether there is no error."""
        return not any(found.severity is Severity.ERROR for found in self.findings)


def compile_source(
    source: Source, params: Mapping[str, Given] | None = None, observe: Observer | None = None
) -> Compiled:
    """Parse, evaluate and lower a source; `params` are values for its params, by name; `observe` is told each value."""
    from netc import lang
    from netc.compiler.lower import lower

    parsed = lang.parse(source)
    comments = tuple(comment.span for comment in parsed.comments)
    if parsed.file is None:
        return Compiled((), parsed.diagnostics, comments)
    evaluation = lang.evaluate(parsed.file, params or {}, observe)
    findings = [*parsed.diagnostics, *evaluation.diagnostics]
    networks = []
    for value in evaluation.networks:
        network, found = lower(value)
        networks.append(network)
        findings += found
    return Compiled(tuple(networks), tuple(findings), comments)


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
        for problem in problems(without(network.conflist, excused) if excused else network.conflist):
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
