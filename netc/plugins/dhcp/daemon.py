"""The daemon that keeps leases, and how it is spoken to: a line of JSON each way, over a Unix socket.

A request is `{"method", "env", "config"}`, its env the CNI_ variables of the call; the answer is `{"result"}`, which is
null but for Allocate, or `{"error"}`. The protocol is netc's own: the reference's daemon speaks another one.
"""

from __future__ import annotations

import errno
import json
import os
import socket
import socketserver
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from netc.cni.decode import Keys, base_config
from netc.cni.errors import CniError
from netc.cni.plugin import Environment
from netc.cni.result_json import render
from netc.dataclass import dataclass
from netc.kernel import KernelError
from netc.plugins.dhcp.client import DhcpError, Patience
from netc.plugins.dhcp.config import SOCKET, lease_key, load
from netc.plugins.dhcp.leases import Leases, result

#: A request with more bytes than this is refused.
_LONGEST = 1 << 20
#: The version that results travel in.
_VERSION = "1.1.0"
#: The first file descriptor that a service manager hands over.
_HANDED = 3


@dataclass(frozen=True, slots=True)
class Settings:
    """How a daemon works: where it listens, how long it waits, and what comes before the paths of namespaces."""

    socket_path: str = SOCKET
    pidfile: str = ""
    host_prefix: str = ""
    patience: Patience = Patience()


class DaemonError(Exception):
    """The daemon can't start. `help` is the fix."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.help = help


# ---- asking --------------------------------------------------------------------------------------------------------


def ask(path: str, method: str, env: Environment, config: Mapping[str, Any]) -> Any:
    """What the daemon at a socket answers. Raises `DhcpError` with the text that dhcp's caller hears."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        try:
            connection.connect(path)
        except OSError as error:
            why = (os.strerror(error.errno) if error.errno else "invalid argument").lower()
            raise DhcpError(f"error dialing DHCP daemon: dial unix {path}: connect: {why}") from None
        variables = env.variables()
        if env.netns:
            variables["CNI_NETNS"] = os.path.abspath(env.netns)
        request = {"method": method, "env": variables, "config": config}
        try:
            connection.sendall(json.dumps(request).encode() + b"\n")
            with connection.makefile("rb") as stream:
                answer = _object(stream.readline())
        except OSError as error:
            raise DhcpError(f"error calling DHCP.{method}: {os.strerror(error.errno or 0).lower()}") from None
    if answer is None:
        raise DhcpError(f"error calling DHCP.{method}: what listens at {path} is not netc's dhcp daemon")
    if "error" in answer:
        raise DhcpError(f"error calling DHCP.{method}: {answer['error']}")
    return answer.get("result")


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


# ---- answering -----------------------------------------------------------------------------------------------------


def answer(leases: Leases, settings: Settings, line: bytes) -> dict[str, Any]:
    """The answer to a request: `{"result"}` or `{"error"}`, whatever the line is."""
    request = _object(line)
    if request is None or not all(isinstance(request.get(key), dict) for key in ("env", "config")):
        return {"error": "a request is an object with method, env and config"}
    method = _METHODS.get(str(request.get("method")))
    if method is None:
        return {"error": f"there is no method {request.get('method')}"}
    try:
        env = Environment.of({key: str(value) for key, value in request["env"].items()})
        return {"result": method(leases, settings, env, request["config"])}
    except (CniError, DhcpError, KernelError) as error:
        return {"error": str(error)}


def _allocate(leases: Leases, settings: Settings, env: Environment, config: Mapping[str, Any]) -> Any:
    key = _key(env, config)
    wanted = load(config, env.args, key)
    lease = leases.allocate(key, settings.host_prefix + env.netns, env.ifname, wanted.wish)
    try:
        return render(result(lease, wanted.priority), _VERSION)
    except DhcpError:
        leases.release(key)
        raise


def _release(leases: Leases, settings: Settings, env: Environment, config: Mapping[str, Any]) -> None:
    leases.release(_key(env, config))


