"""`jsonl`: a JSON object a line, each a finding as `json` has them, for programs that read as they go."""

from __future__ import annotations

import json
from collections.abc import Sequence

from netc.diagnostics import Diagnostic
from netc.diagnostics.formats import Style
from netc.diagnostics.formats.json import finding


def render(diagnostics: Sequence[Diagnostic], style: Style) -> str:
    """One line per finding, nothing where there is none."""
    return "".join(json.dumps(finding(found)) + "\n" for found in diagnostics)
