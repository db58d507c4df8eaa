"""`netc doctor`: what this machine can do for netc, and what it lacks."""

from __future__ import annotations

import argparse
import json
import os
import sys
import textwrap
from typing import TYPE_CHECKING

from netc.cli.terminal import style

if TYPE_CHECKING:
    from netc.lab.examination import Check, Examination

EXAMPLES = """examples:
  netc doctor
  netc doctor --output-format json | jq '.checks[] | select(.state == "missing")'

Everything is tried in a sandbox; nothing of it touches this machine. The exit code is 3 where netc can attach nothing
here, else 0."""

_SIGNS = {"ok": ("ok", "32"), "missing": ("no", "31"), "note": ("--", "33")}
_UNABLE = 3
_WIDEST = 80


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--output-format", choices=("full", "json"), default="full", help="a report (default), or JSON")
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="colours (default: auto)")


def run(arguments: argparse.Namespace) -> int:
    """Look, and tell."""
    from netc.cni.executor import DEFAULT_PATH
    from netc.lab.examination import examine

    path = tuple(folder for folder in os.environ.get("CNI_PATH", "").split(":") if folder) or DEFAULT_PATH
    found = examine(path, os.environ.get("NETCONFPATH") or "/etc/cni/net.d")
    if arguments.output_format == "json":
        sys.stdout.write(json.dumps(_json(found), indent=2) + "\n")
    else:
        looks = style(sys.stdout, arguments.color)
        for check in found.checks:
            sys.stdout.write(_lines(check, found, color=looks.color, width=min(looks.width, _WIDEST)))
        sys.stdout.write(_verdict(found))
    return 0 if found.able else _UNABLE


def _lines(check: Check, found: Examination, *, color: bool, width: int) -> str:
    first = next(one for one in found.checks if one.about == check.about) is check
    head = f"{'' if check is found.checks[0] else chr(10)}{check.about}\n" if first else ""
    sign, paint = _SIGNS[check.state]
    shown = f"\x1b[{paint}m{sign}\x1b[0m" if color else sign
    text = f"{check.name}: {check.detail}" if check.detail else check.name
    lines = textwrap.wrap(text, width - 6, break_long_words=False, break_on_hyphens=False) or [text]
    if check.help and check.state != "ok":
        lines += textwrap.wrap(f"help: {check.help}", width - 6, break_long_words=False, break_on_hyphens=False)
    body = f"  {shown}  {lines[0]}\n" + "".join(f"      {line}\n" for line in lines[1:])
    return head + body


def _verdict(found: Examination) -> str:
    if not found.able:
        return "\nnetc can build, lint and compare here, and attach nothing\n"
    lacking = [one.name for one in found.checks if one.about == "drivers" and one.state == "missing"]
    if lacking:
        return f"\nnetc can attach here, but not {', '.join(lacking)}\n"
    return "\nnetc can attach here whatever it has a driver for\n"


def _json(found: Examination) -> dict[str, object]:
    """As docs/doctor.schema.json describes it."""
    return {
        "version": 1,
        "able": found.able,
        "checks": [
            {"about": one.about, "name": one.name, "state": one.state, "detail": one.detail, "help": one.help or None}
            for one in found.checks
        ],
    }
