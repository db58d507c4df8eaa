"""netc.lock on disk: written whole or not at all, and only when something changed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from netc.ipam import codes
from netc.ipam.lock import NAME, text
from netc.ipam.lockfile import LockError, changes, load, write
from netc.ipam.planning import plan
from netc.sources import Sources


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / NAME


def loaded(path: Path):
    return load(path, Sources())


def test_no_file_is_an_empty_lock_and_no_block_makes_no_file(path: Path) -> None:
    assert loaded(path).blocks == ()
    assert write(path, loaded(path), ()) is False
    assert not path.exists()


def test_a_first_plan_is_written_and_a_second_touches_nothing(path: Path, project) -> None:
    pool, asked = project.pool("pods", "10.42.0.0/16"), [project.request("pods", "n1", 24)]
    planned, _ = plan([pool], asked, loaded(path).blocks)
    assert write(path, loaded(path), planned.blocks) is True
    before = path.stat()
    again, _ = plan([pool], asked, loaded(path).blocks)
    assert write(path, loaded(path), again.blocks) is False
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert os.listdir(path.parent) == [NAME]


def test_the_bytes_are_utf8_with_plain_line_ends(path: Path, block) -> None:
    write(path, loaded(path), [block("pods", "10.42.0.0/24", "größe")])
    assert path.read_bytes().endswith("\npods  10.42.0.0/24  größe\n".encode())


def test_line_ends_of_a_checkout_are_no_change(path: Path, block) -> None:
    blocks = [block("pods", "10.42.0.0/24", "n1")]
    path.write_bytes(text(blocks).replace("\n", "\r\n").encode())
    assert write(path, loaded(path), blocks) is False
    assert b"\r\n" in path.read_bytes()


def test_mode_and_link_stay(path: Path, block, tmp_path: Path) -> None:
    real = tmp_path / "shared.lock"
    real.write_text(text(()))
    real.chmod(0o664)
    path.symlink_to(real)
    assert write(path, loaded(path), [block("pods", "10.42.0.0/24", "n1")])
    assert path.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o664
    assert "n1" in real.read_text()


def test_a_lock_that_somebody_else_changed_meanwhile_is_not_overwritten(path: Path, block) -> None:
    lock = loaded(path)
    write(path, loaded(path), [block("pods", "10.42.0.0/24", "theirs")])
    with pytest.raises(LockError, match="changed by somebody else") as caught:
        write(path, lock, [block("pods", "10.42.0.0/24", "ours")])
    assert caught.value.help == "run the command again"
    assert "theirs" in path.read_text()
    assert os.listdir(path.parent) == [NAME]


def test_a_folder_that_is_not_there(tmp_path: Path, block) -> None:
    path = tmp_path / "gone" / NAME
    with pytest.raises(LockError, match=r"can't write .*: no such file or directory"):
        write(path, loaded(path), [block("pods", "10.42.0.0/24", "n1")])


def test_a_lock_that_is_no_text(path: Path) -> None:
    path.write_bytes(b"# netc.lock version 1\n\xff")
    with pytest.raises(LockError, match="not UTF-8: byte 0xff on line 2"):
        loaded(path)
    path.unlink()
    path.mkdir()
    with pytest.raises(LockError, match="is a directory"):
        loaded(path)


def test_locked_lists_what_would_be_planned(path: Path, project, block) -> None:
    write(path, loaded(path), [block("pods", "10.42.0.0/24", "n1"), block("pods", "10.42.1.0/24", "gone")])
    pool = project.pool("pods", "10.42.0.0/16")
    asked = [project.request("pods", key, 24) for key in ("n1", "n3", "n2")]
    lock = loaded(path)
    findings = changes(lock, plan([pool], asked, lock.blocks)[0], path)
    assert [(found.code, found.message, found.primary) for found in findings] == [
        (
            codes.LOCKED.code,
            f"{path} has no block of pool pods for n2: a build would add 10.42.2.0/24",
            asked[2].span,
        ),
        (
            codes.LOCKED.code,
            f"{path} has no block of pool pods for n3: a build would add 10.42.3.0/24",
            asked[1].span,
        ),
    ]
    assert changes(lock, plan([pool], asked[:1], lock.blocks)[0], path) == (), "what is held is no change"


def test_locked_refuses_a_layout_that_a_build_would_mend(path: Path, project, block) -> None:
    blocks = [block("pods", "10.42.0.0/24", "n1"), block("pods", "10.42.1.0/24", "n2")]
    lines = text(blocks).splitlines()
    path.write_text("\n".join([*lines[:2], lines[3], lines[2]]) + "\n")
    lock = loaded(path)
    planned, _ = plan([project.pool("pods", "10.42.0.0/16")], [], lock.blocks)
    (found,) = changes(lock, planned, path)
    assert found.message == f"{path} is not laid out as netc writes it: a build would rewrite it"
