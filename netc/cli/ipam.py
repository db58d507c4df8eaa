"""`netc ipam`: the address plan of a project, and the ways to change it on purpose."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from netc.cli import project
from netc.cli.terminal import complain, counted, say, style
from netc.dataclass import dataclass, replace
from netc.diagnostics import Severity
from netc.spelling import nearest

if TYPE_CHECKING:
    from netc.diagnostics import Diagnostic
    from netc.ipam.blocks import Demand, Identity
    from netc.ipam.edits import Edited
    from netc.ipam.lock import Lock
    from netc.ipam.planning import Plan

EXAMPLES = """examples:
  netc ipam                                every pool of the project, its blocks, what is free and in use
  netc ipam fleet.netc                     only what this file asks for counts as in use
  netc ipam release pods n7 n8             gives up the blocks of two nodes that are gone
  netc ipam move pods n7 edge-7            hands the block of a renamed node to its new name
  netc ipam rename pods cluster            hands all blocks of a renamed pool to its new name
  netc ipam --output-format json | jq '.pools[].blocks[] | select(.state == "held")'"""

#: What follows `netc ipam` for a change, with the names that it takes.
_EDITS = {"release": "POOL KEY...", "move": "POOL OLD NEW", "rename": "OLDPOOL NEWPOOL"}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.usage = "netc ipam [FILE...]\n       " + "\n       ".join(
        f"netc ipam {word} {names}" for word, names in _EDITS.items()
    )
    parser.add_argument(
        "words",
        metavar="FILE",
        nargs="*",
        help="show the plan with what these files ask for (default: all of the project that have networks)",
    )
    parser.add_argument(
        "--file",
        dest="files",
        metavar="FILE",
        action="append",
        default=[],
        help="for a change: a file that asks for blocks, instead of all files of the project (repeatable)",
    )
    parser.add_argument(
        "--force", action="store_true", help="give up a block all the same that is in use, or that stands in the way"
    )
    parser.add_argument("--family", type=int, choices=(4, 6), help="change the block of this family only")
    parser.add_argument(
        "--output-format", choices=("full", "json"), default="full", help="a table and a map (default), or JSON"
    )
    project.add_input_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Show the plan, or change it."""
    from netc.ipam.edits import EditError
    from netc.ipam.lockfile import LockError

    try:
        words = arguments.words
        if words and words[0] in _EDITS:
            return _edit(words[0], words[1:], arguments)
        _refuse_slip(words)
        return _show(_state([*words, *arguments.files], arguments), arguments)
    except project.Misuse as misuse:
        return project.report(misuse)
    except (EditError, LockError) as refused:
        complain(str(refused), refused.help)
        return 2


@dataclass(frozen=True, slots=True)
class _State:
    """The lock with what the project's files make of it; `demand` and `planned` are None where nothing is known.

    `unknown` are files with mistakes, of which not all is known.
    """

    path: Path
    lock: Lock
    demand: Demand | None
    planned: Plan | None
    findings: tuple[Diagnostic, ...]
    unknown: tuple[str, ...] = ()

    @property
    def errors(self) -> int:
        return sum(found.severity is Severity.ERROR for found in self.findings)

    @property
    def in_use(self) -> set[Identity]:
        return {block.identity for block in self.planned.granted.values()} if self.planned is not None else set()


def _state(named: list[str], arguments: argparse.Namespace) -> _State:
    """The state of the project of the files that were named, or of the working directory with all its files."""
    from netc.ipam.lock import NAME
    from netc.ipam.lockfile import load
    from netc.ipam.planning import plan
    from netc.sources import Sources

    folder = project.folder(named)
    path = folder / NAME
    files = named or project.files_with_networks(folder)
    asked = project.asked(files, arguments) if files else None
    lock = load(path, Sources())
    if asked is None:
        return _State(path, lock, None, None, lock.findings)
    findings = [*asked.findings, *lock.findings]
    if not named:  # nobody asked what is wrong with the files
        findings = [one for one in findings if one.code.startswith("NC6")]
    planned = None
    if lock.legible:
        planned, more = plan(asked.demand.pools, asked.demand.requests, (*lock.blocks, *asked.added))
        planned = replace(planned, added=asked.added)
        findings += more
    return _State(path, lock, asked.demand, planned, tuple(findings), asked.unknown)


