"""Where a JSON value came from, as `netc build --explain` shows it."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING

from netc.diagnostics.formats import Style
from netc.diagnostics.formats.full import Paint, excerpt
from netc.diagnostics.formats.json import range_of

if TYPE_CHECKING:
    from netc.explain.provenance import Provenance

_MARK = "34"
#: A value that takes more characters than this is shown up to there.
_MAX_SHOWN = 200


def render(found: Provenance, format: str, style: Style) -> str:
    """The steps, each with its line of source; `json` is `{"version": 1, "network", "pointer", "value", "steps"}`."""
    return _json(found) if format == "json" else _full(found, style)


def _json(found: Provenance) -> str:
    steps = [
        {
            "message": step.text,
            "file": step.span.source.path if step.span is not None else None,
            "range": range_of(step.span) if step.span is not None else None,
        }
        for step in found.steps
    ]
    document = {
        "version": 1,
        "network": found.network,
        "pointer": found.pointer,
        "value": found.value,
        "steps": steps,
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _full(found: Provenance, style: Style) -> str:
    paint = Paint(style.color)
    value = json.dumps(found.value, ensure_ascii=False)
    shown = value if len(value) <= _MAX_SHOWN else value[: _MAX_SHOWN - 1] + "…"
    lines = [paint(f"{found.pointer or 'the whole'} of {found.network}", "1") + f" is {shown}"]
    margin = max((len(str(step.span.begin.line)) for step in found.steps if step.span is not None), default=1)
    for number, step in enumerate(found.steps, 1):
        head = f"{number}. "
        lines += ["", *textwrap.wrap(head + step.text, max(style.width, 40), subsequent_indent=" " * len(head))]
        if step.span is not None:
            lines.append(f"{' ' * (margin + 2)}{paint('-->', _MARK)} {step.span}")
            lines += [f"  {line}" for line in excerpt(step.span, "^", "", margin, paint, _MARK, style.width - 2)]
    return "\n".join(lines) + "\n"
