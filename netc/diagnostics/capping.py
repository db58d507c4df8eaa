"""How many findings of one kind a person is shown: what is said a hundred times is not read once."""

from __future__ import annotations

from collections.abc import Sequence

from netc.diagnostics import Diagnostic

#: More findings of one code than this are counted, not shown: in one file, and in all.
IN_A_FILE, IN_ALL = 25, 100


def capped(diagnostics: Sequence[Diagnostic]) -> tuple[list[Diagnostic], list[str]]:
    """The findings to show, in their order, and a line for each kind that is cut, with its count."""
    shown: list[Diagnostic] = []
    seen: dict[tuple[str, str], int] = {}
    in_all: dict[str, int] = {}
    beyond: dict[str, int] = {}
    for found in diagnostics:
        kind = (found.code, found.path)
        seen[kind] = seen.get(kind, 0) + 1
        if seen[kind] > IN_A_FILE:
            continue
        if in_all.get(found.code, 0) >= IN_ALL:
            beyond[found.code] = beyond.get(found.code, 0) + 1
            continue
        in_all[found.code] = in_all.get(found.code, 0) + 1
        shown.append(found)
    rest = [
        f"{path}: {count - IN_A_FILE} more of {code} not shown"
        for (code, path), count in seen.items()
        if count > IN_A_FILE
    ]
    rest += [f"in further files: {count} more of {code} not shown" for code, count in beyond.items()]
    return shown, rest
