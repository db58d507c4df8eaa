"""`sarif`: the Static Analysis Results Interchange Format 2.1.0 of OASIS, for GitHub code scanning and editors."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from netc.diagnostics import Diagnostic, Severity
from netc.diagnostics.formats import Style
from netc.diagnostics.identity import fingerprints, in_repository
from netc.diagnostics.rule import sections
from netc.sources import Span
from netc.version import VERSION

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def render(diagnostics: Sequence[Diagnostic], style: Style) -> str:
    """One run of one tool: the rules that found something, and what they found."""
    codes = sorted({found.code for found in diagnostics})
    driver = {"name": "netc", "semanticVersion": VERSION, "rules": [_rule(code, style) for code in codes]}
    marked = zip(diagnostics, fingerprints(diagnostics), strict=True)
    results = [_result(found, codes.index(found.code), mark) for found, mark in marked]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(code: str, style: Style) -> dict[str, Any]:
    rule = style.rule_of(code)
    if rule is None:
        return {"id": code}
    said = sections(rule.doc)
    why = " ".join(said.get("Why", "").split())
    source = f"\n\nSource: {' '.join(said['Source'].split())}" if "Source" in said else ""
    return {
        "id": code,
        "name": rule.name,
        "shortDescription": {"text": " ".join(said[""].split())},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        **({"fullDescription": {"text": why}, "help": {"text": why + source}} if why else {}),
    }


def _result(found: Diagnostic, index: int, fingerprint: str) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": found.code,
        "ruleIndex": index,
        "level": _LEVELS[found.severity],
        "message": {"text": found.message + (f"\nhelp: {found.help}" if found.help else "")},
        "locations": [_location(found)] if found.path else [],
        "partialFingerprints": {"netcFinding/v1": fingerprint},
    }
    if found.labels:
        result["relatedLocations"] = [
            {"id": number, "physicalLocation": _place(step.span), "message": {"text": step.text}}
            for number, step in enumerate(found.labels, 1)
        ]
    if found.safe and found.edits:
        result["fixes"] = [_fix(found)]
    return result


def _location(found: Diagnostic) -> dict[str, Any]:
    place = _place(found.primary) if found.primary is not None else {"artifactLocation": _artifact(found.path)}
    location: dict[str, Any] = {"physicalLocation": place}
    if found.network is not None:
        named: dict[str, Any] = {"name": found.network, "kind": "object"}
        if found.pointer is not None:
            named["fullyQualifiedName"] = f"{found.network}#{found.pointer}"
        location["logicalLocations"] = [named]
    return location


def _place(span: Span) -> dict[str, Any]:
    return {"artifactLocation": _artifact(span.source.path), "region": _region(span)}


def _region(span: Span) -> dict[str, int]:
    begin, finish = span.begin, span.finish
    return {
        "startLine": begin.line,
        "startColumn": begin.column,
        "endLine": finish.line,
        "endColumn": finish.column,
    }


def _artifact(path: str) -> dict[str, str]:
    shown = in_repository(path)
    if os.path.isabs(path) and shown.startswith("/"):
        return {"uri": f"file://{quote(shown)}"}
    return {"uri": quote(shown)}


def _fix(found: Diagnostic) -> dict[str, Any]:
    changes: dict[str, list[dict[str, Any]]] = {}
    for edit in found.edits:
        replacement = {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.text}}
        changes.setdefault(edit.span.source.path, []).append(replacement)
    return {
        "description": {"text": found.help or found.message},
        "artifactChanges": [
            {"artifactLocation": _artifact(path), "replacements": made} for path, made in changes.items()
        ],
    }
