"""From a source to its networks: the only room that knows both the language and the conflist.

The passes, each a function from one value to the next: parse, evaluate, lower, and a last check of the whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from netc.diagnostics import Diagnostic, Severity
from netc.model import Network
from netc.sources import Source

if TYPE_CHECKING:
    from netc.lang import Given


@dataclass(frozen=True, slots=True)
class Compiled:
    """The networks of a source, and what is wrong with it.

    A network whose values can't all be written is among `networks` too, without those values, so that the rest of it
    can be looked at: nothing may be written while there is an error in `findings`.
    """

    networks: tuple[Network, ...]
    findings: tuple[Diagnostic, ...]

    @property
    def ok(self) -> bool:
        """Whether there is no error."""
        return not any(found.severity is Severity.ERROR for found in self.findings)


def compile_source(source: Source, params: Mapping[str, Given] | None = None) -> Compiled:
    """Parse, evaluate and lower a source; `params` are values for its params, by name."""
    from netc import lang
    from netc.compile.lower import lower

    parsed = lang.parse(source)
    if parsed.file is None:
        return Compiled((), parsed.diagnostics)
    evaluation = lang.evaluate(parsed.file, params or {})
    findings = [*parsed.diagnostics, *evaluation.diagnostics]
    networks = []
    for value in evaluation.networks:
        network, found = lower(value)
        networks.append(network)
        findings += found
    return Compiled(tuple(networks), tuple(findings))


def validate(networks: Sequence[Network]) -> list[Diagnostic]:
    """The last check before anything leaves netc: the finished JSON against the plugins' JSON Schemas."""
    from netc.compile import codes
    from netc.plugins.schemas import validate as problems

    found = []
    for network in networks:
        for problem in problems(network.conflist):
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
