"""netc's own drivers against the reference plugins: the same life, the same answers, the same state of the kernel.

Each case in `cases/` is lived through twice, in sandboxes that are alike: once with the reference plugins' binaries,
once with the drivers. What differs must be listed in `differences.toml`, and what is listed must differ.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from functools import cache
from multiprocessing.pool import AsyncResult
from pathlib import Path
from types import SimpleNamespace

import pytest
from harness import case, compare, features
from harness.life import Record, live

from netc import plugins
from netc.lab.unavailable import SandboxUnavailable

HERE = Path(__file__).parent
CASES = [case.load(path) for path in sorted((HERE / "cases").glob("*.json"))]
DIFFERENCES = compare.listed(HERE / "differences.toml")

Lives = dict[str, tuple[AsyncResult[Record], ...]]
_NO_PARAMETERS = SimpleNamespace(params={})

pytestmark = [pytest.mark.lab, pytest.mark.parity]


@pytest.fixture(scope="module")
def judge() -> compare.Judge:
    """Sees all comparisons of this module."""
    return compare.Judge(CASES, DIFFERENCES)


@pytest.fixture(scope="module")
def lives(request: pytest.FixtureRequest) -> Iterator[Lives]:
    """Both lives of every case that was selected and can be lived, begun at once. They wait as often as they work: two for a CPU."""
    binaries = os.environ.get("NETC_CNI_BIN", "")
    if not binaries:
        pytest.skip("NETC_CNI_BIN names no folder with the reference plugins")
    selected = [item.callspec.params["one"] for item in request.session.items if _is_comparison(item)]
    try:
        lacking = features_missing()
    except SandboxUnavailable as error:
        pytest.skip(f"no sandbox here: {error}")
    # Forked before there is any thread in the workers, which a sandbox forks again.
    with multiprocessing.get_context("fork").Pool(2 * (os.cpu_count() or 1)) as pool:
        yield {
            one.name: tuple(pool.apply_async(live, (one, side, binaries)) for side in ("reference", "netc"))
            for one in selected
            if not _missing_driver(one) and not lacking & frozenset(one.needs)
        }


@cache
def features_missing() -> frozenset[str]:
    """The features that no case can have here."""
    return features.missing()


def _is_comparison(item: pytest.Item) -> bool:
    return item.path == Path(__file__) and "one" in getattr(item, "callspec", _NO_PARAMETERS).params


def _missing_driver(one: case.Case) -> str:
    known = [kind for kind in one.types if "/" not in kind and plugins.find(kind) is not None]
    return next((kind for kind in known if plugins.part(kind, "driver") is None), "")


@pytest.mark.parametrize("one", CASES, ids=[one.name for one in CASES])
def test_a_driver_does_what_the_reference_plugin_does(one: case.Case, lives: Lives, judge: compare.Judge) -> None:
    if missing := _missing_driver(one):
        pytest.skip(f"netc has no driver for {missing} yet")
    try:
        if lacking := features_missing() & frozenset(one.needs):
            pytest.skip(f"this kernel has no {', '.join(sorted(lacking))}: tests/vm has one that does")
        reference, netc = (life.get() for life in lives[one.name])
    except SandboxUnavailable as error:
        pytest.skip(f"no sandbox here: {error}")
    if wrong := judge.verdict(one, reference, netc):
        pytest.fail(wrong, pytrace=False)


def test_every_listed_difference_still_occurs(judge: compare.Judge) -> None:
    if not judge.seen:
        pytest.skip("no case was compared")
    assert not judge.stale(), "listed in differences.toml, but not so any more"