def _show(state: _State, arguments: argparse.Namespace) -> int:
    from netc.cli.output import ipam_report
    from netc.ipam.survey import survey

    project.print_findings(state.findings, "full", sys.stderr, style(sys.stderr, arguments.color))
    if not state.lock.legible:
        say(f"\nno plan shown: {state.path} can't be read")
        return 1
    for file in state.unknown:
        say(f"{file} has mistakes, so what it asks for is not all known: netc lint {file}")
    pools = survey(state.lock.blocks, state.demand, state.planned, complete=not state.unknown)
    if arguments.output_format == "json":
        sys.stdout.write(json.dumps(ipam_report.to_json(state.path, pools), indent=2) + "\n")
    elif pools:
        sys.stdout.write(ipam_report.render(pools, style(sys.stdout, arguments.color)))
    else:
        say(f"no block is planned: {state.path} " + ("is empty" if state.lock.source else "does not exist"))
    return 1 if state.errors else 0


def _edit(word: str, names: list[str], arguments: argparse.Namespace) -> int:
    from netc.ipam import edits
    from netc.ipam.edits import EditError
    from netc.ipam.lockfile import write

    few, many = {"release": (2, None), "move": (3, 3), "rename": (2, 2)}[word]
    if len(names) < few or (many is not None and len(names) > many):
        raise project.Misuse(
            f"netc ipam {word} takes {_EDITS[word]}", f"netc ipam --help; for a file of that name: ./{word}"
        )
    state = _state(arguments.files, arguments)
    if not state.lock.legible:
        project.print_findings(state.lock.findings, "full", sys.stderr, style(sys.stderr, arguments.color))
        say(f"\n{state.path} is unchanged: what can't be read can't be changed by a command")
        return 1
    blocks, family, force = state.lock.blocks, arguments.family, arguments.force
    actions: dict[str, Callable[[], Edited]] = {
        "release": lambda: edits.release(
            blocks, names[0], names[1:], family, frozenset() if force else frozenset(state.in_use)
        ),
        "move": lambda: edits.move(blocks, names[0], names[1], names[2], family, force=force),
        "rename": lambda: edits.rename(blocks, names[0], names[1]),
    }
    edited = actions[word]()
    if word == "release" and state.unknown and not force:
        raise EditError(
            f"{state.unknown[0]} has mistakes: whether it uses {edited.removed[0].network} is not known",
            f"netc lint {state.unknown[0]} shows them; name the files that count with --file, or add --force",
        )
    write(state.path, state.lock, edited.blocks)
    _tell(state, edited)
    return 0


def _tell(state: _State, edited: Edited) -> None:
    from netc.ipam.collisions import collisions
    from netc.ipam.quoting import word

    for block in edited.removed:
        say(f"released {block.network} of {word(block.key)} in pool {word(block.pool)}")
    pools = {(before.pool, after.pool) for before, after in edited.renamed if before.pool != after.pool}
    for old, new in pools:
        say(f"{counted(len(edited.renamed), 'block')} of pool {word(old)} now in pool {word(new)}")
    for before, after in edited.renamed if not pools else ():
        say(f"{before.network} of pool {word(before.pool)} is now {word(after.key)}'s, it was {word(before.key)}'s")
        if before.identity in state.in_use:
            say(f"  the project still asks for {word(before.key)}: rename it there before the next build")
    left = collisions(edited.blocks)
    if left:
        say(f"{state.path} still has {counted(len(left), 'contradiction')}: netc ipam shows them")


def _refuse_slip(words: list[str]) -> None:
    """A misspelt `release` is not a file."""
    if len(words) > 1 and not os.path.exists(words[0]) and "." not in words[0]:
        meant = nearest(words[0], _EDITS)
        raise project.Misuse(
            f"netc ipam has no command {words[0]}",
            f"did you mean netc ipam {meant} {_EDITS[meant]}?" if meant else f"it has {', '.join(_EDITS)}",
        )
