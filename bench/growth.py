"""How time grows with what there is: parsing by lines, evaluating and building by networks, linting by networks.

Each row is the time for one line or network against that of the smallest size: 1 is linear growth.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from bench.compile import NETC, fast_folder
from bench.measure import process


def report(runs: int = 3) -> Iterator[str]:
    """Source lines 100, 10,000, 100,000; networks 1,000, 10,000, 50,000."""
    yield from _rows("parse, a line", (100, 10_000, 100_000), _parsing, runs)
    yield from _rows("evaluate and lower, a network", (1_000, 10_000, 50_000), _evaluating, runs)
    with tempfile.TemporaryDirectory(dir=fast_folder()) as name:
        folder = Path(name)
        yield from _rows(
            "build, a network (process)", (1_000, 10_000, 50_000), lambda size: _building(folder, size), runs=1
        )
        yield from _rows("lint, a network (process)", (1_000, 10_000), lambda size: _linting(folder, size), runs=1)


def _rows(what: str, sizes: Sequence[int], made: Callable[[int], Callable[[], float]], runs: int) -> Iterator[str]:
    first = 0.0
    for size in sizes:
        run = made(size)
        seconds = min(run() for _ in range(runs))
        each = seconds / size
        first = first or each
        yield f"{what:<44} {size:>7,} {seconds:8.3f} s  {each * 1e6:9.1f} us each  growth {each / first:5.2f}"


def _timed(function: Callable[[], object]) -> Callable[[], float]:
    def run() -> float:
        began = time.perf_counter()
        function()
        return time.perf_counter() - began

    return run


def _parsing(lines: int) -> Callable[[], float]:
    from netc.lang.parser import parse
    from netc.sources import Source

    block = 'network n{0} {{\n  plugin bridge {{\n    bridge = "b{0}"\n    mtu    = 1400\n  }}\n}}\n\n# a comment\n\n\n'
    text = "".join(block.format(number) for number in range(lines // 10))
    return _timed(lambda: parse(Source("lines.netc", text)))


def _evaluating(networks: int) -> Callable[[], float]:
    from netc.compiler import compile_source
    from netc.sources import Source

    text = _fleet(networks)
    return _timed(lambda: compile_source(Source("fleet.netc", text)))


def _building(folder: Path, networks: int) -> Callable[[], float]:
    file, out = folder / "fleet.netc", folder / "out"
    file.write_text(_fleet(networks))
    command = [sys.executable, "-m", "netc", "build", str(file), "-o", str(out)]
    return process(command, lambda: shutil.rmtree(out, ignore_errors=True))


def _linting(folder: Path, networks: int) -> Callable[[], float]:
    file = folder / "fleet.netc"
    file.write_text(_fleet(networks))
    return process([sys.executable, "-m", "netc", "lint", str(file)])


def _fleet(networks: int) -> str:
    """As in `bench.compile`, with networks of /28 so that 50,000 have room."""
    return (NETC % networks).replace("24, n)", "28, n)").replace('"br${n}"', '"b${n}"')