def _collect(leases: Leases, settings: Settings, env: Environment, config: Mapping[str, Any]) -> None:
    valid = base_config(Keys(config, prefix="", struct="NetConf"), "").valid_attachments
    leases.collect(str(config.get("name", "")), valid, lease_key)


def _status(leases: Leases, settings: Settings, env: Environment, config: Mapping[str, Any]) -> None:
    """Nothing: a daemon that answers works."""


_METHODS: Mapping[str, Callable[[Leases, Settings, Environment, Mapping[str, Any]], Any]] = {
    "Allocate": _allocate, "Release": _release, "Collect": _collect, "Status": _status,
}  # fmt: skip


def _key(env: Environment, config: Mapping[str, Any]) -> str:
    return lease_key(env.container_id, str(config.get("name", "")), env.ifname)


# ---- the daemon ----------------------------------------------------------------------------------------------------


class Daemon:
    """Listens from its making on; `serve` answers until `stop`. A context manager that takes away what it made.

    Raises `DaemonError` where the socket or the pidfile can't be made. The socket is its owner's alone, since whoever
    can speak to a daemon can change the networks of the machine.
    """

    def __init__(self, settings: Settings, log: Callable[[str], None]) -> None:
        self.leases = Leases(settings.patience, log)
        handed = _handed_over()
        self._made = [] if handed is not None else [settings.socket_path]
        self._server = _Server(
            handed or _listening(settings.socket_path), lambda line: answer(self.leases, settings, line)
        )
        if settings.pidfile:
            try:
                Path(settings.pidfile).write_text(f"{os.getpid()}\n", encoding="ascii")
            except OSError as error:
                self.close()
                raise DaemonError(f"{settings.pidfile} can't be written: {error.strerror}") from None
            self._made.append(settings.pidfile)

    def __enter__(self) -> Daemon:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def serve(self) -> None:
        """Answer requests, each in a thread of its own, until `stop`."""
        self._server.serve_forever(poll_interval=0.1)

    def stop(self) -> None:
        """Let `serve` return. To be called from another thread."""
        self._server.shutdown()

    def close(self) -> None:
        """Listen no longer. Leases are not given back: the containers go on with them."""
        self._server.server_close()
        for path in self._made:
            with suppress(OSError):
                os.unlink(path)
        self.leases.close()


class _Server(socketserver.ThreadingMixIn, socketserver.BaseServer):
    """Answers each line of each connection."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, listener: socket.socket, answer: Callable[[bytes], dict[str, Any]]) -> None:
        super().__init__(listener.getsockname(), socketserver.BaseRequestHandler)
        self.listener, self.answer = listener, answer

    def fileno(self) -> int:
        return self.listener.fileno()

    def get_request(self) -> tuple[socket.socket, Any]:
        return self.listener.accept()

    def finish_request(self, request: Any, client_address: Any) -> None:
        with suppress(OSError), request, request.makefile("rb") as lines:
            while line := lines.readline(_LONGEST):
                request.sendall(json.dumps(self.answer(line)).encode() + b"\n")

    def server_close(self) -> None:
        self.listener.close()


def _handed_over() -> socket.socket | None:
    """The socket that a service manager has opened already (`LISTEN_FDS`, one of them); None without one."""
    if os.environ.get("LISTEN_PID") == str(os.getpid()) and os.environ.get("LISTEN_FDS") == "1":
        return socket.socket(fileno=_HANDED)
    return None


def _listening(path: str) -> socket.socket:
    """A socket at a path, where nobody listens yet."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        os.makedirs(os.path.dirname(path) or ".", mode=0o700, exist_ok=True)
        if _stale(path):
            os.unlink(path)
        listener.bind(path)
        os.chmod(path, 0o600)
        listener.listen(128)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            help = "stop it first, or give this one a socket of its own: -socketpath PATH"
            raise DaemonError(f"something listens at {path} already", help) from None
        raise DaemonError(f"{path} can't be listened at: {error.strerror or error}") from None
    return listener


def _stale(path: str) -> bool:
    """Whether a socket is left over from a daemon that is gone."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            return os.path.exists(path)
        except OSError:
            return False
    return False
