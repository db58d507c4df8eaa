"""The report of `netc attach`, for a person: `templates/attach.txt.j2` with what it needs to look up and wrap."""

from __future__ import annotations

import json
import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from netc.dataclass import dataclass, replace
from netc.diagnostics.formats import Style
from netc.lab.report import AttachReport, Place, Step
from netc.lab.snapshot import Change
from netc.resources import folder

_COLORS = {"bold": "1", "dim": "2", "added": "32", "removed": "31", "changed": "33", "good": "1;32", "bad": "1;31"}
_WIDEST = 80
#: What netc's drivers write beside an element: the network, the interface and the container. The JSON has it.
_OWNER = re.compile(r' comment "[0-9a-f]{16}-[0-9a-f]{16}, net: [^"]*"')


def render(report: AttachReport, style: Style, *, trace: bool) -> str:
    """The text, at most 80 columns wide but for words that are longer, ending in a line end."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder("templates")),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        autoescape=False,
    )
    environment.filters |= {
        "paint": _Paint(style.color),
        "wrap": _Wrap(min(style.width, _WIDEST)),
        "pretty": lambda value: json.dumps(value, indent=2, ensure_ascii=False),
        "seen": _printable,
        "excerpt": _Excerpt(min(style.width, _WIDEST)),
    }
    template = environment.get_template("attach.txt.j2")
    frame = _Frame(report)
    return template.render(report=report, phases=_phases(report), trace=trace, frame=frame)


@dataclass(frozen=True, slots=True)
class _Phase:
    """Steps under one heading; `result` is what they end with, `views` whether container and host are shown then."""

    title: str
    verb: str
    steps: tuple[Step, ...]
    result: Any = None
    views: bool = False


class _Frame:
    """The rules that all attachments share: a line a table instead of a dozen, since nothing in them is the network's.

    The JSON has all of them.
    """

    def __init__(self, report: AttachReport) -> None:
        self._shared = {
            (kept.change.netns, kept.change.kind, kept.change.name)
            for kept in report.kept
            if kept.change.kind.startswith(("nft ", "iptables ", "ip6tables "))
        }
        self._rules = {name for _, _, name in self._shared}

    def shorten(self, changes: Iterable[Change]) -> list[Change]:
        """The changes, those of a table's shared frame as one."""
        shown: list[Change] = []
        frames: dict[tuple[str, str], Counter[str]] = {}
        for change in changes:
            if change.action == "added" and (change.netns, change.kind, change.name) in self._shared:
                tool, _, part = change.kind.partition(" ")
                table = " ".join(change.name.split(" ")[: 2 if tool == "nft" else 1])
                place = change.netns, f"{tool} table {table}"
                if place not in frames:
                    frames[place] = Counter()
                    shown.append(Change(*place, "", "added"))
                frames[place][part] += part != "table"
            else:
                shown.append(replace(change, name=_OWNER.sub("", change.name)))
        return [
            replace(change, detail=_counted(frames[change.netns, change.kind])) if not change.name else change
            for change in shown
        ]

    def own(self, rules: Iterable[str]) -> list[str]:
        """The rules that are not shared, without the comments that say whose they are."""
        return [_OWNER.sub("", rule) for rule in rules if rule not in self._rules]


def _counted(parts: Mapping[str, int]) -> str:
    counted = [f"{count} {part}" + ("s" if count > 1 else "") for part, count in parts.items() if count]
    return "shared: " + ", ".join(counted) if counted else "shared"


def _phases(report: AttachReport) -> list[_Phase]:
    """The steps by phase, in order; where there are several attachments, by attachment, too."""
    found: dict[tuple[str, str], list[Step]] = {}
    for step in report.steps:
        found.setdefault((step.phase, step.ifname), []).append(step)
    results = {attached.ifname: attached.result for attached in report.attachments}
    several = len(report.attachments) > 1
    looked = [key for key in found if key[0] in ("ADD", "CHECK")][-1:] if report.container is not None else []
    return [
        _Phase(
            f"{phase} {ifname} ({steps[0].network})" if several else phase,
            phase,
            tuple(steps),
            results[ifname] if phase == "ADD" else None,
            (phase, ifname) in looked,
        )
        for (phase, ifname), steps in found.items()
    ]


def _printable(text: Any) -> str:
    """Text from a plugin or a file, without what could move the cursor or change colours."""
    return "".join(char if char.isprintable() or char == "\n" else "\N{REPLACEMENT CHARACTER}" for char in str(text))


class _Paint:
    def __init__(self, on: bool) -> None:
        self._on = on

    def __call__(self, text: Any, look: str) -> str:
        return f"\x1b[{_COLORS[look]}m{text}\x1b[0m" if self._on and str(text) else str(text)


class _Excerpt:
    """The line of a place and, below it, marks for as much of it as stands on that line; long lines are cut."""

    def __init__(self, width: int) -> None:
        self._room = max(width, 30) - len("   |  ")

    def __call__(self, place: Place) -> str:
        start = place.column - 1
        end = place.end_column - 1 if place.end_line == place.line else len(place.text)
        first = 0 if len(place.text) <= self._room else max(0, start - self._room // 3)
        line = place.text[first : first + self._room].rstrip().replace("\t", " ")
        marks = "^" * max(1, min(end, first + self._room) - start)
        return f"   |  {_printable(line)}\n   |  {' ' * (start - first)}{marks}"


class _Wrap:
    """Text after a head that stands in the first line only; the following lines are indented below the text."""

    def __init__(self, width: int) -> None:
        self._width = width

    def __call__(self, text: Any, head: str = "", hang: int | None = None) -> str:
        indent = len(head) if hang is None else hang
        lines = textwrap.wrap(
            _printable(text),
            max(self._width, indent + 20),
            initial_indent=" " * len(head),
            subsequent_indent=" " * indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
        if not lines:
            return head.rstrip()
        return "\n".join([head + lines[0][len(head) :], *lines[1:]])
