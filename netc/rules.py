"""Rules: what a code means, and the function that finds it.

A rule is declared where its knowledge lives: in `netc/lint/rules/` (one file a rule), in its plugin's `rules.py`, or,
for what a pass reports by itself (syntax, types), in that pass's `codes.py`. The docstring is the documentation: it is
what `netc explain CODE` prints, and its two examples are the rule's test.

Sections of a rule's docstring, in this order: a first line that says what is found; `Why:`; `Bad:` and `Good:` (netc
source or a conflist, indented); `Source:` where the fact comes from.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from netc.diagnostics import Severity
from netc.model import Network, Plugin

#: The sections of a rule's docstring after its first line, in order.
SECTIONS = ("Why", "Bad", "Good", "Source")


@dataclass(frozen=True, slots=True)
class Violation:
    """What a rule found, in terms of the conflist: the lint engine finds the author's line.

    `pointer` is an RFC 6901 pointer: from the conflist's root for a network rule, from the plugin object for a plugin
    rule ("" is the plugin itself). `on` says whether the key or its value is to be underlined. `related` are pointers
    (of the same kind) that take part, each with the words to show there.
    """

    pointer: str
    message: str
    help: str | None = None
    on: Literal["key", "value"] = "value"
    related: tuple[tuple[str, str], ...] = ()


PluginCheck = Callable[[Plugin, Network], Iterable[Violation]]
NetworkCheck = Callable[[Network], Iterable[Violation]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A code with its meaning. `name` reads after "allow"; `plugin` is the plugin type it is about, if one.

    A rule about an IPAM plugin looks at the plugin that delegates to it: its pointers start with `/ipam`.
    """

    code: str
    name: str
    severity: Severity
    input: Literal["syntax", "plugin", "network"]
    doc: str
    plugin: str | None = None
    check: Callable[..., Iterable[Violation]] | None = None

    def concerns(self, plugin: Plugin) -> bool:
        """Whether a plugin rule is to look at this plugin object: it, or its `ipam`, is of the rule's type."""
        return self.plugin in (None, plugin.type) or (plugin.ipam or {}).get("type") == self.plugin


def plugin_rule(
    code: str, name: str, severity: Severity, *, plugin: str | None = None
) -> Callable[[PluginCheck], Rule]:
    """Declare a rule that looks at one plugin object (of type `plugin`, or of any) with its network around it."""

    def declare(check: PluginCheck) -> Rule:
        return Rule(code, name, severity, "plugin", inspect.getdoc(check) or "", plugin, check)

    return declare


def network_rule(code: str, name: str, severity: Severity) -> Callable[[NetworkCheck], Rule]:
    """Declare a rule that looks at a whole network."""

    def declare(check: NetworkCheck) -> Rule:
        return Rule(code, name, severity, "network", inspect.getdoc(check) or "", None, check)

    return declare


def sections(doc: str) -> dict[str, str]:
    """A rule's docstring in parts: its first line under "", and each of `SECTIONS` that it has, without indentation.

    A section's text starts on its own line or on the line below, indented or not.
    """
    found: dict[str, list[str]] = {"": []}
    current = found[""]
    for line in inspect.cleandoc(doc).splitlines():
        head, colon, rest = line.partition(":")
        if colon and head in SECTIONS and head not in found:
            current = found.setdefault(head, [rest.strip()] if rest.strip() else [])
        else:
            current.append(line)
    return {name: textwrap.dedent("\n".join(lines)).strip() for name, lines in found.items()}


def declared_in(module: object) -> Iterator[Rule]:
    """The rules that a module declares, in the order written."""
    return (value for value in vars(module).values() if isinstance(value, Rule))
