"""`netc attach`: a network's whole life in a throw-away sandbox, and the report of it."""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import TYPE_CHECKING

from netc.cli import project
from netc.cli.terminal import complain, counted, say, style

if TYPE_CHECKING:
    from netc.documents.document import Document
    from netc.lab.lifecycle import Options
    from netc.lint.project import Checked
    from netc.model import Network

EXAMPLES = """examples:
  netc attach dbnet.netc                   ADD, CHECK, the report, DEL, DEL again, what is left
  netc attach team.netc web -p mtu=9000    one network of several, with a param
  netc attach dbnet.netc --capability 'portMappings=[{"hostPort": 8080, "containerPort": 80, "protocol": "tcp"}]'
  netc attach dbnet.netc --plugins exec    runs the plugin binaries found on CNI_PATH
  netc attach dbnet.netc --trace           every request and answer as JSON

Nothing of it touches this machine, and no root is needed."""

_UNABLE = 3


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("file", metavar="FILE", help="a .netc file, a conflist, or a manifest (- for stdin)")
    parser.add_argument("network", metavar="NETWORK", nargs="?", help="the network, where FILE has several")
    parser.add_argument(
        "--plugins",
        choices=("builtin", "exec", "auto"),
        default="builtin",
        help="netc's own drivers (default), the binaries on CNI_PATH, or a driver where there is one, else the binary",
    )
    parser.add_argument("--ifname", metavar="NAME", default="eth0", help="the container's interface (default: eth0)")
    parser.add_argument(
        "--capability",
        dest="capabilities",
        metavar="K=JSON",
        action="append",
        default=[],
        help="what a runtime would supply for a capability, for the plugins that declare it",
    )
    parser.add_argument("--args", metavar="K=V;K=V", default="", help="CNI_ARGS")
    parser.add_argument("--trace", action="store_true", help="show each request and answer")
    parser.add_argument(
        "--output-format", choices=("full", "json"), default="full", help="a report to read (default), or JSON"
    )
    project.add_input_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Compile, report what is wrong, attach, show."""
    try:
        options = _options(arguments)
        network = _network(arguments)
    except project.Misuse as misuse:
        return project.report(misuse)
    if network is None:
        return 1
    missing = _missing(network, options)
    if missing:
        folders = ", ".join(options.path)
        complain(
            f"no binary for {counted(len(missing), 'plugin type')}: {', '.join(missing)} (looked in {folders})",
            "install the CNI plugins, set CNI_PATH, or use netc's own drivers with --plugins builtin",
        )
        return _UNABLE
    return _attach(network, options, arguments)


def _attach(network: Network, options: Options, arguments: argparse.Namespace) -> int:
    from netc.lab.lifecycle import attach
    from netc.lab.unavailable import SandboxUnavailable

    try:
        report = attach(network, options)
    except SandboxUnavailable as refused:
        complain(str(refused), refused.help)
        return _UNABLE
    if arguments.output_format == "json":
        sys.stdout.write(json.dumps(report.to_json(trace=arguments.trace), indent=2) + "\n")
    else:
        from netc.cli.output import attach_report

        looks = style(sys.stdout, arguments.color)
        sys.stdout.write(attach_report.render(report, looks, trace=arguments.trace))
    return 0 if report.clean else 1


def _network(arguments: argparse.Namespace) -> Network | None:
    """The network to attach; None, and the findings on stderr, where there is an error in the file."""
    checked = project.check_any(arguments.file, arguments)
    project.print_findings(checked.findings, "full", sys.stderr, style(sys.stderr, arguments.color))
    if checked.document is not None:
        return _of_document(checked.document, checked, arguments)
    if checked.errors:
        say(f"\nnot attached: {counted(checked.errors, 'error')}")
        return None
    return project.one_network(checked, arguments.file, arguments.network, f"netc attach {arguments.file} NETWORK")


def _of_document(document: Document, checked: Checked, arguments: argparse.Namespace) -> Network | None:
    """The network of a file as it stands: seeing what its mistakes do is the point, as long as a runtime reads it."""
    if not document.loads:
        say("\nnot attached: no runtime can read this file")
        return None
    if not checked.networks and checked.findings:
        say("\nnot attached: there is no network in it")
        return None
    if not checked.networks:
        raise project.Misuse(f"{arguments.file} has no network", "a conflist, or a manifest with one, can be attached")
    network = project.one_network(checked, arguments.file, arguments.network, f"netc attach {arguments.file} NETWORK")
    if network.unwritten:
        listed = ", ".join(sorted(network.unwritten)[:5])
        raise project.Misuse(f"{arguments.file} is a template: no value at {listed}", "fill it in first")
    return network


def _options(arguments: argparse.Namespace) -> Options:
    from netc.cni.args import split_args
    from netc.cni.errors import CniError
    from netc.cni.executor import DEFAULT_PATH
    from netc.cni.names import check_ifname
    from netc.lab.lifecycle import Options

    capabilities = {}
    for word in arguments.capabilities:
        name, equals, text = word.partition("=")
        example = """write --capability 'mac="02:00:00:00:00:05"'"""
        if not equals or not name:
            raise project.Misuse(f"--capability {word}: no K=JSON", example)
        try:
            capabilities[name] = json.loads(text)
        except ValueError as error:
            raise project.Misuse(f"--capability {name}: {text} is not JSON: {error}", example) from None
    try:
        pairs = split_args(arguments.args)
    except CniError as error:
        raise project.Misuse(f"--args: {error.msg}", "write --args 'IgnoreUnknown=1;IP=10.1.0.9'") from None
    try:
        check_ifname(arguments.ifname)
    except CniError as error:
        text = " ".join(filter(None, (error.msg, error.details)))
        raise project.Misuse(f"--ifname {arguments.ifname}: {text}", "an interface name has 1 to 15 bytes") from None
    folders = tuple(folder for folder in os.environ.get("CNI_PATH", "").split(":") if folder)
    path = tuple(os.path.abspath(folder) for folder in folders) or DEFAULT_PATH
    return Options(arguments.plugins, arguments.ifname, capabilities, pairs, path)


def _missing(network: Network, options: Options) -> list[str]:
    """The plugin types of the chain that `--plugins exec` finds no binary for."""
    if options.plugins != "exec":
        return []
    from netc.lab.named import plugin_types

    return [
        name
        for name in plugin_types(network)
        if not any(os.path.isfile(os.path.join(folder, name)) for folder in options.path)
    ]
