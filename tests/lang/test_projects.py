"""Files of a project on the disk: what is read, what is refused, and that nothing else makes a difference."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netc.compiler import Compiled, compile_source
from netc.ipam.lock import text as lock_text
from netc.sources import Source, Sources

ROOT = Path(__file__).parents[2]
FLEET = ROOT / "examples" / "fleet"


def compiled(folder: Path, text: str) -> Compiled:
    """A file of this text, compiled where it lies."""
    path = folder / "root.netc"
    path.write_text(text, encoding="utf-8")
    return compile_source(Sources().read(path, shown="root.netc"))


def messages(folder: Path, text: str) -> list[str]:
    """What is found."""
    return [found.message for found in compiled(folder, text).findings]


# ---- what is no file -------------------------------------------------------------------------------------------------

needs_posix = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes and devices as POSIX has them")


@needs_posix
@pytest.mark.parametrize("call", ['let a = data("{}")', 'import "{}" as a'])
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, call: str) -> None:
    """Nobody writes to the pipe, and the device never ends."""
    project = tmp_path / "project"
    project.mkdir()
    os.mkfifo(project / "pipe")
    (project / "zero").symlink_to("/dev/zero")
    (project / "folder").mkdir()
    assert messages(project, call.format("pipe")) == ["pipe: is a device or pipe, not a file"]
    (found,) = messages(project, call.format("zero"))
    assert found.startswith("zero: lies outside the project's folder")
    assert messages(project, call.format("folder")) == ["folder: is a directory, not a file"]


@needs_posix
def test_links_that_leave_the_project_are_refused(tmp_path: Path) -> None:
    """A link to a file, to a folder on the way, and around in a circle; one that stays inside is fine."""
    project = tmp_path / "project"
    (project / "lib").mkdir(parents=True)
    (tmp_path / "outside.yaml").write_text("a: 1\n")
    (project / "inside.yaml").write_text("a: 1\n")
    (project / "file.yaml").symlink_to(tmp_path / "outside.yaml")
    (project / "out").symlink_to(tmp_path)
    (project / "circle").symlink_to(project / "circle")
    (project / "lib" / "same.yaml").symlink_to(project / "inside.yaml")
    for path in ("file.yaml", "out/outside.yaml"):
        (found,) = messages(project, f'let a = data("{path}")')
        assert found.startswith(f"{path}: lies outside the project's folder")
    assert len(messages(project, 'let a = data("circle")')) == 1
    assert messages(project, 'let a = data("lib/same.yaml")') == []


@needs_posix
def test_a_ring_through_links_is_found(tmp_path: Path) -> None:
    """Each round has a longer path, and it is the same file."""
    (tmp_path / "again").symlink_to(tmp_path)
    (tmp_path / "a.netc").write_text('import "again/a.netc" as a\n')
    (found,) = messages(tmp_path, 'import "a.netc" as a')
    assert found == "again/a.netc imports itself" or found == "a.netc imports itself"


def test_a_large_file_is_refused(tmp_path: Path) -> None:
    """Before it is read."""
    (tmp_path / "large.yaml").write_bytes(b"- a\n" * (5 * 1024 * 1024))
    assert messages(tmp_path, 'let a = data("large.yaml")') == ["large.yaml: larger than 16 MiB"]
    (tmp_path / "latin.yaml").write_bytes(b"name: \xe9\n")
    assert messages(tmp_path, 'let a = data("latin.yaml")') == ["latin.yaml: not UTF-8: byte 0xe9 on line 1"]


def test_many_modules_are_bounded(tmp_path: Path) -> None:
    """A line of files that each import the next."""
    for number in range(60):
        (tmp_path / f"m{number}.netc").write_text(f'import "m{number + 1}.netc" as next\n')
    (tmp_path / "m60.netc").write_text("")
    (found,) = messages(tmp_path, 'import "m0.netc" as m')
    assert found == "imports of more than 50 deep"


# ---- the project's folder --------------------------------------------------------------------------------------------


def test_the_nearest_netc_toml_bounds_what_is_read(tmp_path: Path) -> None:
    """Below it paths may go up; without it the file's own folder is the project."""
    nodes, sub = tmp_path / "nodes.yaml", tmp_path / "site"
    nodes.write_text("- n1\n")
    sub.mkdir()
    (found,) = messages(sub, 'let nodes = data("../nodes.yaml")')
    assert found.startswith("../nodes.yaml: lies outside the project's folder")
    (tmp_path / "netc.toml").write_text("")
    assert messages(sub, 'let nodes = data("../nodes.yaml")') == []
    (sub / "netc.toml").write_text("")
    assert len(messages(sub, 'let nodes = data("../nodes.yaml")')) == 1


