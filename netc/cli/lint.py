"""`netc lint`: every finding about the given files."""

from __future__ import annotations

import argparse
import sys

from netc.cli import files, project
from netc.cli.terminal import complain, counted, say, style
from netc.diagnostics import Severity, formats

EXAMPLES = """examples:
  netc lint dbnet.netc
  netc lint .                                       every .netc file, conflist and manifest below this folder
  netc lint /etc/cni/net.d                          what runtimes read, judged as they judge it
  netc lint --output-format json . | jq '.findings[].code'
  netc lint --fail-on error .                       warnings are shown, but do not fail
  netc lint --list                                  all that can be found; netc explain NC203 says more"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "paths", metavar="FILE", nargs="*", help=".netc files, conflists, manifests, folders, or - for stdin"
    )
    parser.add_argument("--list", action="store_true", help="list the rules: code, severity, name, what is found")
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
    if arguments.list:
        return _list(arguments)
    if not arguments.paths:
        complain("no file to check", "netc lint . checks every file below this folder")
        return 2
    from netc.lint.project import Checked, checked_together

    checks: list[Checked] = []
    misused = False
    wanted = files.netc_or_document
    for folder in files.empty(arguments.paths, wanted):
        misused = True
        complain(f"{folder}: no .netc file below this folder, and none with a network")
    for path in files.named(arguments.paths, wanted):
        try:
            checks.append(project.check_any(path, arguments, final=False))
        except project.Misuse as misuse:
            misused = True
            project.report(misuse)
    findings = checked_together(checks, files.conf_dirs(arguments.paths))
    project.print_findings(findings, arguments.output_format, sys.stdout, style(sys.stdout, arguments.color))
    errors = sum(found.severity is Severity.ERROR for found in findings)
    warnings = sum(found.severity is Severity.WARNING for found in findings)
    say(f"{counted(len(checks), 'file')} checked: {counted(errors, 'error')}, {counted(warnings, 'warning')}")
    if misused:
        return 2
    return 1 if errors or (warnings and arguments.fail_on == "warning") else 0


def _list(arguments: argparse.Namespace) -> int:
    """All rules, for people as `netc explain rules` has them."""
    from netc.cli.output import rules

    if arguments.paths or arguments.output_format not in rules.FORMATS:
        wrong = "takes no FILE" if arguments.paths else f"has no form for --output-format {arguments.output_format}"
        complain(f"--list {wrong}", f"netc lint --list, with --output-format {', '.join(rules.FORMATS)} or none")
        return 2
    sys.stdout.write(rules.listed(arguments.output_format, style(sys.stdout, arguments.color)))
    return 0
