"""`netc lint`: every finding about the given files."""

from __future__ import annotations

import argparse
import sys

from netc.cli import files, project
from netc.cli.terminal import complain, counted, say, style
from netc.diagnostics import Diagnostic, Severity, formats

EXAMPLES = """examples:
  netc lint dbnet.netc
  netc lint .                                       every .netc file below this folder
  netc lint --output-format json . | jq '.findings[].code'
  netc lint --fail-on error .                       warnings are shown, but do not fail"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("paths", metavar="FILE", nargs="+", help=".netc files, folders, or - for stdin")
    parser.add_argument("--output-format", choices=formats.names(), default="full", help="default: full")
    parser.add_argument(
        "--fail-on",
        choices=("error", "warning"),
        default="warning",
        help="what makes the exit code 1 (default: warning)",
    )
    project.add_input_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Check every file; an unreadable one does not keep the others from being checked."""
    findings: list[Diagnostic] = []
    misused = False
    checked = 0
    for folder in files.empty(arguments.paths):
        misused = True
        complain(f"{folder}: no .netc file below this folder")
    for path in files.named(arguments.paths):
        try:
            findings += project.check(path, arguments, final=False).findings
            checked += 1
        except project.Misuse as misuse:
            misused = True
            project.report(misuse)
    project.print_findings(findings, arguments.output_format, sys.stdout, style(sys.stdout, arguments.color))
    errors = sum(found.severity is Severity.ERROR for found in findings)
    warnings = sum(found.severity is Severity.WARNING for found in findings)
    say(f"{counted(checked, 'file')} checked: {counted(errors, 'error')}, {counted(warnings, 'warning')}")
    if misused:
        return 2
    return 1 if errors or (warnings and arguments.fail_on == "warning") else 0
