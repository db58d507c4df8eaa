"""What is wrong with a text that does not follow the grammar, in words."""

from __future__ import annotations

from typing import Any

from netc.diagnostics import error
from netc.lang import codes
from netc.lang.build import Builder
from netc.sources import Span


def find(lark: Any, builder: Builder) -> None:
    """Note in `builder.found` what is wrong with its source."""
    from lark.exceptions import UnexpectedInput

    try:
        lark.parse(builder.source.text)
    except UnexpectedInput as unexpected:
        at = unexpected.pos_in_stream or 0
        builder.found.append(error(codes.SYNTAX.code, "this can't stand here", Span(builder.source, at, at + 1)))
