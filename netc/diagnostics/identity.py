"""What makes a finding the same one as yesterday: not its line, which moves with every edit above it."""

from __future__ import annotations

import os
from collections.abc import Iterable

from netc.diagnostics import Diagnostic

#: Code, path, network, JSON pointer and message.
Identity = tuple[str, str, str, str, str]


def identity(found: Diagnostic, path: str) -> Identity:
    """The identity of a finding in the file at `path`, which the caller writes from where it stays the same."""
    return (found.code, path, found.network or "", found.pointer or "", found.message)


def fingerprints(diagnostics: Iterable[Diagnostic]) -> list[str]:
    """A text of 40 hex digits for each finding, no two alike: equal findings of one file are numbered."""
    from hashlib import sha256

    counts: dict[Identity, int] = {}
    found: list[str] = []
    for one in diagnostics:
        key = identity(one, in_repository(one.path))
        counts[key] = counts.get(key, 0) + 1
        text = "\0".join((*key, str(counts[key])))
        found.append(sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:40])
    return found


def in_repository(path: str) -> str:
    """A path from the root of the checkout that CI works in, else from here; one outside stays as it is.

    Its parts are divided by `/`. The root is what GitHub or GitLab say it is.
    """
    if not path or path.startswith("<"):
        return path
    root = os.environ.get("GITHUB_WORKSPACE") or os.environ.get("CI_PROJECT_DIR") or os.curdir
    relative = os.path.relpath(path, root)
    outside = relative == os.pardir or relative.startswith(os.pardir + os.sep)
    return (os.path.normpath(path) if outside else relative).replace(os.sep, "/")