def built(folder: Path, where: Path, **environment: str) -> dict[str, bytes]:
    """The outputs of `netc build` on a copy of the fleet, started in `where`."""
    command = [sys.executable, "-m", "netc", "build", str(folder / "fleet.netc")]
    subprocess.run(command, cwd=where, env={**os.environ, **environment}, check=True, capture_output=True)
    files = [*sorted((folder / "out").rglob("*.conflist")), folder / "netc.lock"]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_bytes_do_not_depend_on_where_and_how(tmp_path: Path) -> None:
    """Hash seeds, working directories and locales; with and without a lock."""
    seen = []
    for number, (seed, locale) in enumerate([("0", "C"), ("1", "C.UTF-8"), ("2", "tr_TR.UTF-8")]):
        folder = tmp_path / str(number) / "fleet"
        shutil.copytree(FLEET, folder, ignore=shutil.ignore_patterns("out"))
        (folder / "netc.lock").unlink()
        where = (folder, tmp_path, folder / "lib")[number]
        seen.append(built(folder, where, PYTHONHASHSEED=seed, LC_ALL=locale, LANG=locale))
        assert built(folder, tmp_path, PYTHONHASHSEED="random") == seen[-1]
    assert seen[0] == seen[1] == seen[2]
    assert len(seen[0]) == 7


# ---- plans -----------------------------------------------------------------------------------------------------------

FILE = """
let nodes = data("nodes.yaml")
pool pods { cidrs = [10.42.0.0/20, fd00:42::/48] }
network pods for n in nodes key n.name {
  meta { node = n.name }
  plugin bridge {
    ipam host-local { ranges = [[{ subnet = alloc(pods, n.name, n.size) }], [{ subnet = alloc(pods, n.name, 64) }]] }
  }
}
"""
NAMES = st.sampled_from([f"n{number}" for number in range(12)])
NODES = st.dictionaries(NAMES, st.integers(24, 28), max_size=8)


def planned(nodes: dict[str, int], lock: str | None) -> tuple[dict[str, list[str]], str]:
    """The blocks of each node, and the lock after a build."""
    root = Path("/a/project")
    data = "".join(f"- {{ name: {name}, size: {size} }}\n" for name, size in nodes.items()) or "[]\n"
    overlays = {root / "nodes.yaml": data} | ({root / "netc.lock": lock} if lock is not None else {})
    result = compile_source(Source("f.netc", FILE, root / "f.netc"), sources=Sources(root, overlays))
    assert [found.message for found in result.findings] == []
    assert result.planned is not None
    assert result.planned.plan is not None
    blocks = {
        str(network.key): [one[0]["subnet"] for one in network.plugins[0].body["ipam"]["ranges"]]
        for network in result.networks
    }
    return blocks, lock_text(result.planned.plan.blocks)


@settings(max_examples=60, deadline=None)
@given(st.lists(NODES, min_size=2, max_size=5), st.randoms(use_true_random=False))
def test_no_edit_moves_a_block(steps: list[dict[str, int]], random) -> None:
    """Nodes come, go and change places; a node keeps its size, since another size is another block."""
    sizes: dict[str, int] = {}
    lock: str | None = None
    held: dict[str, list[str]] = {}
    for step in steps:
        names = list(step)
        random.shuffle(names)
        nodes = {name: sizes.setdefault(name, step[name]) for name in names}
        blocks, lock = planned(nodes, lock)
        for name, block in blocks.items():
            assert held.setdefault(name, block) == block
        shuffled = dict(reversed(nodes.items()))
        assert planned(shuffled, lock) == (blocks, lock)
    taken = [block for blocks in held.values() for block in blocks]
    assert len(set(taken)) == len(taken)
