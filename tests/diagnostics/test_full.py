"""How a finding looks at a terminal."""

from __future__ import annotations

from netc.diagnostics import Diagnostic, Severity, Step, error
from netc.diagnostics.formats import Style, find, names
from netc.sources import Source, Span

TEXT = 'network n {\n\tmtu = "1400"\n  name = "日本", x = 3\n}\n'
SOURCE = Source("n.netc", TEXT)


def span(text: str, source: Source = SOURCE) -> Span:
    start = source.text.index(text)
    return Span(source, start, start + len(text))


def full(*found: Diagnostic, width: int = 100, color: bool = False) -> str:
    return find("full").render(found, Style(color, width))


def test_a_finding_shows_the_line_the_trail_and_the_fix() -> None:
    found = error("NC402", "a string", span('"1400"'), Step("in chain edge, used here", span("network n")), help="1400")
    assert full(found) == (
        "error[NC402]: a string\n"
        " --> n.netc:2:8\n"
        '2 |  mtu = "1400"\n'
        "  |        ^^^^^^\n"
        " ::: n.netc:1:1\n"
        "1 | network n {\n"
        "  | --------- in chain edge, used here\n"
        " = help: 1400\n"
    )


def test_the_caret_stands_below_wide_characters_too() -> None:
    assert full(error("NC100", "m", span("x = 3"))).splitlines()[3] == "  |" + " " * 18 + "^^^^^"


def test_a_long_line_is_cut_around_the_place() -> None:
    source = Source("l.netc", "a" * 5000 + "HERE" + "b" * 5000)
    lines = full(error("NC100", "m", span("HERE", source)), width=60).splitlines()
    assert all(len(line) <= 60 for line in lines)
    at = lines[3].index("^")
    assert lines[2][at : at + 4] == "HERE"


def test_control_characters_do_not_reach_the_terminal() -> None:
    source = Source("c.netc", "a \x1b[31m\x07 b")
    out = full(error("NC100", "bad \x1b[2J thing", span("b", source), help="x\x1b[0m"))
    assert "\x1b" not in out
    assert "\x07" not in out


def test_a_span_at_the_end_of_the_file_has_a_caret() -> None:
    source = Source("e.netc", "abc\n")
    assert full(error("NC100", "m", Span(source, 4, 4))).splitlines()[3] == "  | ^"


def test_many_of_a_kind_are_counted() -> None:
    source = Source("m.netc", "x" * 100)
    out = full(*(error("NC401", f"number {i}", Span(source, i, i + 1)) for i in range(100)))
    assert out.count("error[NC401]") == 25
    assert "75 more of NC401" in out


def test_a_finding_without_a_place_names_its_file() -> None:
    found = Diagnostic("NC600", Severity.WARNING, "m", None, file="x.netc")
    assert full(found) == "warning[NC600]: m\n --> x.netc\n"


def test_colours_change_nothing_but_colours() -> None:
    import re

    found = error("NC402", "a string", span('"1400"'), Step("used here", span("network n")), help="1400")
    colored = full(found, color=True)
    assert colored != full(found)
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == full(found)


def test_the_formats_of_the_command_line() -> None:
    assert names() == ["full", "concise", "github", "gitlab", "json", "jsonl", "junit", "sarif"]
