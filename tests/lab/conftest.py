"""What every test of the executor has around it: the machine looks the same after it as before."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

#: Folders that a CNI plugin or runtime writes to on a real node.
STATE = ("/run/netns", "/run/cni", "/var/lib/cni", "/run/xtables.lock", "/run/netc", "/run/root")
PLAIN_USER = 65534


def _output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def _files(folder: str) -> list[str]:
    """What is below a folder. A sandbox of another test may need the folder itself for a moment, to mount its own on."""
    return sorted(os.path.join(parent, name) for parent, below, names in os.walk(folder) for name in (*below, *names))


def machine() -> Mapping[str, object]:
    """The real host namespace, the mounts, and the places where plugins keep state."""
    return {
        "links": _output("ip", "link", "show"),
        "addresses": [line for line in _output("ip", "address", "show").splitlines() if "valid_lft" not in line],
        "routes": _output("ip", "route", "show", "table", "all"),
        "routes6": _output("ip", "-6", "route", "show", "table", "all"),
        "rules": _output("ip", "rule"),
        "nftables": _output("nft", "list", "ruleset"),
        "forwarding": Path("/proc/sys/net/ipv4/ip_forward").read_text(),
        "mounts": [line.split(" ", 1)[1] for line in Path("/proc/self/mountinfo").read_text().splitlines()],
        "state": {folder: _files(folder) for folder in STATE},
    }


@pytest.fixture(autouse=True)
def untouched_machine() -> Iterator[None]:
    """Fails the test that leaves anything on the machine."""
    before = machine()
    yield
    after = machine()
    for place, state in before.items():
        assert after[place] == state, place


@dataclass
class Marked:
    """Processes that carry a mark in their environment, in whatever namespace they are."""

    mark: str = field(default_factory=lambda: f"NETC_TEST_{uuid.uuid4().hex}")

    def environment(self) -> dict[str, str]:
        return {**os.environ, self.mark: "1"}

    def pids(self) -> list[int]:
        found = []
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit():
                try:
                    if self.mark.encode() in (folder / "environ").read_bytes():
                        found.append(int(folder.name))
                except OSError:
                    continue
        return found

    def wait_until_gone(self, seconds: float = 10) -> None:
        """Asserts that none of them is left in the end."""
        end = time.monotonic() + seconds
        while self.pids() and time.monotonic() < end:
            time.sleep(0.02)
        assert self.pids() == []


@pytest.fixture
def marked() -> Iterator[Marked]:
    """A mark for processes; none with it may be left after the test."""
    mark = Marked()
    yield mark
    mark.wait_until_gone()


@cache
def _unable(*command: str) -> str:
    """Why a command line can't import netc; "" if it can."""
    try:
        done = subprocess.run([*command, "-c", "import netc"], capture_output=True, text=True, check=False)
    except OSError as error:
        return str(error)
    return done.stderr if done.returncode else ""


@pytest.fixture(
    params=[
        pytest.param("root", marks=pytest.mark.skipif(os.geteuid() != 0, reason="the tests do not run as root")),
        "plain-user",
    ]
)
def python(request: pytest.FixtureRequest) -> list[str]:
    """The start of a command line that runs Python, once as root and once as a user without any power."""
    if request.param == "plain-user" and os.geteuid() == 0:
        identity = [f"--reuid={PLAIN_USER}", f"--regid={PLAIN_USER}", "--clear-groups"]
        command = ["setpriv", *identity, "--", sys.executable]
        reason = _unable(*command)
        if reason:
            pytest.skip(f"no plain user can run this Python: {reason}")
        return command
    return [sys.executable]
