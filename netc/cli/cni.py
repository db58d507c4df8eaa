"""`netc cni`: cnitool's commands on a folder of configurations, with errors that say which file and key."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from netc.cli import project
from netc.cli.terminal import complain, say, style
from netc.dataclass import dataclass

if TYPE_CHECKING:
    from netc.cni import Attachment, CniError, Executor, NetworkList, Runtime
    from netc.model import Network

EXAMPLES = """examples:
  netc cni add dbnet /run/netns/c1            the result is printed
  netc cni check dbnet /run/netns/c1
  netc cni del dbnet /run/netns/c1
  netc cni gc dbnet /run/netns/c1             takes away every attachment of the network that is cached
  netc cni status dbnet /run/netns/c1
  netc cni version dbnet                      what each plugin of the network speaks
  CAP_ARGS='{"mac": "02:00:00:00:00:05"}' NETCONFPATH=out netc cni add dbnet /run/netns/c1

Environment, as cnitool has it: NETCONFPATH (default /etc/cni/net.d), CNI_PATH (folders of plugins), CNI_IFNAME (default
eth0), CAP_ARGS (a JSON object), CNI_ARGS (K=V;K=V). It works on this machine, not in a sandbox: netc attach has one.
The exit code is 0, or 1 for whatever failed."""

_FAILED = 1
_CONF_DIR = "/etc/cni/net.d"
_VERBS = ("add", "check", "del", "gc", "status", "version")


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.usage = "netc cni {add,check,del,gc,status} [-h] [-i NAME] [--plugins WHICH] NETWORK NETNS\n" + (
        " " * 7 + "netc cni version [-h] [--plugins WHICH] [NETWORK]"
    )
    parser.add_argument("words", metavar="VERB NETWORK NETNS", nargs="*", help="what to do, on which network, for whom")
    parser.add_argument("-i", "--ifname", metavar="NAME", help="the container's interface (default: CNI_IFNAME, eth0)")
    parser.add_argument(
        "--plugins",
        choices=("exec", "builtin", "auto"),
        default="exec",
        help="the binaries on CNI_PATH (default), netc's own drivers, or a driver where there is one, else the binary",
    )
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="colours (default: auto)")


@dataclass(frozen=True, slots=True)
class _Request:
    """What is to be done, and where everything is."""

    verb: str
    name: str
    netns: str
    ifname: str
    folder: str
    path: tuple[str, ...]
    args: tuple[tuple[str, str], ...]
    capabilities: Mapping[str, Any]
    plugins: str
    color: str

    @property
    def attachment(self) -> Attachment:
        """As cnitool names it: the container's ID is made of the namespace's path."""
        import hashlib

        from netc.cni import Attachment

        netns = os.path.abspath(self.netns)
        container_id = f"cnitool-{hashlib.sha512(netns.encode()).digest()[:10].hex()}"
        return Attachment(container_id, netns, self.ifname, self.args, self.capabilities)


class _Refused(Exception):
    """The call is wrong; `help` is the fix."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.help = help


def run(arguments: argparse.Namespace) -> int:
    """Do it. The exit code is cnitool's: 1 for any failure."""
    from netc.cni import CniError

    try:
        request = _request(arguments)
    except _Refused as refused:
        complain(str(refused), refused.help)
        return _FAILED
    if request.verb == "version" and not request.name:
        return _own_versions()
    try:
        network = _load(request)
    except CniError as error:
        return _not_loaded(error, request)
    try:
        return _ACTIONS[request.verb](_runtime(request), network, request)
    except CniError as error:
        return _failed(error, request)


def _add(runtime: Runtime, network: NetworkList, request: _Request) -> int:
    from netc.cni import dumps_result

    result = runtime.add(network, request.attachment)
    sys.stdout.write(f"{dumps_result(result, network.cni_version).rstrip()}\n")
    return 0


def _check(runtime: Runtime, network: NetworkList, request: _Request) -> int:
    runtime.check(network, request.attachment)
    return 0


def _delete(runtime: Runtime, network: NetworkList, request: _Request) -> int:
    runtime.delete(network, request.attachment)
    return 0


def _gc(runtime: Runtime, network: NetworkList, request: _Request) -> int:
    runtime.gc(network, None)
    return 0


def _status(runtime: Runtime, network: NetworkList, request: _Request) -> int:
    runtime.status(network)
    return 0


def _version(runtime: Runtime, network: NetworkList, request: _Request) -> int:
    """What each plugin of the chain speaks; 1 if one does not speak the network's version."""
    types = dict.fromkeys(name for plugin in network.plugins for name in (plugin.type, plugin.ipam_type) if name)
    spoken = {name: list(runtime.version(name).supported) for name in types}
    sys.stdout.write(json.dumps({"cniVersion": network.cni_version, "plugins": spoken}, indent=4) + "\n")
    runtime.validate(network)
    return 0


_ACTIONS: Mapping[str, Callable[[Runtime, NetworkList, _Request], int]] = {
    "add": _add, "check": _check, "del": _delete, "gc": _gc, "status": _status, "version": _version,
}  # fmt: skip


def _own_versions() -> int:
    from netc.cni.versions import CURRENT, SUPPORTED

    sys.stdout.write(json.dumps({"cniVersion": CURRENT, "supportedVersions": list(SUPPORTED)}, indent=4) + "\n")
    return 0


