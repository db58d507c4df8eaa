"""Many attachments: fifty at once, and one more beside those that a host has already.

Both sides as in `bench.attach`: netc's runtime, with its own drivers or with the reference plugins' processes. Each has
a network and a bridge of its own on one host, with as many attachments as the other.
"""

from __future__ import annotations

import itertools
import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bench.attach import CHAINS
from bench.measure import Pair

_AT_ONCE = 50
_SIZES = (1, 100, 500)
_SIDES = ("builtin", "exec")


def report(runs: int = 5) -> Iterator[str]:
    """Attaching and detaching fifty at once; then one, beside 1, 100 and 500."""
    from netc.lab import sandbox
    from netc.lab.unavailable import SandboxUnavailable

    binaries = os.environ.get("NETC_CNI_BIN", "")
    if not binaries:
        yield "load: NETC_CNI_BIN names no folder with the reference plugins, no peer to compare with"
        return
    try:
        for name, plugins in CHAINS.items():
            measured = sandbox.run(_Load(plugins, binaries, runs), keep=[binaries])
            for what, one in measured.items():
                yield one.line(f"{what}, {name}"[:44], "reference plugins, exec")
            for verb in ("ADD", "DEL"):
                first, *_, last = (measured[f"{verb} beside {size}"] for size in _SIZES)
                mine, theirs = (
                    statistics.median(getattr(last, side)) / statistics.median(getattr(first, side))
                    for side in ("subject", "peer")
                )
                yield f"{verb} beside {_SIZES[-1]}, growth".ljust(44) + f" {mine:8.2f}     the reference's {theirs:.2f}"
    except SandboxUnavailable as reason:
        yield f"load: {reason}"


class _Load:
    """Both sides on one host."""

    def __init__(self, plugins: list[dict[str, Any]], binaries: str, runs: int) -> None:
        self.plugins, self.binaries, self.runs = plugins, binaries, runs
        self.numbers = itertools.count(1)

    def __call__(self, box: Any) -> dict[str, Pair]:
        from netc import cni
        from netc.kernel import Kernel
        from netc.lab.builtin import Builtin

        self.box, self.cni = box, cni
        work = tempfile.mkdtemp(dir="/run")
        executors = {"builtin": Builtin(Kernel()), "exec": cni.ProcessExecutor([self.binaries])}
        self.runtimes, self.networks = {}, {}
        for number, side in enumerate(_SIDES):
            self.runtimes[side] = cni.Runtime(executors[side], cni.Cache(f"{work}/{side}"), path=[self.binaries])
            main = {**self.plugins[0], "bridge": f"b{number}"}
            main["ipam"] = {**main["ipam"], "subnet": f"10.{number + 1}.0.0/16", "dataDir": f"{work}/leases"}
            chain = {"cniVersion": "1.0.0", "name": f"bench{number}", "plugins": [main, *self.plugins[1:]]}
            self.networks[side] = cni.parse_network(chain)
        found: dict[str, Pair] = {}
        self._together(found)
        there = 0
        for size in _SIZES:
            for side in _SIDES:
                self._all("add", side, self._asked(size - there))
            there = size
            self._one_more(size, found)
        return found

    def _asked(self, count: int) -> list[Any]:
        asked = []
        for number in itertools.islice(self.numbers, count):
            ports = [{"hostPort": 10_000 + number, "containerPort": 80, "protocol": "tcp"}]
            netns = self.box.add_namespace(f"c{number}")
            asked.append(self.cni.Attachment(f"c{number}", netns, "eth0", capability_args={"portMappings": ports}))
        return asked

    def _all(self, verb: str, side: str, asked: Sequence[Any]) -> float:
        """Seconds of all at once."""
        call = getattr(self.runtimes[side], verb)
        began = time.perf_counter()
        with ThreadPoolExecutor(max(1, len(asked))) as pool:
            list(pool.map(lambda one: call(self.networks[side], one), asked))
        return time.perf_counter() - began

    def _together(self, found: dict[str, Pair]) -> None:
        seconds: dict[tuple[str, str], list[float]] = {}
        for round_, side in itertools.product(range(self.runs + 1), _SIDES):
            asked = self._asked(_AT_ONCE if round_ else 2)
            for verb in ("add", "delete"):
                taken = self._all(verb, side, asked)
                if round_:
                    seconds.setdefault((verb, side), []).append(taken)
            for one in asked:
                self.box.remove_namespace(one.container_id)
        for verb, name in (("add", "ADD"), ("delete", "DEL")):
            found[f"{name} of {_AT_ONCE} at once"] = Pair(*(tuple(seconds[verb, side]) for side in _SIDES))

    def _one_more(self, size: int, found: dict[str, Pair]) -> None:
        seconds: dict[tuple[str, str], list[float]] = {}
        for _, side in itertools.product(range(2 * self.runs), _SIDES):
            (one,) = self._asked(1)
            for verb in ("add", "delete"):
                began = time.perf_counter()
                getattr(self.runtimes[side], verb)(self.networks[side], one)
                seconds.setdefault((verb, side), []).append(time.perf_counter() - began)
            self.box.remove_namespace(one.container_id)
        for verb, name in (("add", "ADD"), ("delete", "DEL")):
            found[f"{name} beside {size}"] = Pair(*(tuple(seconds[verb, side]) for side in _SIDES))
