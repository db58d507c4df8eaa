"""The installer's shell script, run as a node runs it, with the folders of a test in the place of the mounts."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import time
from pathlib import Path

import pytest

from netc.emit.installer import script

SHELLS = [shell for shell in ("sh", "dash", "busybox", "bash") if shutil.which(shell)]


class Node:
    """A node's folders, and what runs on it."""

    def __init__(self, root: Path, shell: str) -> None:
        self.all, self.nodes, self.target = root / "all", root / "nodes", root / "net.d"
        for folder in (self.all, self.nodes, self.target):
            folder.mkdir()
        self._shell = [shell, "sh"] if shell == "busybox" else [shell]

    def start(
        self, *, name: str = "netc-a", node: str = "n1", interval: str = "0", **variables: str
    ) -> subprocess.Popen:
        """The script as the pod's command; an interval of 0 lets it run once."""
        environment = {
            "PATH": os.environ["PATH"],
            "NETC_NAME": name,
            "NETC_TARGET": str(self.target),
            "NETC_ALL": str(self.all),
            "NETC_NODES": str(self.nodes),
            "NODE_NAME": node,
            "NETC_INTERVAL": interval,
        }
        return subprocess.Popen(
            [*self._shell, "-c", script()],
            env=environment | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, **options: str) -> str:
        """Run it once; what it said. It must succeed."""
        process = self.start(**options)
        out, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (0, "")
        return out

    def fail(self, **options: str) -> str:
        """Run it once; why it failed."""
        process = self.start(**options)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 1
        return err

    def files(self) -> dict[str, str]:
        """What lies in net.d, but for lists."""
        return {one.name: one.read_text() for one in self.target.iterdir() if not one.name.startswith(".netc-")}

    def listed(self, name: str = "netc-a") -> list[str]:
        """What the installer of this name holds for its own."""
        return (self.target / f".netc-{name}").read_text().splitlines()


@pytest.fixture(params=SHELLS)
def node(tmp_path: Path, request) -> Node:
    return Node(tmp_path, request.param)


def test_it_installs_what_is_for_all_and_what_is_for_this_node(node: Node) -> None:
    (node.all / "10-a.conflist").write_text("a\n")
    (node.nodes / "n1_b_c.conflist").write_text("b\n")
    (node.nodes / "n11_d.conflist").write_text("another's\n")
    (node.nodes / "n2_b_c.conflist").write_text("another's\n")
    assert node.run() == "installed 10-a.conflist\ninstalled b_c.conflist\n"
    assert node.files() == {"10-a.conflist": "a\n", "b_c.conflist": "b\n"}
    assert node.listed() == ["10-a.conflist", "b_c.conflist"]
    assert {stat.S_IMODE(one.stat().st_mode) for one in node.target.iterdir()} == {0o600}


def test_a_second_run_touches_nothing(node: Node) -> None:
    (node.all / "a.conflist").write_text("a\n")
    node.run()
    before = {one.name: (one.stat().st_ino, one.stat().st_mtime_ns) for one in node.target.iterdir()}
    assert node.run() == ""
    # The list is compared by way of a fresh copy beside it, never replaced by an equal one.
    assert {one.name: (one.stat().st_ino, one.stat().st_mtime_ns) for one in node.target.iterdir()} == before


def test_a_change_replaces_the_file_as_a_whole(node: Node) -> None:
    (node.all / "a.conflist").write_text("old\n")
    node.run()
    with open(node.target / "a.conflist", encoding="utf-8") as reader:
        (node.all / "a.conflist").write_text("new and longer\n")
        assert node.run() == "installed a.conflist\n"
        assert reader.read() == "old\n"  # who has it open reads on in the old file, not in half of the new one
    assert node.files() == {"a.conflist": "new and longer\n"}


def test_what_an_earlier_version_installed_goes(node: Node) -> None:
    (node.all / "a.conflist").write_text("a\n")
    (node.all / "b.conflist").write_text("b\n")
    node.run()
    (node.all / "a.conflist").unlink()
    assert node.run() == "removed a.conflist\n"
    assert node.files() == {"b.conflist": "b\n"}
    assert node.listed() == ["b.conflist"]


def test_strangers_files_stay(node: Node) -> None:
    (node.target / "99-theirs.conflist").write_text("theirs\n")
    (node.target / "other.conf").write_text("theirs\n")
    (node.all / "a.conflist").write_text("a\n")
    node.run()
    (node.all / "a.conflist").unlink()
    node.run()
    assert node.files() == {"99-theirs.conflist": "theirs\n", "other.conf": "theirs\n"}


def test_a_strangers_file_is_not_overwritten_and_nothing_else_is_done(node: Node) -> None:
    (node.target / "b.conflist").write_text("theirs\n")
    (node.all / "a.conflist").write_text("a\n")
    (node.nodes / "n1_b.conflist").write_text("ours\n")
    assert node.fail() == "netc: b.conflist exists and was not installed by netc-a: move it away\n"
    assert node.files() == {"b.conflist": "theirs\n"}


