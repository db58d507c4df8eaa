"""What `netc fmt` does to files, beyond what the text cases show: modes, links, line ends, stdin, failures."""

from __future__ import annotations

import io
import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from netc.cli.main import main

UNTIDY, TIDY = "let  a=1\n", "let a = 1\n"


@pytest.fixture
def untidy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that is not laid out, in the working directory."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "a.netc"
    path.write_text(UNTIDY)
    return path


def stdin(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    """Let the command read these bytes."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))


def test_the_mode_is_kept(untidy: Path) -> None:
    """Whatever the umask: who could read or run the file can still do so."""
    for mode in (0o600, 0o755, 0o664):
        untidy.write_text(UNTIDY)
        untidy.chmod(mode)
        assert main(["fmt", "a.netc"]) == 0
        assert untidy.read_text() == TIDY
        assert stat.S_IMODE(untidy.stat().st_mode) == mode


def test_a_link_stays_a_link(untidy: Path) -> None:
    """The file behind it is laid out, in its own folder."""
    folder = untidy.parent / "sub"
    folder.mkdir()
    link = folder / "link.netc"
    link.symlink_to("../a.netc")
    assert main(["fmt", "sub/link.netc"]) == 0
    assert link.is_symlink()
    assert untidy.read_text() == TIDY
    assert os.listdir(folder) == ["link.netc"]


def test_a_file_that_is_laid_out_is_not_touched(untidy: Path) -> None:
    """Not even its time: make and editors look at that."""
    untidy.write_text(TIDY)
    os.utime(untidy, (1, 1))
    inode = untidy.stat().st_ino
    assert main(["fmt", "a.netc"]) == 0
    assert (untidy.stat().st_mtime, untidy.stat().st_ino) == (1, inode)


@pytest.mark.parametrize("data", [b"\xef\xbb\xbflet a = 1\n", b"let a = 1\r\n", b"let a = 1", b"let a = 1\n\n"])
def test_byte_order_marks_and_line_ends(untidy: Path, data: bytes) -> None:
    """They are no part of the text that the layout sees, and still a reason to write the file anew."""
    untidy.write_bytes(data)
    assert main(["fmt", "--check", "a.netc"]) == 1
    assert untidy.read_bytes() == data
    assert main(["fmt", "a.netc"]) == 0
    assert untidy.read_bytes() == TIDY.encode()


def test_a_folder_that_takes_no_files(untidy: Path, capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the new text can't take the file's place, the old one stays, and nothing lies beside it."""

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.replace", refuse)
    assert main(["fmt", "a.netc"]) == 2
    assert capsys.readouterr().err == "netc: can't write a.netc: permission denied\n"
    assert untidy.read_text() == UNTIDY
    assert os.listdir(untidy.parent) == ["a.netc"]


def test_stdin(capfdbinary, monkeypatch: pytest.MonkeyPatch) -> None:
    """From stdin to stdout, in UTF-8 whatever the locale, also where nothing changes."""
    for data in ('let  a="ü"\n', 'let a = "ü"\n', '\ufefflet a = "ü"\r\n'):
        stdin(monkeypatch, data.encode())
        assert main(["fmt", "-"]) == 0
        assert capfdbinary.readouterr() == ('let a = "ü"\n'.encode(), b"")


def test_stdin_with_a_mistake(capfdbinary, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing on stdout that an editor would put in its buffer."""
    stdin(monkeypatch, b"let a =\n")
    assert main(["fmt", "--stdin-filename", "net.netc", "-"]) == 1
    out, err = capfdbinary.readouterr()
    assert out == b""
    assert b"net.netc:1:7" in err


def test_stdin_is_checked(capfdbinary, monkeypatch: pytest.MonkeyPatch) -> None:
    """--check and --diff take stdin too."""
    stdin(monkeypatch, UNTIDY.encode())
    assert main(["fmt", "--check", "-"]) == 1
    assert capfdbinary.readouterr() == (b"", b"would change <stdin>\n")
    stdin(monkeypatch, b"\xff")
    assert main(["fmt", "-"]) == 2


@pytest.mark.parametrize(
    "before", [b"let  a=1", b"let  a = 1\r\nlet b = 2\r\n", b"let a = 1\nlet   b = 2\n\n\n", b"\n\n"]
)
def test_patch_takes_the_diff(untidy: Path, capfdbinary, before: bytes) -> None:
    """The diff is one that patch(1) makes the layout from."""
    if shutil.which("patch") is None:
        pytest.skip("there is no patch(1) here")
    untidy.write_bytes(before)
    assert main(["fmt", "--diff", "a.netc"]) == 1
    assert untidy.read_bytes() == before
    diff = capfdbinary.readouterr().out
    subprocess.run(["patch", "--binary", "--quiet", "a.netc"], input=diff, check=True)
    patched = untidy.read_bytes() if untidy.exists() else b""
    assert main(["fmt", "--check", "a.netc"]) == 0 if untidy.exists() else patched == b""


def test_unreadable(untidy: Path, capsys) -> None:
    """A file that is no text: exit code 2, and the others are still laid out."""
    Path("b.netc").write_bytes(b"\xff\xfe")
    assert main(["fmt", "b.netc", "a.netc"]) == 2
    assert untidy.read_text() == TIDY
    assert "not UTF-8" in capsys.readouterr().err
