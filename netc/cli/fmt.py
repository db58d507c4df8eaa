"""`netc fmt`: the one layout for `.netc` files."""

from __future__ import annotations

import argparse
import sys

from netc.cli import files, project, rewriting
from netc.cli.terminal import complain, counted, say, style
from netc.lang.formatter import formatted
from netc.sources import Source, Sources

EXAMPLES = """examples:
  netc fmt dbnet.netc               rewrites the file, if that changes anything
  netc fmt .                        every .netc file below this folder
  netc fmt --check .                for CI: lists the files that would change, writes nothing
  netc fmt --diff dbnet.netc        shows what would change
  netc fmt - < in.netc > out.netc   from an editor"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("paths", metavar="FILE", nargs="+", help=".netc files, folders, or - for stdin to stdout")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file would change")
    parser.add_argument("--diff", action="store_true", help="print the changes instead of making them; exit 1 if any")
    parser.add_argument("--stdin-filename", metavar="NAME", default="<stdin>", help="what to call the input of `-`")
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="colours (default: auto)")


def run(arguments: argparse.Namespace) -> int:
    """Lay out every file; one with mistakes is reported and left alone, and does not keep the others from it."""
    changed = unchanged = mistaken = 0
    misused = False
    dry = arguments.check or arguments.diff
    for folder in files.empty(arguments.paths):
        misused = True
        complain(f"{folder}: no .netc file below this folder")
    for path in files.named(arguments.paths):
        try:
            before, source = _read(path, arguments.stdin_filename)
            result = formatted(source)
            if result.text is None:
                project.print_findings(result.diagnostics, "full", sys.stderr, style(sys.stderr, arguments.color))
                mistaken += 1
                continue
            same = result.text.encode() == before
            if path == "-" and not dry:
                rewriting.to_stdout(result.text)
            elif not same:
                _change(source.path, before, result.text, arguments)
            changed, unchanged = changed + (not same), unchanged + same
        except project.Misuse as misuse:
            misused = True
            project.report(misuse)
    if arguments.paths != ["-"] and (summary := _summary(changed, unchanged, mistaken, dry=dry)):
        say(summary)
    if misused:
        return 2
    return 1 if mistaken or (changed and dry) else 0


def _read(path: str, stdin_name: str) -> tuple[bytes, Source]:
    """The file's bytes, and its text; raises `Misuse`."""
    if path == "-":
        data = sys.stdin.buffer.read()
        return data, project.decoded(data, stdin_name)
    source = project.source_of(path, stdin_name, Sources())
    try:
        with open(path, "rb") as file:
            return file.read(), source
    except OSError as error:
        raise project.Misuse(f"{path}: {(error.strerror or str(error)).lower()}") from None


def _change(path: str, before: bytes, text: str, arguments: argparse.Namespace) -> None:
    if arguments.diff:
        rewriting.to_stdout(rewriting.diff(path, before.decode("utf-8"), text))
    elif arguments.check:
        say(f"would change {path}")
    else:
        rewriting.write(path, text)
        say(f"formatted {path}")


def _summary(changed: int, unchanged: int, mistaken: int, *, dry: bool) -> str:
    parts = []
    if changed:
        parts.append(f"{counted(changed, 'file')} {'would change' if dry else 'formatted'}")
    if unchanged:
        parts.append(f"{counted(unchanged, 'file')} unchanged")
    if mistaken:
        parts.append(f"{counted(mistaken, 'file')} with mistakes left alone")
    return ", ".join(parts)
