"""A baseline: the findings that were there before, so that an old tree is held to what is new in it.

It is JSON for people to review: an entry for each finding, without its line, and how often it is there. One more of a
kind is new; which of them that is nobody can say, so the last in the file is shown.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from netc.dataclass import dataclass, field
from netc.diagnostics import Diagnostic
from netc.diagnostics.identity import Identity, identity

_KEYS = ("code", "file", "network", "pointer", "message")


class BaselineError(Exception):
    """A file that is no baseline. `str()` is one sentence; `help` the fix."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.help = help


@dataclass(slots=True)
class Baseline:
    """The findings in the file at `path`, an absolute path, whose paths start from its folder. One taken is used up."""

    path: Path
    counts: dict[Identity, int] = field(default_factory=dict)

    def takes(self, found: Diagnostic) -> bool:
        """Whether a finding was there before; each entry answers so as often as it says."""
        key = self.key(found)
        left = self.counts.get(key, 0)
        if left:
            self.counts[key] = left - 1
        return left > 0

    def key(self, found: Diagnostic) -> Identity:
        """The identity of a finding, its path from the folder of the baseline."""
        if not found.path or found.path.startswith("<"):
            return identity(found, found.path)
        shown = os.path.relpath(os.path.abspath(found.path), self.path.parent)
        return identity(found, shown.replace(os.sep, "/"))

    def left(self, files: Iterable[str]) -> int:
        """How many entries of these files, which were looked at, have nothing to answer for any more."""
        looked = {os.path.relpath(os.path.abspath(file), self.path.parent).replace(os.sep, "/") for file in files}
        return sum(count for (_, file, *_), count in self.counts.items() if file in looked)


def read(path: Path) -> Baseline:
    """The baseline in the file at `path`, an absolute path; raises `BaselineError`."""
    shown = os.path.relpath(path)
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as failed:
        reason = (failed.strerror or str(failed)).lower()
        raise BaselineError(f"{shown}: {reason}", "netc lint --write-baseline FILE writes one") from None
    except (ValueError, RecursionError):
        raise BaselineError(f"{shown}: this is no baseline: it is not JSON") from None
    if not isinstance(document, dict) or document.get("version") != 1 or not isinstance(document.get("findings"), list):
        raise BaselineError(f"{shown}: this is no baseline", 'it has "version": 1 and a list of "findings"')
    found = Baseline(path)
    for entry in document["findings"]:
        key, count = _entry(entry, shown)
        found.counts[key] = found.counts.get(key, 0) + count
    return found


def _entry(entry: Any, path: str) -> tuple[Identity, int]:
    if isinstance(entry, Mapping):
        values = [entry.get(key, "") for key in _KEYS]
        count = entry.get("count", 1)
        if all(isinstance(one, str) for one in values) and isinstance(count, int) and not isinstance(count, bool):
            code, file, network, pointer, message = values
            return (code, file, network, pointer, message), max(count, 0)
    raise BaselineError(f"{path}: an entry is no finding: {json.dumps(entry)[:80]}", "write the baseline anew")


def written(findings: Iterable[Diagnostic], path: Path) -> str:
    """The text of a baseline at `path`, an absolute path, with these findings; it is the same in whatever order."""
    empty = Baseline(path)
    counts: dict[Identity, int] = {}
    for found in findings:
        key = empty.key(found)
        counts[key] = counts.get(key, 0) + 1
    entries = []
    for key, count in sorted(counts.items(), key=lambda one: (one[0][1], one[0])):
        named = {name: value for name, value in zip(_KEYS, key, strict=True) if value}
        entries.append(named | {"count": count})
    return json.dumps({"version": 1, "findings": entries}, indent=2) + "\n"
