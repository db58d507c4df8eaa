"""The parser's tables, kept between runs.

Building them from the grammar takes five times as long as reading a small file, so they are pickled in netc's cache
folder (see `netc.kept`). A pickle is code, which is why nobody else may be able to write to it.
"""

from __future__ import annotations

import json
import sys
import zlib
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netc import kept
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
    found = kept.read(path) if path is not None else None
    if found is not None:
        try:
            data: Data = json.loads(found)
            if data["version"] == compact.VERSION:
                return data
        except (ValueError, KeyError, TypeError):
            pass  # the grammar is at hand
    from netc.lang.build import Builder

    builder = Builder()
    data = compact.compact(load(builder, {"COMMENT": builder.comment}))
    if path is not None:
        kept.write(path, json.dumps(data, separators=(",", ":")).encode())
    return data


def load(transformer: object, callbacks: dict[str, Any]) -> Lark:
    """Lark's parser for `grammar/netc.lark`, which hands each rule to `transformer`.

    `callbacks` are Lark's lexer callbacks: terminal to a function of the token.
    """
    from lark import Lark

    grammar = _grammar()
    bound: dict[str, Any] = {"transformer": transformer, "lexer_callbacks": callbacks}
    path = cache_path(grammar)
    found = kept.read(path) if path is not None else None
    if found is not None:
        try:
            return _from_pickle(found, bound)
        except Exception:  # noqa: BLE001 - whatever a broken pickle raises, the grammar is at hand
            pass
    parser = Lark(grammar, **_OPTIONS, **bound)
    if path is not None:
        buffer = BytesIO()
        parser.save(buffer, ("transformer", "lexer_callbacks"))
        kept.write(path, buffer.getvalue())
    return parser


def _grammar() -> str:
    return (folder("grammar") / "netc.lark").read_text(encoding="utf-8")


def cache_path(grammar: str) -> Path | None:
    """Where the tables of this grammar, Lark, Python and netc are kept; None where there is no home to keep them in."""
    import lark

    return _path(grammar, "pickle", lark.__version__)


def _path(grammar: str, form: str, *made_with: str) -> Path | None:
    base = kept.folder()
    if base is None:
        return None
    made_of = (grammar, form, *made_with, sys.version, sys.implementation.name, VERSION, __file__)
    text = "\0".join(made_of).encode()
    # It tells versions apart, not friend from foe (the file's owner does that), and costs no library for hashes.
    return base / f"grammar-{VERSION}-{zlib.crc32(text):08x}-{zlib.adler32(text):08x}.{form}"


def _from_pickle(data: bytes, bound: dict[str, Any]) -> Lark:
    import pickle

    from lark import Lark

    loaded = pickle.loads(data)
    parser = Lark.__new__(Lark)
    parser._load({"data": loaded["data"], "memo": loaded["memo"]}, **bound)  # what Lark.load does, with our options
    return parser
