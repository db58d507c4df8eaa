"""From what was found to what `netc lint` reports: what the command line, netc.toml and a baseline say of findings."""

from __future__ import annotations

import argparse
import os
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from netc.cli import project
from netc.cli.terminal import complain, counted, say
from netc.diagnostics import Diagnostic
from netc.lint import baseline, selection
from netc.lint.selection import Choice, Policy, Selection

if TYPE_CHECKING:
    from netc.lint.baseline import Baseline


class Reporting:
    """What is reported in one run. Files of `netc.toml` are read once each; those at fault are in `problems`."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        """Raises `Misuse` for a word that stands for no finding, and for a file that is no baseline."""
        try:
            select = selection.starts(arguments.select) if arguments.select else None
            choice = Choice(select, selection.starts(arguments.ignore))
        except selection.UnknownFindings as unknown:
            raise project.Misuse(str(unknown), unknown.help) from None
        self._selection = Selection(choice, arguments.fail_on)
        #: Whether the exceptions count that the files and their project make for themselves.
        self.heed = not arguments.no_allow
        self.problems: list[project.Misuse] = []
        self._policies: dict[str, Policy | None] = {}
        self._baselines: dict[Path, Baseline | None] = {}
        self._given: Path | None = Path(os.path.abspath(arguments.baseline)) if arguments.baseline else None
        if self._given is not None:
            self._baselines[self._given] = _read(self._given)

    def reported(self, findings: Iterable[Diagnostic]) -> list[Diagnostic]:
        """The findings to report, in their order; each entry of a baseline is used up by what it answers for."""
        kept = []
        for found in findings:
            if self._wanted(found):
                known = self._baseline(found)
                if known is None or not known.takes(found):
                    kept.append(found)
        return kept

    def repairable(self, found: Diagnostic) -> bool:
        """Whether a finding would be reported, apart from how often a baseline has it."""
        known = self._baseline(found)
        return self._wanted(found) and (known is None or not known.counts.get(known.key(found)))

    def fails(self, findings: Iterable[Diagnostic]) -> bool:
        """Whether one of the findings makes the exit code 1."""
        return any(self._selection.fails(found, self._policy(found)) for found in findings)

    def say_what_is_left(self, files: Sequence[str]) -> None:
        """Tell of entries of baselines about these files that have nothing to answer for any more."""
        for path, known in self._baselines.items():
            left = known.left(files) if known is not None else 0
            if left:
                shown = os.path.relpath(path)
                say(f"{shown}: {counted(left, 'finding')} of it gone (--write-baseline {shown} writes it anew)")

    def _wanted(self, found: Diagnostic) -> bool:
        return self._selection.reports(found, self._policy(found), _file(found))

    def _baseline(self, found: Diagnostic) -> Baseline | None:
        policy = self._policy(found)
        path = self._given or (policy.baseline if policy is not None else None)
        if path is not None and path not in self._baselines:
            try:
                self._baselines[path] = _read(path)
            except project.Misuse as misuse:
                self._baselines[path] = None
                self.problems.append(misuse)
        return self._baselines[path] if path is not None else None

    def _policy(self, found: Diagnostic) -> Policy | None:
        """What the netc.toml of a finding's file says; None where there is none, or where it is not to be heeded."""
        if not self.heed:
            return None
        folder = str(_file(found).parent)
        if folder not in self._policies:
            try:
                self._policies[folder] = _policy_of(os.path.join(folder, "any"))
            except project.Misuse as misuse:
                self._policies[folder] = None
                self.problems.append(misuse)
        return self._policies[folder]


def _policy_of(path: str) -> Policy | None:
    of_project = project.project_file(path)
    if of_project is None or "lint" not in of_project.tables:
        return None
    policy, findings = selection.policy(of_project)
    if findings:
        raise project.Unreadable(findings)
    return policy


def _file(found: Diagnostic) -> Path:
    source = found.primary.source if found.primary is not None else None
    return source.file if source is not None and source.file is not None else Path(os.path.abspath(found.path))


def _read(path: Path) -> Baseline:
    try:
        return baseline.read(path)
    except baseline.BaselineError as problem:
        raise project.Misuse(str(problem), problem.help) from None


def write_baseline(findings: Collection[Diagnostic], path: str) -> None:
    """Write these findings as a baseline; raises `Misuse`."""
    from netc.cli import rewriting

    rewriting.write(path, baseline.written(findings, Path(os.path.abspath(path))))
    say(f"{counted(len(findings), 'finding')} written to {path}")


def summarize(findings: Sequence[Diagnostic], files: int) -> None:
    """Add the findings to the summary of GitHub's job, where there is one."""
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        return
    from netc.diagnostics.step_summary import markdown

    try:
        with open(path, "a", encoding="utf-8", errors="replace") as file:
            file.write(markdown(findings, files))
    except OSError as error:
        complain(f"can't write the step summary to {path}: {(error.strerror or str(error)).lower()}")
