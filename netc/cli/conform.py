"""`netc conform`: what the specification asks of a plugin, tried on a binary."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from netc.cli import project
from netc.cli.terminal import complain, style

if TYPE_CHECKING:
    from netc.conform import Finding, Target

EXAMPLES = """examples:
  netc conform /opt/cni/bin/bridge              with a configuration that netc knows for the type
  netc conform ./my-plugin --conf my.conflist   with one of yours; plugins before it in the list are netc's drivers
  netc conform ./my-plugin --conf my.conf --output-format junit > report.xml
  netc conform --list                           every requirement, and the section of the specification

Everything runs in sandboxes; the machine is not touched. IPAM plugins are looked for beside the binary, and on
CNI_PATH."""

_UNABLE = 3
_SIGNS = {"ok": ("ok     ", "32"), "failed": ("FAILED ", "31"), "skipped": ("skipped", "33")}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("binary", metavar="BINARY", nargs="?", help="the plugin")
    parser.add_argument("--conf", metavar="FILE", help="a configuration or list that has the plugin")
    parser.add_argument("--list", action="store_true", help="print the requirements, and try none")
    parser.add_argument(
        "--output-format", choices=("full", "json", "junit"), default="full", help="a report (default), JSON, or JUnit"
    )
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="colours (default: auto)")


def run(arguments: argparse.Namespace) -> int:
    """Try every requirement, and report."""
    from netc.conform import REQUIREMENTS, examine
    from netc.lab.unavailable import SandboxUnavailable

    if arguments.list:
        wide = max(len(one.name) for one in REQUIREMENTS)
        sys.stdout.write("".join(f"{one.name:<{wide}}  {one.title} [{one.section}]\n" for one in REQUIREMENTS))
        return 0
    try:
        target = _target(arguments)
        findings = examine(target)
    except project.Misuse as misuse:
        return project.report(misuse)
    except SandboxUnavailable as refused:
        complain(str(refused), refused.help)
        return _UNABLE
    match arguments.output_format:
        case "json":
            sys.stdout.write(json.dumps(_json(target, findings), indent=2) + "\n")
        case "junit":
            sys.stdout.write(_junit(target, findings))
        case _:
            sys.stdout.write(_full(findings, color=style(sys.stdout, arguments.color).color))
    return 1 if any(one.state == "failed" for one in findings) else 0


def _target(arguments: argparse.Namespace) -> Target:
    from netc.cni.executor import DEFAULT_PATH
    from netc.conform import Target
    from netc.conform.samples import SAMPLES

    if arguments.binary is None:
        raise project.Misuse("no binary to examine", "netc conform /opt/cni/bin/bridge")
    binary = os.path.abspath(arguments.binary)
    if not os.path.isfile(binary) or not os.access(binary, os.X_OK):
        raise project.Misuse(f"{arguments.binary} is no program", "name the plugin's binary")
    name = os.path.basename(binary)
    if arguments.conf is not None:
        config, before = _configured(arguments.conf, name)
    elif name in SAMPLES:
        config, before = SAMPLES[name]
    else:
        raise project.Misuse(f"netc has no configuration for plugins of type {name}", "give one with --conf")
    path = (os.path.dirname(binary), *filter(None, os.environ.get("CNI_PATH", "").split(":")), *DEFAULT_PATH)
    return Target(binary, config, tuple(dict.fromkeys(map(os.path.abspath, path))), before)


def _configured(file: str, name: str) -> tuple[Mapping[str, Any], tuple[Mapping[str, Any], ...]]:
    """The plugin's object in a file, and those before it; raises `Misuse`."""
    from netc.cni.confdir import load_file
    from netc.cni.errors import CniError

    try:
        chain = load_file(file)
    except CniError as error:
        raise project.Misuse(f"{file}: {error.msg}", f"netc lint {file} shows what is wrong") from None
    bodies = [dict(plugin.body) for plugin in chain.plugins]
    at = next((index for index, body in enumerate(bodies) if body.get("type") == name), None)
    if at is None and len(bodies) == 1:
        at = 0
    if at is None:
        types = ", ".join(str(body.get("type")) for body in bodies)
        raise project.Misuse(f"{file} has no plugin of type {name}", f"it has {types}")
    return bodies[at], tuple(bodies[:at])


def _full(findings: Sequence[Finding], *, color: bool) -> str:
    lines = []
    for one in findings:
        sign, paint = _SIGNS[one.state]
        shown = f"\x1b[{paint}m{sign}\x1b[0m" if color else sign
        lines.append(f"{shown} {one.requirement.title} [{one.requirement.section}]")
        if one.why:
            lines.append(f"        {one.why}")
    count = {state: sum(one.state == state for one in findings) for state in _SIGNS}
    lines.append(f"\n{count['ok']} ok, {count['failed']} failed, {count['skipped']} skipped")
    return "\n".join(lines) + "\n"


def _json(target: Target, findings: Sequence[Finding]) -> dict[str, Any]:
    """As docs/conform.schema.json describes it."""
    return {
        "version": 1,
        "binary": target.binary,
        "requirements": [
            {
                "name": one.requirement.name,
                "title": one.requirement.title,
                "section": one.requirement.section,
                "state": one.state,
                "why": one.why or None,
                "ms": round(one.ms, 1),
            }
            for one in findings
        ],
    }


def _junit(target: Target, findings: Sequence[Finding]) -> str:
    from xml.sax.saxutils import quoteattr

    failed = sum(one.state == "failed" for one in findings)
    skipped = sum(one.state == "skipped" for one in findings)
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<testsuites><testsuite name="netc conform" tests="{len(findings)}" failures="{failed}" errors="0" '
        f'skipped="{skipped}">',
    ]
    for one in findings:
        head = (
            f"<testcase classname={quoteattr(_xml(os.path.basename(target.binary)))} "
            f'name={quoteattr(one.requirement.name)} time="{one.ms / 1000:.3f}"'
        )
        kind = {"failed": "failure", "skipped": "skipped"}.get(one.state)
        inner = f"<{kind} message={quoteattr(_xml(one.why))}/>" if kind else ""
        lines.append(f"{head}>{inner}</testcase>")
    return "\n".join([*lines, "</testsuite></testsuites>"]) + "\n"


def _xml(text: str) -> str:
    """What XML can hold of a text."""
    return "".join(sign if sign.isprintable() or sign in "\n\t" else "?" for sign in text)
