"""`netc version`."""

from __future__ import annotations

import argparse
import json
import platform

EXAMPLES = """examples:
  netc version
  netc version --output-format json"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--output-format", choices=("full", "json"), default="full")


def run(arguments: argparse.Namespace) -> int:
    """Print netc's version, Python's, and the CNI versions that netc speaks."""
    from netc.plugins import ALL_VERSIONS
    from netc.version import VERSION

    if arguments.output_format == "json":
        facts = {
            "version": 1,
            "netc": VERSION,
            "python": platform.python_version(),
            "cniVersions": list(ALL_VERSIONS),
        }
        print(json.dumps(facts, indent=2))
    else:
        print(f"netc {VERSION} (Python {platform.python_version()}), CNI {', '.join(ALL_VERSIONS)}")
    return 0
