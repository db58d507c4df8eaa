"""`netc plugin`: netc's drivers as CNI plugins for any runtime."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from netc.cli import dhcp_daemon
from netc.cli.terminal import complain, counted, say

EXAMPLES = """examples:
  netc plugin install /opt/netc/bin            a program per driver; runtimes find them by CNI_PATH or plugin_dir
  netc plugin install /opt/netc/bin bridge host-local        only these
  netc plugin uninstall /opt/netc/bin          takes them away again, and no other file
  netc plugin list                             what there is a driver for
  CNI_COMMAND=VERSION netc plugin bridge       what a runtime calls: the protocol on stdin, stdout and environment
  netc plugin dhcp daemon -pidfile /run/dhcp.pid      keeps the leases that the dhcp plugin asks for

A driver is a CNI plugin in every respect: it reads its configuration from stdin and its parameters from CNI_*
variables, and works on this machine."""

_VERBS = ("install", "uninstall", "list")


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.usage = (
        "netc plugin TYPE\n       netc plugin install DIR [TYPE...] [--force]\n       netc plugin uninstall DIR\n"
        "       netc plugin list\n       netc plugin dhcp daemon [-socketpath PATH] [-timeout TIME] ..."
    )
    parser.add_argument("words", metavar="TYPE", nargs="*", help="the plugin to be, or what to do")
    parser.add_argument("--force", action="store_true", help="install: overwrite files that netc did not put there")
    parser.add_argument("--output-format", choices=("full", "json"), default="full", help="list: names, or JSON")
    dhcp_daemon.configure(parser)


def run(arguments: argparse.Namespace) -> int:
    """Be a plugin, or put plugins into a folder."""
    from netc.lab.launchers import LauncherError

    words = arguments.words
    if words == ["dhcp", "daemon"]:
        return dhcp_daemon.run(arguments)
    if flags := dhcp_daemon.given(arguments):
        complain(f"{flags[0]} is the dhcp daemon's", "netc plugin dhcp daemon")
        return 2
    if not words:
        complain("no plugin type", "netc plugin list shows them; netc plugin install DIR puts them into a folder")
        return 2
    try:
        match words[0]:
            case "install":
                return _install(words[1:], force=arguments.force)
            case "uninstall":
                return _uninstall(words[1:])
            case "list":
                return _list(words[1:], arguments.output_format)
            case plugin_type:
                return _be(plugin_type, words[1:])
    except LauncherError as refused:
        complain(str(refused), refused.help)
        return 2


def _be(plugin_type: str, more: list[str]) -> int:
    """The plugin itself: what it answers is the protocol's, and so is its exit status."""
    from netc.cni import skel
    from netc.cni.process import ProcessExecutor
    from netc.kernel import Kernel
    from netc.lab.builtin import Builtin
    from netc.lab.launchers import Delegates, types
    from netc.plugins import part
    from netc.spelling import nearest

    module = part(plugin_type, "driver") if plugin_type in types() else None
    if module is None:
        meant = nearest(plugin_type, (*types(), *_VERBS))
        help = f"did you mean {meant}?" if meant else "netc plugin list shows what there is"
        complain(f"netc has no driver for plugins of type {plugin_type}", help)
        return 2
    if more:
        help = "netc plugin dhcp daemon" if plugin_type == "dhcp" else f"netc plugin {plugin_type}"
        complain(f"{plugin_type} takes no such words: {' '.join(more)}", help)
        return 2
    kernel = Kernel()
    path = tuple(folder for folder in os.environ.get("CNI_PATH", "").split(":") if folder)
    delegates = Delegates(ProcessExecutor(path, stderr=sys.stderr), Builtin(kernel))
    try:
        return skel.main(module.handlers(kernel), plugin_type, executor=delegates)
    finally:
        kernel.close()


def _install(words: list[str], *, force: bool) -> int:
    from netc.lab import launchers
    from netc.spelling import nearest

    if not words:
        complain("install takes a folder", "netc plugin install /opt/netc/bin")
        return 2
    folder, wanted = Path(words[0]), words[1:]
    known = launchers.types()
    for name in wanted:
        if name not in known:
            meant = nearest(name, known)
            complain(
                f"netc has no driver for plugins of type {name}",
                f"did you mean {meant}?" if meant else f"there is {', '.join(known)}",
            )
            return 2
    written = launchers.install(folder, wanted or known, force=force)
    left = len(set(wanted or known)) - len(written)
    for path in written:
        say(f"wrote {path}")
    if left:
        say(f"{counted(left, 'file')} up to date")
    return 0


def _uninstall(words: list[str]) -> int:
    from netc.lab import launchers

    if len(words) != 1:
        complain("uninstall takes a folder", "netc plugin uninstall /opt/netc/bin")
        return 2
    removed = launchers.uninstall(Path(words[0]))
    for path in removed:
        say(f"removed {path}")
    if not removed:
        say(f"{words[0]} has no plugin of netc")
    return 0


def _list(words: list[str], format: str) -> int:
    from netc.lab import launchers
    from netc.plugins import find

    if words:
        complain("list takes no more words", "netc plugin list")
        return 2
    found = {name: info for name in launchers.types() if (info := find(name)) is not None}
    if format == "json":
        listed = [{"type": name, "kind": info.kind, "versions": list(info.versions)} for name, info in found.items()]
        sys.stdout.write(json.dumps({"version": 1, "plugins": listed}, indent=2) + "\n")
    else:
        wide = max(map(len, found))
        sys.stdout.write("".join(f"{name:<{wide}}  {info.summary}\n" for name, info in found.items()))
    return 0
