"""What a build does to a folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from netc.emit import outputs
from netc.emit.outputs import LIST_NAME, OutputError, apply, plan


def build(folder: Path, texts: dict[str, str], source: str = "net.netc", *, force: bool = False) -> outputs.Plan:
    planned = plan(folder, texts, folder.parent / source, force=force)
    apply(planned)
    return planned


def listed(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {LIST_NAME}


def test_a_first_build_writes_and_a_second_touches_nothing(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert build(out, {"a.conflist": "1\n", "n1/b.conflist": "2\n"}).missing == ("a.conflist", "n1/b.conflist")
    before = {path: os.stat(path).st_mtime_ns for path in out.rglob("*")}
    again = build(out, {"a.conflist": "1\n", "n1/b.conflist": "2\n"})
    assert not again.changes
    assert again.fresh == ("a.conflist", "n1/b.conflist")
    assert {path: os.stat(path).st_mtime_ns for path in out.rglob("*")} == before


def test_only_what_changed_is_written(tmp_path: Path) -> None:
    out = tmp_path / "out"
    build(out, {"a.conflist": "1\n", "b.conflist": "2\n"})
    inode = (out / "a.conflist").stat().st_ino
    assert build(out, {"a.conflist": "1\n", "b.conflist": "3\n"}).stale == ("b.conflist",)
    assert (out / "a.conflist").stat().st_ino == inode
    assert (out / "b.conflist").read_text() == "3\n"


def test_a_network_that_is_no_more_loses_its_file(tmp_path: Path) -> None:
    out = tmp_path / "out"
    build(out, {"a.conflist": "1\n", "b.conflist": "2\n"})
    assert build(out, {"a.conflist": "1\n"}).surplus == ("b.conflist",)
    assert listed(out) == {"a.conflist"}


def test_a_strangers_file_stays(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "a.conflist").write_text("theirs")
    (out / "other").write_text("theirs too")
    with pytest.raises(OutputError, match="was not written by netc") as caught:
        plan(out, {"a.conflist": "1\n"}, tmp_path / "net.netc")
    assert "--force" in (caught.value.help or "")
    assert (out / "a.conflist").read_text() == "theirs"
    build(out, {"a.conflist": "1\n"}, force=True)
    assert (out / "a.conflist").read_text() == "1\n"
    build(out, {})
    assert listed(out) == {"other"}


def test_two_sources_share_a_folder_but_no_file(tmp_path: Path) -> None:
    out = tmp_path / "out"
    for name in ("one.netc", "two.netc"):
        (tmp_path / name).touch()
    build(out, {"a.conflist": "1\n"}, "one.netc")
    build(out, {"b.conflist": "2\n"}, "two.netc")
    assert listed(out) == {"a.conflist", "b.conflist"}
    with pytest.raises(OutputError, match=r"is made by .*one\.netc as well"):
        plan(out, {"a.conflist": "9\n"}, tmp_path / "two.netc")


def test_a_source_that_was_renamed_hands_its_files_over(tmp_path: Path) -> None:
    out = tmp_path / "out"
    (tmp_path / "old.netc").touch()
    build(out, {"a.conflist": "1\n"}, "old.netc")
    (tmp_path / "old.netc").rename(tmp_path / "new.netc")
    build(out, {"a.conflist": "2\n"}, "new.netc")
    assert (out / "a.conflist").read_text() == "2\n"


def test_nothing_changes_when_one_file_can_not_be_written(tmp_path: Path) -> None:
    out = tmp_path / "out"
    build(out, {"a.conflist": "1\n"})
    (out / "n1").write_text("a file where a folder is needed")
    planned = plan(out, {"a.conflist": "2\n"}, tmp_path / "net.netc")
    broken = outputs.Plan(out, {"a.conflist": "2\n", "n1/b": "3\n"}, ("n1/b",), ("a.conflist",), (), (), planned.owners)
    with pytest.raises(OutputError, match="can't write"):
        apply(broken)
    assert (out / "a.conflist").read_text() == "1\n"
    assert listed(out) == {"a.conflist", "n1"}


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(OutputError, match="not a directory"):
        plan(tmp_path / "out", {"a.conflist": "1\n"}, tmp_path / "net.netc")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"files": 3}', "garbage"])
def test_a_broken_list_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / LIST_NAME).write_text(text)
    with pytest.raises(OutputError, match="is not netc's list"):
        plan(tmp_path, {"a.conflist": "1\n"}, tmp_path / "net.netc")


def test_a_kind_that_is_not_built_keeps_its_files(tmp_path: Path) -> None:
    """`netc build --emit nad` is no reason to remove the conflists, and the other way round."""
    out, source = tmp_path / "out", tmp_path / "net.netc"
    build(out, {"a.conflist": "1\n", "b.conflist": "2\n"})
    apply(
        plan(out, {"a.nad": "1\n", "b.nad": "2\n"}, source, kinds={"a.nad": "nad", "b.nad": "nad"}, others=["conflist"])
    )
    assert listed(out) == {"a.conflist", "b.conflist", "a.nad", "b.nad"}
    assert plan(out, {"a.conflist": "1\n"}, source, others=["nad"]).surplus == ("b.conflist",)
    planned = plan(out, {"a.nad": "1\n"}, source, kinds={"a.nad": "nad"}, others=["conflist"])
    assert planned.surplus == ("b.nad",)
    apply(planned)
    assert listed(out) == {"a.conflist", "b.conflist", "a.nad"}
    # A kind that the project no longer has is nobody's to keep.
    assert plan(out, {"a.conflist": "1\n", "b.conflist": "2\n"}, source).surplus == ("a.nad",)


@pytest.mark.parametrize("path", ["../a", "link/a", "link/n1/a"])
def test_nothing_is_written_outside_the_folder(tmp_path: Path, path: str) -> None:
    (tmp_path / "elsewhere").mkdir()
    out = tmp_path / "out"
    out.mkdir()
    (out / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OutputError, match="lies outside"):
        plan(out, {path: "1\n"}, tmp_path / "net.netc")


def test_nothing_outside_is_removed(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (tmp_path / "a").write_text("theirs")
    (out / LIST_NAME).write_text('{"version": 1, "files": {"../a": "../net.netc"}}')
    with pytest.raises(OutputError, match="lies outside"):
        build(out, {})
    assert (tmp_path / "a").read_text() == "theirs"


def test_a_folder_that_is_a_link_itself_is_written_to(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "real")
    build(tmp_path / "out", {"n1/a": "1\n"})
    assert (tmp_path / "real" / "n1" / "a").read_text() == "1\n"
