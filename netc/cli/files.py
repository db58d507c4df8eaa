"""Which files the words on a command line stand for."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence

Wanted = Callable[[str], bool]


def _netc(path: str) -> bool:
    return path.endswith(".netc")


def netc_or_document(path: str) -> bool:
    """Whether a file below a folder is to be linted: a `.netc` file, or one that has a network in it."""
    if path.endswith(".netc"):
        return True
    from netc.documents import is_document, may_hold_networks

    return is_document(path) and os.path.isfile(path) and may_hold_networks(path)


def conf_dirs(paths: Sequence[str]) -> set[str]:
    """The folders, as absolute paths, that are judged as a runtime judges one: those named, and any `net.d`."""
    from netc.documents import in_conf_dir

    named = {os.path.abspath(path) for path in paths if _is_folder(path)}
    parents = {os.path.abspath(os.path.dirname(path)) for path in paths if path != "-" and not _is_folder(path)}
    found = named | {folder for folder in parents if in_conf_dir(folder)}
    for folder in named:
        found |= {parent for parent, *_ in os.walk(folder) if in_conf_dir(parent)}
    return found


def named(paths: Sequence[str], wanted: Wanted = _netc) -> Iterator[str]:
    """The files that the words name, each once: a folder stands for the wanted files below it, `-` for stdin.

    Wanted are the `.netc` files, if nothing else is said.
    """
    seen: set[str] = set()
    for path in paths:
        found = sorted(_below(path, wanted)) if _is_folder(path) else [path]
        for one in found:
            key = one if one == "-" else os.path.abspath(one)
            if key not in seen:
                seen.add(key)
                yield one


def empty(paths: Sequence[str], wanted: Wanted = _netc) -> list[str]:
    """The folders among the words that have no wanted file below them."""
    return [path for path in paths if _is_folder(path) and not any(_below(path, wanted))]


def _is_folder(path: str) -> bool:
    return path != "-" and os.path.isdir(path)


def _below(folder: str, wanted: Wanted) -> Iterator[str]:
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        files = (os.path.normpath(os.path.join(parent, name)) for name in names)
        yield from (file for file in files if wanted(file))
