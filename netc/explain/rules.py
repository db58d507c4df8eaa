"""Rules: what a code means. A rule's docstring, where the rule is declared, is its page."""

from __future__ import annotations

from collections.abc import Iterable

from netc.diagnostics.rule import Rule, sections
from netc.explain.page import Code, Fact, Page, Part, Prose, Table
from netc.lint import catalogue

_HEADINGS = {"Why": "why", "Bad": "bad", "Good": "good", "Source": "source"}


def names() -> Iterable[str]:
    """The codes and the names of all rules."""
    for rule in catalogue.all_rules():
        yield rule.code
        yield rule.name


def page(name: str) -> Page | None:
    """The page of the rule with this code, in upper or lower case, or with this name; None if there is none."""
    rule = catalogue.find(name.upper()) or catalogue.find(name)
    return None if rule is None else _page(rule)


def _page(rule: Rule) -> Page:
    found = sections(rule.doc)
    parts: list[Part] = [
        Fact("code", rule.code),
        Fact("rule", rule.name),
        Fact("severity", str(rule.severity), f"{rule.severity}: {_EFFECT[str(rule.severity)]}"),
    ]
    if rule.plugin is not None:
        parts.append(Fact("plugin", rule.plugin))
    for name, heading in _HEADINGS.items():
        if name in found:
            make = Code if name in ("Bad", "Good") else Prose
            parts.append(make(heading, found[name], heading))
    parts.append(Fact("silence", f"# netc: allow {rule.code} REASON"))
    return Page("rule", rule.code, f"{rule.code} {rule.name}", what(rule), tuple(parts))


_EFFECT = {"error": "nothing is built", "warning": "netc lint fails, a build does not", "info": "advice, never fails"}


def what(rule: Rule) -> str:
    """What a rule finds, in a sentence or two."""
    return " ".join(sections(rule.doc)[""].split())


def overview() -> Page:
    """All rules, by code."""
    rows = tuple(
        {"code": rule.code, "name": rule.name, "severity": str(rule.severity), "summary": what(rule)}
        for rule in catalogue.all_rules()
    )
    see = "netc explain CODE says why, and shows the fix. `# netc: allow CODE reason` silences a finding."
    return Page("index", "rules", "rules", "What netc finds, by code.", (Table("topics", rows), Prose("see", see)))
