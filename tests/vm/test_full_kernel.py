"""Parity where this machine's kernel has no such links: the same cases, lived in a virtual machine with Debian's kernel.

One boot lives all of them, both sides; what comes out is compared as in `tests/parity`.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import machine
import pytest
from harness import case, compare
from harness.life import Record

GUEST = Path(__file__).with_name("guest.py")
PARITY = Path(__file__).parents[1] / "parity"
CASES = [case.load(path) for path in sorted((PARITY / "cases").glob("*.json"))]
NEEDY = [one for one in CASES if one.needs]
#: Each key of each kind of link at least once. The others are lived where there is time.
SHORT = {
    *("bridge-preserve-default-vlan", "bridge-trunk", "bridge-trunk-and-vlan", "bridge-vlan", "bridge-vlan-gateway"),
    *("dummy", "dummy-dns", "ipvlan-default-master", "ipvlan-in-container", "ipvlan-l3", "vlan", "vlan-in-container"),
    *("vlan-mtu", "vrf-check", "vrf-routes", "vrf-table"),
}
LONG = pytest.mark.skipif(not os.environ.get("NETC_VM_LONG"), reason="takes its time: NETC_VM_LONG=1 runs it")
DIFFERENCES = compare.listed(PARITY / "differences.toml")
SIDES = ("reference", "netc")
#: An emulated machine is thirty times slower than this one, which may have other work.
_SECONDS = 900

Lives = dict[str, dict[str, Record]]

pytestmark = [pytest.mark.lab, pytest.mark.parity]


@pytest.fixture(scope="module")
def lives(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Lives:
    """By the name of a case, the record of each side."""
    binaries = os.environ.get("NETC_CNI_BIN", "")
    if not binaries:
        pytest.skip("NETC_CNI_BIN names no folder with the reference plugins")
    found = machine.find(os.environ.get("NETC_VM", ""))
    if found.lacking:
        pytest.skip(found.lacking)
    selected = [item for item in request.session.items if item.path == Path(__file__) and hasattr(item, "callspec")]
    names = [item.callspec.params["one"].name for item in selected]
    asked = [name for name in names if name in SHORT or os.environ.get("NETC_VM_LONG")]
    out = tmp_path_factory.mktemp("out")
    environ = {"PATH": os.environ["PATH"], "NETC_CNI_BIN": binaries, "HOME": "/root"}
    command = [sys.executable, str(GUEST), "/run/out/lives", *asked]
    said = machine.run(found, command, out, seconds=_SECONDS, environ=environ)
    records: Lives = {name: {} for name in asked}
    for line in (out / "lives").read_text(encoding="utf-8").splitlines():
        life = json.loads(line)
        if "error" in life:
            pytest.fail(f"{life['name']}, {life['side']}: {life['error']}\n{said}", pytrace=False)
        records[life["name"]][life["side"]] = [(moment, lines) for moment, lines in life["record"]]
    return records


@pytest.fixture(scope="module")
def judge() -> compare.Judge:
    """Sees all comparisons of this module."""
    return compare.Judge(CASES, DIFFERENCES)


@pytest.mark.parametrize(
    "one", [pytest.param(one, id=one.name, marks=[] if one.name in SHORT else LONG) for one in NEEDY]
)
def test_a_driver_does_what_the_reference_plugin_does(one: case.Case, lives: Lives, judge: compare.Judge) -> None:
    reference, netc = (lives[one.name][side] for side in SIDES)
    if wrong := judge.verdict(one, reference, netc):
        pytest.fail(wrong, pytrace=False)


def test_every_listed_difference_still_occurs(judge: compare.Judge) -> None:
    if not judge.seen:
        pytest.skip("no case was compared")
    assert not judge.stale(), "listed in differences.toml, but not so any more"


def test_the_short_list_names_cases() -> None:
    assert {one.name for one in NEEDY} >= SHORT


@LONG
def test_faults_leave_nothing(tmp_path: Path) -> None:
    found = machine.find(os.environ.get("NETC_VM", ""))
    if found.lacking:
        pytest.skip(found.lacking)
    file = Path(__file__).parents[1] / "lab" / "test_faults.py"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(file), "-k", "vlan or dummy or vrf"]
    environ = {"PATH": os.environ["PATH"], "HOME": "/root"}
    said = machine.run(found, command, tmp_path, seconds=_SECONDS, environ=environ)
    assert "12 passed" in said
