"""What netc keeps between runs, in a cache folder of its own.

A file is read only from a folder and a file that belong to this user and that nobody else can write to. One that is
missing, broken, foreign or out of date is made anew; one that can't be written costs time and nothing else.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path


def folder() -> Path | None:
    """The folder, whether it exists or not; None where there is no home to have it in."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):  # the XDG specification: a relative path is to be ignored
        home = os.path.expanduser("~")
        if not os.path.isabs(home):
            return None
        base = os.path.join(home, ".cache")
    return Path(base) / "netc"


def _ours_alone(found: os.stat_result) -> bool:
    if not hasattr(os, "getuid"):  # Windows: a profile's folders are its user's own
        return True
    return found.st_uid == os.getuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def read(path: Path) -> bytes | None:
    """The file's bytes, if it and its folder are ours alone."""
    try:
        if not _ours_alone(os.lstat(path.parent)) or not stat.S_ISDIR(os.lstat(path.parent).st_mode):
            return None
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError):
        return None
    with open(descriptor, "rb") as file:
        found = os.fstat(file.fileno())
        return file.read() if stat.S_ISREG(found.st_mode) and _ours_alone(found) else None


def write(path: Path, data: bytes) -> None:
    """Put `data` at `path` in one step, in a folder that is ours alone; where that can't be done, do nothing."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        os.makedirs(path.parent.parent, exist_ok=True)
        try:
            os.mkdir(path.parent, 0o700)
        except FileExistsError:
            found = os.lstat(path.parent)
            if not stat.S_ISDIR(found.st_mode) or not _ours_alone(found):
                return
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        descriptor = os.open(temporary, flags, 0o600)
        try:
            with open(descriptor, "wb") as file:
                file.write(data)
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
    except (OSError, ValueError):
        return
