"""`--watch`: the same command again whenever a file of the project changes."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator, Sequence

from netc.cli.terminal import complain, say

_PAUSE = 0.3
_UNREADABLE = 2


def add_argument(parser: argparse.ArgumentParser) -> None:
    """Declare `--watch`."""
    parser.add_argument("--watch", action="store_true", help="run again whenever a file changes, until Ctrl-C")


def again(words: Sequence[str], paths: Sequence[str]) -> int:
    """Run the command with these words, but for `--watch`, now and after each change, until Ctrl-C.

    What is watched are all files of the projects that the paths belong to, hidden ones left out. Each run is a process
    of its own: it reads everything anew.
    """
    import subprocess

    missing = [path for path in paths if path != "-" and not os.path.exists(path)]
    if missing or "-" in paths:
        complain(f"no file {missing[0]!r} to watch" if missing else "stdin can't be watched")
        return _UNREADABLE
    command = [sys.executable, "-m", "netc", *(word for word in words if word != "--watch")]
    folders = _roots(paths)
    while True:
        seen = _states(folders)
        subprocess.run(command, check=False, stdin=subprocess.DEVNULL)
        seen |= {file: state for file, state in _states(folders).items() if file not in seen}  # what it has made
        say("\nwaiting for a file to change; Ctrl-C ends it")
        while _states(folders) == seen:
            time.sleep(_PAUSE)


def _roots(paths: Sequence[str]) -> set[str]:
    from netc.project_file import find

    roots = set()
    for path in paths or ["."]:
        project = find(path if os.path.isdir(path) else os.path.dirname(path) or ".")
        roots.add(str(project.parent) if project else path if os.path.isdir(path) else os.path.dirname(path) or ".")
    return roots


def _states(folders: set[str]) -> dict[str, int]:
    """When each file was changed last."""
    return dict(_each(folders))


def _each(folders: set[str]) -> Iterator[tuple[str, int]]:
    for root in folders:
        for parent, below, names in os.walk(root):
            below[:] = [name for name in below if not name.startswith(".")]
            for name in names:
                path = os.path.join(parent, name)
                try:
                    yield path, os.stat(path).st_mtime_ns
                except OSError:
                    continue
