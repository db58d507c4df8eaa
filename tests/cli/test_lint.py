"""`netc lint` where CI, an editor or a pipe calls it."""

from __future__ import annotations

import io
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from netc.cli.main import main

BAD = "network n {\n  plugin loopback { x = 1 }\n}\n"
COMMAS = '{"cniVersion": "1.0.0", "name": "lo", "plugins": [{"type": "loopback"},]}'
LOOPBACK = COMMAS.replace(",]", "]")


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def given(monkeypatch: pytest.MonkeyPatch, text: str | bytes) -> None:
    """Text on stdin."""
    data = text.encode() if isinstance(text, str) else text
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_github_is_spoken_to_where_it_listens(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("a.netc").write_text(BAD)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert main(["lint", "a.netc"]) == 1
    assert capsys.readouterr().out.startswith("::error file=a.netc,line=2,")
    assert main(["lint", "--output-format", "concise", "a.netc"]) == 1
    assert capsys.readouterr().out.startswith("a.netc:2:21: ")
    assert main(["lint", "--list"]) == 0
    monkeypatch.setenv("GITHUB_ACTIONS", "false")
    assert main(["lint", "a.netc"]) == 1
    assert capsys.readouterr().out.count("error[NC401]") == 1


def test_the_step_summary_grows_and_never_fails_a_job(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("a.netc").write_text(BAD)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")
    assert main(["lint", "--output-format", "github", "a.netc"]) == 1
    assert main(["lint", "--output-format", "github", "--ignore", "NC401", "a.netc"]) == 0
    text = Path("summary.md").read_text()
    assert text.count("### netc lint") == 2
    assert text.count("| NC401 |") == 1
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "no/such/folder.md")
    assert main(["lint", "--output-format", "github", "a.netc"]) == 1
    assert "can't write the step summary" in capsys.readouterr().err


def test_a_build_tells_its_findings_in_the_same_formats(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("a.netc").write_text(BAD)
    assert main(["build", "--output-format", "concise", "a.netc"]) == 1
    assert capsys.readouterr().err.startswith("a.netc:2:21: error[NC401]")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert main(["build", "a.netc"]) == 1
    assert capsys.readouterr().err.startswith("::error file=a.netc,")
    assert main(["build", "--output-format", "json", "a.netc"]) == 2
    assert main(["build", "--explain", "/name", "--output-format", "github", "a.netc"]) == 2
    assert "--output-format github is none of --explain" in capsys.readouterr().err


@pytest.mark.parametrize("format", ["json", "sarif", "gitlab"])
def test_no_findings_are_a_report_too(format: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.netc").write_text("network n { plugin loopback { } }\n")
    assert main(["lint", "--output-format", format, "a.netc"]) == 0
    json.loads(capsys.readouterr().out)


def test_stdin_is_repaired_to_stdout(monkeypatch: pytest.MonkeyPatch, capfdbinary) -> None:
    for text, code in ((b"\xef\xbb\xbf" + COMMAS.encode(), 0), (LOOPBACK.encode(), 0), (COMMAS.encode()[:-1], 1)):
        given(monkeypatch, text)
        assert main(["lint", "--fix", "-"]) == code
    assert capfdbinary.readouterr().out == (LOOPBACK * 2 + LOOPBACK[:-1]).encode()


def test_a_repair_keeps_the_mode_the_link_and_other_files(capsys: pytest.CaptureFixture[str]) -> None:
    Path("real.conflist").write_text(COMMAS)
    os.chmod("real.conflist", 0o640)
    os.symlink("real.conflist", "link.conflist")
    Path("good.conflist").write_text(LOOPBACK)
    os.utime("good.conflist", (1, 1))
    assert main(["lint", "--fix", "link.conflist", "good.conflist"]) == 0
    assert Path("link.conflist").is_symlink()
    assert Path("real.conflist").read_text() == LOOPBACK
    assert stat.S_IMODE(os.stat("real.conflist").st_mode) == 0o640
    assert os.stat("good.conflist").st_mtime == 1
    assert "1 finding repaired in 1 file" in capsys.readouterr().err


def test_a_diff_is_one_that_patch_takes(capfd: pytest.CaptureFixture[str]) -> None:
    Path("a.conflist").write_text(COMMAS)
    assert main(["lint", "--diff", "a.conflist"]) == 1
    patch = capfd.readouterr().out
    assert Path("a.conflist").read_text() == COMMAS
    subprocess.run(["git", "apply", "-"], input=patch, text=True, check=True)
    assert Path("a.conflist").read_text() == LOOPBACK
    assert main(["lint", "--diff", "a.conflist"]) == 0


def test_a_baseline_that_can_not_be_written(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.netc").write_text(BAD)
    assert main(["lint", "--write-baseline", "no/such/folder.json", "a.netc"]) == 2
    assert "can't write no/such/folder.json" in capsys.readouterr().err


def test_formats_and_exceptions_cost_nothing_where_nobody_asks() -> None:
    Path("a.netc").write_text("network n { plugin loopback { } }\n")
    code = (
        "import sys; from netc.cli.main import main; main(['lint', 'a.netc']); "
        "print(*(name for name in sys.modules if name in ('tomllib', 'xml', 'difflib') "
        "or name.startswith('netc.diagnostics.formats.') or name in ('netc.lint.fix', 'netc.lint.catalogue')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
