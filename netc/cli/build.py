"""`netc build`: conflists from a `.netc` file, all of them or none."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from netc.cli import project
from netc.cli.terminal import complain, counted, say, style
from netc.emit.outputs import OutputError

if TYPE_CHECKING:
    from netc.lint.project import Checked

EXAMPLES = """examples:
  netc build dbnet.netc                    writes out/dbnet.conflist beside it
  netc build dbnet.netc -o /tmp/net.d      writes into another folder
  netc build team.netc -p mtu=9000         gives a param a value
  netc build team.netc --check             for CI: fails if the files on disk are stale
  netc build dbnet.netc -o - | jq .        prints one network"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("file", metavar="FILE", help="the .netc file (- for stdin)")
    parser.add_argument(
        "-o", "--output", metavar="DIR", help="folder to write to (default: `out` beside FILE); - prints one network"
    )
    parser.add_argument("--network", metavar="NAME", help="only this network, for -o -")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the files on disk are stale")
    parser.add_argument("--force", action="store_true", help="overwrite files that netc did not write")
    project.add_input_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Compile, report, and write if there is no error."""
    try:
        checked = project.check(arguments.file, arguments)
        project.print_findings(checked.findings, "full", sys.stderr, style(sys.stderr, arguments.color))
        if checked.errors:
            say(f"\nnothing written: {counted(checked.errors, 'error')}")
            return 1
        if arguments.output == "-":
            return _print(checked, arguments)
        return _write(checked, arguments)
    except project.Misuse as misuse:
        return project.report(misuse)
    except OutputError as error:
        complain(str(error), error.help)
        return 2


def _print(checked: Checked, arguments: argparse.Namespace) -> int:
    from netc.emit.conflist import text

    network = project.one_network(checked, arguments.file, arguments.network, "--network")
    sys.stdout.write(text(network))
    return 0


def _write(checked: Checked, arguments: argparse.Namespace) -> int:
    from netc.emit import outputs
    from netc.emit.conflist import text

    if arguments.network is not None:
        raise project.Misuse("--network goes with -o -", "a build writes all networks of a file, so that none is stale")
    if not checked.networks:
        raise project.Misuse(f"{arguments.file} has no network", "write `network NAME { ... }`")
    if arguments.output is None and arguments.file == "-":
        raise project.Misuse("no folder to write to", "with stdin as input, give one with -o")
    folder = Path(arguments.output) if arguments.output is not None else Path(arguments.file).parent / "out"
    texts = {network.output_path: text(network) for network in checked.networks}
    planned = outputs.plan(folder, texts, Path(arguments.file), force=arguments.force)
    if arguments.check:
        for word, paths in (("missing", planned.missing), ("stale", planned.stale), ("surplus", planned.surplus)):
            for path in paths:
                say(f"{word}: {folder / path}")
        return 1 if planned.changes else 0
    outputs.apply(planned)
    for word, paths in (("wrote", (*planned.missing, *planned.stale)), ("removed", planned.surplus)):
        for path in sorted(paths):
            say(f"{word} {folder / path}")
    if planned.fresh:
        say(f"{counted(len(planned.fresh), 'file')} up to date")
    return 0
