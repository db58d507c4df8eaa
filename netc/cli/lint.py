"""`netc lint`: every finding about the given files."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from netc.cli import files, project, watching
from netc.cli.terminal import complain, counted, say, style
from netc.diagnostics import Diagnostic, Severity, formats

if TYPE_CHECKING:
    from netc.cli.reporting import Reporting
    from netc.compiler.neighbours import Neighbours

EXAMPLES = """examples:
  netc lint dbnet.netc
  netc lint .                                       every .netc file, conflist and manifest below this folder
  netc lint /etc/cni/net.d                          what runtimes read, judged as they judge it
  netc lint --select NC2,unknown-key .              only what is said of addresses, and keys that nobody reads
  netc lint --ignore NC407 --fail-on error .        warnings are shown, but do not fail
  netc lint --fix .                                 repair what leaves no choice; with --diff see it first
  netc lint --write-baseline netc-baseline.json .   an old tree: keep what is there now ...
  netc lint --baseline netc-baseline.json .         ... and report what is new
  netc lint --output-format json . | jq '.findings[].code'
  netc lint --list                                  all that can be found; netc explain NC203 says more"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "paths", metavar="FILE", nargs="*", help=".netc files, conflists, manifests, folders, or - for stdin"
    )
    parser.add_argument("--list", action="store_true", help="list the rules: code, severity, name, what is found")
    parser.add_argument(
        "--output-format", choices=formats.names(), help="default: full, and github where GITHUB_ACTIONS is true"
    )
    parser.add_argument(
        "--select",
        metavar="CODE",
        action="append",
        default=[],
        help="report only these: codes, their start (NC2) or names; several with commas",
    )
    parser.add_argument("--ignore", metavar="CODE", action="append", default=[], help="do not report these")
    parser.add_argument(
        "--fail-on",
        choices=("error", "warning", "info", "never"),
        help="the least that makes the exit code 1 (default: warning)",
    )
    parser.add_argument(
        "--no-allow",
        action="store_true",
        help="heed no exception that the files make for themselves: neither comments nor [lint] of netc.toml",
    )
    parser.add_argument("--baseline", metavar="FILE", help="report only what is not in this file")
    parser.add_argument("--write-baseline", metavar="FILE", help="write what is found to this file, and report nothing")
    parser.add_argument("--fix", action="store_true", help="repair the files where that leaves no choice, then check")
    parser.add_argument("--diff", action="store_true", help="show what --fix would change, and change nothing")
    watching.add_argument(parser)
    project.add_input_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Check every file; an unreadable one does not keep the others from being checked."""
    if arguments.list:
        return _list(arguments)
    if not arguments.paths:
        complain("no file to check", "netc lint . checks every file below this folder")
        return 2
    try:
        reporting = _reporting(arguments)
    except project.Misuse as misuse:
        return project.report(misuse)
    wanted = files.netc_or_document
    misused = set(files.empty(arguments.paths, wanted))
    for folder in misused:
        complain(f"{folder}: no .netc file below this folder, and none with a network")
    paths = list(files.named(arguments.paths, wanted))
    from netc.lang.parser import without_collection

    with without_collection():
        if arguments.fix or arguments.diff:
            return _fix(paths, arguments, reporting, misused)
        return _check(paths, arguments, reporting, misused)


def _check(paths: Sequence[str], arguments: argparse.Namespace, reporting: Reporting, misused: set[str]) -> int:
    """Check the files and report; `misused` are complaints that were made already."""
    from netc.lint.project import Checked, checked_together

    checks: list[Checked] = []
    neighbours = _neighbours(paths, arguments)

    def complain_once(misuse: project.Misuse) -> None:
        # A netc.toml that is broken is told once, not for each of its files.
        if str(misuse) not in misused:
            project.report(misuse)
        misused.add(str(misuse))

    for path in paths:
        try:
            checks.append(project.check_any(path, arguments, final=False, neighbours=neighbours))
        except project.Misuse as misuse:
            complain_once(misuse)
    if neighbours is not None and checks:
        try:
            project.refuse_unknown_params(arguments, {name for one in checks for name in one.params})
        except project.Misuse as misuse:
            complain_once(misuse)
    findings = checked_together(checks, files.conf_dirs(arguments.paths), heed=reporting.heed)
    code = _report(findings, paths, len(checks), arguments, reporting)
    for problem in reporting.problems:
        complain_once(problem)
    return 2 if misused else code


def _report(
    findings: Sequence[Diagnostic],
    paths: Sequence[str],
    checked: int,
    arguments: argparse.Namespace,
    reporting: Reporting,
) -> int:
    """Say what is to be said of the findings; the exit code that they make."""
    found = reporting.reported(findings)
    if arguments.write_baseline is not None:
        return _write_baseline(found, arguments.write_baseline)
    format = arguments.output_format or project.usual_format()
    stream = sys.stderr if arguments.fix and "-" in paths else sys.stdout  # where stdin's text goes to stdout
    project.print_findings(found, format, stream, style(stream, arguments.color))
    if format == "github":
        from netc.cli.reporting import summarize

        summarize(found, checked)
    errors = sum(one.severity is Severity.ERROR for one in found)
    warnings = sum(one.severity is Severity.WARNING for one in found)
    say(f"{counted(checked, 'file')} checked: {counted(errors, 'error')}, {counted(warnings, 'warning')}")
    repairable = sum(one.safe for one in found)
    if repairable and not arguments.fix:
        say(f"{counted(repairable, 'finding')} can be repaired by netc lint --fix")
    reporting.say_what_is_left(paths)
    return 1 if reporting.fails(found) else 0


def _reporting(arguments: argparse.Namespace) -> Reporting:
    """What is to be reported; raises `Misuse` for options that do not go together."""
    from netc.cli.reporting import Reporting

    if arguments.write_baseline is not None:
        for name in ("baseline", "fix", "diff"):
            if getattr(arguments, name):
                raise project.Misuse(
                    f"--write-baseline does not go with --{name}", "it writes all that is found now, as it stands"
                )
    if (arguments.fix or arguments.diff) and "-" in arguments.paths and len(arguments.paths) > 1:
        raise project.Misuse("--fix repairs stdin alone, or files", "call it twice")
    return Reporting(arguments)


def _write_baseline(found: Sequence[Diagnostic], path: str) -> int:
    from netc.cli.reporting import write_baseline

    try:
        write_baseline(found, path)
    except project.Misuse as misuse:
        return project.report(misuse)
    return 0


def _fix(paths: Sequence[str], arguments: argparse.Namespace, reporting: Reporting, misused: set[str]) -> int:
    """Repair the files, then check them anew; with --diff only show it, and fail if there is something to repair."""
    from netc.cli import fixing
    from netc.lint.project import checked_together

    try:
        done, problems = fixing.repair(paths, arguments, reporting.repairable)
    except project.Misuse as misuse:
        return project.report(misuse)
    if paths != ["-"] and not arguments.diff:
        return _check(paths, arguments, reporting, misused)
    for problem in (*problems, *reporting.problems):
        misused.add(str(problem))
        project.report(problem)
    if misused:
        return 2
    if arguments.diff:
        return 1 if any(one.repaired for one in done) else 0
    findings = checked_together([one.checked for one in done], heed=reporting.heed)
    return _report(findings, paths, len(done), arguments, reporting)


def _neighbours(paths: Sequence[str], arguments: argparse.Namespace) -> Neighbours | None:
    """What several `.netc` files of one run know of each other; None for a single one."""
    if sum(path.endswith(".netc") for path in paths) < 2:
        return None
    from netc.compiler.neighbours import Neighbours

    return Neighbours()


def _list(arguments: argparse.Namespace) -> int:
    """All rules, for people as `netc explain rules` has them."""
    from netc.cli.output import rules

    format = arguments.output_format or "full"
    if arguments.paths or format not in rules.FORMATS:
        wrong = "takes no FILE" if arguments.paths else f"has no form for --output-format {format}"
        complain(f"--list {wrong}", f"netc lint --list, with --output-format {', '.join(rules.FORMATS)} or none")
        return 2
    sys.stdout.write(rules.listed(format, style(sys.stdout, arguments.color)))
    return 0
