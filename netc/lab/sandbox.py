"""A sandbox: a host, an outside peer and containers that are namespaces of their own, on a machine that is not touched.

`run` forks twice. The first child makes the namespaces (a user namespace first, where the caller is not root); the
second is the first process of the new pid namespace, lays the files and links, and runs the function. Nothing in it
has a name on the machine: namespaces die with their last process, the first process takes every other one along, and
the kernel kills both children when netc goes, in whatever way it goes.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import NoReturn, TypeVar, cast

from netc.dataclass import dataclass
from netc.lab import syscalls
from netc.lab.signals import SIGNALS, terminable
from netc.lab.unavailable import SandboxUnavailable, explain

T = TypeVar("T")

#: Network namespaces inside, by name.
NETNS = "/run/netns"


@dataclass(frozen=True, slots=True)
class Sandbox:
    """The inside: paths of its network namespaces. `host` is the one that the process is in.

    `pid` is a process of the inside as the machine numbers it: the way in for others, in the same namespaces.
    """

    host: str = f"{NETNS}/host"
    peer: str = f"{NETNS}/peer"
    pid: int = 0

    def add_namespace(self, name: str) -> str:
        """A new network namespace (`lo` down, as a runtime hands it over) at `/run/netns/NAME`: its path."""
        from netc.lab.topology import new_namespace

        return new_namespace(f"{NETNS}/{name}")

    def bind_namespace(self, fd: int, name: str) -> str:
        """An open network namespace of the machine at `/run/netns/NAME`: its path."""
        from netc.lab.topology import name_namespace

        path = f"{NETNS}/{name}"
        name_namespace(path, f"/proc/self/fd/{fd}")
        return path

    def remove_namespace(self, name: str) -> None:
        """Take the namespace's name away; it dies when nothing holds it any more."""
        syscalls.unmount(f"{NETNS}/{name}")
        os.unlink(f"{NETNS}/{name}")


def run(function: Callable[[Sandbox], T], *, state: Iterable[str] = (), keep: Iterable[str] = ()) -> T:
    """What `function` returns inside a new sandbox, in a process of its own (so it must pickle, as what it raises).

    `state` are absolute folders that a configuration keeps state in: empty and writable inside, untouched outside.
    `keep` are files and folders that must be readable even if they lie under a fresh folder (/run). Raises
    `SandboxUnavailable` where the machine can't; Ctrl-C and SIGTERM end everything inside before they are raised here.
    """
    if not sys.platform.startswith("linux"):
        raise SandboxUnavailable(
            "a sandbox is made of Linux namespaces, and this is not Linux", help="run netc on Linux, or in a Linux VM"
        )
    _load()
    inside = _Inside(function, tuple(state), (*keep, *_own_files()), os.geteuid())
    outcome = _supervise(inside, own_processes=True)
    if outcome.kind == "no-proc":
        outcome = _supervise(inside, own_processes=False)
    return cast("T", outcome.settle())


def _load() -> None:
    """Import outside what the inside needs: once for all sandboxes of a process, and where Python can cache it."""
    from netc.kernel import links
    from netc.lab import filesystem, topology  # noqa: F401 - loaded, not used

    links.query()  # loads the message classes


def _own_files() -> list[str]:
    """What this process still has to read inside: the interpreter, its packages, netc; and the machine's resolver."""
    import netc

    folders = [str(Path(netc.__file__).parent.parent), sys.prefix, sys.base_prefix, *sys.path]
    return [folder for folder in folders if os.path.isabs(folder)] + ["/etc/resolv.conf"]


@dataclass(frozen=True, slots=True)
class _Outcome:
    """How the inside ended: `value`, `raised` (with its traceback), `unavailable`, `no-proc`, or `died`."""

    kind: str
    payload: object = None
    traceback: str = ""

    def settle(self) -> object:
        if self.kind == "value":
            return self.payload
        if isinstance(self.payload, BaseException):
            if self.traceback:
                self.payload.add_note(self.traceback)
            raise self.payload
        raise RuntimeError(f"the sandbox's process died: {self.payload}")


