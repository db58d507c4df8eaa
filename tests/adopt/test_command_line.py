"""`netc adopt` in a pipe and on a disk that refuses."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import pytest

from netc.cli.main import main

LIST = '{"cniVersion": "1.0.0", "name": "a", "plugins": [{"type": "loopback"}]}'
TEXT = 'network a {\n  cniVersion = "1.0.0"\n\n  plugin loopback { }\n}\n'


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def given(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_a_pipe_gives_what_netc_compiles(monkeypatch, capfdbinary) -> None:
    given(monkeypatch, LIST.encode())
    assert main(["adopt", "-"]) == 0
    text = capfdbinary.readouterr().out
    assert text.decode() == f"# From <stdin>.\n{TEXT}"
    given(monkeypatch, text)
    assert main(["build", "-", "-o", "-"]) == 0
    assert json.loads(capfdbinary.readouterr().out) == json.loads(LIST)


def test_a_pipe_may_have_a_name(monkeypatch, capfdbinary) -> None:
    given(monkeypatch, LIST.encode())
    assert main(["adopt", "--stdin-filename", "10-a.conflist", "-", "-o", "p"]) == 0
    assert Path("p/10-a.netc").read_text(encoding="utf-8").startswith("# From 10-a.conflist.\n")


def test_what_is_there_already_is_not_touched() -> None:
    Path("a.conflist").write_text(LIST, encoding="utf-8")
    assert main(["adopt", "a.conflist", "-o", "p"]) == 0
    os.utime("p/a.netc", (1, 1))
    Path("p/netc.toml").unlink()
    assert main(["adopt", "a.conflist", "-o", "p"]) == 0
    assert os.stat("p/a.netc").st_mtime == 1
    assert Path("p/netc.toml").exists()


def test_a_check_writes_nothing(capsys) -> None:
    Path("a.conflist").write_text(LIST, encoding="utf-8")
    assert main(["adopt", "--check", "a.conflist"]) == 0
    assert main(["adopt", "--check", "a.conflist", "-o", "p"]) == 1
    assert capsys.readouterr().out == ""
    assert not Path("p").exists()


def test_a_folder_in_the_place_of_a_file_is_left_alone(capsys) -> None:
    Path("a.conflist").write_text(LIST, encoding="utf-8")
    Path("p/a.netc").mkdir(parents=True)
    assert main(["adopt", "--force", "a.conflist", "-o", "p"]) == 2
    assert "a folder is where a file would be" in capsys.readouterr().err
    assert os.listdir("p") == ["a.netc"]


def test_a_type_with_a_slash_is_written_and_does_not_build(capsys) -> None:
    """What the last check refuses, no comment can allow: it is told, and the exit code says that work is left."""
    Path("a.conflist").write_text(LIST.replace("loopback", "bin/loopback"), encoding="utf-8")
    assert main(["adopt", "a.conflist", "-o", "p"]) == 1
    assert "NC169" in capsys.readouterr().err
    assert Path("p/a.netc").exists()