@pytest.mark.parametrize("make", ["folder", "link", "dangling"])
def test_a_name_that_is_taken_by_no_file(node: Node, make: str, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    if make == "folder":
        (node.target / "a.conflist").mkdir()
    else:
        (node.target / "a.conflist").symlink_to(outside)
    if make == "link":
        outside.write_text("theirs\n")
    (node.all / "a.conflist").write_text("a\n")
    assert "a.conflist" in node.fail()
    assert not outside.exists() or outside.read_text() == "theirs\n"


def test_two_installers_keep_out_of_each_others_way(node: Node) -> None:
    (node.all / "a.conflist").write_text("a\n")
    node.run(name="netc-a")
    (node.all / "a.conflist").unlink()
    (node.all / "b.conflist").write_text("b\n")
    node.run(name="netc-b")
    assert node.files() == {"a.conflist": "a\n", "b.conflist": "b\n"}
    (node.all / "a.conflist").write_text("another a\n")
    assert "was not installed by netc-b" in node.fail(name="netc-b")


def test_a_list_that_somebody_meddled_with_leads_nowhere_else(node: Node, tmp_path: Path) -> None:
    (tmp_path / "x.conflist").write_text("outside\n")
    (node.target / ".hidden.conflist").write_text("theirs\n")
    (node.target / "plain").write_text("theirs\n")
    (node.target / ".netc-netc-a").write_text("../x.conflist\n.hidden.conflist\nplain\n*\n\n$(touch y)\n")
    node.run()
    assert (tmp_path / "x.conflist").exists()
    assert {".hidden.conflist", "plain"} <= node.files().keys()


@pytest.mark.parametrize("missing", ["NETC_ALL", "NETC_NODES"])
def test_a_folder_that_is_not_there_is_no_reason_to_remove_files(node: Node, missing: str) -> None:
    (node.all / "a.conflist").write_text("a\n")
    node.run()
    assert "is not mounted" in node.fail(**{missing: str(node.all / "nowhere")})
    assert node.files() == {"a.conflist": "a\n"}


def test_without_node_networks_no_node_name_is_needed(node: Node) -> None:
    (node.all / "a.conflist").write_text("a\n")
    node.run(NETC_NODES="", NODE_NAME="")
    assert node.files() == {"a.conflist": "a\n"}


def test_whenever_it_is_killed_the_next_run_ends_where_it_should(node: Node, tmp_path: Path) -> None:
    """Every command that changes something is a place to be killed at: the folder has whole files only, and no orphans."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("mv", "cat", "rm", "cmp"):
        real = shutil.which(name)
        (tools / name).write_text(
            f'#!/bin/sh\nread -r left <"{tmp_path}/left"\nif [ "$left" = 0 ]; then kill -9 $PPID; exit 1; fi\n'
            f'echo $((left - 1)) >"{tmp_path}/left"\nexec {real} "$@"\n'
        )
        (tools / name).chmod(0o755)
    path = f"{tools}:{os.environ['PATH']}"
    killed = 0
    for step in range(40):
        for one in node.target.iterdir():
            one.unlink()
        for one in node.all.iterdir():
            one.unlink()
        (node.target / "theirs.conflist").write_text("theirs\n")
        (node.all / "old.conflist").write_text("old\n")
        (node.all / "a.conflist").write_text("first\n")
        node.run()
        (node.all / "old.conflist").unlink()
        (node.all / "a.conflist").write_text("second\n")
        (node.all / "b.conflist").write_text("b\n")
        (tmp_path / "left").write_text(f"{step}\n")
        process = node.start(PATH=path)
        process.communicate(timeout=60)
        if step == 0 and process.returncode == 0:
            pytest.skip("this shell has commands of its own, so that none of those that kill it is called")
        between = node.files()
        assert between["theirs.conflist"] == "theirs\n"
        assert between.get("a.conflist") in ("first\n", "second\n")
        assert between.get("b.conflist", "b\n") == "b\n"
        if process.returncode == 0 and int((tmp_path / "left").read_text()):
            break
        killed += process.returncode != 0  # a command may be a child of a subshell, which then ends alone
        # The next version has neither: whatever was installed by then is known to be ours.
        for one in node.all.iterdir():
            one.unlink()
        node.run()
        assert node.files() == {"theirs.conflist": "theirs\n"}
        assert sorted(one.name for one in node.target.iterdir()) == [".netc-netc-a", "theirs.conflist"]
    assert killed >= 5


def wait_for(path: Path, text: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if path.exists() and path.read_text() == text:
            return
        time.sleep(0.02)
    raise AssertionError(f"{path.name} did not become {text!r}")


def test_it_keeps_the_files_as_they_are_and_ends_at_a_sigterm(node: Node) -> None:
    (node.all / "a.conflist").write_text("a\n")
    process = node.start(interval="0.05")
    try:
        wait_for(node.target / "a.conflist", "a\n")
        (node.target / "a.conflist").write_text("edited by hand\n")
        wait_for(node.target / "a.conflist", "a\n")
        (node.target / "a.conflist").unlink()
        wait_for(node.target / "a.conflist", "a\n")
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert process.returncode == 0
    assert node.files() == {"a.conflist": "a\n"}
    assert sorted(one.name for one in node.target.iterdir()) == [".netc-netc-a", "a.conflist"]


def test_a_sigterm_does_not_wait_for_the_end_of_a_pause(node: Node) -> None:
    (node.all / "a.conflist").write_text("a\n")
    process = node.start(interval="3600")
    wait_for(node.target / "a.conflist", "a\n")
    wait_for(node.target / ".netc-netc-a", "a.conflist\n")
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=60)  # and nothing of it holds its output open
    assert (process.returncode, out) == (0, "installed a.conflist\n")
