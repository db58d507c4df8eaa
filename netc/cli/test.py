"""`netc test`: the tests that files have, and the life that every network must stand."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from netc.cli import files, project, watching
from netc.cli.terminal import complain, counted, say, style
from netc.dataclass import dataclass, replace

if TYPE_CHECKING:
    from netc.lab.trial import Verdict
    from netc.lint.project import Checked

EXAMPLES = """examples:
  netc test .                        every test of the files below this folder, and the life of every network
  netc test team.netc -k port        only those with `port` in their names
  netc test team.netc --plugins both netc's drivers and the plugin binaries: a difference is a failure
  netc test /etc/cni/net.d           conflists stand the same life
  netc test . --output-format junit > report.xml
  netc test . --watch                again whenever a file changes

Each test has a sandbox of its own; the machine is not touched."""

_UNABLE = 3


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("paths", metavar="PATH", nargs="+", help=".netc files, conflists, manifests, folders")
    parser.add_argument("-k", dest="keyword", metavar="TEXT", default="", help="only tests with TEXT in their names")
    parser.add_argument(
        "-j", dest="jobs", metavar="N", type=int, default=0, help="so many at a time (default: a processor each)"
    )
    parser.add_argument(
        "--plugins", choices=("builtin", "exec", "both"), default="builtin",
        help="netc's own drivers (default), the binaries on CNI_PATH, or one after the other",
    )  # fmt: skip
    parser.add_argument("--list", action="store_true", help="print the names of the tests, and run none")
    parser.add_argument("--durations", metavar="N", type=int, default=0, help="show the N slowest")
    watching.add_argument(parser)
    parser.add_argument(
        "--output-format", choices=("full", "json", "junit"), default="full", help="a report (default), JSON, or JUnit"
    )
    project.add_input_arguments(parser)


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A test to be run: its file, its name, by whom, and how."""

    file: str
    name: str
    plugins: str
    run: Callable[[], Verdict]

    @property
    def title(self) -> str:
        """`team.netc: two containers reach each other`."""
        return f"{self.file}: {self.name}"


@dataclass(frozen=True, slots=True)
class Done:
    """A case and how it ended."""

    file: str
    name: str
    plugins: str
    verdict: Verdict

    @property
    def title(self) -> str:
        """As that of its case."""
        return f"{self.file}: {self.name}"


def run(arguments: argparse.Namespace) -> int:
    """Compile, run, report."""
    if arguments.jobs < 0 or arguments.durations < 0:
        complain("-j and --durations take a number from 0 on")
        return 2
    return _once(arguments)


def _once(arguments: argparse.Namespace) -> int:
    from netc.lab.unavailable import SandboxUnavailable

    try:
        cases, broken = _cases(arguments)
        chosen = [case for case in cases if arguments.keyword.lower() in case.title.lower()]
        if arguments.list:
            sys.stdout.write("".join(f"{case.title}\n" for case in chosen))
            return 1 if broken else 0
        if not chosen and not broken:
            raise project.Misuse(
                f"no test has {arguments.keyword!r} in its name" if cases else "there is no network to test",
                "netc test PATH --list shows the names",
            )
        done = _run_all(chosen, arguments)
    except project.Misuse as misuse:
        return project.report(misuse)
    except SandboxUnavailable as refused:
        complain(str(refused), refused.help)
        return _UNABLE
    if arguments.plugins == "both":
        done = _compared(done)
    return _report(done, broken, arguments)


def _cases(arguments: argparse.Namespace) -> tuple[list[Case], int]:
    """Every test of the files, and how many errors keep others from being run."""
    found: list[Case] = []
    errors = 0
    paths = list(files.named(arguments.paths, files.netc_or_document))
    for path in paths:
        checked = project.check_any(path, arguments, final=False)
        if checked.errors:
            project.print_findings(checked.findings, "full", sys.stderr, style(sys.stderr, arguments.color))
        if checked.errors and (checked.document is None or not checked.document.loads):
            errors += checked.errors
            continue
        for plugins in ("builtin", "exec") if arguments.plugins == "both" else (arguments.plugins,):
            found += _of_file(path, checked, plugins)
    return found, errors


def _of_file(path: str, checked: Checked, plugins: str) -> list[Case]:
    from netc.cni.executor import DEFAULT_PATH
    from netc.lab import life, scenario
    from netc.lab.trial import carried_out, load

    folders = tuple(os.path.abspath(one) for one in os.environ.get("CNI_PATH", "").split(":") if one) or DEFAULT_PATH
    load(checked.networks)
    documents = [network.conflist for network in checked.networks]
    kind: Any = plugins
    cases = [
        Case(path, one.name, plugins, lambda one=one: carried_out(  # type: ignore[misc]
            lambda host: scenario.run(one, host), documents, kind, folders))
        for one in checked.scenarios
    ]  # fmt: skip
    cases += [
        Case(path, f"life of {one.selector}", plugins, lambda one=one: carried_out(  # type: ignore[misc]
            lambda host: life.run(one, host), [one.conflist], kind, folders))
        for one in checked.networks
    ]  # fmt: skip
    return cases


# Running ------------------------------------------------------------------------------------------------------------


