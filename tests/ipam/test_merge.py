"""netc.lock in git: a merge conflicts where two branches took the same space, and only there."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from collections import Counter
from ipaddress import ip_network
from pathlib import Path

import pytest

from netc.ipam import codes
from netc.ipam.blocks import Block, Request
from netc.ipam.edits import release
from netc.ipam.lock import NAME, Lock, read, text
from netc.ipam.planning import plan
from netc.ipam.pools import Pool
from netc.sources import Source

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

POOLS = [Pool("pods", (ip_network("10.42.0.0/16"),)), Pool("storage", (ip_network("10.9.0.0/20"),))]


def built(lock: str, requests: list[Request]) -> str:
    """The lock after a build that asks for these on top of what is locked."""
    before = read(Source(NAME, lock))
    assert before.findings == ()
    planned, findings = plan(POOLS, requests, before.blocks)
    assert findings == ()
    return text(planned.blocks)


def asked(pool: str, *keys: str, prefix: int = 24) -> list[Request]:
    return [Request(pool, key, prefix) for key in keys]


BASE = built(text(()), [*asked("pods", *(f"n{i}" for i in range(1, 7))), *asked("storage", "s1", "s2")])


class Repository:
    """A git repository with nothing but a lock in it, at `BASE`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / NAME
        self.git("init", "-q", "-b", "main")
        self.commit(BASE)

    def git(self, *words: str) -> subprocess.CompletedProcess[str]:
        identity = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "GIT_CONFIG_NOSYSTEM": "1"}
        return subprocess.run(
            ["git", *identity, *words], cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )

    def commit(self, lock: str) -> None:
        self.path.write_text(lock, encoding="utf-8")
        self.git("add", "-A")
        assert self.git("commit", "-q", "-m", "change").returncode == 0

    def merged(self, ours: str, theirs: str) -> bool:
        """Two branches from the base, and the merge of one into the other; whether git found no conflict."""
        self.git("switch", "-q", "-c", "theirs")
        self.commit(theirs)
        self.git("switch", "-q", "main")
        self.commit(ours)
        return self.git("merge", "-q", "--no-edit", "theirs").returncode == 0

    @property
    def lock(self) -> Lock:
        return read(Source(NAME, self.path.read_text(encoding="utf-8")))


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def keys(lock: Lock) -> set[str]:
    return {block.key for block in lock.blocks}


def test_nodes_in_different_pools_merge(repository) -> None:
    """Also at the end of one pool and the start of the next: an empty line lies between."""
    assert repository.merged(built(BASE, asked("pods", "n7", "n8")), built(BASE, asked("storage", "s3")))
    assert repository.lock.findings == ()
    assert {"n7", "n8", "s3"} < keys(repository.lock)


def test_blocks_that_fit_into_different_gaps_merge(repository) -> None:
    freed = release(read(Source(NAME, BASE)).blocks, "pods", ["n2"]).blocks
    repository.commit(text(freed))
    base = text(freed)
    assert repository.merged(
        built(base, asked("pods", "small", prefix=25)), built(base, asked("pods", "big", prefix=23))
    )
    assert repository.lock.findings == ()
    assert {"small", "big"} < keys(repository.lock)


def test_a_release_and_a_new_node_merge(repository) -> None:
    ours = text(release(read(Source(NAME, BASE)).blocks, "pods", ["n2"]).blocks)
    assert repository.merged(ours, built(BASE, asked("pods", "n7")))
    assert repository.lock.findings == ()
    assert "n7" in keys(repository.lock)
    assert "n2" not in keys(repository.lock)


def test_the_same_node_on_both_branches_merges(repository) -> None:
    both = built(BASE, asked("pods", "n7"))
    assert repository.merged(both, both)
    assert repository.lock.findings == ()


def test_one_block_for_two_nodes_is_a_conflict_and_one_side_resolves_it(repository) -> None:
    """Both branches were given 10.42.6.0/24. Whoever keeps one side loses nothing: the next build plans the other."""
    assert not repository.merged(built(BASE, asked("pods", "edge-1")), built(BASE, asked("pods", "web-1")))
    (found,) = repository.lock.findings
    assert found.code == codes.CONFLICT.code
    repository.git("checkout", "--ours", NAME)
    assert repository.lock.findings == ()
    planned, findings = plan(POOLS, asked("pods", "edge-1", "web-1"), repository.lock.blocks)
    assert findings == ()
    assert {block.key: str(block.network) for block in planned.granted.values()} == {
        "edge-1": "10.42.6.0/24",
        "web-1": "10.42.7.0/24",
    }


def test_a_merge_that_keeps_both_lines_is_found_and_a_release_mends_it(repository) -> None:
    """What an editor does, or `netc.lock merge=union` in .gitattributes."""
    (repository.folder / ".gitattributes").write_text(f"{NAME} merge=union\n")
    repository.commit(BASE)
    assert repository.merged(built(BASE, asked("pods", "edge-1")), built(BASE, asked("pods", "web-1")))
    bad = repository.lock
    assert [found.code for found in bad.findings] == [codes.COLLISION.code]
    assert {str(bad.findings[0].primary), str(bad.findings[0].labels[0].span)} == {f"{NAME}:9:1", f"{NAME}:10:1"}
    mended = read(Source(NAME, text(release(bad.blocks, "pods", ["web-1"]).blocks)))
    assert mended.findings == ()
    assert keys(mended) == keys(bad) - {"web-1"}


def test_conflicts_are_real_at_random(tmp_path: Path) -> None:
    """Branches that add random keys to locks with random gaps: git's verdict is whether they took the same space.

    Never is a merge clean and the lock wrong. Where the blocks of both could stand side by side, most merges are clean:
    a false conflict takes two new blocks in one gap, with no line between them.
    """
    chance, verdicts = random.Random(7), Counter()
    for _ in range(60):
        held = [Block("pods", f"h{at}", ip_network(f"10.42.{at}.0/24")) for at in range(24) if chance.random() < 0.7]
        base = text([*held, *read(Source(NAME, BASE)).blocks[-2:]])
        sides = []
        for side in ("a", "b"):
            new = [
                Request(
                    chance.choice(["pods", "pods", "storage"]),
                    f"{side}{chance.randrange(10**6)}",
                    chance.randint(21, 25),
                )
                for _ in range(chance.randint(1, 3))
            ]
            sides.append(built(base, new))
        clean, merged = merge_file(tmp_path, base, *sides)
        first, second = (set(read(Source(NAME, side)).blocks) for side in sides)
        shared = any(
            one.pool == two.pool and one.network.overlaps(two.network)
            for one in first - second
            for two in second - first
        )
        assert not (clean and shared), "the same space twice, and git said nothing"
        if clean:
            assert read(Source(NAME, merged)).findings == ()
        verdicts["shared" if shared else "clean" if clean else "false"] += 1
    assert verdicts["shared"] > 10
    assert verdicts["clean"] > 10
    assert verdicts["false"] < verdicts["clean"] / 2


def merge_file(folder: Path, base: str, ours: str, theirs: str) -> tuple[bool, str]:
    """git's three-way merge of one file."""
    for name, lock in (("base", base), ("ours", ours), ("theirs", theirs)):
        (folder / name).write_text(lock)
    done = subprocess.run(
        ["git", "merge-file", "-p", "ours", "base", "theirs"], cwd=folder, capture_output=True, text=True, check=False
    )
    return done.returncode == 0, done.stdout
