"""The report's text: bounded in width, safe to print, complete."""

from __future__ import annotations

import pytest

from netc.cli.output import attach_report
from netc.dataclass import replace
from netc.diagnostics.formats import Style
from netc.lab.report import Attached, AttachReport, Failure, Missing, Place
from netc.lab.snapshot import Change
from netc.sources import Source, Span

REPORT = AttachReport(
    attachments=(Attached("n", "eth0", "1.0.0", ("ptp",), None),),
    pod=None,
    executor="builtin",
    steps=(),
    failures=(),
    container=None,
    host=None,
    leftovers=(),
    kept=(),
    not_simulated=(Missing("the moon", "it is far away"),),
)


def _failed(line, column, end_column, msg="no"):
    source = Source("n.netc", line + "\n")
    place = Place.of(Span(source, column - 1, end_column - 1))
    return replace(REPORT, failures=(Failure(7, msg, "", "ptp", place),))


def _text(report, width=80, color=False):
    return attach_report.render(report, Style(color=color, width=width), trace=False)


def test_the_last_line_says_what_del_left_behind():
    assert _text(REPORT).endswith("\nDEL left behind: nothing\n")
    left = replace(REPORT, leftovers=(Change("host", "link", "veth1", "added", "veth, state up"),))
    assert _text(left).endswith("\nDEL left behind:\n  host      + link veth1 (veth, state up)\n")


def test_a_failure_points_at_the_place():
    text = _text(_failed("  plugin ptp { mtu = 9 }", 16, 19))
    assert "  --> n.netc:1:16\n   |    plugin ptp { mtu = 9 }\n   |                 ^^^\n" in text
    marked = text.splitlines()[text.splitlines().index("   |    plugin ptp { mtu = 9 }") + 1]
    assert marked.index("^") == "   |    plugin ptp { mtu = 9 }".index("mtu")


@pytest.mark.parametrize("column", [1, 500, 9_990])
def test_a_very_long_line_is_cut_around_the_place(column):
    line = "x" * (column - 1) + "HERE" + "x" * (10_000 - column)
    lines = _text(_failed(line, column, column + 4)).splitlines()
    at = next(index for index, text in enumerate(lines) if "HERE" in text)
    assert lines[at].index("HERE") == lines[at + 1].index("^^^^")
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("width", [20, 40, 80, 300])
def test_prose_is_wrapped_to_the_terminal_and_to_80_at_most(width):
    text = _text(_failed("plugin ptp {}", 1, 7, msg="word " * 60), width)
    assert max(len(line) for line in text.splitlines() if "word" in line) <= min(max(width, 24), 80)


def test_what_a_plugin_says_can_not_move_the_cursor():
    hostile = "\x1b[2J\x07\u202e"
    text = _text(_failed(f"plugin {hostile} ptp", 1, 7, msg=f"bad {hostile}"))
    assert not set(hostile) & set(text) - {"[", "2", "J"}


def test_colours_add_nothing_to_the_words():
    import re

    report = _failed("plugin ptp {}", 1, 7)
    assert re.sub(r"\x1b\[[0-9;]*m", "", _text(report, color=True)) == _text(report)
