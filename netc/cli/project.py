"""From the words on the command line to compiled networks: what `build`, `lint` and `attach` all start with."""

from __future__ import annotations

import argparse
import codecs
import os
import sys
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from netc.cli.terminal import complain
from netc.cli.terminal import style as terminal_style
from netc.dataclass import dataclass
from netc.diagnostics import Diagnostic, Severity, ordered
from netc.diagnostics.formats import Style
from netc.sources import PROJECT_FILE, Source, SourceError, Sources, project_root

if TYPE_CHECKING:
    from netc.compiler.neighbours import Neighbours
    from netc.diagnostics.rule import Rule
    from netc.ipam.blocks import Block, Demand, Request
    from netc.ipam.pools import Pool
    from netc.lang import Given
    from netc.lang.expressions import Observer
    from netc.lint.project import Checked
    from netc.model import Network
    from netc.project_file import ProjectFile


class Misuse(Exception):
    """netc was called wrongly, or an input can't be read: exit 2. `help` is the fix."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.help = help


class Unreadable(Misuse):
    """An input that can't be read, with the place in it."""

    def __init__(self, findings: Sequence[Diagnostic]) -> None:
        super().__init__(findings[0].message)
        self.findings = findings


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


def check(
    path: str,
    arguments: argparse.Namespace,
    *,
    final: bool = True,
    observe: Observer | None = None,
    shown: str | None = None,
    neighbours: Neighbours | None = None,
) -> Checked:
    """Compile a `.netc` file (`-` is stdin) and lint its networks; raises `Misuse` where it can't be read.

    `final` says that the JSON is to be used, and so to be validated as a whole; `observe` is told each value; `shown`
    is what findings call the file. With `neighbours` the file is one of several that the call named: it need not have
    all params, and what those before it would be given stays theirs.
    """
    from netc.lint.project import checked

    sources = Sources()
    source = source_of(path, arguments.stdin_filename, sources, shown)
    params = given(path, arguments, sources, optional=neighbours is not None)
    return checked(source, params, final=final, observe=observe, neighbours=neighbours)


def check_any(
    path: str,
    arguments: argparse.Namespace,
    *,
    final: bool = True,
    shown: str | None = None,
    neighbours: Neighbours | None = None,
) -> Checked:
    """As `check`, for a conflist, a single configuration or a manifest too; a text on stdin shows by its start."""
    from netc.documents import is_document, looks_like_document
    from netc.lint.project import checked, checked_document

    name = arguments.stdin_filename if path == "-" else path
    if path == "-":
        data = sys.stdin.buffer.read()
        source = decoded(data, name)
        source.bom = data.startswith(codecs.BOM_UTF8)
        if is_document(name) or (not name.endswith(".netc") and looks_like_document(source.text)):
            return checked_document(source)
        params = given(path, arguments, Sources(), optional=neighbours is not None)
        return checked(source, params, final=final, neighbours=neighbours)
    if not is_document(path):
        return check(path, arguments, final=final, shown=shown, neighbours=neighbours)
    try:
        return checked_document(Sources().read(path, shown=shown))
    except SourceError as error:
        raise Misuse(str(error), error.help) from None


def readable(path: str, arguments: argparse.Namespace) -> tuple[Source, Callable[[Source], Checked]]:
    """The text of a file as `check_any` reads it, and what checks it and changed versions of it; raises `Misuse`."""
    from netc.documents import is_document, looks_like_document
    from netc.lint.project import checked, checked_document

    name = arguments.stdin_filename if path == "-" else path
    if path == "-":
        data = sys.stdin.buffer.read()
        source = decoded(data, name)
        source.bom = data.startswith(codecs.BOM_UTF8)
    else:
        try:
            source = Sources().read(path)
        except SourceError as error:
            raise Misuse(str(error), error.help) from None
    by_its_start = path == "-" and not name.endswith(".netc") and looks_like_document(source.text)
    if is_document(name) or by_its_start:
        return source, checked_document
    params = given(path, arguments, Sources(), optional=True)
    return source, lambda text: checked(text, params, final=False)


def folder(paths: Sequence[str]) -> Path:
    """The project's folder: the nearest one with a `netc.toml` at or above the first file, else the file's own.

    Without files the working directory takes the place of the file's folder. The answer is relative where the words on
    the command line are.
    """
    from netc.project_file import find

    start = Path(paths[0]).parent if paths and paths[0] != "-" else Path()
    found = find(start)
    if found is None:
        return start
    return found.parent if start.is_absolute() else Path(os.path.relpath(found.parent))


def files_with_networks(folder: Path) -> list[str]:
    """The files of the project in this folder that a build can start from."""
    from netc.compiler.neighbours import root_files

    return [str(file) if folder.is_absolute() else os.path.relpath(file) for file in root_files(folder)]


