"""`netc run`: a command, or a container of Docker or Podman, on a network."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from netc.cli import attach, containers, project
from netc.cli.terminal import complain, say
from netc.dataclass import replace

if TYPE_CHECKING:
    from netc.lab.lifecycle import Hold, Options
    from netc.lab.report import AttachReport
    from netc.model import Pod

EXAMPLES = """examples:
  netc run dbnet.netc -- ip address                 in a sandbox: as any user, the machine is not touched
  netc run team.netc web -- bash                    a shell to look around in
  netc run dbnet.netc -- ping -c 1 198.51.100.1     the sandbox has a peer outside
  netc run dbnet.netc --plugins exec -- ip route    with the plugin binaries on CNI_PATH
  netc run dbnet.netc --host -- ping -c 1 10.1.0.1  on this machine's own network (root; asks first)
  netc run dbnet.netc --podman busybox -- ip addr   a container of Podman on it; --docker for one of Docker

The network is taken down when the command ends, in whatever way. The exit code is the command's, 128 + N where signal
N ended it; netc's own failures have its own codes: 1 a chain that failed, 2 wrong use, 3 this machine can't."""

#: What stands behind `--` is the command's.
TAKES_COMMAND = True
_UNABLE = 3


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.usage = "netc run [options] FILE [NETWORK|POD] -- COMMAND..."
    parser.add_argument(
        "words", metavar="FILE [NETWORK|POD] -- COMMAND", nargs="*", help="what to join, and what to run"
    )
    parser.add_argument(
        "--host", action="store_true", help="on this machine's own network, not in a sandbox; asks first"
    )
    parser.add_argument("--yes", action="store_true", help="with --host, --docker or --podman: do not ask")
    engine = parser.add_mutually_exclusive_group()
    for name in ("docker", "podman"):
        engine.add_argument(
            f"--{name}", metavar="IMAGE", help=f"run it in a container of {name.title()}, on this machine's own network"
        )
    attach.add_request_arguments(parser)
    parser.set_defaults(host=False, yes=False)
    project.add_input_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Attach, run, detach."""
    try:
        command = _split(arguments)
        arguments.host = arguments.host or bool(_engine(arguments))
        options = attach.options_of(arguments)
        pod = attach.pod_of(arguments)
    except project.Misuse as misuse:
        return project.report(misuse)
    if pod is None:
        return 1
    if attach.lacks_binaries(pod, options):
        return _UNABLE
    if options.on_machine and not attach.may_change_the_machine(pod, arguments):
        return 2
    return _run(pod, options, arguments, command)


def _split(arguments: argparse.Namespace) -> list[str]:
    """Puts file and network where `attach` looks for them, and returns the command; raises `Misuse`."""
    words, command = arguments.words, arguments.behind
    if not 1 <= len(words) <= 2:
        what = "no file" if not words else f"{len(words)} words before --"
        raise project.Misuse(what, "netc run FILE [NETWORK|POD] -- COMMAND")
    if not command and not _engine(arguments):
        raise project.Misuse("there is no command", "write it behind --: netc run dbnet.netc -- ip address")
    arguments.file, arguments.network = [*words, None][:2]
    if arguments.file == "-":
        raise project.Misuse("a file from stdin leaves none for the command", "name the file")
    return list(command)


def _engine(arguments: argparse.Namespace) -> tuple[str, str] | None:
    """`docker` or `podman` with the image, where a container was asked for."""
    for name in ("docker", "podman"):
        image = getattr(arguments, name)
        if image is not None:
            return name, image
    return None


def _run(pod: Pod, options: Options, arguments: argparse.Namespace, command: Sequence[str]) -> int:
    from netc.lab.lifecycle import attach as live
    from netc.lab.unavailable import SandboxUnavailable

    engine = _engine(arguments)
    try:
        with ExitStack() as stack:
            if engine is None:
                started = stack.enter_context(_patient(in_sandbox=not options.on_machine))
                options = replace(options, hold=_command(command, started))
            else:
                options = stack.enter_context(containers.joined(*engine, command, options))
            report = live(pod, options)
    except SandboxUnavailable as refused:
        complain(str(refused), refused.help)
        return _UNABLE
    except containers.EngineError as refused:
        complain(str(refused), refused.help)
        return _UNABLE
    return _answer(report, arguments)


def _answer(report: AttachReport, arguments: argparse.Namespace) -> int:
    """The command's exit code; netc's, with the reason, where it was not run or could not be cleaned up after."""
    for failure in report.failures:
        where = f" ({failure.place})" if failure.place is not None else ""
        complain(f"{failure.command} failed{where}: {failure.msg}", f"netc attach {arguments.file} shows all of it")
    if isinstance(report.held, int):
        # The container's own namespace goes with the command, whatever that did in it.
        left = [f"{change.kind} {change.name}" for change in report.leftovers if change.netns == "host"]
        if left:
            say(f"netc: DEL left behind: {', '.join(left[:5])}")
        return report.held
    return 1


def _command(command: Sequence[str], started: int) -> Hold:
    folder = os.getcwd()

    def hold(_: Any, netns: str, dns: Mapping[str, Any]) -> int:
        from netc.lab import command as inside

        os.write(started, b"1")
        sys.stdout.flush()
        return inside.run(netns, command, folder, dns)

    return hold


@contextmanager
def _patient(*, in_sandbox: bool) -> Iterator[int]:
    """Ctrl-C, once the command runs, is the command's: it ends, and netc after it. A second one ends both.

    Gives the descriptor to write to when the command starts.
    """
    import select

    heard = 0
    reader, started = os.pipe()

    def interrupted(*_: object) -> None:
        nonlocal heard
        heard += 1
        if heard > 1 or not select.select([reader], [], [], 0)[0]:
            raise KeyboardInterrupt

    # On the machine this process waits for the command itself, and hears of Ctrl-C by itself.
    before = signal.signal(signal.SIGINT, interrupted) if in_sandbox else None
    try:
        yield started
    finally:
        if before is not None:
            signal.signal(signal.SIGINT, before)
        os.close(reader)
        os.close(started)
