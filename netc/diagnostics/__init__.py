"""What netc says about an input: a `Diagnostic`, and one renderer per output format.

A mistake that a user can make is a `Diagnostic` with a span, collected by the pass that finds it; exceptions are for
bugs and for the system. The renderers live in `formats`, a module each.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable

from netc.dataclass import dataclass, replace
from netc.sources import Span


class Severity(enum.StrEnum):
    """How bad it is. Errors stop a build; warnings fail `netc lint`; infos never fail anything."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the way a value took: `Step("in chain edge, used here", span)`."""

    text: str
    span: Span


#: How a value came to where it stands, innermost step first.
Trail = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the characters of `span` by `text`."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding.

    `code` is stable (`NC203`), `message` one sentence that says what is wrong. `primary` is where; None only for
    findings about a file as a whole (`file` then names it). `labels` point at other places that take part, the trail's
    included. `help` is the fix. `network` and `pointer` (RFC 6901, in the compiled or raw conflist) say which JSON
    value is meant, where there is one. `edits` are a fix that can be applied as it stands; `safe` says that they repair
    this mistake and touch nothing else, so that nobody has to look at them first.
    """

    code: str
    severity: Severity
    message: str
    primary: Span | None = None
    labels: Trail = ()
    help: str | None = None
    network: str | None = None
    pointer: str | None = None
    file: str | None = None
    edits: tuple[Edit, ...] = ()
    safe: bool = False

    @property
    def path(self) -> str:
        """The file that the finding stands in."""
        return self.primary.source.path if self.primary is not None else self.file or ""

    def in_network(self, name: str) -> Diagnostic:
        """The same finding, said of network `name`."""
        return self if self.network is not None else replace(self, network=name)


def error(code: str, message: str, primary: Span | None, *labels: Step, help: str | None = None) -> Diagnostic:
    """A `Diagnostic` of severity error."""
    return Diagnostic(code, Severity.ERROR, message, primary, labels, help)


def warning(code: str, message: str, primary: Span | None, *labels: Step, help: str | None = None) -> Diagnostic:
    """A `Diagnostic` of severity warning."""
    return Diagnostic(code, Severity.WARNING, message, primary, labels, help)


def ordered(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """By file and place, without doubles (same code, message and place, seen from several networks)."""
    seen: dict[tuple[str, str, str, int, int], Diagnostic] = {}
    for found in diagnostics:
        start, end = (found.primary.start, found.primary.end) if found.primary else (-1, -1)
        seen.setdefault((found.path, found.code, found.message, start, end), found)
    return sorted(seen.values(), key=lambda d: (d.path, d.primary.start if d.primary else -1, d.code, d.message))
