"""Timing two things in turn, A B A B: what the machine does meanwhile falls on both."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pair:
    """Seconds of the runs of a subject and its peer, run by run."""

    subject: tuple[float, ...]
    peer: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """The median of subject / peer over the pairs."""
        return statistics.median(a / b for a, b in zip(self.subject, self.peer, strict=True))

    def line(self, what: str, peer: str, unit: str = "ms") -> str:
        """One row of a report."""
        scale = 1_000 if unit == "ms" else 1
        mine, theirs = (statistics.median(runs) * scale for runs in (self.subject, self.peer))
        ratios = sorted(a / b for a, b in zip(self.subject, self.peer, strict=True))
        spread = f"[{ratios[0]:.2f}-{ratios[-1]:.2f}]"
        return f"{what:<44} {mine:8.1f} {unit}  {peer:<26} {theirs:8.1f} {unit}  ratio {self.ratio:5.2f} {spread}"


def pair(subject: Callable[[], float], peer: Callable[[], float], runs: int, warmups: int = 1) -> Pair:
    """Run both in turn; each returns its own seconds."""
    for _ in range(warmups):
        subject(), peer()
    both = [(subject(), peer()) for _ in range(runs)]
    return Pair(tuple(one for one, _ in both), tuple(other for _, other in both))


def process(command: Sequence[str], before: Callable[[], None] = lambda: None) -> Callable[[], float]:
    """A whole process, from start to end, as seconds; a failing one is an error.

    Python may keep what it compiles, as it may for users: the runs that warm up make it, the others find it.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

    def run() -> float:
        before()
        began = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
        return time.perf_counter() - began

    return run