@dataclass(frozen=True, slots=True)
class Asked:
    """The pools that files declare and all blocks that they ask for, with every finding about the files.

    `added` are the blocks that builds of the files, in their order, would add to the lock. `unknown` are the files with
    mistakes, of which not all is known. The plan itself is left to the caller.
    """

    demand: Demand
    added: tuple[Block, ...] = ()
    findings: tuple[Diagnostic, ...] = ()
    unknown: tuple[str, ...] = ()


def asked(paths: Sequence[str], arguments: argparse.Namespace) -> Asked:
    """What files ask of the pools; raises `Misuse` for one that can't be read."""
    from netc.compiler import compile_source
    from netc.compiler.neighbours import Neighbours
    from netc.ipam import Demand, check

    pools: dict[Pool, None] = {}
    requests: list[Request] = []
    added: list[Block] = []
    findings: list[Diagnostic] = []
    unknown: list[str] = []
    neighbours = Neighbours()
    takes: set[str] = set()
    for path in paths:
        sources = Sources()
        source = source_of(path, arguments.stdin_filename, sources)
        params = given(path, arguments, sources, optional=len(paths) > 1)
        compiled = compile_source(source, params, neighbours=neighbours)
        takes |= compiled.params
        planned = compiled.planned
        about = {id(one) for one in planned.findings} if planned is not None else set()
        of_file = [one for one in compiled.findings if id(one) not in about]
        findings += of_file
        if any(one.severity is Severity.ERROR for one in of_file):
            unknown.append(path)
        if planned is not None:
            pools |= dict.fromkeys(planned.demand.pools)  # what two files import or say alike is one pool
            requests += planned.demand.requests
            added += planned.plan.added if planned.plan is not None else ()
    if len(paths) > 1:
        refuse_unknown_params(arguments, takes)
    demand = Demand(tuple(pools), tuple(requests))
    return Asked(demand, tuple(added), (*findings, *check(pools)), tuple(unknown))


def project_file(path: str) -> ProjectFile | None:
    """What the netc.toml says that a file (`-` is stdin) belongs to, None where it has none; raises `Unreadable`."""
    found = project_root(None if path == "-" else Path(os.path.abspath(path))) / PROJECT_FILE
    if not os.path.isfile(found):
        return None
    from netc.plugins import own

    project, findings = own.load(found)
    if findings:
        raise Unreadable(findings)
    return project


def source_of(path: str, stdin_name: str, sources: Sources, shown: str | None = None) -> Source:
    """The text of a `.netc` file (`-` is stdin, to be called `stdin_name`); raises `Misuse`."""
    if path == "-":
        return decoded(sys.stdin.buffer.read(), stdin_name)
    if Path(path).suffix in (".conflist", ".conf", ".json", ".yaml", ".yml"):
        raise Misuse(f"{path} is not a .netc file", "netc compiles .netc files; the JSON is what comes out")
    try:
        return sources.read(path, shown=shown)
    except SourceError as error:
        raise Misuse(str(error), error.help) from None


