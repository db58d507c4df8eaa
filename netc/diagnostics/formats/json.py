"""`json`: every finding with its range, for programs. The schema is docs/findings.schema.json."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from netc.diagnostics import Diagnostic
from netc.diagnostics.formats import Style
from netc.sources import Span


def render(diagnostics: Sequence[Diagnostic], style: Style) -> str:
    """`{"version": 1, "findings": [...]}`; lines and columns count from 1, columns in characters, `end` exclusive."""
    return json.dumps({"version": 1, "findings": [finding(found) for found in diagnostics]}, indent=2) + "\n"


def finding(found: Diagnostic) -> dict[str, Any]:
    """One finding as a JSON object."""
    return {
        "code": found.code,
        "severity": str(found.severity),
        "message": found.message,
        "help": found.help,
        "file": found.path,
        "range": range_of(found.primary) if found.primary is not None else None,
        "network": found.network,
        "pointer": found.pointer,
        "related": [
            {"message": step.text, "file": step.span.source.path, "range": range_of(step.span)} for step in found.labels
        ],
        "fix": [
            {"file": edit.span.source.path, "range": range_of(edit.span), "text": edit.text} for edit in found.edits
        ]
        if found.safe and found.edits
        else None,
    }


def range_of(span: Span) -> dict[str, dict[str, int]]:
    """Where a span starts and ends, lines and columns counted from 1, `end` exclusive."""
    begin, finish = span.begin, span.finish
    return {
        "start": {"line": begin.line, "column": begin.column},
        "end": {"line": finish.line, "column": finish.column},
    }
