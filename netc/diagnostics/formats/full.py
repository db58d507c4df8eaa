"""`full`: for a person at a terminal. The sentence, the source line with a caret, the trail, the fix."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from netc.diagnostics import Diagnostic, Severity
from netc.diagnostics.capping import capped
from netc.diagnostics.formats import Style
from netc.sources import Span

_COLORS = {Severity.ERROR: "1;31", Severity.WARNING: "1;33", Severity.INFO: "1;36"}
_GUTTER = "34"


def render(diagnostics: Sequence[Diagnostic], style: Style) -> str:
    """Each finding as a block, blocks apart by an empty line; many of one kind in one file are cut with a count."""
    shown, rest = capped(diagnostics)
    blocks = [_block(found, style) for found in shown]
    blocks += [f"{one} (--output-format concise shows all)\n" for one in rest]
    return "\n".join(blocks)


def _block(found: Diagnostic, style: Style) -> str:
    paint = Paint(style.color)
    lines = [
        paint(f"{found.severity}[{found.code}]", _COLORS[found.severity]) + paint(f": {_printable(found.message)}", "1")
    ]
    spans = [span for span in (found.primary, *(step.span for step in found.labels)) if span is not None]
    margin = max((len(str(span.begin.line)) for span in spans), default=1)
    pad = " " * margin
    if found.primary is not None:
        lines.append(f"{pad}{paint('-->', _GUTTER)} {found.primary}")
        lines += excerpt(found.primary, "^", "", margin, paint, _COLORS[found.severity], style.width)
    elif found.path:
        lines.append(f"{pad}{paint('-->', _GUTTER)} {found.path}")
    for step in found.labels:
        lines.append(f"{pad}{paint(':::', _GUTTER)} {step.span}")
        lines += excerpt(step.span, "-", step.text, margin, paint, _GUTTER, style.width)
    if found.help is not None:
        first, *rest = _printable(found.help, keep="\n").split("\n")
        lines.append(f"{pad}{paint('=', _GUTTER)} {paint('help:', '1')} {first}")
        lines += [f"{pad}   {line}" for line in rest]
    return "\n".join(lines) + "\n"


def excerpt(span: Span, mark: str, text: str, margin: int, paint: Paint, color: str, width: int) -> list[str]:
    """The span's first line, underlined as far as the span reaches on it."""
    begin, finish = span.begin, span.finish
    line = span.source.line(begin.line)
    start = begin.column - 1
    end = finish.column - 1 if finish.line == begin.line else len(line)
    line, start, end = _window(line, start, max(end, start + 1), max(width - margin - 4, 30))
    before, under = _cells(line[:start]), max(_cells(line[start:end]), 1)
    bar = paint("|", _GUTTER)
    return [
        f"{paint(str(begin.line).rjust(margin), _GUTTER)} {bar} {_printable(line)}",
        f"{' ' * margin} {bar} {' ' * before}{paint(mark * under, color)}{' ' + _printable(text) if text else ''}",
    ]


def _window(line: str, start: int, end: int, width: int) -> tuple[str, int, int]:
    """A long line cut to `width` characters around the marked part; the marked part moves along."""
    if len(line) <= width:
        return line, start, end
    left = max(0, min(start - width // 3, len(line) - width))
    cut = line[left : left + width]
    if left > 0:
        cut = "…" + cut[1:]
    if left + width < len(line):
        cut = cut[:-1] + "…"
    return cut, start - left, min(end - left, width)


def _printable(text: str, keep: str = "") -> str:
    """Control characters shown as a replacement, so that no input can drive the terminal; a tab is one blank."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char in keep else " " if char == "\t" else "�" for char in text)


def _cells(text: str) -> int:
    """How many terminal cells a text takes: wide characters two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


class Paint:
    """Wraps a text in an SGR colour, or leaves it as it is."""

    __slots__ = ("on",)

    def __init__(self, on: bool) -> None:
        self.on = on

    def __call__(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.on and text else text
