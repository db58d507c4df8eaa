"""`netc build`: conflists, manifests and a project's own outputs from a `.netc` file, all of them or none."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netc.cli import lock, project, watching
from netc.cli.rebuild import Build
from netc.cli.terminal import complain, counted, say, style
from netc.emit.outputs import OutputError

if TYPE_CHECKING:
    from netc.diagnostics import Diagnostic
    from netc.lint.project import Checked
    from netc.project_file import ProjectFile

EXAMPLES = """examples:
  netc build dbnet.netc                    writes out/dbnet.conflist beside it
  netc build dbnet.netc -o /tmp/net.d      writes into another folder
  netc build team.netc -p mtu=9000         gives a param a value
  netc build team.netc --check             for CI: fails if the files on disk, or netc.lock, are stale
  netc build fleet.netc --locked           for CI: fails if netc.lock lacks a block that the file asks for
  netc build dbnet.netc -o - | jq .        prints one network
  netc build dbnet.netc --explain /plugins/0/mtu       where a key's value came from, step by step
  netc build team.netc --emit conflist,nad             Multus definitions as well
  netc build team.netc --emit installer -o - | kubectl apply -f -"""


#: Formats of findings, which a build tells on stderr as it goes, and those of --explain.
_OF_FINDINGS, _OF_EXPLAIN = ("full", "concise", "github", "jsonl"), ("full", "json")


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("file", metavar="FILE", help="the .netc file (- for stdin)")
    parser.add_argument(
        "-o",
        "--output",
        metavar="DIR",
        help="folder to write to (default: `out` beside FILE); - prints one network, or manifests as one stream",
    )
    parser.add_argument(
        "--emit",
        metavar="KIND",
        action="append",
        help="conflist (the default), nad, configmap, installer, or a name of [emit] in netc.toml; several with commas",
    )
    parser.add_argument("--network", metavar="NAME", help="only this network, for -o -")
    parser.add_argument(
        "--explain",
        metavar="POINTER",
        help="write nothing; say where the value at this JSON pointer came from (of --network, if there are several)",
    )
    parser.add_argument(
        "--output-format",
        choices=tuple(dict.fromkeys((*_OF_FINDINGS, *_OF_EXPLAIN))),
        help="of findings: full (the default), concise, github (where GITHUB_ACTIONS is true), jsonl; "
        "of --explain: full or json",
    )
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the files on disk are stale")
    parser.add_argument("--locked", action="store_true", help="write nothing if netc.lock would change; exit 1")
    parser.add_argument("--force", action="store_true", help="overwrite files that netc did not write")
    parser.add_argument("--namespace", metavar="NAME", help="namespace of the manifests")
    parser.add_argument("--image", metavar="IMAGE", help="image of the installer; it needs a shell")
    watching.add_argument(parser)
    parser.add_argument(
        "--resource",
        metavar="NETWORK=NAME",
        action="append",
        default=[],
        help="the device plugin's resource that a network's pods need, noted in its NetworkAttachmentDefinition",
    )
    project.add_input_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Compile, report, and write if there is no error."""
    from netc.lang.parser import without_collection

    with without_collection():
        if arguments.explain is not None or arguments.output == "-" or arguments.file == "-":
            return _run(arguments, None)
        build = Build(arguments)
        count = build.files_up_to_date()
        if count is not None:
            if not arguments.check:
                say(f"{counted(count, 'file')} up to date")
            return 0
        with build.watched():
            return _run(arguments, build)


