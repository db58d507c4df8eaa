"""Which findings are reported, by the command line, by netc.toml, by patterns of paths."""

from __future__ import annotations

from pathlib import Path

import pytest

from netc import project_file
from netc.diagnostics import Diagnostic, Severity
from netc.lint import selection
from netc.lint.selection import Choice, Policy, Selection
from netc.sources import Source

ROOT = Path("/project")


def found(code: str, severity: Severity = Severity.WARNING) -> Diagnostic:
    return Diagnostic(code, severity, "m", file="x")


def reports(code: str, given: Choice = Choice(), policy: Choice = Choice()) -> bool:  # noqa: B008
    return Selection(given).reports(found(code), Policy(ROOT, policy), ROOT / "a.netc")


@pytest.mark.parametrize(
    ("code", "select", "ignore", "reported"),
    [
        ("NC203", None, (), True),
        ("NC203", ("NC2",), (), True),
        ("NC301", ("NC2",), (), False),
        ("NC203", None, ("NC2",), False),
        ("NC203", ("NC203",), ("NC2",), True),
        ("NC204", ("NC203",), ("NC2",), False),
        ("NC203", ("NC2",), ("NC203",), False),
        ("NC203", ("NC203",), ("NC203",), False),
        ("NC203", ("NC",), (), True),
    ],
)
def test_of_two_words_the_longer_decides(code: str, select: tuple | None, ignore: tuple, reported: bool) -> None:
    assert reports(code, Choice(select, ignore)) is reported
    assert reports(code, policy=Choice(select, ignore)) is reported


@pytest.mark.parametrize(
    ("code", "given", "policy", "reported"),
    [
        ("NC301", Choice(("NC3",)), Choice(("NC2",)), True),  # takes the place of the project's
        ("NC203", Choice(("NC3",)), Choice(("NC2",)), False),
        ("NC203", Choice(("NC2",)), Choice(None, ("NC203",)), False),  # the project speaks of the one code
        ("NC203", Choice(("NC203",)), Choice(None, ("NC203",)), True),
        ("NC203", Choice(None, ("NC2",)), Choice(("NC203",)), False),
        ("NC203", Choice(None, ("NC3",)), Choice(None, ("NC2",)), False),  # both ignore
        ("NC301", Choice(None, ("NC3",)), Choice(None, ("NC2",)), False),
    ],
)
def test_the_command_line_and_the_project(code: str, given: Choice, policy: Choice, reported: bool) -> None:
    assert reports(code, given, policy) is reported


def test_a_file_that_can_not_be_read_is_never_clean() -> None:
    chosen = Selection(Choice(("NC2",)))
    assert chosen.reports(found("NC150", Severity.ERROR), None, ROOT / "a.json")
    assert not chosen.reports(found("NC190", Severity.WARNING), None, ROOT / "a.json")
    assert not Selection(Choice(None, ("NC150",))).reports(found("NC150", Severity.ERROR), None, ROOT / "a.json")


@pytest.mark.parametrize(
    ("glob", "path", "fits"),
    [
        ("*.netc", "a.netc", True),
        ("*.netc", "deep/down/a.netc", True),
        ("*.netc", "a.netc.json", False),
        ("tests", "tests/a/b.netc", True),
        ("tests/", "sub/tests/a.netc", True),
        ("tests/*.netc", "tests/a.netc", True),
        ("tests/*.netc", "tests/a/b.netc", False),
        ("tests/**/*.netc", "tests/a/b.netc", True),
        ("tests/**/*.netc", "tests/b.netc", True),
        ("/tests/*", "other/tests/a.netc", False),
        ("**", "any/thing", True),
        ("net.d/[0-9]?-*.conf", "net.d/10-a.conf", True),
        ("net.d/[!0-9]*", "net.d/10-a.conf", False),
        ("a+(b).netc", "a+(b).netc", True),
        ("[", "[", True),
    ],
)
def test_patterns_of_paths(glob: str, path: str, fits: bool) -> None:
    assert bool(selection.pattern(glob).fullmatch(path)) is fits


def policy(text: str) -> tuple[Policy, tuple[Diagnostic, ...]]:
    project, findings = project_file.read(Source("netc.toml", text), ROOT)
    assert project is not None, findings
    return selection.policy(project)


def test_what_netc_toml_says() -> None:
    said, findings = policy(
        '[lint]\nignore = ["overlapping-networks", "NC3"]\nfail-on = "error"\nbaseline = "old.json"\n'
        '[lint.per-file-ignores]\n"legacy/*.conflist" = ["NC4"]\n'
    )
    assert not findings
    assert said.choice.ignore[1] == "NC3"
    assert said.baseline == ROOT / "old.json"
    by = Selection()
    assert not by.reports(found("NC401"), said, ROOT / "legacy/a.conflist")
    assert not Selection(Choice(("NC401",))).reports(found("NC401"), said, ROOT / "legacy/a.conflist")
    assert by.reports(found("NC401"), said, ROOT / "a.conflist")
    assert by.reports(found("NC401"), said, Path("/elsewhere/legacy/a.conflist"))
    assert not by.fails(found("NC401"), said)
    assert Selection(fail_on="info").fails(found("NC401", Severity.INFO), said)


def test_a_word_that_is_no_finding_is_told_at_its_place() -> None:
    _, (one, other) = policy('[lint]\nselect = ["NC2", "NC999"]\nper-file-ignores = { "a" = ["unknwon-key"] }\n')
    assert (str(one.primary), one.message) == ("netc.toml:2:19", "netc has no finding 'NC999'")
    assert other.help == "did you mean unknown-key?"


def test_words_of_the_command_line() -> None:
    assert selection.starts(["NC2, NC401", "unknown-key"]) == ("NC2", "NC401", "NC401")
    with pytest.raises(selection.UnknownFindings) as unknown:
        selection.starts(["NC97"])
    assert unknown.value.word == "NC97"
