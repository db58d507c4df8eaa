"""`netc init`: a working project in a folder, from a template."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

from netc.cli.project import Misuse, report
from netc.cli.terminal import complain, say
from netc.emit.outputs import OutputError

EXAMPLES = """examples:
  netc init                          one host's container network, in this folder
  netc init fleet --template fleet   a network for each node, with an address plan
  netc init nets --template multus   NetworkAttachmentDefinitions
  netc init plugin my-plugin         a CNI plugin in Python, with its tests"""

#: The word that asks for a plugin, not a project.
_PLUGIN = "plugin"

#: Template to what is in it, and the file to build. Each is a folder below `templates/init`, copied as it is.
TEMPLATES: Mapping[str, tuple[str, str]] = {
    "single-host": ("the container network of one host", "net.netc"),
    "fleet": ("a network for each node of a list, with planned addresses and an installer", "fleet.netc"),
    "multus": ("networks that pods get beside the cluster's own", "networks.netc"),
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.usage = "netc init [DIR] [--template NAME] [--force]\n       netc init plugin [DIR] [--force]"
    parser.add_argument("words", metavar="DIR", nargs="*", help="where to (default: this folder)")
    parser.add_argument(
        "--template",
        metavar="NAME",
        default="single-host",
        help="; ".join(f"{name}: {about}" for name, (about, _) in TEMPLATES.items()) + " (default: single-host)",
    )
    parser.add_argument("--force", action="store_true", help="overwrite files that are there")


def run(arguments: argparse.Namespace) -> int:
    """Write the project's files, all or none."""
    from netc.emit.outputs import write

    words = arguments.words
    plugin = words[:1] == [_PLUGIN]
    rest = words[1:] if plugin else words
    folder = Path(rest[0] if rest else ".")
    try:
        if len(rest) > 1:
            raise Misuse(f"init takes one folder, not {len(rest)}", "netc init DIR; for a plugin: netc init plugin DIR")
        texts = _below("plugin") if plugin else _texts(arguments.template)
        _refuse_taken(folder, texts, force=arguments.force)
        write(folder, texts)
        if plugin:
            (folder / "host-alias").chmod(0o755)
    except Misuse as misuse:
        return report(misuse)
    except OutputError as error:
        complain(str(error), error.help)
        return 2
    for path in texts:
        say(f"wrote {folder / path}")
    if plugin:
        say(f"\nnext: {folder / 'README.md'} says how to try it")
        return 0
    start = folder / TEMPLATES[arguments.template][1]
    say(f"\nnext: netc build {start}, and {folder / 'README.md'} says more")
    return 0


def _texts(template: str) -> dict[str, str]:
    """Path below the project's folder to text of each file of a template."""
    from netc.spelling import suggest

    if template not in TEMPLATES:
        raise Misuse(f"--template {template}: no such template", suggest(template, TEMPLATES))
    return _below(f"init/{template}")


def _below(template: str) -> dict[str, str]:
    from netc.resources import folder

    root = folder("templates") / template
    files = sorted(path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in files}


def _refuse_taken(folder: Path, texts: Mapping[str, str], *, force: bool) -> None:
    if folder.exists() and not folder.is_dir():
        raise Misuse(f"{folder} is not a folder", "name one that is, or that is to be made")
    taken = [path for path in texts if (folder / path).exists() or (folder / path).is_symlink()]
    blocked = [path for path in taken if (folder / path).is_dir()]
    if blocked:
        raise Misuse(f"a folder is where a file would be: {', '.join(str(folder / path) for path in blocked)}")
    if taken and not force:
        raise Misuse(
            f"nothing written, since these exist: {', '.join(str(folder / path) for path in taken)}",
            "choose an empty folder, or overwrite them with --force",
        )
