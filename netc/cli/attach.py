"""`netc attach`: a container's whole life in a throw-away sandbox, and the report of it."""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import TYPE_CHECKING, Any

from netc.cli import project
from netc.cli.terminal import complain, counted, say, style
from netc.dataclass import replace

if TYPE_CHECKING:
    from netc.lab.lifecycle import Hold, Options
    from netc.lint.project import Checked
    from netc.model import Pod

EXAMPLES = """examples:
  netc attach dbnet.netc                   ADD, CHECK, the report, DEL, DEL again, what is left
  netc attach team.netc web -p mtu=9000    one network of several, with a param
  netc attach team.netc shop               a pod: all its attachments, in order
  netc attach /etc/cni/net.d kindnet       a network of what runtimes read
  netc attach dbnet.netc --capability 'portMappings=[{"hostPort": 8080, "containerPort": 80, "protocol": "tcp"}]'
  netc attach dbnet.netc --plugins exec    runs the plugin binaries found on CNI_PATH
  netc attach dbnet.netc --keep            waits before DEL, and says how to look around inside
  netc attach dbnet.netc --trace           every request and answer as JSON

Nothing of it touches this machine, and no root is needed; only --host and --netns do and need it."""

_UNABLE = 3


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("file", metavar="FILE", help="a .netc file, a conflist, a manifest, or a folder (- for stdin)")
    parser.add_argument("network", metavar="NETWORK|POD", nargs="?", help="the network or pod, where FILE has several")
    add_request_arguments(parser)
    parser.add_argument(
        "--netns", metavar="PATH", default="", help="a network namespace of this machine as the container"
    )
    parser.add_argument("--keep", action="store_true", help="keep the container attached until Enter is pressed")
    parser.add_argument(
        "--host", action="store_true", help="on this machine's own network, not in a sandbox; asks first"
    )
    parser.add_argument("--yes", action="store_true", help="with --host: do not ask")
    parser.add_argument("--trace", action="store_true", help="show each request and answer")
    parser.add_argument(
        "--output-format", choices=("full", "json"), default="full", help="a report to read (default), or JSON"
    )
    project.add_input_arguments(parser)


def add_request_arguments(parser: argparse.ArgumentParser) -> None:
    """`--plugins`, `--ifname`, `--capability`, `--args`: who attaches, and with what."""
    parser.add_argument(
        "--plugins",
        choices=("builtin", "exec", "auto"),
        default="builtin",
        help="netc's own drivers (default), the binaries on CNI_PATH, or a driver where there is one, else the binary",
    )
    parser.add_argument("--ifname", metavar="NAME", help="the container's interface (default: eth0)")
    parser.add_argument(
        "--capability",
        dest="capabilities",
        metavar="K=JSON",
        action="append",
        default=[],
        help="what a runtime would supply for a capability, for the plugins that declare it",
    )
    parser.add_argument("--args", metavar="K=V;K=V", default="", help="CNI_ARGS")
    parser.set_defaults(netns="", keep=False, host=False, yes=False)


def run(arguments: argparse.Namespace) -> int:
    """Compile, report what is wrong, attach, show."""
    try:
        options = options_of(arguments)
        pod = pod_of(arguments)
    except project.Misuse as misuse:
        return project.report(misuse)
    if pod is None:
        return 1
    if lacks_binaries(pod, options):
        return _UNABLE
    if options.on_machine and not may_change_the_machine(pod, arguments):
        return 2
    return _attach(pod, options, arguments)


