"""The list of all rules that `netc lint --list` prints."""

from __future__ import annotations

import json

from netc.diagnostics.formats import Style

#: The output formats that a list of rules has.
FORMATS = ("full", "concise", "json")


def listed(format: str, style: Style) -> str:
    """All rules by code; `concise` is a line a rule, `json` is `{"version": 1, "rules": [...]}`."""
    from netc.explain import rules, text
    from netc.lint.catalogue import all_rules

    if format == "json":
        found = [
            {
                "code": rule.code,
                "name": rule.name,
                "severity": str(rule.severity),
                "plugin": rule.plugin,
                "summary": rules.what(rule),
            }
            for rule in all_rules()
        ]
        return json.dumps({"version": 1, "rules": found}, indent=2, ensure_ascii=False) + "\n"
    if format == "concise":
        return "".join(f"{rule.code} {rule.severity} {rule.name}: {rules.what(rule)}\n" for rule in all_rules())
    return text.render([rules.overview()], style)
