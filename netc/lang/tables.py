"""The parser's tables, kept between runs.

Building them from the grammar takes five times as long as reading a small file, so they are pickled in a cache folder
of netc's own. A pickle is code: one is loaded only from a folder and a file that belong to this user and that nobody
else can write to. A cache that is missing, broken, foreign or out of date is built anew; one that can't be written
costs time and nothing else.
"""

from __future__ import annotations

import json
import os
import stat
import sys
import zlib
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netc.lang import compact
from netc.lang.compact import Data
from netc.resources import folder
from netc.version import VERSION

if TYPE_CHECKING:
    from lark import Lark

_OPTIONS: dict[str, Any] = {"parser": "lalr", "lexer": "contextual", "maybe_placeholders": False}


def load_compact() -> Data:
    """The tables as plain data (see `netc.lang.compact`), without Lark where they are kept already."""
    path = _path(_grammar(), "json")
    kept = _read(path) if path is not None else None
    if kept is not None:
        try:
            data: Data = json.loads(kept)
            if data["version"] == compact.VERSION:
                return data
        except (ValueError, KeyError, TypeError):
            pass  # the grammar is at hand
    from netc.lang.build import Builder

    builder = Builder()
    data = compact.compact(load(builder, {"COMMENT": builder.comment}))
    if path is not None:
        _write(path, json.dumps(data, separators=(",", ":")).encode())
    return data


def load(transformer: object, callbacks: dict[str, Any]) -> Lark:
    """Lark's parser for `grammar/netc.lark`, which hands each rule to `transformer`.

    `callbacks` are Lark's lexer callbacks: terminal to a function of the token.
    """
    from lark import Lark

    grammar = _grammar()
    bound: dict[str, Any] = {"transformer": transformer, "lexer_callbacks": callbacks}
    path = cache_path(grammar)
    kept = _read(path) if path is not None else None
    if kept is not None:
        try:
            return _from_pickle(kept, bound)
        except Exception:  # noqa: BLE001 - whatever a broken pickle raises, the grammar is at hand
            pass
    parser = Lark(grammar, **_OPTIONS, **bound)
    if path is not None:
        buffer = BytesIO()
        parser.save(buffer, ("transformer", "lexer_callbacks"))
        _write(path, buffer.getvalue())
    return parser


def _grammar() -> str:
    return (folder("grammar") / "netc.lark").read_text(encoding="utf-8")


def cache_path(grammar: str) -> Path | None:
    """Where the tables of this grammar, Lark, Python and netc are kept; None where there is no home to keep them in."""
    import lark

    return _path(grammar, "pickle", lark.__version__)


def _path(grammar: str, form: str, *made_with: str) -> Path | None:
    base = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):  # the XDG specification: a relative path is to be ignored
        home = os.path.expanduser("~")
        if not os.path.isabs(home):
            return None
        base = os.path.join(home, ".cache")
    made_of = (grammar, form, *made_with, sys.version, sys.implementation.name, VERSION, __file__)
    text = "\0".join(made_of).encode()
    # It tells versions apart, not friend from foe (the file's owner does that), and costs no library for hashes.
    return Path(base) / "netc" / f"grammar-{VERSION}-{zlib.crc32(text):08x}-{zlib.adler32(text):08x}.{form}"


def _from_pickle(data: bytes, bound: dict[str, Any]) -> Lark:
    import pickle

    from lark import Lark

    loaded = pickle.loads(data)
    parser = Lark.__new__(Lark)
    parser._load({"data": loaded["data"], "memo": loaded["memo"]}, **bound)  # what Lark.load does, with our options
    return parser


def _ours_alone(found: os.stat_result) -> bool:
    if not hasattr(os, "getuid"):  # Windows: a profile's folders are its user's own
        return True
    return found.st_uid == os.getuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _read(path: Path) -> bytes | None:
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


def _write(path: Path, data: bytes) -> None:
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
