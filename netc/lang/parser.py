"""Text to syntax tree."""

from __future__ import annotations

import gc
import re
from _thread import allocate_lock
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from netc.dataclass import dataclass
from netc.diagnostics import Diagnostic, error, ordered
from netc.lang import codes, syntax
from netc.sources import Source, Span

if TYPE_CHECKING:
    from lark import Lark

    from netc.lang.build import Builder
    from netc.lang.driver import Driver

#: Characters that no text editor shows, and halves of characters.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufeff]")

_LOCK = allocate_lock()  # there is one parser, and its builder is of one parse at a time
_loaded: Driver | None = None
_recovering: tuple[Lark, Builder] | None = None


@dataclass(frozen=True, slots=True)
class Parsed:
    """A file's tree, None where the text does not follow the grammar; and what was found wrong, in order."""

    file: syntax.File | None
    diagnostics: tuple[Diagnostic, ...]
    comments: tuple[syntax.Comment, ...] = ()


def parse(source: Source) -> Parsed:
    """The syntax tree of `source`. Never raises: what is wrong with the text is in `diagnostics`.

    A file with a mistake that leaves the rest readable (a bad address, a key given twice) has both a tree and
    diagnostics.
    """
    if stray := _UNPRINTABLE.search(source.text):
        number = ord(stray[0])
        what = "half of a UTF-16 pair" if 0xD800 <= number < 0xE000 else "a control character"
        message = f"U+{number:04X}, {what}, can't stand in a netc file"
        found = error(codes.SYNTAX.code, message, _at(source, stray.start()), help="write it as \\u{...} in a string")
        return Parsed(None, (found,))
    with _LOCK, without_collection():
        return _parse(source)


def _parse(source: Source) -> Parsed:
    from netc.lang.build import TooDeepError
    from netc.lang.driver import MAX_TOKENS, NoFitError, TooLongError

    driver = _parser()
    builder = driver.builder
    builder.begin(source)
    try:
        try:
            file = syntax.File(source, driver.run(source), tuple(builder.comments))
            return Parsed(file, tuple(builder.found), file.comments)
        except NoFitError:
            return _with_mistakes(source)
    except TooDeepError as deep:
        start = deep.span.start
        found = error(
            codes.LIMIT.code,
            f"nested more than {syntax.MAX_DEPTH} deep",
            Span(source, start, start + 1),
            help="give inner values a name by let",
        )
        return Parsed(None, (found,))
    except TooLongError as long:
        message = f"more than {MAX_TOKENS:,} words and marks in one file"
        found = error(codes.LIMIT.code, message, _at(source, long.offset), help="use a chain, or network ... for")
        return Parsed(None, (found,))


def _with_mistakes(source: Source) -> Parsed:
    """What is wrong with a text that does not follow the grammar."""
    global _recovering  # noqa: PLW0603 - as `_loaded`
    from netc.lang import mistakes, tables
    from netc.lang.build import Builder

    if _recovering is None:
        builder = Builder()
        _recovering = tables.load(builder, {"COMMENT": builder.comment}), builder
    lark, builder = _recovering
    builder.begin(source)
    mistakes.find(lark, builder)
    return Parsed(None, tuple(ordered(builder.found)), tuple(builder.comments))


def _parser() -> Driver:
    global _loaded  # noqa: PLW0603 - loading takes ten milliseconds, a small file one
    if _loaded is None:
        from netc.lang import tables
        from netc.lang.build import Builder
        from netc.lang.driver import Driver

        _loaded = Driver(tables.load_compact(), Builder())
    return _loaded


def _at(source: Source, offset: int) -> Span:
    return Span(source, offset, min(offset + 1, len(source.text)))


@contextmanager
def without_collection() -> Iterator[None]:
    """The cyclic garbage collector finds nothing in growing trees and values, and looks at them again and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
