"""`netc eval`: the value of an expression, for learning and debugging."""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import TYPE_CHECKING, Any

from netc.cli import project
from netc.cli.terminal import style
from netc.diagnostics import Severity

if TYPE_CHECKING:
    from netc.compiler.planning import Planning
    from netc.lang.values import Data
    from netc.sources import Source

EXAMPLES = """examples:
  netc eval 'subnet(10.42.0.0/16, 24, 3)'             without a file
  netc eval team.netc nodes                           a let of a file
  netc eval team.netc -p mtu=9000 'mtu - 50'          with a param given
  netc eval team.netc '[for n in nodes: n.name]' --output-format json
  netc eval - 'pods.first' < team.netc"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "file", metavar="FILE", nargs="?", help="the .netc file whose names the expression may use (- for stdin)"
    )
    parser.add_argument("expression", metavar="EXPR", help="the expression")
    parser.add_argument("--output-format", choices=("full", "json"), default="full", help="default: full")
    project.add_input_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the value; findings about the expression and the file's definitions go to stderr."""
    from netc.lang.inquiry import ask
    from netc.sources import Sources

    sources = Sources()
    try:
        if arguments.file is None and (arguments.expression == "-" or os.path.isfile(arguments.expression)):
            raise project.Misuse("no expression", f"netc eval {arguments.expression} EXPR")
        source = None
        if arguments.file is not None:
            source = project.source_of(arguments.file, arguments.stdin_filename, sources)
        planning = _planning(source)
        answer = ask(arguments.expression, source, project.given(arguments, sources), planning)
    except project.Misuse as misuse:
        return project.report(misuse)
    findings = [*answer.diagnostics, *(planning.findings if planning is not None else ())]
    project.print_findings(findings, "full", sys.stderr, style(sys.stderr, arguments.color))
    if answer.value is None:
        return 1
    data = answer.value.data
    if arguments.output_format == "json":
        try:
            document = {"version": 1, "type": _type(data), "value": _json(data)}
        except _NoJsonForm as none:
            return project.report(project.Misuse(f"{none} has no JSON form by itself", "a key's schema says its unit"))
        sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    else:
        from netc.lang.notation import notation

        sys.stdout.write(notation(data) + "\n")
    return 1 if any(found.severity is Severity.ERROR for found in findings) else 0


def _planning(source: Source | None) -> Planning | None:
    """What gives `alloc()` the blocks of the project's lock, and shows those that a build would add."""
    if source is None:
        return None
    from netc.compiler.planning import Planning
    from netc.sources import Sources, project_root

    root = project_root(source.file)
    return Planning(root, Sources(root))


def _type(data: Data) -> str:
    from netc.lang.values import type_name

    return type_name(data)


class _NoJsonForm(Exception):
    """A value that is no JSON, `str()` says which."""


def _json(data: Data) -> Any:
    from netc.lang.refusal import a
    from netc.lang.values import Duration, IpRange, List, Object, Quantity

    if isinstance(data, Object):
        return {key: _json(field.value.data) for key, field in data.fields.items()}
    if isinstance(data, List):
        return [_json(item.data) for item in data.items]
    if isinstance(data, (Quantity, IpRange, Duration)):
        raise _NoJsonForm(f"{a(_type(data))} ({data})")
    return data if data is None or isinstance(data, (bool, int, float, str)) else str(data)
