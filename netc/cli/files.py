"""Which files the words on a command line stand for."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence


def named(paths: Sequence[str]) -> Iterator[str]:
    """The files that the words name, each once: a folder stands for the `.netc` files below it, `-` for stdin."""
    seen: set[str] = set()
    for path in paths:
        found = sorted(_below(path)) if _is_folder(path) else [path]
        for one in found:
            key = one if one == "-" else os.path.abspath(one)
            if key not in seen:
                seen.add(key)
                yield one


def empty(paths: Sequence[str]) -> list[str]:
    """The folders among the words that have no `.netc` file below them."""
    return [path for path in paths if _is_folder(path) and not any(_below(path))]


def _is_folder(path: str) -> bool:
    return path != "-" and os.path.isdir(path)


def _below(folder: str) -> Iterator[str]:
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (os.path.normpath(os.path.join(parent, name)) for name in names if name.endswith(".netc"))
