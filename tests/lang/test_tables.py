"""The cache of the parser's tables: a pickle is code, so only our own is loaded."""

from __future__ import annotations

import os
import pickle
import stat
from pathlib import Path
from typing import Any

import pytest

from netc.lang import tables
from netc.lang.build import Builder


class Bomb:
    """Unpickling it makes a file."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> Any:
        return (Path.touch, (self.mark,))


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "netc"


def load() -> None:
    parser = tables.load(Builder(), {})
    assert parser.parse_interactive("let") is not None


def kept(cache: Path) -> Path:
    (path,) = cache.iterdir()
    return path


def test_the_tables_are_kept_and_used(cache: Path) -> None:
    """The folder is the user's alone; nothing but the file is left in it; a second load does not write."""
    load()
    path = kept(cache)
    assert stat.S_IMODE(cache.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.stat().st_mtime_ns
    load()
    assert kept(cache).stat().st_mtime_ns == before


@pytest.mark.parametrize("content", [b"", b"garbage", pickle.dumps({"data": 1}), pickle.dumps([])])
def test_a_broken_file_is_built_anew(cache: Path, content: bytes) -> None:
    """Silently."""
    load()
    path = kept(cache)
    path.write_bytes(content)
    load()
    assert path.stat().st_size > 10_000


@pytest.mark.parametrize("loose", ["file", "folder"])
def test_what_others_can_write_is_not_loaded(cache: Path, tmp_path: Path, loose: str) -> None:
    """A pickle that somebody else put there does not run."""
    load()
    path = kept(cache)
    path.write_bytes(pickle.dumps(Bomb(tmp_path / "exploded")))
    (path if loose == "file" else cache).chmod(0o777)
    load()
    assert not (tmp_path / "exploded").exists()


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="giving a file away needs root")
def test_what_belongs_to_somebody_else_is_not_loaded(cache: Path, tmp_path: Path) -> None:
    """Nor a file of another user."""
    load()
    path = kept(cache)
    path.write_bytes(pickle.dumps(Bomb(tmp_path / "exploded")))
    os.chown(path, 65534, 65534)
    load()
    assert not (tmp_path / "exploded").exists()


def test_a_link_is_not_followed(cache: Path, tmp_path: Path) -> None:
    """Not even to a file of ours."""
    load()
    path = kept(cache)
    path.unlink()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(pickle.dumps(Bomb(tmp_path / "exploded")))
    path.symlink_to(elsewhere)
    load()
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize("where", ["", "relative/path", "/proc/nowhere"])
def test_no_cache_is_no_mistake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    """No home, a relative path, a folder that can't be made: it takes longer, that is all."""
    monkeypatch.setenv("XDG_CACHE_HOME", where)
    monkeypatch.setenv("HOME", "relative" if where != "/proc/nowhere" else "/proc/nowhere")
    monkeypatch.chdir(tmp_path)
    load()
    assert list(tmp_path.iterdir()) == []


def test_another_grammar_or_version_has_another_file(cache: Path) -> None:
    """The name is made of all that the tables depend on."""
    assert tables.cache_path("a") != tables.cache_path("b")
