"""`concise`: a line a finding, as compilers print them, for editors and grep."""

from __future__ import annotations

from collections.abc import Sequence

from netc.diagnostics import Diagnostic
from netc.diagnostics.formats import Style


def render(diagnostics: Sequence[Diagnostic], style: Style) -> str:
    """`FILE:LINE:COLUMN: severity[CODE] message` per finding."""
    return "".join(f"{_place(found)}: {found.severity}[{found.code}] {found.message}\n" for found in diagnostics)


def _place(found: Diagnostic) -> str:
    return str(found.primary) if found.primary is not None else found.path
