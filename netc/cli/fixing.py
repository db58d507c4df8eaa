"""`netc lint --fix`: files repaired in place, or the repairs shown as a diff."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from netc.cli import project, rewriting
from netc.cli.terminal import counted, say
from netc.lint import fix
from netc.sources import Source

if TYPE_CHECKING:
    from netc.diagnostics import Diagnostic
    from netc.lint.fix import Fixed


def repair(
    paths: Sequence[str], arguments: argparse.Namespace, wanted: Callable[[Diagnostic], bool]
) -> tuple[list[Fixed], list[project.Misuse]]:
    """Repair the files in place, all or none of them, or print a diff of it; what became of each.

    The text of stdin goes to stdout, changed or not. Raises `Misuse` where a file can't be written.
    """
    done: list[Fixed] = []
    problems: list[project.Misuse] = []
    for path in paths:
        try:
            source, check = project.readable(path, arguments)
        except project.Misuse as misuse:
            problems.append(misuse)
            continue
        found = fix.fixed(source, check, wanted)
        if path == "-" and not arguments.diff:
            rewriting.to_stdout(_whole(found.source))
        done.append(found)
        if found.repaired and arguments.diff:
            rewriting.to_stdout(rewriting.diff(source.path, _whole(source), _whole(found.source)))
    changed = [one for one in done if one.repaired]
    if not arguments.diff:
        for one in changed:
            if one.source.file is not None:
                rewriting.write(str(one.source.file), _whole(one.source))
    repaired = sum(len(one.repaired) for one in changed)
    if changed:
        verb = "would be repaired" if arguments.diff else "repaired"
        say(f"{counted(repaired, 'finding')} {verb} in {counted(len(changed), 'file')}")
    return done, problems


def _whole(source: Source) -> str:
    return ("\ufeff" if source.bom else "") + source.text
