"""`gitlab`: a Code Quality report, for `artifacts: reports: codequality` of a GitLab job."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from netc.diagnostics import Diagnostic, Severity
from netc.diagnostics.formats import Style
from netc.diagnostics.identity import fingerprints, in_repository

_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "minor", Severity.INFO: "info"}


def render(diagnostics: Sequence[Diagnostic], style: Style) -> str:
    """A JSON list with an issue per finding. Fingerprints do not change with the lines above a finding."""
    marked = zip(diagnostics, fingerprints(diagnostics), strict=True)
    return json.dumps([_issue(found, mark) for found, mark in marked], indent=2) + "\n"


def _issue(found: Diagnostic, fingerprint: str) -> dict[str, Any]:
    begin, end = (found.primary.begin.line, found.primary.finish.line) if found.primary is not None else (1, 1)
    return {
        "description": found.message + (f" ({found.help})" if found.help else ""),
        "check_name": found.code,
        "fingerprint": fingerprint,
        "severity": _SEVERITIES[found.severity],
        "location": {"path": in_repository(found.path), "lines": {"begin": begin, "end": end}},
    }
