"""Changing the lock on purpose."""

from __future__ import annotations

import pytest

from netc.ipam.edits import EditError, move, release, rename
from netc.ipam.lock import text

LINES = (
    "pods  10.42.1.0/24  n1\n"
    "pods  10.42.2.0/24  n2\n"
    'pods  10.42.3.0/24  "rack 1"\n'
    "pods  fd00::/64  n1\n"
    "storage  10.42.1.0/24  n1\n"
)


@pytest.fixture
def blocks(lock):
    found = lock(LINES)
    assert found.findings == ()
    return found.blocks


def lines(edited) -> str:
    return "".join(line + "\n" for line in text(edited.blocks).splitlines()[1:] if line)


def test_a_released_key_loses_the_blocks_of_both_families(blocks) -> None:
    edited = release(blocks, "pods", ["n1", "rack 1", "n1"])
    assert lines(edited) == "pods  10.42.2.0/24  n2\nstorage  10.42.1.0/24  n1\n"
    assert [str(block.network) for block in edited.removed] == ["10.42.1.0/24", "fd00::/64", "10.42.3.0/24"]


def test_one_family_can_be_released_alone(blocks) -> None:
    assert lines(release(blocks, "pods", ["n1"], 6)) == LINES.replace("pods  fd00::/64  n1\n", "")
    with pytest.raises(EditError, match="n2 has no IPv6 block of pool pods") as caught:
        release(blocks, "pods", ["n2"], 6)
    assert caught.value.help == "it has 10.42.2.0/24"


def test_one_unknown_key_and_nothing_is_released(blocks) -> None:
    with pytest.raises(EditError, match="pool pods has no block for rack1") as caught:
        release(blocks, "pods", ["n1", "rack1"])
    assert caught.value.help == "did you mean 'rack 1'?"
    with pytest.raises(EditError, match="no block of a pool pds") as caught:
        release(blocks, "pds", ["n1"])
    assert caught.value.help == "did you mean pods?"
    with pytest.raises(EditError, match="no block is planned yet"):
        release((), "pods", ["n1"])


def test_a_block_in_use_is_not_released(blocks) -> None:
    with pytest.raises(EditError, match=r"n1 uses 10\.42\.1\.0/24 of pool pods") as caught:
        release(blocks, "pods", ["n2", "n1"], None, {("pods", "n1", 4)})
    assert "--force" in (caught.value.help or "")
    assert release(blocks, "pods", ["n2"], None, {("pods", "n1", 4)}).removed


def test_a_renamed_node_keeps_its_blocks(blocks) -> None:
    edited = move(blocks, "pods", "n1", "edge-1")
    assert lines(edited) == LINES.replace("/24  n1\npods", "/24  edge-1\npods").replace("/64  n1", "/64  edge-1")
    assert [(old.key, new.key) for old, new in edited.renamed] == [("n1", "edge-1")] * 2


def test_a_block_does_not_move_over_another(blocks) -> None:
    """The source was renamed and built before the move: the new name has a block of its own by now."""
    with pytest.raises(EditError, match=r"n2 has 10\.42\.2\.0/24 of pool pods already") as caught:
        move(blocks, "pods", "n1", "n2")
    assert caught.value.help == "give that up and take over 10.42.1.0/24: add --force"
    edited = move(blocks, "pods", "n1", "n2", force=True)
    assert [str(block.network) for block in edited.removed] == ["10.42.2.0/24"]
    assert "pods  10.42.1.0/24  n2\n" in lines(edited)
    with pytest.raises(EditError, match="n1 is the same key"):
        move(blocks, "pods", "n1", "n1")


def test_a_renamed_pool_keeps_its_blocks(blocks) -> None:
    assert lines(rename(blocks, "storage", "disks")).startswith("disks  10.42.1.0/24  n1\n")
    with pytest.raises(EditError, match="pool pods has blocks that contradict those of pool storage"):
        rename(blocks, "storage", "pods")
    with pytest.raises(EditError, match="no block of a pool stor"):
        rename(blocks, "stor", "disks")
    with pytest.raises(EditError, match="pods is the same pool"):
        rename(blocks, "pods", "pods")


def test_a_bad_merge_is_repaired_by_a_release(lock) -> None:
    bad = lock("pods  10.42.4.0/24  n4\npods  10.42.4.0/24  n5\n")
    assert bad.findings
    assert lines(release(bad.blocks, "pods", ["n5"])) == "pods  10.42.4.0/24  n4\n"