def decoded(data: bytes, name: str) -> Source:
    """The text that stdin gave; raises `Misuse`."""
    try:
        return Source(name, data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise Misuse(f"{name}: not UTF-8 at byte {error.start}", "pipe UTF-8 text") from None


def given(path: str, arguments: argparse.Namespace, sources: Sources, *, optional: bool = False) -> dict[str, Given]:
    """Values for the params of a file: those of its project, of `--params` in order, of `-p`; a later one wins.

    A file need not have the params that its project gives; with `optional`, none of them. Raises `Misuse`, also for a
    netc.toml that is broken.
    """
    from netc.dataclass import replace

    of_project = _of_project(path)
    named = _named(arguments, sources)
    return of_project | ({key: replace(one, optional=True) for key, one in named.items()} if optional else named)


def refuse_unknown_params(arguments: argparse.Namespace, known: Collection[str]) -> None:
    """A param that no file of several has is a slip; raises `Misuse`."""
    from netc.spelling import suggest

    for name, one in _named(arguments, Sources()).items():
        if name not in known:
            raise Misuse(f"{one.shown}: no file has a param {name}", suggest(name, known) if known else None)


def _of_project(path: str) -> dict[str, Given]:
    """What the project's own files of params say."""
    from netc.dataclass import replace

    project = project_file(path)
    setting = project.setting("project", "params") if project is not None else None
    if project is None or setting is None:
        return {}
    given: dict[str, Given] = {}
    for name in setting.value:
        file = project.root / name
        shown = os.path.relpath(file)
        try:
            source = Sources(project.root).read(file, shown=str(file) if shown.startswith(os.pardir) else shown)
        except SourceError as failed:
            from netc import project_file as rules
            from netc.diagnostics import error

            code = rules.PROJECT_FILE.code
            raise Unreadable([error(code, str(failed), setting.span, help=failed.help)]) from None
        given |= {key: replace(one, optional=True) for key, one in _of_source(source).items()}
    return given


def _named(arguments: argparse.Namespace, sources: Sources) -> dict[str, Given]:
    """What `--params` and `-p` say."""
    from netc.lang import Given

    given: dict[str, Given] = {}
    for name in arguments.params_files:
        given |= _of_file(name, sources)
    for word in arguments.params:
        name, equals, text = word.partition("=")
        if not equals or not name:
            raise Misuse(f"-p {word}: no NAME=VALUE", f"write -p {name or 'name'}=value")
        given[name] = Given(text, f"-p {word}")
    return given


def _of_file(name: str, sources: Sources) -> dict[str, Given]:
    try:
        return _of_source(sources.read(name))
    except SourceError as error:
        raise Misuse(str(error), error.help) from None


def _of_source(source: Source) -> dict[str, Given]:
    from netc.lang import Given
    from netc.lang.data import read
    from netc.lang.values import Object

    value, found = read(source)
    if value is None:
        raise Unreadable(found)
    if value.data is None:
        return {}
    if not isinstance(value.data, Object):
        raise Misuse(f"{source.path} is no list of params", "write NAME: VALUE, one a line")
    return {key: Given(entry.value, source.path, entry.value.span) for key, entry in value.data.fields.items()}


def report(misuse: Misuse) -> int:
    """Say what was wrong with the call, or show the place in the input; exit code 2."""
    if isinstance(misuse, Unreadable):
        print_findings(misuse.findings, "full", sys.stderr, terminal_style(sys.stderr))
    else:
        complain(str(misuse), misuse.help)
    return 2


def usual_format() -> str:
    """The format of findings where the call names none: GitHub's where its runner reads along, else one for people."""
    return "github" if os.environ.get("GITHUB_ACTIONS") == "true" else "full"


def print_findings(findings: Sequence[Diagnostic], format: str, stream: TextIO, style: Style) -> None:
    """Write the findings to a stream in the format of this name; nothing for a person where there is nothing to say."""
    from netc.dataclass import replace
    from netc.diagnostics import formats

    if findings or format not in ("full", "concise"):
        stream.write(formats.find(format).render(ordered(findings), replace(style, rule_of=_rule_of)))


def _rule_of(code: str) -> Rule | None:
    from netc.lint.catalogue import find

    return find(code)


def pointer(network: Network, word: str) -> str:
    """The JSON pointer into a network that `word` is; raises `Misuse` that names the nearest one."""
    from netc.model import pointers, resolve
    from netc.spelling import nearest

    try:
        if not word or word.startswith("/"):
            resolve(network.conflist, word)
            return word
    except KeyError:
        pass
    known = list(pointers(network.conflist))
    above = next((one for one in sorted(known, key=len, reverse=True) if word.startswith(f"{one}/")), "")
    inside = [one for one in known if one.rpartition("/")[0] == above]
    meant = nearest(word, known) or nearest(f"/{word}", known)
    raise Misuse(
        f"{network.name} has no value at {word}",
        f"did you mean {meant}?" if meant else f"{above or 'it'} has {', '.join(inside)}" if inside else None,
    )


def one_network(checked: Checked, path: str, name: str | None, where: str) -> Network:
    """The network of this name, or the only one; raises `Misuse` that lists them.

    One of several with the same name goes by its key, `pods["n1"]` or `pods[n1]`, or by its file's path, `n1/pods`.
    """
    from netc.spelling import nearest

    networks = checked.networks
    if name is None and len(networks) == 1:
        return networks[0]
    if not networks:
        raise Misuse(f"{path} has no network", "write `network NAME { ... }`")
    names = [_shown(network, networks) for network in networks]
    listed = ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
    if name is None:
        raise Misuse(f"{path} has {len(names)} networks", f"name one with {where}: {listed}")
    found = [network for network in networks if name in _names(network)]
    if len(found) == 1:
        return found[0]
    if found:
        listed = ", ".join([_shown(network, networks) for network in found][:10])
        raise Misuse(f"{path} has {len(found)} networks {name}", f"name one of them: {listed}")
    meant = nearest(name, {each for network in networks for each in _names(network)})
    raise Misuse(f"{path} has no network {name}", f"did you mean {meant}?" if meant else f"it has {listed}")


def _names(network: Network) -> tuple[str, ...]:
    """All that a network can be called on the command line."""
    bare = f"{network.head}[{network.key}]" if network.key is not None else network.head
    return (network.name, network.selector, bare, network.output_path.removesuffix(".conflist"))


def _shown(network: Network, among: Sequence[Network]) -> str:
    """What tells a network from the others: its name where that does, else the selector that needs no quotes."""
    if sum(network.name == other.name for other in among) == 1:
        return network.name
    if network.key is not None:
        return f"{network.head}[{network.key}]"
    return network.output_path.removesuffix(".conflist")
