"""Inputs that can't be read, and the streams around a run: one clear message each, whatever comes in."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from netc.cli.main import main

GOOD = "network a { plugin loopback { } }\n"


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def netc(*words: str, **more: object) -> subprocess.CompletedProcess[str]:
    """The command as a process of its own."""
    return subprocess.run([sys.executable, "-m", "netc", *words], text=True, capture_output=True, check=False, **more)  # type: ignore[call-overload, no-any-return]


def told(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().err


def test_a_file_that_is_not_utf_8(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.netc").write_bytes(b'network a {\n  x = "\xff"\n}\n')
    assert main(["build", "a.netc"]) == 2
    assert "a.netc: not UTF-8: byte 0xff on line 2" in told(capsys)
    assert os.listdir() == ["a.netc"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_a_file_that_may_not_be_read(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.netc").write_text(GOOD)
    os.chmod("a.netc", 0)
    assert main(["build", "a.netc"]) == 2
    assert "permission denied" in told(capsys)


@pytest.mark.parametrize("name", ["a\0b.netc", "x" * 300 + ".netc", "no/such/folder/a.netc"])
def test_a_name_that_no_file_has(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", name]) == 2
    assert told(capsys).startswith("netc: ")


def test_a_misspelt_file_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    Path("dbnet.netc").write_text(GOOD)
    assert main(["lint", "dbnt.netc"]) == 2
    assert "did you mean dbnet.netc?" in told(capsys)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 10_000_000,
        "network a { " * 100_000,
        "let x = " + "(" * 5_000 + "1" + ")" * 5_000,
        "let x = " + "1" * 100_000,
        'let x = "' + "a" * 10_000_000,
        "# " + "é" * 1_000_000,
        "network a { plugin x { k = " + "[" * 200 + "]" * 200 + " } }",
        "let x = " + " + ".join(["1"] * 50_000),
        "\0",
        "\ufeff\ufeff" + GOOD,
        GOOD.replace("\n", "\r\n"),
        "let x = count(100000)\nlet y = [for a in x: [for b in x: a]]\n" + GOOD,
    ],
    ids=lambda text: f"{text[:12]!r}-{len(text)}",
)
def test_a_hostile_file_gets_an_answer(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.netc").write_text(text, encoding="utf-8", newline="")
    assert main(["lint", "a.netc"]) in (0, 1)
    assert "Traceback" not in told(capsys)


def test_a_file_too_large_to_be_one(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.netc").write_bytes(b"#" * (17 * 1024 * 1024))
    assert main(["lint", "a.netc"]) == 2
    assert "larger than 16 MiB" in told(capsys)


def test_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"network a { plugin bridge { mtu = x } }")))
    assert main(["lint", "-", "--stdin-filename", "editor.netc"]) == 1
    assert "editor.netc:1:35" in capsys.readouterr().out


def test_data_and_talk_go_different_ways() -> None:
    Path("a.netc").write_text(GOOD)
    run = netc("build", "a.netc", "-o", "-")
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.startswith("{")
    run = netc("build", "a.netc")
    assert (run.returncode, run.stdout) == (0, "")
    assert "wrote out/a.conflist" in run.stderr


def test_a_reader_that_goes_away_is_no_error() -> None:
    Path("a.netc").write_text("\n".join(f"network n{i} {{ plugin bridge {{ x{i} = 1 }} }}" for i in range(500)))
    reader, writer = os.pipe()
    os.close(reader)
    run = subprocess.run(
        [sys.executable, "-m", "netc", "lint", "a.netc", "--output-format", "concise"],
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writer)
    assert "Traceback" not in run.stderr
    assert "BrokenPipe" not in run.stderr


@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_any_locale_takes_any_text(locale: str) -> None:
    Path("a.netc").write_text('network a { plugin bridge { "schlüssel" = 1 } }', encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-m", "netc", "lint", "a.netc"],
        env={**os.environ, "LC_ALL": locale, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    assert run.returncode == 1
    assert b"does not read" in run.stdout
    assert b"Traceback" not in run.stderr


def test_a_full_disk_leaves_the_old_files() -> None:
    Path("a.netc").write_text(GOOD)
    run = netc("build", "a.netc", "-o", "/dev/full/x")
    assert run.returncode == 2
    assert run.stderr.startswith("netc: can't")


def test_a_bug_is_reported_as_one(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from netc.cli import lint

    def broken(_: object) -> int:
        raise ZeroDivisionError("on purpose")

    monkeypatch.setattr(lint, "run", broken)
    monkeypatch.setattr(tempfile, "tempdir", os.getcwd())  # TMPDIR is read once in a process
    assert main(["lint", "a.netc"]) == 70
    said = told(capsys)
    assert "this is a bug in netc: ZeroDivisionError: on purpose" in said
    assert "Traceback" not in said
    monkeypatch.setenv("NETC_DEBUG", "1")
    assert main(["lint", "a.netc"]) == 70
    assert "Traceback" in told(capsys)


#: What `netc lint` may load of the modules that cost much; the rest of its time is Python's own start and lark.
HEAVY = {
    *("jsonschema", "pyroute2", "jinja2", "ruamel", "asyncio", "subprocess", "importlib.metadata", "ctypes"),
    *("dataclasses", "inspect", "hashlib", "pkgutil", "shutil", "pickle", "threading", "textwrap", "lark"),
}


def test_lint_loads_nothing_heavy() -> None:
    Path("a.netc").write_text(GOOD)
    code = (
        "import sys; from netc.cli.main import main; main(['lint', 'a.netc', '--output-format', 'json']); "
        "print('\\n'.join(sys.modules), file=sys.stderr)"
    )
    run = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True, check=True)
    loaded = set(run.stderr.split())
    assert not {module for module in loaded if module in HEAVY or module.partition(".")[0] in HEAVY}