def _run_all(cases: Sequence[Case], arguments: argparse.Namespace) -> list[Done]:
    """All cases, several at a time, in the order of `cases`; each is told of as it ends."""
    from netc.cli import side_by_side

    told = arguments.output_format == "full"
    looks = style(sys.stdout, arguments.color)

    def work(index: int) -> Done:
        case = cases[index]
        return Done(case.file, case.name, case.plugins, case.run())

    def tell(done: Done) -> None:
        if told:
            passed = done.verdict.passed
            sign = ("ok    ", "32") if passed else ("FAILED", "31")
            shown = f"\x1b[{sign[1]}m{sign[0]}\x1b[0m" if looks.color else sign[0]
            by = f" ({done.plugins})" if arguments.plugins == "both" else ""
            sys.stdout.write(f"{shown} {done.title}{by}  {done.verdict.ms / 1000:.2f} s\n")
            sys.stdout.flush()

    jobs = arguments.jobs or os.cpu_count() or 1
    return side_by_side.run(len(cases), work, tell, jobs)


def _compared(done: Sequence[Done]) -> list[Done]:
    """With a failure where the two ways to run a test did not come to the same."""
    found = list(done)
    by_title: dict[str, list[int]] = {}
    for index, one in enumerate(found):
        by_title.setdefault(one.title, []).append(index)
    for indexes in by_title.values():
        if len(indexes) == 2:
            first, second = (found[index].verdict for index in indexes)
            if first.passed and second.passed and first.outcome != second.outcome:
                lines = tuple(
                    f"{found[index].plugins}: {json.dumps(found[index].verdict.outcome)}" for index in indexes
                )
                why = "netc's drivers and the plugin binaries do not come to the same"
                found[indexes[1]] = replace(found[indexes[1]], verdict=replace(second, why=why, details=lines))
    return found


# Reports ------------------------------------------------------------------------------------------------------------


def _report(done: Sequence[Done], broken: int, arguments: argparse.Namespace) -> int:
    failed = [one for one in done if not one.verdict.passed]
    match arguments.output_format:
        case "json":
            sys.stdout.write(json.dumps({"version": 1, "tests": [_json(one) for one in done]}, indent=2) + "\n")
        case "junit":
            sys.stdout.write(_junit(done))
        case _:
            sys.stdout.write("".join(map(_failure, failed)))
            if arguments.durations:
                slowest = sorted(done, key=lambda one: -one.verdict.ms)[: arguments.durations]
                sys.stdout.write("\nslowest:\n")
                sys.stdout.write("".join(f"  {one.verdict.ms / 1000:6.2f} s  {one.title}\n" for one in slowest))
            for one in done:
                sys.stdout.write("".join(f"\nnote: {one.title}: {note}\n" for note in one.verdict.notes))
            ending = f"{len(done) - len(failed)} passed" + (f", {len(failed)} failed" if failed else "")
            sys.stdout.write(f"\n{ending}\n")
    if broken:
        say(f"not run: what {counted(broken, 'error')} above stand in the way of")
    return 1 if failed or broken else 0


def _failure(one: Done) -> str:
    """What failed, at its line, with what there was."""
    verdict = one.verdict
    lines = [f"\nFAILED {one.title}" + (f" ({one.plugins})" if one.plugins == "exec" else ""), f"  {verdict.why}"]
    if verdict.place is not None:
        lines.append(f"  --> {verdict.place.file}:{verdict.place.line}:{verdict.place.column}")
        lines.append(f"      {verdict.place.text.strip()}")
    return "\n".join([*lines, *(f"  {line}" for line in verdict.details)]) + "\n"


def _json(one: Done) -> dict[str, Any]:
    place = one.verdict.place.to_json() if one.verdict.place is not None else {"file": None, "range": None}
    return {
        "file": one.file,
        "name": one.name,
        "plugins": one.plugins,
        "passed": one.verdict.passed,
        "ms": round(one.verdict.ms, 1),
        "why": one.verdict.why or None,
        "at": place,
        "details": list(one.verdict.details),
        "notes": list(one.verdict.notes),
    }


def _junit(done: Sequence[Done]) -> str:
    from xml.sax.saxutils import quoteattr

    failed = sum(not one.verdict.passed for one in done)
    seconds = sum(one.verdict.ms for one in done) / 1000
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<testsuites><testsuite name="netc test" tests="{len(done)}" failures="{failed}" errors="0" skipped="0" '
        f'time="{seconds:.3f}">',
    ]
    for one in done:
        name = one.name if one.plugins == "builtin" else f"{one.name} ({one.plugins})"
        head = f"<testcase classname={quoteattr(_xml(one.file))} name={quoteattr(_xml(name))} " + (
            f'time="{one.verdict.ms / 1000:.3f}"'
        )
        if one.verdict.passed:
            lines.append(f"{head}/>")
        else:
            text = _xml(_failure(one).strip()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
            lines.append(f"{head}><failure message={quoteattr(_xml(one.verdict.why))}>{text}</failure></testcase>")
    return "\n".join([*lines, "</testsuite></testsuites>"]) + "\n"


def _xml(text: str) -> str:
    """What XML can hold of a text."""
    return "".join(sign if sign.isprintable() or sign in "\n\t" else "?" for sign in text)
