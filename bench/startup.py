"""`netc lint` as a process, against Python's own start: what an editor or a commit hook waits for."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.measure import pair, process

SMALL = Path(__file__).parents[1] / "examples" / "dbnet" / "dbnet.netc"


def report(runs: int = 15) -> Iterator[str]:
    """The example of the README, and a file of 10 KB."""
    bare = process([sys.executable, "-c", "pass"])
    text = SMALL.read_text()
    copies = [
        text.replace("network dbnet", f"network dbnet{n}").replace("cni0", f"cni{n}").replace("10.1.", f"10.{n + 1}.")
        for n in range(10_000 // len(text) + 1)
    ]
    with tempfile.TemporaryDirectory() as folder:
        large = Path(folder) / "large.netc"
        large.write_text("\n".join(copies))
        for path, what in ((SMALL, "a small file"), (large, f"{large.stat().st_size / 1000:.0f} KB")):
            lint = process([sys.executable, "-m", "netc", "lint", str(path)])
            yield pair(lint, bare, runs).line(f"lint {what}", "python -c pass")
