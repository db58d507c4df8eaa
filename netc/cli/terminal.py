"""What the two streams can take: data goes to stdout, talk to stderr, colours only where somebody looks at them."""

from __future__ import annotations

import os
import sys
from typing import TextIO

from netc.diagnostics.formats import Style


def style(stream: TextIO, color: str = "auto") -> Style:
    """Width and colours of a stream: `--color` beats NO_COLOR, which beats FORCE_COLOR, which beats what it is."""
    if color == "auto":
        if os.environ.get("NO_COLOR"):
            on = False
        elif os.environ.get("FORCE_COLOR"):
            on = True
        else:
            on = stream.isatty() and os.environ.get("TERM") != "dumb"
    else:
        on = color == "always"
    return Style(color=on, width=_width(stream))


def _width(stream: TextIO) -> int:
    columns = os.environ.get("COLUMNS", "")
    if columns.isdigit() and int(columns) > 0:
        return int(columns)
    try:
        return os.get_terminal_size(stream.fileno()).columns or 100
    except (OSError, ValueError):
        return 100


def say(text: str) -> None:
    """A line of talk."""
    print(text, file=sys.stderr)


def complain(message: str, help: str | None = None) -> None:
    """A mistake in how netc was called, or an input that can't be read: what, and the fix."""
    say(f"netc: {message}")
    if help:
        say(f"  help: {help}")


def counted(number: int, noun: str) -> str:
    """`1 error`, `3 errors`."""
    return f"{number} {noun}" + ("" if number == 1 else "s")
