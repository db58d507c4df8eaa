"""The report of `netc diff`: for a terminal, for a pull request, and for a program (docs/diff.schema.json)."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping
from typing import Any

from netc.cli.terminal import counted
from netc.diagnostics.formats import Style
from netc.diff import Change, Difference, Effect, NetworkDifference
from netc.diff.effect import Grade
from netc.resources import folder
from netc.sources import Span

_COLORS = {"bold": "1", "dim": "2", "-": "31", "+": "32", "breaks": "1;31", "leaves": "33", "differs": "36"}
_SIGNS: Mapping[str, str] = {"added": "+", "removed": "-", "changed": "~", "moved": ">"}
_WIDEST = 100
_LONGEST_VALUE = 60


def render(difference: Difference, style: Style) -> str:
    """For a terminal: each network with its keys, the lines they stand at, and the effects."""
    width = min(style.width, _WIDEST)

    def paint(text: str, look: str) -> str:
        return f"\x1b[{_COLORS[look]}m{text}\x1b[0m" if style.color and look in _COLORS else text

    def wrap(text: str, indent: int) -> str:
        return textwrap.fill(
            text, max(width, indent + 20), subsequent_indent=" " * indent, initial_indent=" " * indent,
            break_long_words=False, break_on_hyphens=False,
        )[indent:]  # fmt: skip

    return _text("diff.txt.j2", difference, paint=paint, wrap=wrap, line=lambda span: _line(span, width - 6))


def markdown(difference: Difference) -> str:
    """For a pull request: a table of keys per network, and a list of effects."""
    return _text("diff.md.j2", difference, cell=_cell)


def _text(template: str, difference: Difference, **filters: Any) -> str:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder("templates")),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        autoescape=False,
    )
    environment.filters |= {"value": _value, "place": str, **filters}
    return environment.get_template(template).render(
        difference=difference,
        state=_state,
        sign=lambda change: _SIGNS[change.kind],
        summary=summary(difference),
        grades=[grade for grade in Grade if any(one.grade is grade for one in difference.all_effects)],
    )


def summary(difference: Difference) -> str:
    """`2 networks changed, 1 network new, 5 the same, 1 effect breaks pods`."""
    if difference.clean:
        return f"nothing differs in {counted(difference.same, 'network')}"
    states = [_state(one) for one in difference.networks]
    parts = [
        f"{counted(states.count(state), 'network')} {state}"
        for state in ("changed", "new", "gone")
        if states.count(state)
    ]
    parts.append(f"{difference.same} the same")
    worst = sum(one.grade is Grade.BREAKS for one in difference.all_effects)
    if worst:
        parts.append(f"{counted(worst, 'effect')} {'breaks' if worst == 1 else 'break'} pods")
    return ", ".join(parts)


def _state(one: NetworkDifference) -> str:
    if one.pair.old is None:
        return "new"
    return "gone" if one.pair.new is None else "changed"


def _value(value: Any) -> str:
    """A value as JSON on one line, a long one cut."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


def _line(span: Span, width: int) -> str:
    """`dbnet.netc:9:35  subnet = 10.1.0.0/16`: the place, and as much of its line as there is room for."""
    place = str(span)
    text = span.source.line(span.begin.line)
    start = max(0, span.begin.column - 1 - 20) if len(text) > width - len(place) - 2 else 0
    shown = text[start:].strip()
    room = max(width - len(place) - 2, 20)
    return f"{place}  {'…' if start else ''}{shown if len(shown) < room else shown[: room - 2] + '…'}"


def _cell(text: str) -> str:
    """A text in a table's cell of Markdown: nothing in it is markup, or ends the cell."""
    longest = max((len(run) for run in "".join(c if c == "`" else " " for c in text).split()), default=0)
    fence = "`" * (longest + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    escaped = text.replace("|", "\\|").replace("\n", " ")
    return f"{fence}{pad}{escaped}{pad}{fence}" if text else ""


def to_json(difference: Difference) -> dict[str, Any]:
    """The difference as docs/diff.schema.json describes it."""
    return {
        "version": 1,
        "networks": [
            {
                "name": one.pair.one.name,
                "old_name": one.pair.old.name if one.pair.old is not None else None,
                "node": one.pair.one.meta.node,
                "state": _state(one),
                "changes": [_change(change) for change in one.changes],
                "effects": [_effect(effect) for effect in one.effects],
            }
            for one in difference.networks
        ],
        "effects": [_effect(effect) for effect in difference.effects],
        "same": difference.same,
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "kind": change.kind,
        "plugin": change.plugin,
        "path": change.path,
        "old": _side(change.old_pointer, change.old, change.old_span),
        "new": _side(change.new_pointer, change.new, change.new_span),
    }


def _side(pointer: str | None, value: Any, span: Span | None) -> dict[str, Any] | None:
    return {"pointer": pointer, "value": value, "at": _place(span)} if pointer is not None else None


def _effect(effect: Effect) -> dict[str, Any]:
    return {
        "name": effect.name,
        "grade": effect.grade.value,
        "network": effect.network,
        "message": effect.message,
        "help": effect.help,
        "old": _place(effect.old),
        "new": _place(effect.new),
    }


def _place(span: Span | None) -> dict[str, Any] | None:
    if span is None:
        return None
    return {
        "file": span.source.path,
        "range": {
            "start": {"line": span.begin.line, "column": span.begin.column},
            "end": {"line": span.finish.line, "column": span.finish.column},
        },
    }
