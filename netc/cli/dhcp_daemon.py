"""`netc plugin dhcp daemon`: the part of dhcp that stays, with the flags of the reference's daemon."""

from __future__ import annotations

import argparse
import re
import signal
import threading
from typing import TYPE_CHECKING

from netc.cli.terminal import complain, say

if TYPE_CHECKING:
    from netc.plugins.dhcp.daemon import Daemon

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_OPTIONS = ("socketpath", "pidfile", "hostprefix", "broadcast", "timeout", "resendmax", "resendtimeout")


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the daemon's flags. Each can be written with one dash, as the reference's are, or with two."""
    group = parser.add_argument_group("netc plugin dhcp daemon")
    for name, metavar, help in (
        ("socketpath", "PATH", "where it listens (/run/cni/dhcp.sock)"),
        ("pidfile", "PATH", "write the process id there"),
        ("hostprefix", "DIR", "what comes before the paths of namespaces"),
    ):
        group.add_argument(f"-{name}", f"--{name}", metavar=metavar, help=help)
    group.add_argument(
        "-broadcast", "--broadcast", action="store_true", default=None,
        help="ask servers to answer to everybody, for interfaces that share a MAC address",
    )  # fmt: skip
    for name, help in (
        ("timeout", "how long one answer is waited for (10s)"),
        ("resendmax", "the longest wait between two tries (62s)"),
        ("resendtimeout", "when to give up (208s)"),
    ):
        group.add_argument(f"-{name}", f"--{name}", metavar="TIME", type=_seconds, help=help)


def _seconds(text: str) -> float:
    """A duration as Go writes it: 10s, 1m30s, 500ms."""
    pieces = _DURATION.findall(text)
    if "".join(number + unit for number, unit in pieces) != text or not text:
        raise argparse.ArgumentTypeError(f"{text!r} is no duration: write 10s, 500ms or 1m30s")
    return sum(float(number) * _UNITS[unit] for number, unit in pieces)


def given(arguments: argparse.Namespace) -> list[str]:
    """The flags that are there."""
    return [f"-{name}" for name in _OPTIONS if getattr(arguments, name) is not None]


def run(arguments: argparse.Namespace) -> int:
    """Keep leases until SIGTERM (0) or Ctrl-C (130)."""
    from netc.plugins.dhcp.client import Patience
    from netc.plugins.dhcp.config import SOCKET
    from netc.plugins.dhcp.daemon import Daemon, DaemonError, Settings

    chosen = {
        field: value
        for field, value in (
            ("timeout", arguments.timeout), ("resend_max", arguments.resendmax),
            ("resend_timeout", arguments.resendtimeout), ("broadcast", arguments.broadcast),
        ) if value is not None
    }  # fmt: skip
    settings = Settings(
        arguments.socketpath or SOCKET, arguments.pidfile or "", arguments.hostprefix or "", Patience(**chosen)
    )
    # Before any thread is made: each inherits the mask, and the signals wait for the one that asks for them.
    usual = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))
    try:
        return _keep(Daemon(settings, say), settings.socket_path)
    except DaemonError as refused:
        complain(str(refused), refused.help)
        return 3
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, usual)


def _keep(daemon: Daemon, path: str) -> int:
    with daemon:
        serving = threading.Thread(target=daemon.serve)
        serving.start()
        say(f"keeping leases for whoever asks at {path}")
        number = signal.sigwait((signal.SIGINT, signal.SIGTERM))
        daemon.stop()
        serving.join()
    return 130 if number == signal.SIGINT else 0
