"""From the words on the command line to compiled networks: what `build`, `lint` and `attach` all start with."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from netc.cli.terminal import complain
from netc.diagnostics import Diagnostic, Severity, ordered
from netc.diagnostics.formats import Style
from netc.sources import Source, SourceError, Sources

if TYPE_CHECKING:
    from netc.lang import Given
    from netc.model import Network


class Misuse(Exception):
    """netc was called wrongly, or an input can't be read: exit 2. `help` is the fix."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.help = help


@dataclass(frozen=True, slots=True)
class Checked:
    """A root file with all that is known of it: its networks, and every finding, ordered."""

    path: Path
    networks: tuple[Network, ...]
    findings: tuple[Diagnostic, ...] = field(default=())

    @property
    def errors(self) -> int:
        """How many of the findings are errors."""
        return sum(found.severity is Severity.ERROR for found in self.findings)


def add_input_arguments(parser: argparse.ArgumentParser) -> None:
    """`-p`, `--params`, `--stdin-filename`, `--color`: how a command is told about its input."""
    parser.add_argument(
        "-p", dest="params", metavar="NAME=VALUE", action="append", default=[], help="give a param of the file a value"
    )
    parser.add_argument(
        "--params",
        dest="params_files",
        metavar="FILE",
        action="append",
        default=[],
        help="read params from a YAML or JSON file; a later one wins, -p wins over all",
    )
    parser.add_argument("--stdin-filename", metavar="NAME", default="<stdin>", help="what to call the input of `-`")
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="colours (default: auto)")


def check(path: str, arguments: argparse.Namespace) -> Checked:
    """Compile a `.netc` file (`-` is stdin) and lint its networks; raises `Misuse` where it can't be read."""
    from netc.compile import compile_source
    from netc.lint import lint

    sources = Sources()
    source = _source(path, arguments.stdin_filename, sources)
    compiled = compile_source(source, _given(arguments, sources))
    findings = list(compiled.findings)
    for network in compiled.networks:
        findings += lint(network)
    return Checked(Path(path), compiled.networks, tuple(ordered(findings)))


def _source(path: str, stdin_name: str, sources: Sources) -> Source:
    try:
        if path == "-":
            return Source(stdin_name, sys.stdin.buffer.read().decode("utf-8-sig"))
        if Path(path).suffix in (".conflist", ".conf", ".json", ".yaml", ".yml"):
            raise Misuse(f"{path} is not a .netc file", "netc compiles .netc files; the JSON is what comes out")
        return sources.read(path)
    except SourceError as error:
        raise Misuse(str(error), error.help) from None
    except UnicodeDecodeError as error:
        raise Misuse(f"{stdin_name}: not UTF-8 at byte {error.start}", "pipe UTF-8 text") from None


def _given(arguments: argparse.Namespace, sources: Sources) -> dict[str, Given]:
    """Values for params: those of the files in order, then those of `-p`."""
    from netc.lang import Given
    from netc.lang.data import read_params

    given: dict[str, Given] = {}
    for name in arguments.params_files:
        try:
            given |= read_params(sources.read(name))
        except SourceError as error:
            raise Misuse(str(error), error.help) from None
    for word in arguments.params:
        name, equals, text = word.partition("=")
        if not equals or not name:
            raise Misuse(f"-p {word}: no NAME=VALUE", f"write -p {name or 'name'}=value")
        given[name] = Given.of_argument(name, text)
    return given


def report(misuse: Misuse) -> int:
    """Say what was wrong with the call; exit code 2."""
    complain(str(misuse), misuse.help)
    return 2


def print_findings(findings: Sequence[Diagnostic], format: str, stream: TextIO, style: Style) -> None:
    """Write the findings to a stream in the format of this name; nothing for a person where there is nothing to say."""
    from netc.diagnostics import formats

    if findings or format not in ("full", "concise"):
        stream.write(formats.find(format).render(ordered(findings), style))


def one_network(checked: Checked, name: str | None, where: str) -> Network:
    """The network of this name, or the only one; raises `Misuse` that lists them."""
    from netc.spelling import nearest

    names = [network.name for network in checked.networks]
    if name is None and len(names) == 1:
        return checked.networks[0]
    if not names:
        raise Misuse(f"{checked.path} has no network", "write `network NAME { ... }`")
    if name is None:
        raise Misuse(f"{checked.path} has {len(names)} networks", f"name one with {where}: {', '.join(names)}")
    if name not in names:
        meant = nearest(name, names)
        raise Misuse(
            f"{checked.path} has no network {name}",
            f"did you mean {meant}?" if meant else f"it has {', '.join(names)}",
        )
    return checked.networks[names.index(name)]
