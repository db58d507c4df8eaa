"""`netc eval`: the value of an expression, for learning and debugging."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from netc.cli import project
from netc.cli.terminal import say, style
from netc.diagnostics import Severity

if TYPE_CHECKING:
    from netc.compiler.planning import Planning
    from netc.lang import Given
    from netc.lang.values import Data
    from netc.sources import Source

EXAMPLES = """examples:
  netc eval 'subnet(10.42.0.0/16, 24, 3)'             without a file
  netc eval team.netc nodes                           a let of a file
  netc eval team.netc -p mtu=9000 'mtu - 50'          with a param given
  netc eval team.netc '[for n in nodes: n.name]' --output-format json
  netc eval - 'pods.first' < team.netc"""

#: How many blocks that are not in the lock are named.
_NAMED = 3


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
        params = project.given(arguments.file or "-", arguments, sources)
        planning = _planning(source)
        answer = ask(arguments.expression, source, params, planning)
        if source is not None and planning is not None and _has_new(planning):
            planning = _as_built(planning, source, params)
            answer = ask(arguments.expression, source, params, planning)
    except project.Misuse as misuse:
        return project.report(misuse)
    findings = [*answer.diagnostics, *(planning.findings if planning is not None else ())]
    project.print_findings(findings, "full", sys.stderr, style(sys.stderr, arguments.color))
    if answer.value is None:
        return 1
    _say_new(planning)
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


def _has_new(planning: Planning) -> bool:
    """Whether the answer may have blocks that are not in the lock."""
    return planning.planned is not None and planning.planned.plan is not None and bool(planning.planned.plan.added)


def _as_built(planning: Planning, source: Source, params: Mapping[str, Given]) -> Planning:
    """The planning that a build of the file leaves behind: all that the file asks for comes before the question."""
    from netc.compiler import compile_source
    from netc.dataclass import replace

    planned = compile_source(source, params).planned
    built = planned.plan.added if planned is not None and planned.plan is not None else ()
    return replace(planning, before=built, planned=None, findings=[])


def _say_new(planning: Planning | None) -> None:
    """What an answer rests on that is not in the lock: blocks of the next build, or asked for by the question alone."""
    if planning is None or planning.planned is None or planning.planned.plan is None:
        return
    from netc.ipam.quoting import word

    plan = planning.planned.plan
    asked = {block.identity for block in plan.granted.values()}
    coming = [block for block in planning.before if block.identity in asked]
    for blocks, why in ((coming, "the next build plans it"), (plan.added, "provisional, the file does not ask for it")):
        if blocks:
            named = ", ".join(f"{block.network} of {word(block.key)}" for block in blocks[:_NAMED])
            more = f" and {len(blocks) - _NAMED} more" if len(blocks) > _NAMED else ""
            say(f"note: not in {planning.planned.path} yet: {named}{more} ({why})")


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
