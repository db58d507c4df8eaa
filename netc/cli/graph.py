"""`netc graph`: a picture of networks, as they are written or as an attach made them."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from netc.cli import attach, project, rewriting
from netc.cli.terminal import complain, say, style

if TYPE_CHECKING:
    from netc.graph import Picture

EXAMPLES = """examples:
  netc graph dbnet.netc                        Mermaid, to stand in a page between ```mermaid and ```
  netc graph fleet.netc -o fleet.html          a page with a field to find a node in it
  netc graph team.netc shop -o shop.svg        one pod
  netc graph dbnet.netc --attach -o now.svg    as a container in a sandbox has it: addresses, NAT, port maps
  netc graph fleet.netc --output-format dot | dot -Tpdf -o fleet.pdf"""

#: Above so many networks, alike ones are drawn as one where the format has no room for all.
_MANY = 40
_ENDINGS = {".mmd": "mermaid", ".mermaid": "mermaid", ".dot": "dot", ".gv": "dot", ".svg": "svg", ".html": "html"}
#: What Mermaid draws if its page does not say otherwise.
_MERMAID_EDGES, _MERMAID_CHARACTERS = 500, 50_000
_UNABLE = 3


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("file", metavar="FILE", help="a .netc file, a conflist, a manifest, or a folder (- for stdin)")
    parser.add_argument("network", metavar="NETWORK|POD", nargs="?", help="draw this one only")
    parser.add_argument("-o", "--output", metavar="FILE", default="-", help="where to (default: stdout)")
    parser.add_argument(
        "--output-format",
        choices=("mermaid", "dot", "svg", "html"),
        help="default: by the ending of the output file, else mermaid",
    )
    parser.add_argument(
        "--alike",
        choices=("auto", "one", "all"),
        default="auto",
        help=f"draw hosts and networks that are alike as one, or all of them (auto: mermaid and dot from {_MANY} on)",
    )
    parser.add_argument("--attach", action="store_true", help="attach it in a sandbox, and draw what is there then")
    attach.add_request_arguments(parser)
    project.add_input_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Compile, attach where asked for, draw, write."""
    format = arguments.output_format or _ENDINGS.get(os.path.splitext(arguments.output)[1].lower())
    if format is None and arguments.output != "-":
        complain(f"{arguments.output}: the ending names no format", "name one by --output-format, or end it in .svg")
        return 2
    format = format or "mermaid"
    try:
        picture = _attached(arguments) if arguments.attach else _planned(arguments, format)
        if picture is None:
            return 1
        if isinstance(picture, int):
            return picture
        _write(arguments.output, picture, format)
    except project.Misuse as misuse:
        return project.report(misuse)
    return 0


def _write(output: str, picture: Picture, format: str) -> None:
    from netc.graph import writer

    text = writer(format)(picture)
    edges = sum(len(host.edges) for host in picture.hosts)
    if format == "mermaid" and (edges >= _MERMAID_EDGES or len(text) > _MERMAID_CHARACTERS):
        complain(
            f"the picture has {edges} lines and {len(text)} characters: Mermaid draws fewer than {_MERMAID_EDGES} and "
            f"{_MERMAID_CHARACTERS} where its settings are not changed",
            "leave out --alike all, name one network, or draw it as svg",
        )
    if output == "-":
        sys.stdout.write(text)
    else:
        rewriting.write(output, text)
        say(f"wrote {output}")


def _planned(arguments: argparse.Namespace, format: str) -> Picture | None:
    from netc.graph import draw
    from netc.graph.alike import merged, subjects

    for option in ("capabilities", "args", "ifname"):
        if getattr(arguments, option):
            word = {"capabilities": "capability"}.get(option, option)
            raise project.Misuse(f"--{word} is for an attach", "add --attach")
    title = "stdin" if arguments.file == "-" else os.path.basename(os.path.abspath(arguments.file))
    if arguments.network is not None:
        pod = attach.pod_of(arguments)
        if pod is None:
            return None
        return draw(f"{title}: {pod.selector}", subjects((), (pod,)))
    checks = attach.checks_of(arguments)
    for checked in checks:
        project.print_findings(
            [one for one in checked.findings if checked.document is None or not checked.networks],
            "full", sys.stderr, style(sys.stderr, arguments.color),
        )  # fmt: skip
    networks = [network for one in checks for network in one.networks]
    if not networks:
        broken = any(one.findings for one in checks)
        if broken:
            say("\nnot drawn: there is no network in it")
            return None
        raise project.Misuse(f"{arguments.file} has no network", "name a file with one")
    found = subjects(networks, [pod for one in checks for pod in one.pods])
    one = arguments.alike == "one" or (
        arguments.alike == "auto" and format in ("mermaid", "dot") and len(networks) > _MANY
    )
    return draw(title, merged(found) if one else found)


def _attached(arguments: argparse.Namespace) -> Picture | int | None:
    """The picture of what an attach made; an exit code where this machine can't, or the chain failed."""
    from netc.graph import draw, seen
    from netc.graph.alike import subjects
    from netc.lab.lifecycle import attach as live
    from netc.lab.unavailable import SandboxUnavailable

    options = attach.options_of(arguments)
    pod = attach.pod_of(arguments)
    if pod is None:
        return None
    if attach.lacks_binaries(pod, options):
        return _UNABLE
    try:
        report = live(pod, options)
    except SandboxUnavailable as refused:
        complain(str(refused), refused.help)
        return _UNABLE
    try:
        what = seen(report.to_json())
    except ValueError as error:
        complain(f"ADD failed: {error}", f"netc attach {arguments.file} shows all of it")
        return 1
    name = Path(arguments.file).name if arguments.file != "-" else "stdin"
    return draw(f"{name}: {pod.selector}, attached", subjects((), (pod,)), what)
