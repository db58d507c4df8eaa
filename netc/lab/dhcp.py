"""What chains with dhcp need in a sandbox: servers on its links, and the daemons that keep the leases."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress

from netc.cni import conflist
from netc.cni.errors import CniError
from netc.cni.gojson import Json
from netc.cni.process import ProcessExecutor
from netc.kernel import Kernel
from netc.lab.topology import PEER_ADDRESSES

#: How long the daemon of a plugin binary has to begin to listen, in seconds.
_START = 5.0
#: How long a server is waited for: one of the sandbox answers at once, or never.
_PATIENCE = 5.0


@contextmanager
def lent(documents: Iterable[Json], peer: str, *, binaries: Sequence[str] | None) -> Iterator[None]:
    """While the `with` lasts, whoever asks for an address on the host's links or the peer's (a path) is lent one.

    `documents` are the conflists. The daemons are those of the plugin in the folders `binaries`; netc's, where that is
    None. Nothing is started where no chain has dhcp.
    """
    sockets = _sockets(documents)
    if not sockets:
        yield
        return
    from netc.lab.dhcp_server import Server, Terms

    with ExitStack() as stack:
        kernel = Kernel()
        stack.callback(kernel.close)
        for namespace in (kernel.here(), kernel.at(peer)):
            stack.enter_context(Server(namespace, Terms(PEER_ADDRESSES[0])))
        for path in sockets:
            stack.enter_context(_own_daemon(path) if binaries is None else _binary(path, binaries))
        yield


def _sockets(documents: Iterable[Json]) -> list[str]:
    """Where the chains look for their daemon, each path once."""
    from netc.plugins.dhcp.config import socket_path

    found: dict[str, None] = {}
    for document in documents:
        with suppress(CniError):  # what no runtime loads, or the plugin refuses, is told by whoever runs it
            for one in conflist.parse(document).plugins:
                if one.ipam_type == "dhcp":
                    found[socket_path(one.body)] = None
    return list(found)


@contextmanager
def _own_daemon(path: str) -> Iterator[None]:
    from netc.plugins.dhcp.client import Patience
    from netc.plugins.dhcp.daemon import Daemon, Settings

    with Daemon(Settings(path, patience=Patience(1.0, resend_timeout=_PATIENCE)), lambda line: None) as daemon:
        serving = threading.Thread(target=daemon.serve, name="dhcp daemon", daemon=True)
        serving.start()
        try:
            yield
        finally:
            daemon.stop()
            serving.join()


@contextmanager
def _binary(path: str, folders: Sequence[str]) -> Iterator[None]:
    try:
        program = ProcessExecutor(folders).find("dhcp")
    except CniError:  # ADD says so, at the plugin's place
        yield
        return
    words = [program, "daemon", "-socketpath", path, "-resendtimeout", f"{_PATIENCE:g}s", "-timeout", "1s"]
    daemon = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + _START
        while not os.path.exists(path) and daemon.poll() is None and time.monotonic() < until:
            time.sleep(0.01)
        yield
    finally:
        daemon.terminate()
        daemon.wait()
        with suppress(OSError):
            os.unlink(path)