@dataclass(frozen=True, slots=True)
class _Inside:
    """What runs in the children."""

    function: Callable[[Sandbox], object]
    state: tuple[str, ...]
    keep: tuple[str, ...]
    euid: int

    def enter(self, report: int, outside: int, *, own_processes: bool) -> NoReturn:
        """The first child: makes the namespaces, then waits for the second, which works in them."""
        try:
            _unshare(own_processes)
            syscalls.die_with_parent()
            _end_if_closed(outside)
            outer = os.getpid()
            if not own_processes:
                os.setpgid(0, 0)
                signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
                self._work(report, outer, own_processes=False)
            reader, writer = os.pipe()
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
            child = os.fork()
            if child == 0:
                signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD, *SIGNALS})
                os.close(writer)
                syscalls.die_with_parent()
                _end_if_closed(reader)
                self._work(report, outer, own_processes=True)
            os.close(report)
            os._exit(_watch_over(child))
        except OSError as error:
            _tell(report, _Outcome("unavailable", explain(error, euid=self.euid)))
        finally:
            os._exit(1)

    def _work(self, report: int, outer: int, *, own_processes: bool) -> NoReturn:
        outcome = _Outcome("died", "it did not say why")
        try:
            outcome = self._outcome(outer, own_processes)
        except BaseException as error:  # noqa: BLE001 - whatever it is, it belongs to the caller outside
            import traceback

            outcome = _Outcome("raised", error, traceback.format_exc())
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            _tell(report, outcome)
            os._exit(0)

    def _outcome(self, outer: int, own_processes: bool) -> _Outcome:
        from netc.lab import filesystem

        os.environ["PATH"] = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))
        try:
            filesystem.isolate(self.state, self.keep, own_processes=own_processes)
        except OSError as error:
            if own_processes and error.filename == "mount /proc":
                return _Outcome("no-proc")
            return _Outcome("unavailable", explain(error, euid=self.euid))
        from netc.lab.topology import lay

        sandbox = Sandbox(pid=outer)
        try:
            lay(sandbox)
        except OSError as error:
            return _Outcome("unavailable", explain(error, euid=self.euid))
        return _Outcome("value", self.function(sandbox))


def _unshare(own_processes: bool) -> None:
    """New namespaces for this process (and, of processes, for its children); raises OSError.

    Root needs no user namespace, unless it is the powerless root of a container.
    """
    flags = syscalls.CLONE_NEWNET | syscalls.CLONE_NEWNS | (syscalls.CLONE_NEWPID if own_processes else 0)
    if os.geteuid() == 0:
        try:
            return syscalls.unshare(flags)
        except PermissionError:
            pass
    maps = (("setgroups", "deny"), ("uid_map", f"0 {os.geteuid()} 1"), ("gid_map", f"0 {os.getegid()} 1"))
    syscalls.unshare(flags | syscalls.CLONE_NEWUSER)
    for name, text in maps:
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)
    return None


def _watch_over(child: int) -> int:
    """Wait for the first process of a pid namespace, ending it on SIGTERM; its exit status.

    It is gone only when every other process of its namespace is. SIGCHLD and SIGTERM are blocked.
    """
    while True:
        if signal.sigwait({signal.SIGCHLD, signal.SIGTERM}) == signal.SIGTERM:
            os.kill(child, signal.SIGKILL)
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status) & 0xFF


def _supervise(inside: _Inside, *, own_processes: bool) -> _Outcome:
    """Fork, wait for the outcome, and see that nothing outlives this call."""
    report, writer = os.pipe()
    alive_reader, alive = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    with terminable():
        # A signal between the fork and the child's own dispositions would run the caller's code twice.
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        child = os.fork()
        if child == 0:
            try:
                for number in SIGNALS:  # what the terminal sends to all of us is for the one outside to act on
                    signal.signal(number, signal.SIG_DFL if number == signal.SIGTERM else signal.SIG_IGN)
                os.close(report)
                os.close(alive)
                inside.enter(writer, alive_reader, own_processes=own_processes)
            finally:
                os._exit(1)
        try:
            os.close(writer)
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
            data = _read_all(report)
            if not own_processes:
                _end(child, own_processes)  # what it has left behind, which no pid namespace ends
            _, status = os.waitpid(child, 0)
            child = 0
        finally:
            if child:
                _end(child, own_processes)
                os.waitpid(child, 0)
            for fd in (report, alive_reader, alive):
                os.close(fd)
    if not data:
        return _Outcome("died", f"exit status {os.waitstatus_to_exitcode(status)}")
    outcome = pickle.loads(data)
    assert isinstance(outcome, _Outcome)
    return outcome


def _end(child: int, own_processes: bool) -> None:
    """Have the first child end all that is inside; it ends itself when that is done."""
    with suppress(ProcessLookupError):
        if own_processes:
            os.kill(child, signal.SIGTERM)
            return
        with suppress(ProcessLookupError):  # it may not have made its group yet
            os.killpg(child, signal.SIGKILL)
        os.kill(child, signal.SIGKILL)


def _end_if_closed(fd: int) -> None:
    """End this process if the one that holds the pipe's other end is gone: it went before it was watched."""
    import select

    poll = select.poll()
    poll.register(fd, select.POLLHUP)
    if poll.poll(0):
        os._exit(1)


def _read_all(fd: int) -> bytes:
    parts = []
    while part := os.read(fd, 1 << 16):
        parts.append(part)
    return b"".join(parts)


def _tell(fd: int, outcome: _Outcome) -> None:
    try:
        data = pickle.dumps(outcome)
        pickle.loads(data)
    except Exception as error:  # noqa: BLE001 - user classes may fail in any way when they are pickled
        payload = RuntimeError(f"{type(outcome.payload).__name__} can't leave the sandbox: {error}")
        data = pickle.dumps(_Outcome("raised", payload, outcome.traceback))
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