def _run(arguments: argparse.Namespace, build: Build | None) -> int:
    try:
        _refuse_format(arguments)
        if arguments.explain is not None:
            return _explain(arguments)
        project_file = project.project_file(arguments.file)
        kinds = _kinds(arguments.emit, project_file)
        checked = project.check(arguments.file, arguments)
        _tell(checked.findings, arguments)
        if checked.errors:
            say(f"\nnothing written: {counted(checked.errors, 'error')}")
            return 1
        if arguments.output != "-" and arguments.network is not None:
            raise project.Misuse(
                "--network goes with -o -", "a build writes all networks of a file, so that none is stale"
            )
        files = _files(kinds, checked, project_file, arguments)
        if files is None or not _lock_holds(checked, arguments):
            return 1
        if arguments.output == "-":
            return _print(files, checked)
        code = _write(files, kinds, project_file, checked, arguments)
        if code == 0 and build is not None and not checked.findings:
            _remember(build, files, checked, arguments)
        return code
    except project.Misuse as misuse:
        return project.report(misuse)
    except (OutputError, lock.Unwritable) as error:
        complain(str(error), error.help)
        return 2


def _refuse_format(arguments: argparse.Namespace) -> None:
    known = _OF_FINDINGS if arguments.explain is None else _OF_EXPLAIN
    if arguments.output_format is not None and arguments.output_format not in known:
        what = "a build's findings" if arguments.explain is None else "--explain"
        raise project.Misuse(f"--output-format {arguments.output_format} is none of {what}", f"{', '.join(known)} are")


def _tell(findings: Sequence[Diagnostic], arguments: argparse.Namespace) -> None:
    """Findings on stderr; where --explain has a format of its own, they are for people."""
    format = arguments.output_format if arguments.explain is None else "full"
    project.print_findings(findings, format or project.usual_format(), sys.stderr, style(sys.stderr, arguments.color))


def _explain(arguments: argparse.Namespace) -> int:
    """Say where a value came from; findings are shown only where they keep the network from being made."""
    from netc.cli.output.provenance import render
    from netc.explain.provenance import Observations, provenance

    observed = Observations()
    checked = project.check(arguments.file, arguments, final=False, observe=observed)
    if checked.errors and not checked.networks:
        _tell(checked.findings, arguments)
        return 1
    network = project.one_network(checked, arguments.file, arguments.network, "--network")
    pointer = project.pointer(network, arguments.explain)
    found = provenance(network, pointer, observed)
    sys.stdout.write(render(found, arguments.output_format or "full", style(sys.stdout, arguments.color)))
    return 0


def _kinds(words: Sequence[str] | None, project_file: ProjectFile | None) -> tuple[str, ...]:
    """The kinds of outputs that are asked for: by `--emit`, else by netc.toml."""
    from netc.emit import kinds
    from netc.spelling import suggest

    if project_file is not None:
        found = kinds.problems(project_file)
        if found:
            raise project.Unreadable(found)
    if words is None:
        asked = project_file.setting("build", "emit") if project_file is not None else None
        return kinds.with_needed(asked.value if asked is not None and asked.value else ("conflist",))
    known = kinds.known(project_file)
    given = [kind.strip() for word in words for kind in word.split(",")]
    for kind in given:
        if kind not in known:
            raise project.Misuse(f"--emit {kind}: no such kind of output", suggest(kind, known))
    return kinds.with_needed(given)


def _files(
    kinds: Sequence[str], checked: Checked, project_file: ProjectFile | None, arguments: argparse.Namespace
) -> Mapping[str, tuple[str, str]] | None:
    """Path to kind and text of what is to be written; None, and the reasons on stderr, where that can't be."""
    from netc.emit.kinds import make
    from netc.emit.options import OptionError, manifest_options
    from netc.emit.request import Request

    if not checked.networks:
        raise project.Misuse(f"{arguments.file} has no network", "write `network NAME { ... }`")
    networks = checked.networks
    if arguments.output == "-" and (arguments.network is not None or kinds == ("conflist",)):
        networks = (project.one_network(checked, arguments.file, arguments.network, "--network"),)
    stem = "netc" if arguments.file == "-" else Path(arguments.file).stem
    try:
        options, found = manifest_options(project_file, stem, _given(arguments, checked))
    except OptionError as error:
        raise project.Misuse(f"--{error}", error.help) from None
    if found:
        raise project.Unreadable(found)
    files, findings = make(kinds, Request(networks, stem, options, project_file, checked.planned))
    if findings:
        _tell(findings, arguments)
        say(f"\nnothing written: {counted(len(findings), 'error')}")
        return None
    return files


