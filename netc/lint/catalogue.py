"""All rules of netc, wherever they are declared, and the table of them that the documentation shows."""

from __future__ import annotations

import importlib
from functools import cache

from netc import plugins
from netc.diagnostics.rule import Rule, sections
from netc.lint import general_rules, rules_of
from netc.rules import declared_in

#: Where passes declare what they report by themselves.
PASSES = (
    "netc.project_file",
    "netc.lang.codes",
    "netc.lang.data",
    "netc.compiler.codes",
    "netc.ipam.codes",
    "netc.plugins.shape_codes",
    "netc.documents.codes",
    "netc.adopt.codes",
    "netc.lint.allow",
    "netc.lint.pods",
    "netc.emit.request",
    "netc.emit.sandbox",
)

#: What the first digit of a code says.
CLASSES = {
    "1": "The language",
    "2": "Addresses",
    "3": "Chain and capabilities",
    "4": "Plugins",
    "5": "Target",
    "6": "Project and pods",
}


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule, by code."""
    found = [rule for name in PASSES for rule in declared_in(importlib.import_module(name))]
    found += general_rules()
    found += [rule for name in plugins.names() for rule in rules_of(name)]
    return tuple(sorted(found, key=lambda rule: rule.code))


def find(code: str) -> Rule | None:
    """The rule with this code or name; None if there is none."""
    return next((rule for rule in all_rules() if code in (rule.code, rule.name)), None)


def table() -> str:
    """docs/rules.md: one table for each class of codes, made from the rules' docstrings."""
    lines = [
        "# Rules",
        "",
        "What netc finds, by code. `netc explain CODE` says why it matters and shows the fix.",
        "`# netc: allow CODE reason` on the line, or the line above, silences a finding.",
        "",
        "An error stops a build; a warning makes `netc lint` fail; an info is advice.",
    ]
    for digit, title in CLASSES.items():
        members = [rule for rule in all_rules() if rule.code[2] == digit]
        if members:
            lines += ["", f"## NC{digit}xx: {title}", "", "| code | name | severity | what |", "|---|---|---|---|"]
            lines += [f"| {rule.code} | {rule.name} | {rule.severity} | {_first(rule)} |" for rule in members]
    return "\n".join(lines) + "\n"


def _first(rule: Rule) -> str:
    return " ".join(sections(rule.doc)[""].split()).replace("|", "\\|")
