"""`python -m bench [compile|startup|attach|load|growth ...]`: all benchmarks, or those named."""

from __future__ import annotations

import importlib
import os
import platform
import sys

NAMES = ("compile", "startup", "attach", "load", "growth")


def main(words: list[str]) -> int:
    """Print each benchmark's rows."""
    for word in words:
        if word not in NAMES:
            print(f"no benchmark {word}: there is {', '.join(NAMES)}", file=sys.stderr)
            return 2
    print(
        f"Python {platform.python_version()}, {os.cpu_count()} processors, Linux {platform.release()}; medians of pairs"
    )
    for name in words or NAMES:
        for line in importlib.import_module(f"bench.{name}").report():
            print(line, flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