def _given(arguments: argparse.Namespace, checked: Checked) -> dict[str, Any]:
    """What the command line says of manifests, by the keys of `[manifests]` in netc.toml."""
    from netc.spelling import suggest

    given: dict[str, Any] = {"resources": {}}
    for key in ("namespace", "image"):
        if getattr(arguments, key) is not None:
            given[key] = getattr(arguments, key)
    names = [network.name for network in checked.networks]
    for word in arguments.resource:
        network, equals, resource = word.partition("=")
        if not equals or not resource:
            raise project.Misuse(
                f"--resource {word}: no NETWORK=NAME", f"write --resource {names[0]}=vendor.example/nic"
            )
        if network not in names:
            raise project.Misuse(f"--resource {word}: no network {network}", suggest(network, names))
        given["resources"][network] = resource
    return given


def _lock_holds(checked: Checked, arguments: argparse.Namespace) -> bool:
    """Whether `--locked`, if it is given, lets the build go on."""
    found = lock.changes(checked.planned) if arguments.locked else ()
    if found:
        _tell(found, arguments)
        say(f"\nnothing written: {counted(len(found), 'error')}")
    return not found


def _print(files: Mapping[str, tuple[str, str]], checked: Checked) -> int:
    """One output as it is; several manifests as one stream of YAML."""
    if len(files) > 1 and not all(path.endswith(".yaml") for path in files):
        raise project.Misuse(
            f"-o - prints one output, this build makes {len(files)}", "name one kind with --emit, or a folder with -o"
        )
    with lock.written(checked.planned):  # what is printed is handed out as much as what is written
        sys.stdout.write("---\n".join(text for _, text in files.values()))
    return 0


def _folder(arguments: argparse.Namespace) -> Path:
    return Path(arguments.output) if arguments.output is not None else Path(arguments.file).parent / "out"


def _remember(
    build: Build, files: Mapping[str, tuple[str, str]], checked: Checked, arguments: argparse.Namespace
) -> None:
    """What the next build finds as it is now if nothing changes."""
    from netc.emit.outputs import LIST_NAME

    folder = _folder(arguments)
    others = [folder / LIST_NAME] + ([checked.planned.path] if checked.planned is not None else [])
    try:
        left = {path: path.read_bytes() for path in others if path.exists()}
    except OSError:
        return
    build.done(folder, {path: text for path, (_, text) in files.items()}, left)


def _write(
    files: Mapping[str, tuple[str, str]],
    kinds: Sequence[str],
    project_file: ProjectFile | None,
    checked: Checked,
    arguments: argparse.Namespace,
) -> int:
    from netc.emit import outputs
    from netc.emit.kinds import known

    if arguments.output is None and arguments.file == "-":
        raise project.Misuse("no folder to write to", "with stdin as input, give one with -o")
    folder = _folder(arguments)
    planned = outputs.plan(
        folder,
        {path: text for path, (_, text) in files.items()},
        Path(arguments.file),
        kinds={path: kind for path, (kind, _) in files.items()},
        others=[kind for kind in known(project_file) if kind not in kinds],
        force=arguments.force,
    )
    if arguments.check:
        for word, paths in (("missing", planned.missing), ("stale", planned.stale), ("surplus", planned.surplus)):
            for path in paths:
                say(f"{word}: {folder / path}")
        stale = lock.stale(checked.planned)
        if stale is not None:
            say(stale)
        return 1 if planned.changes or stale is not None else 0
    with lock.written(checked.planned):
        outputs.apply(planned)
    for word, paths in (("wrote", (*planned.missing, *planned.stale)), ("removed", planned.surplus)):
        for path in sorted(paths):
            say(f"{word} {folder / path}")
    if planned.fresh:
        say(f"{counted(len(planned.fresh), 'file')} up to date")
    return 0
