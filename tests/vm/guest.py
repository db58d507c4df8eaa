"""Runs in the virtual machine: lives the cases that it is given the names of, and writes their records, a line each."""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import sys
import traceback
from pathlib import Path

PARITY = Path(__file__).parents[1] / "parity"
sys.path.insert(0, str(PARITY))


def lived(job: tuple[str, str]) -> dict[str, object]:
    """The record of one life, or why there is none."""
    from harness import case
    from harness.life import live

    name, side = job
    try:
        record = live(case.load(PARITY / "cases" / f"{name}.json"), side, os.environ["NETC_CNI_BIN"])  # type: ignore[arg-type]
    except Exception:  # noqa: BLE001 - told outside
        return {"name": name, "side": side, "error": traceback.format_exc()}
    return {"name": name, "side": side, "record": record}


def load() -> None:
    """Import what the lives need, once for all workers: reading a file takes its time here."""
    import harness.life  # noqa: F401

    from netc import plugins

    for name in plugins.names():
        plugins.part(name, "driver")
    gc.disable()


def main(out: str, *names: str) -> None:
    load()
    jobs = [(name, side) for name in names for side in ("reference", "netc")]
    with multiprocessing.get_context("fork").Pool(2) as pool, open(out, "w", encoding="utf-8") as file:
        for answer in pool.imap_unordered(lived, jobs):
            file.write(json.dumps(answer) + "\n")
            file.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
