"""Files that people already have, on the command line: from a folder, from stdin, attached."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from netc.cli.main import main

LOOPBACK = '{"cniVersion": "1.0.0", "name": "lo", "plugins": [{"type": "loopback"}]}'


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def given(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Text on stdin."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))


def test_a_byte_order_mark_in_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.conflist").write_bytes(b"\xef\xbb\xbf" + LOOPBACK.encode())
    assert main(["lint", "--output-format", "concise", "a.conflist"]) == 1
    assert "a.conflist:1:1: error[NC150] the file starts with a byte order mark" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "name", "code"),
    [
        (LOOPBACK, [], 0),
        ("\n  " + LOOPBACK.replace("}]", "},]"), [], 1),
        ('# a manifest\n---\nkind: NetworkAttachmentDefinition\nconfig: \'{"type": "x"}\'\n', [], 1),
        ("network n { plugin loopback { } }", [], 0),
        ("kind: NetworkAttachmentDefinition", ["--stdin-filename", "x.netc"], 1),
        ("", ["--stdin-filename", "x.conf"], 1),
    ],
)
def test_stdin_shows_by_its_start_or_its_name(
    text: str, name: list[str], code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    given(monkeypatch, text)
    assert main(["lint", "-", *name]) == code


def test_what_is_no_file_in_a_folder_is_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    os.mkdir("net.d")
    os.mkfifo("net.d/pipe.conf")
    os.mkdir("net.d/folder.conflist")
    os.symlink("nowhere", "net.d/gone.conf")
    Path("net.d/10-lo.conflist").write_text(LOOPBACK)
    assert main(["lint", "net.d"]) == 0
    assert "1 file checked" in capsys.readouterr().err


def test_an_unreadable_file_does_not_keep_others_from_being_checked(capsys: pytest.CaptureFixture[str]) -> None:
    os.mkdir("net.d")
    Path("net.d/a.conf").write_bytes(b'{"name": "\xff"}')
    Path("net.d/b.conf").write_text('{"name": "b",}')
    assert main(["lint", "net.d"]) == 2
    told = capsys.readouterr()
    assert "net.d/a.conf: not UTF-8" in told.err
    assert "net.d/b.conf:1:13" in told.out


@pytest.mark.lab
def test_a_file_is_attached_with_all_its_mistakes() -> None:
    single = {"cniVersion": "1.0.0", "name": "n", "type": "bridge", "MTU": 1400, "isGatway": True}
    single["ipam"] = {"type": "host-local", "subnet": "10.1.0.0/24"}
    Path("n.conf").write_text(json.dumps(single))
    command = [sys.executable, "-m", "netc", "attach", "n.conf", "--output-format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 3:
        pytest.skip(done.stderr)
    assert done.returncode == 0, done.stderr
    assert "error[NC401]: bridge does not read `isGatway`" in done.stderr
    report = json.loads(done.stdout)
    assert report["result"]["ips"][0]["address"] == "10.1.0.2/24"


@pytest.mark.lab
def test_a_definition_of_a_manifest_is_attached() -> None:
    config = json.dumps({"cniVersion": "1.0.0", "type": "loopback"})
    Path("all.yaml").write_text(
        "kind: Deployment\n---\nkind: NetworkAttachmentDefinition\nmetadata: {name: edge}\n"
        f"spec:\n  config: |\n    {config}\n"
    )
    command = [sys.executable, "-m", "netc", "attach", "all.yaml", "edge", "--output-format", "json", "--ifname", "lo"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 3:
        pytest.skip(done.stderr)
    assert json.loads(done.stdout)["error"] is None, done.stderr
