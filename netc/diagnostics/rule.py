"""Rules: what a code means, and the function that finds it.

A rule is declared where its knowledge lives: in `netc/lint/rules/` (one file a rule), in its plugin's `rules.py`, or,
for what a pass reports by itself (syntax, types), in that pass's `codes.py`. The docstring is the documentation: it is
what `netc explain CODE` prints, and its two examples are the rule's test.

Sections of a rule's docstring, in this order: a first line that says what is found; `Why:`; `Bad:` and `Good:` (netc
source or a conflist, indented); `Source:` where the fact comes from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Literal

from netc.dataclass import dataclass
from netc.diagnostics import Severity

#: The sections of a rule's docstring after its first line, in order.
SECTIONS = ("Why", "Bad", "Good", "Source")


@dataclass(frozen=True, slots=True)
class Rule:
    """A code with its meaning. `name` reads after "allow"; `plugin` is the plugin type it is about, if one.

    `check` finds it in a network or plugin (see `netc.rules`); a pass that reports a code by itself has none. A rule
    about an IPAM plugin looks at the plugin that delegates to it: its pointers start with `/ipam`. `doc` is the
    docstring as it stands in the source: see `sections`.
    """

    code: str
    name: str
    severity: Severity
    input: Literal["syntax", "plugin", "network", "project", "target", "pod"]
    doc: str
    plugin: str | None = None
    check: Callable[..., Iterable[Any]] | None = None


def sections(doc: str) -> dict[str, str]:
    """A rule's docstring in parts: its first line under "", and each of `SECTIONS` that it has, without indentation.

    A section's text starts on its own line or on the line below, indented or not.
    """
    import inspect
    import textwrap

    found: dict[str, list[str]] = {"": []}
    current = found[""]
    for line in inspect.cleandoc(doc).splitlines():
        head, colon, rest = line.partition(":")
        if colon and head in SECTIONS and head not in found:
            current = found.setdefault(head, [rest.strip()] if rest.strip() else [])
        else:
            current.append(line)
    return {name: textwrap.dedent("\n".join(lines)).strip() for name, lines in found.items()}
