"""`netc adopt`: `.netc` files from conflists, single configurations and manifests that people already have."""

from __future__ import annotations

import argparse
import codecs
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from netc.cli import files, project
from netc.cli.terminal import complain, counted, say, style
from netc.diagnostics import Severity, formats, ordered
from netc.emit.outputs import OutputError
from netc.sources import SourceError, Sources

if TYPE_CHECKING:
    from netc.adopt import Adopted
    from netc.diagnostics import Diagnostic
    from netc.documents.document import Document

EXAMPLES = """examples:
  netc adopt 10-pods.conflist                     prints it as .netc
  netc adopt /etc/cni/net.d -o pods               a project in the folder pods
  netc adopt deploy/ -o networks                  definitions and ConfigMaps of manifests too
  helm template . | netc adopt - > networks.netc
  netc adopt deploy/ -o networks --check          for CI: fails if the project is not what it would be"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "paths", metavar="FILE", nargs="+", help="conflists, single configurations, manifests, folders, or - for stdin"
    )
    parser.add_argument(
        "-o", "--output", metavar="DIR", help="folder to write a project to; without it, one file is printed"
    )
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file would change")
    parser.add_argument("--force", action="store_true", help="overwrite files that are there and say something else")
    parser.add_argument("--no-chains", action="store_true", help="write every network out, whatever repeats")
    parser.add_argument("--stdin-filename", metavar="NAME", default="<stdin>", help="what to call the input of `-`")
    parser.add_argument(
        "--output-format", choices=formats.names(), default="full", help="of the findings, on stderr (default: full)"
    )
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="colours (default: auto)")


def run(arguments: argparse.Namespace) -> int:
    """Adopt all files, or as much of them as can be said in netc; write or print what comes of it."""
    from netc.adopt import adopt

    to_stdout = arguments.output in (None, "-")
    folder = Path(os.path.abspath("." if to_stdout else arguments.output))
    try:
        documents = _documents(arguments)
        adopted = adopt(documents, folder, chains=not arguments.no_chains)
        found = _findings(documents, adopted)
        project.print_findings(found, arguments.output_format, sys.stderr, style(sys.stderr, arguments.color))
        if not adopted.networks:
            say("nothing adopted: no network" if not adopted.refused else "\nnothing adopted")
            return 1
        stale = _print(adopted, arguments) if to_stdout else _write(adopted, Path(arguments.output), arguments)
    except project.Misuse as misuse:
        return project.report(misuse)
    except OutputError as error:
        complain(str(error), error.help)
        return 2
    _summary(adopted, documents, to_stdout=to_stdout, arguments=arguments)
    whole = not adopted.refused and adopted.builds and all(document.loads for document in documents)
    return 1 if not whole or (stale and arguments.check) else 0


def _documents(arguments: argparse.Namespace) -> list[Document]:
    """All files that the words name; raises `Misuse` for one that can't be read, or is no such file."""
    from netc.documents import is_document, may_hold_networks
    from netc.documents.document import read

    def wanted(path: str) -> bool:
        return is_document(path) and os.path.isfile(path) and may_hold_networks(path)

    for folder in files.empty(arguments.paths, wanted):
        raise project.Misuse(f"{folder}: no file with a network below this folder")
    documents = []
    for path in files.named(arguments.paths, wanted):
        if path.endswith(".netc"):
            raise project.Misuse(f"{path} is netc already", "netc adopt reads JSON, and YAML with JSON in it")
        if path == "-":
            data = sys.stdin.buffer.read()
            source = project.decoded(data, arguments.stdin_filename)
            source.bom = data.startswith(codecs.BOM_UTF8)
        else:
            try:
                source = Sources().read(path)
            except SourceError as error:
                raise project.Misuse(str(error), error.help) from None
        documents.append(read(source))
    return documents


def _findings(documents: Sequence[Document], adopted: Adopted) -> list[Diagnostic]:
    """What reading found, and what is wrong with the networks: it is kept, and allowed by a comment."""
    from netc.lint.project import checked_document

    found = list(adopted.findings)
    told = {one.primary for one in found}
    for document in documents:
        for one in checked_document(document.source).findings:
            if one.severity is Severity.ERROR and one.primary not in told:
                found.append(one)
    return [one for one in ordered(found) if one.severity is not Severity.INFO]


def _print(adopted: Adopted, arguments: argparse.Namespace) -> bool:
    """The one `.netc` file to stdout; raises `Misuse` where there are several."""
    texts = [text for path, text in adopted.texts.items() if path.endswith(".netc")]
    if len(texts) > 1:
        raise project.Misuse(f"{counted(len(texts), 'file')} to write", "give a folder to write to: -o DIR")
    if not arguments.check:
        sys.stdout.flush()
        sys.stdout.buffer.write(texts[0].encode())
        sys.stdout.buffer.flush()
    return False


def _write(adopted: Adopted, folder: Path, arguments: argparse.Namespace) -> bool:
    """Write what is not there yet, all of it or nothing; whether there was any. A netc.toml that is there stays."""
    from netc.emit.outputs import write

    if folder.exists() and not folder.is_dir():
        raise project.Misuse(f"{folder} is not a folder", "name one that is, or that is to be made")
    texts = {
        path: text
        for path, text in adopted.texts.items()
        if not (path == "netc.toml" and os.path.lexists(folder / path)) and _differs(folder / path, text)
    }
    taken = [path for path in texts if os.path.lexists(folder / path)]
    if arguments.check:
        for path in texts:
            say(f"{'stale' if path in taken else 'missing'}: {folder / path}")
        return bool(texts)
    if taken and not arguments.force:
        raise project.Misuse(
            f"nothing written, since these exist: {', '.join(str(folder / path) for path in taken)}",
            "choose an empty folder, or overwrite them with --force",
        )
    blocked = [path for path in taken if (folder / path).is_dir()]
    if blocked:
        raise project.Misuse(f"a folder is where a file would be: {', '.join(str(folder / path) for path in blocked)}")
    write(folder, texts)
    for path in texts:
        say(f"wrote {folder / path}")
    return bool(texts)


def _differs(path: Path, text: str) -> bool:
    try:
        return path.read_bytes() != text.encode()
    except OSError:
        return True


def _summary(
    adopted: Adopted, documents: Sequence[Document], *, to_stdout: bool, arguments: argparse.Namespace
) -> None:
    done = "would be adopted" if arguments.check else "adopted"
    said = [f"{counted(adopted.networks, 'network')} of {counted(len(documents), 'file')} {done}"]
    if adopted.chains:
        said.append(f"{counted(adopted.chains, 'chain')} drawn out")
    if adopted.allowed:
        said.append(f"{counted(adopted.allowed, 'error')} kept, each allowed by a comment")
    if adopted.refused:
        said.append(f"{adopted.refused} left out")
    say(", ".join(said))
    if not to_stdout and not arguments.check:
        first = next(iter(adopted.texts))
        given = "".join(f" -p {param.name}=..." for param in adopted.params.get(first, ()))
        say(f"next: netc build {Path(arguments.output) / first}{given}")