def _request(arguments: argparse.Namespace) -> _Request:
    """The words and the environment; raises `_Refused` with cnitool's text where it has one."""
    from netc.spelling import nearest

    verb, *words = arguments.words or [""]
    usage = "netc cni add NETWORK NETNS; netc cni --help shows all"
    if verb not in _VERBS:
        meant = nearest(verb, _VERBS)
        what = f"no verb {verb!r}" if verb else "no verb"
        raise _Refused(what, f"did you mean {meant}?" if meant else usage)
    if len(words) > 2 or (len(words) < 2 and verb != "version"):
        raise _Refused(f"{verb} takes a network and a namespace, not {len(words)} words", usage)
    name, netns = [*words, "", ""][:2]
    environment = os.environ
    try:
        args = tuple(_pairs(environment.get("CNI_ARGS", "")))
        capabilities = json.loads(environment.get("CAP_ARGS") or "{}")
    except ValueError as error:
        if isinstance(error, json.JSONDecodeError):
            raise _Refused(
                f"CAP_ARGS is no JSON: {error}", """write CAP_ARGS='{"mac": "02:00:00:00:00:05"}'"""
            ) from None
        raise _Refused(str(error), "write CNI_ARGS='IgnoreUnknown=1;IP=10.1.0.9'") from None
    if not isinstance(capabilities, dict):
        raise _Refused("CAP_ARGS is no JSON object", """write CAP_ARGS='{"mac": "02:00:00:00:00:05"}'""")
    return _Request(
        verb,
        name,
        netns,
        arguments.ifname or environment.get("CNI_IFNAME") or "eth0",
        environment.get("NETCONFPATH") or _CONF_DIR,
        tuple(folder for folder in environment.get("CNI_PATH", "").split(os.pathsep) if folder),
        args,
        capabilities,
        arguments.plugins,
        arguments.color,
    )


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for pair in text.split(";") if text else ():
        key, equals, value = pair.partition("=")
        if not (key and equals and value) or "=" in value:
            raise ValueError(f'invalid CNI_ARGS pair "{pair}"')
        yield key, value


def _load(request: _Request) -> NetworkList:
    from netc import cni

    return cni.load(request.folder, request.name)


def _runtime(request: _Request) -> Runtime:
    from netc import cni

    executor: Executor = cni.ProcessExecutor(request.path, stderr=sys.stderr)
    if request.plugins != "exec":
        from netc.kernel import Kernel
        from netc.lab.builtin import Builtin

        executor = Builtin(Kernel(), executor if request.plugins == "auto" else None)
    return cni.Runtime(executor, cni.Cache(), path=request.path)


# What went wrong, and where ------------------------------------------------------------------------------------------


def _failed(error: CniError, request: _Request) -> int:
    """The plugin's error, and the line of the configuration that it is about."""
    text = "; ".join(filter(None, (error.msg, error.details)))
    say(text)
    found = _network(request)
    if found is not None and error.pointer is not None:
        from netc.lab.blame import span

        _show(span(found, error.pointer, f"{error.msg} {error.details}"), request)
    if error.msg.endswith("no paths provided"):
        say("  help: set CNI_PATH to the folder of the plugins, or use netc's own with --plugins builtin")
    elif "failed to find plugin" in error.msg:
        say("  help: install it there, set CNI_PATH, or use netc's own with --plugins builtin")
    return _FAILED


def _not_loaded(error: CniError, request: _Request) -> int:
    """Why a network can't be loaded: the file at fault with all that is wrong in it, or the name that was meant."""
    from netc.cni import CniError
    from netc.cni.confdir import CONF_EXTENSIONS, LIST_EXTENSIONS, conf_files, load_file
    from netc.lint.project import checked_document
    from netc.sources import SourceError, Sources
    from netc.spelling import nearest

    say("; ".join(filter(None, (error.msg, error.details))))
    names = []
    for extensions in (LIST_EXTENSIONS, CONF_EXTENSIONS):
        for file in conf_files(request.folder, extensions) if os.access(request.folder, os.R_OK) else ():
            try:
                names.append(load_file(file).name)
            except CniError:
                if names and request.name in names:
                    continue
                try:
                    checked = checked_document(Sources().read(file))
                except SourceError as unreadable:
                    say(f"  {unreadable}")
                    return _FAILED
                errors = [found for found in checked.findings if str(found.severity) == "error"]
                project.print_findings(errors, "full", sys.stderr, style(sys.stderr, request.color))
                return _FAILED
    meant = nearest(request.name, names)
    if meant:
        say(f"  help: did you mean {meant}?")
    elif names:
        say(f"  help: {request.folder} has {', '.join(sorted(names)[:10])}")
    else:
        say("  help: NETCONFPATH names the folder of the configurations")
    return _FAILED


def _network(request: _Request) -> Network | None:
    """The network once more, with the place of every key; None where it can't be told."""
    from netc.cni import CniError
    from netc.cni.confdir import CONF_EXTENSIONS, LIST_EXTENSIONS, conf_files, load_file
    from netc.documents.document import read
    from netc.sources import SourceError, Sources

    for extensions in (LIST_EXTENSIONS, CONF_EXTENSIONS):
        try:
            for file in conf_files(request.folder, extensions):
                if load_file(file).name == request.name:
                    written = read(Sources().read(file)).written
                    return next((one.network for one in written if one.network.name == request.name), None)
        except (CniError, SourceError):
            return None
    return None


def _show(span: Any, request: _Request) -> None:
    from netc.diagnostics.formats.full import Paint, excerpt

    looks = style(sys.stderr, request.color)
    margin = len(str(span.begin.line))
    say(f"{' ' * margin}--> {span}")
    for line in excerpt(span, "^", "", margin, Paint(looks.color), "1;31", looks.width):
        say(line)
