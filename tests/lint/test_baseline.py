"""What was there before is not told again, wherever its line went; one more of it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from netc.dataclass import replace
from netc.diagnostics import Diagnostic, Severity
from netc.lint import baseline
from netc.sources import Source, Span

SOURCE = Source("net.d/a.conflist", "x\ny\nz\n")
ONE = Diagnostic("NC401", Severity.ERROR, "m", Span(SOURCE, 0, 1), network="n", pointer="/plugins/0/x")


def kept(path: Path, *findings: Diagnostic) -> baseline.Baseline:
    path.write_text(baseline.written(findings, path), encoding="utf-8")
    return baseline.read(path)


def test_lines_may_move_and_findings_may_not_multiply(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    known = kept(tmp_path / "old.json", ONE)
    moved = replace(ONE, primary=Span(SOURCE, 4, 5))
    assert known.takes(moved)
    assert not known.takes(moved)
    for other in (replace(ONE, message="other"), replace(ONE, pointer="/plugins/1/x"), replace(ONE, network="k")):
        assert not kept(tmp_path / "old.json", ONE).takes(other)


def test_paths_start_from_the_baselines_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "ci" / "old.json"
    path.parent.mkdir()
    assert '"file": "../net.d/a.conflist"' in baseline.written([ONE], path)
    known = kept(path, ONE)
    monkeypatch.chdir(path.parent)
    assert known.takes(replace(ONE, primary=None, file="../net.d/a.conflist"))


def test_what_is_not_used_up_is_told_of_files_that_were_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    known = kept(tmp_path / "old.json", ONE, ONE, replace(ONE, primary=None, file="b.conf"))
    assert known.takes(ONE)
    assert known.left(["net.d/a.conflist"]) == 1
    assert known.left(["b.conf", str(tmp_path / "net.d/a.conflist")]) == 2


def test_the_same_findings_are_the_same_text(tmp_path: Path) -> None:
    other = replace(ONE, code="NC402")
    text = baseline.written([ONE, other, ONE], tmp_path / "old.json")
    assert text == baseline.written([other, ONE, ONE], tmp_path / "old.json")
    assert [one["count"] for one in json.loads(text)["findings"]] == [2, 1]


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{}", '{"version": 2, "findings": []}', '{"version": 1, "findings": [1]}', "[" * 9999,
        '{"version": 1, "findings": [{"code": 4}]}', '{"version": 1, "findings": [{"count": "x"}]}',
    ],
)  # fmt: skip
def test_what_is_no_baseline_is_told(text: str, tmp_path: Path) -> None:
    (tmp_path / "old.json").write_text(text)
    with pytest.raises(baseline.BaselineError, match=r"old\.json"):
        baseline.read(tmp_path / "old.json")


def test_a_baseline_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(baseline.BaselineError, match="no such file"):
        baseline.read(tmp_path / "old.json")