def _attach(pod: Pod, options: Options, arguments: argparse.Namespace) -> int:
    from netc.kernel.errors import KernelError
    from netc.lab.lifecycle import attach
    from netc.lab.unavailable import SandboxUnavailable

    try:
        report = attach(pod, options)
    except SandboxUnavailable as refused:
        complain(str(refused), refused.help)
        return _UNABLE
    except KernelError as error:
        complain(
            f"--netns {arguments.netns}: {error}", "name a network namespace: /run/netns/NAME, or /proc/PID/ns/net"
        )
        return 2
    if arguments.output_format == "json":
        sys.stdout.write(json.dumps(report.to_json(trace=arguments.trace), indent=2) + "\n")
    else:
        from netc.cli.output import attach_report

        looks = style(sys.stdout, arguments.color)
        sys.stdout.write(attach_report.render(report, looks, trace=arguments.trace))
    return 0 if report.clean else 1


def may_change_the_machine(pod: Pod, arguments: argparse.Namespace) -> bool:
    """Whether the user said yes; without a terminal nobody can be asked."""
    if arguments.yes:
        return True
    if not sys.stdin.isatty():
        complain("--host changes this machine's network, and there is no terminal to ask on", "add --yes if it may")
        return False
    types = ", ".join(dict.fromkeys(plugin.type for one in pod.attachments for plugin in one.network.plugins))
    sys.stderr.write(f"{types} will change this machine's network, and DEL will take it back. Go on? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def pod_of(arguments: argparse.Namespace) -> Pod | None:
    """What is to be attached; None, and the findings on stderr, where that can't be told for an error in the file."""
    folder = arguments.file != "-" and os.path.isdir(arguments.file)
    checked = _of_folder(arguments) if folder else project.check_any(arguments.file, arguments)
    project.print_findings(checked.findings, "full", sys.stderr, style(sys.stderr, arguments.color))
    if checked.document is not None:
        # Seeing what a file's mistakes do is the point, as long as a runtime reads it.
        if not checked.document.loads:
            say("\nnot attached: no runtime can read this file")
            return None
        if not checked.networks and checked.findings:
            say("\nnot attached: there is no network in it")
            return None
        if not checked.networks:
            wanted = "a conflist, or a manifest with one, can be attached"
            raise project.Misuse(f"{arguments.file} has no network", wanted)
    elif checked.errors:
        say(f"\nnot attached: {counted(checked.errors, 'error')}")
        return None
    return _chosen(checked, arguments)


def _of_folder(arguments: argparse.Namespace) -> Checked:
    """The file of the folder that has the network or pod, which must be named where there are several."""
    checks = checks_of(arguments)
    holding = [one for one in checks if one.networks]
    if len(holding) == 1 and len(checks) == 1:
        return holding[0]
    together = replace(
        checks[0] if checks else _nothing(),
        networks=tuple(network for one in checks for network in one.networks),
        pods=tuple(pod for one in checks for pod in one.pods),
    )
    path = _chosen(together, arguments).span.source.path
    return next(
        one
        for one in holding
        if path
        in {*(network.span.source.path for network in one.networks), *(pod.span.source.path for pod in one.pods)}
    )


def checks_of(arguments: argparse.Namespace) -> list[Checked]:
    """The file that was named, or each file of the folder, compiled and checked; raises `Misuse`."""
    from netc.cli import files

    if arguments.file == "-" or not os.path.isdir(arguments.file):
        return [project.check_any(arguments.file, arguments)]
    return [project.check_any(path, arguments) for path in files.named([arguments.file], files.netc_or_document)]


def _nothing() -> Checked:
    from netc.lint.project import Checked

    return Checked(())


def _chosen(checked: Checked, arguments: argparse.Namespace) -> Pod:
    """The pod of this name, or the network; raises `Misuse` where there is none, or several and none was named."""
    from netc.lab.lifecycle import alone

    path, name = arguments.file, arguments.network
    pods = [pod for pod in checked.pods if name in (pod.name, pod.selector, f"{pod.name}[{pod.key}]")]
    given = {"--ifname": arguments.ifname, "--capability": arguments.capabilities, "--args": arguments.args}
    if len(pods) == 1 and name is not None:
        if used := [option for option, value in given.items() if value]:
            raise project.Misuse(
                f"{used[0]} is for one attachment, and {name} is a pod", "write it in the pod's attach"
            )
        return pods[0]
    if pods and name is not None:
        listed = ", ".join(f"{pod.name}[{pod.key}]" for pod in pods[:10])
        raise project.Misuse(f"{path} has {len(pods)} pods {name}", f"name one of them: {listed}")
    network = project.one_network(checked, path, name, f"netc attach {path} NETWORK")
    if network.unwritten:
        listed = ", ".join(sorted(network.unwritten)[:5])
        raise project.Misuse(f"{path} is a template: no value at {listed}", "fill it in first")
    return alone(network, arguments.ifname or "eth0", _capabilities(arguments), dict(_args(arguments)))


def options_of(arguments: argparse.Namespace) -> Options:
    from netc.cni.errors import CniError
    from netc.cni.executor import DEFAULT_PATH
    from netc.cni.names import check_ifname
    from netc.lab.lifecycle import Options

    _capabilities(arguments)
    _args(arguments)
    try:
        check_ifname(arguments.ifname or "eth0")
    except CniError as error:
        text = " ".join(filter(None, (error.msg, error.details)))
        raise project.Misuse(f"--ifname {arguments.ifname}: {text}", "an interface name has 1 to 15 bytes") from None
    if arguments.yes and not arguments.host:
        raise project.Misuse("--yes without --host", "a sandbox asks nothing")
    if arguments.keep and arguments.file == "-":
        raise project.Misuse("--keep waits for Enter on stdin, and the file is read from there", "name the file")
    folders = tuple(folder for folder in os.environ.get("CNI_PATH", "").split(":") if folder)
    path = tuple(os.path.abspath(folder) for folder in folders) or DEFAULT_PATH
    netns = os.path.abspath(arguments.netns) if arguments.netns else ""
    hold = _hold() if arguments.keep else None
    return Options(arguments.plugins, path, netns, arguments.host, hold)


def _hold() -> Hold:
    """Waits for Enter, or for stdin's end, when it has said how to get in."""
    as_user = "" if os.geteuid() == 0 else "-U --preserve-credentials "

    def hold(site: Any, netns: str, _: object) -> None:
        pid = getattr(site, "pid", 0)
        enter = f"nsenter -t {pid} {as_user}-m -n " if pid else ""
        say(f"attached. To look around, from another terminal:\n  {enter}nsenter --net={netns} ip address")
        if pid:
            say(f"  {enter}ip address    # the host's side")
        say("Enter detaches." if sys.stdin.isatty() else "It is detached when stdin ends.")
        sys.stdin.readline() if sys.stdin.isatty() else sys.stdin.read()

    return hold


def _capabilities(arguments: argparse.Namespace) -> dict[str, Any]:
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
    return capabilities


def _args(arguments: argparse.Namespace) -> tuple[tuple[str, str], ...]:
    from netc.cni.args import split_args
    from netc.cni.errors import CniError

    try:
        return tuple(split_args(arguments.args))
    except CniError as error:
        raise project.Misuse(f"--args: {error.msg}", "write --args 'IgnoreUnknown=1;IP=10.1.0.9'") from None


def lacks_binaries(pod: Pod, options: Options) -> bool:
    """Whether `--plugins exec` finds no binary for a plugin of the chains; says which."""
    if options.plugins != "exec":
        return False
    from netc.lab.named import plugin_types

    missing = [
        name
        for name in dict.fromkeys(name for one in pod.attachments for name in plugin_types(one.network))
        if not any(os.path.isfile(os.path.join(folder, name)) for folder in options.path)
    ]
    if missing:
        folders = ", ".join(options.path)
        complain(
            f"no binary for {counted(len(missing), 'plugin type')}: {', '.join(missing)} (looked in {folders})",
            "install the CNI plugins, set CNI_PATH, or use netc's own drivers with --plugins builtin",
        )
    return bool(missing)
