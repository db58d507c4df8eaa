"""What GitHub shows below a job: its findings as a table in Markdown."""

from __future__ import annotations

import re
from collections.abc import Sequence

from netc.diagnostics import Diagnostic, Severity
from netc.diagnostics.identity import in_repository

#: GitHub drops a summary of more than a mebibyte, and nobody reads so many rows.
MAX_ROWS = 200


def markdown(diagnostics: Sequence[Diagnostic], files: int) -> str:
    """A heading with the counts, and a row per finding; `files` is how many files were looked at."""
    counts = [
        f"{number} {severity}{'' if number == 1 else 's'}"
        for severity in Severity
        if (number := sum(found.severity is severity for found in diagnostics))
    ]
    looked = f"{files} file{'' if files == 1 else 's'} checked: {', '.join(counts) or 'no findings'}"
    lines = ["### netc lint", "", looked, ""]
    if diagnostics:
        lines += ["| | code | place | finding | fix |", "|---|---|---|---|---|"]
        lines += [_row(found) for found in diagnostics[:MAX_ROWS]]
        lines += [""]
    if len(diagnostics) > MAX_ROWS:
        lines += [f"{len(diagnostics) - MAX_ROWS} more are in the log.", ""]
    return "\n".join(lines)


def _row(found: Diagnostic) -> str:
    place = in_repository(found.path)
    if found.primary is not None:
        begin = found.primary.begin
        place += f":{begin.line}:{begin.column}"
    cells = (str(found.severity), found.code, _code(place), _text(found.message), _text(found.help or ""))
    return f"| {' | '.join(cells)} |"


def _text(text: str) -> str:
    """Words as they are: what Markdown or HTML would take for its own is escaped, code in back quotes stays code."""
    parts = re.split(r"(`[^`\n]+`)", " ".join(text.split()))
    return "".join(_code(part[1:-1]) if at % 2 else _plain(part) for at, part in enumerate(parts))


def _plain(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>|~#@!])", r"\\\1", text)


def _code(text: str) -> str:
    shown = "".join(char if char.isprintable() else "�" for char in text.replace("`", "'"))
    return f"`{shown.replace('|', chr(92) + '|')}`" if shown else ""
