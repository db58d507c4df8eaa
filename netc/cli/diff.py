"""`netc diff`: what changes between two states of networks, and what that means for the pods that run."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from netc.cli import files, project
from netc.cli.revisions import NoGit, Repository
from netc.cli.terminal import complain, counted, say, style
from netc.dataclass import dataclass

if TYPE_CHECKING:
    from netc.diagnostics import Diagnostic
    from netc.diff.leases import Leases
    from netc.lint.project import Checked
    from netc.model import Network

EXAMPLES = """examples:
  netc diff main nets/                      nets/ as it is, against the branch main
  netc diff main HEAD nets/fleet.netc       two revisions of a file
  netc diff v1:nets/a.netc nets/b.netc      a file of a revision against another file
  netc diff /etc/cni/net.d out/             what a node has, against what a build made
  netc diff old.conflist dbnet.netc         JSON that somebody wrote, against what netc makes
  netc diff --leases /var/lib/cni/networks main nets/    with the addresses that this node's pods have
  netc diff --output-format markdown main nets/          for a pull request

The exit code is 0 where nothing differs, 1 where something does, 2 where one of the two can't be read."""

_UNABLE = 3


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    kinds = "a file, a folder, a git revision, or REVISION:PATH"
    parser.add_argument("old", metavar="OLD", help=kinds)
    parser.add_argument("new", metavar="NEW", nargs="?", help=f"{kinds} (default: the working tree)")
    parser.add_argument("path", metavar="PATH", nargs="?", help="what to compare of two revisions (default: all)")
    parser.add_argument(
        "--leases", metavar="DIR", help="host-local's folder of a node, or a copy: count the leases that are concerned"
    )
    parser.add_argument(
        "--output-format", choices=("full", "json", "markdown"), default="full", help="a report to read (default)"
    )
    project.add_input_arguments(parser)


@dataclass(frozen=True, slots=True)
class _Side:
    """One of the two states: where its files are, and what they are called; `commit` is None for the working tree."""

    path: str
    shown: str
    repository: Repository | None = None
    commit: str | None = None


def run(arguments: argparse.Namespace) -> int:
    """Read both states, compare, report."""
    from netc.diff import compare

    try:
        leases = _leases(arguments.leases)
        before, after = _sides(arguments)
        with ExitStack() as stack:
            old, new = (list(_checked(side, arguments, stack)) for side in (before, after))
        errors = _errors(old) + _errors(new)
        if errors:
            say(f"\nnot compared: {counted(errors, 'error')}")
            return 2
        difference = compare(_networks(old), _networks(new), conf_dir=_is_conf_dir(old, new), leases=leases)
    except NoGit:
        complain("a revision takes git, and there is none here", "install the package git")
        return _UNABLE
    except project.Misuse as misuse:
        return project.report(misuse)
    from netc.cli.output import diff_report

    match arguments.output_format:
        case "json":
            sys.stdout.write(json.dumps(diff_report.to_json(difference), indent=2, ensure_ascii=False) + "\n")
        case "markdown":
            sys.stdout.write(diff_report.markdown(difference))
        case _:
            sys.stdout.write(diff_report.render(difference, style(sys.stdout, arguments.color)))
    return 0 if difference.clean else 1


def _sides(arguments: argparse.Namespace) -> tuple[_Side, _Side]:
    """What is meant by the words; a revision alone is one of the path that the other words name."""
    words = [arguments.old] + ([arguments.new] if arguments.new is not None else [])
    named = next((word for word in (arguments.path, arguments.new, arguments.old) if word and os.path.exists(word)), "")
    if arguments.path is not None and not named:
        raise project.Misuse(f"{arguments.path}: no such file or folder")
    folder = named if os.path.isdir(named) else os.path.dirname(named)
    sides = [_side(word, named or ".", folder) for word in words]
    if arguments.path is not None and any(side.commit is None for side in sides):
        raise project.Misuse("a PATH is for two revisions", "netc diff OLD NEW [PATH]")
    if len(sides) == 1:
        if sides[0].commit is None:
            raise project.Misuse("there is nothing to compare with", "name a second file or folder, or a git revision")
        sides.append(_Side(named or ".", named or "."))
    return sides[0], sides[1]


def _side(word: str, path: str, folder: str) -> _Side:
    if os.path.exists(word):
        return _Side(word, word)
    revision, colon, inner = word.partition(":")
    repository = Repository.around(folder)
    commit = repository.commit(revision) if repository is not None else None
    if repository is None or commit is None:
        raise project.Misuse(f"{word} is no file, no folder and no git revision", _meant(word))
    if not colon:
        inner = repository.inside(path)
    elif inner.startswith("./"):
        inner = repository.inside(inner)
    return _Side(os.path.normpath(inner or "."), revision, repository, commit)


def _meant(word: str) -> str | None:
    from netc.spelling import nearest

    folder, name = os.path.split(word)
    try:
        meant = nearest(name, os.listdir(folder or "."))
    except OSError:
        return None
    return f"did you mean {os.path.join(folder, meant)}?" if meant else None


def _checked(side: _Side, arguments: argparse.Namespace, stack: ExitStack) -> Iterator[Checked]:
    """Every file of a state, compiled; the findings that say why one can't be compared go to stderr."""
    import tempfile

    from netc.compiler.neighbours import Neighbours

    place, prefix, neighbours = Path(side.path), "", Neighbours()
    if side.commit is not None and side.repository is not None:
        top = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="netc-diff-")))
        side.repository.lay_out(side.commit, top)
        place, prefix = top / side.path, f"{side.shown}:"
        if not place.exists():
            raise project.Misuse(f"{side.shown} has no {side.path}", "a path in a revision starts at the repository")
    for path in _files(str(place)):
        shown = f"{prefix}{os.path.relpath(path, top)}" if prefix else path
        checked = project.check_any(path, arguments, final=False, shown=shown, neighbours=neighbours)
        reasons = _reasons(checked)
        project.print_findings(reasons, "full", sys.stderr, style(sys.stderr, arguments.color))
        yield checked


def _files(path: str) -> list[str]:
    """The files that a path stands for, without those that netc made of others below the same folder."""
    from netc.emit.outputs import LIST_NAME

    if not os.path.isdir(path):
        return [path]
    found = list(files.named([path], files.netc_or_document))
    if not any(one.endswith(".netc") for one in found):
        return found
    return [one for one in found if not os.path.exists(os.path.join(os.path.dirname(one), LIST_NAME))
            or one.endswith(".netc")]  # fmt: skip


def _reasons(checked: Checked) -> list[Diagnostic]:
    """Why a file has no networks that could be compared."""
    from netc.diagnostics import Severity

    if checked.document is not None:
        return [] if checked.document.loads else list(checked.findings)
    if checked.whole:
        return []
    return [found for found in checked.findings if found.severity is Severity.ERROR]


def _errors(checks: list[Checked]) -> int:
    return sum(len(_reasons(one)) for one in checks)


def _networks(checks: list[Checked]) -> list[Network]:
    return [network for one in checks for network in one.networks]


def _is_conf_dir(*sides: list[Checked]) -> bool:
    """Whether both states are files that a runtime reads as they are, of one folder each."""
    return all(
        side
        and all(one.document is not None for one in side)
        and len({os.path.dirname(network.span.source.path) for network in _networks(side)}) == 1
        for side in sides
    )


def _leases(folder: str | None) -> Leases | None:
    from netc.diff import leases

    if folder is None:
        return None
    try:
        return leases.read(Path(folder))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise project.Misuse(
            f"--leases {folder}: {reason}", "name host-local's folder: /var/lib/cni/networks"
        ) from None
