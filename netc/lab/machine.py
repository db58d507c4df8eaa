"""The machine itself as the host of a container: what is done here is real, and taken back.

Containers get namespaces of their own, by names below /run/netns that go when it is over.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from netc.lab import syscalls
from netc.lab.sandbox import NETNS
from netc.lab.signals import held, terminable
from netc.lab.topology import name_namespace, new_namespace
from netc.lab.unavailable import SandboxUnavailable

T = TypeVar("T")


class Machine:
    """The network namespaces that were named on the machine for a while."""

    def __init__(self) -> None:
        self._named: list[str] = []

    def add_namespace(self, name: str) -> str:
        """A new network namespace at `/run/netns/NAME`: its path."""
        return new_namespace(self._path(name))

    def bind_namespace(self, fd: int, name: str) -> str:
        """An open network namespace at `/run/netns/NAME`: its path."""
        path = self._path(name)
        name_namespace(path, f"/proc/self/fd/{fd}")
        return path

    def _path(self, name: str) -> str:
        os.makedirs(NETNS, exist_ok=True)
        self._named.append(f"{NETNS}/{name}")
        return self._named[-1]

    def forget(self) -> None:
        """Take the names away; a new namespace ends with its name."""
        for path in self._named:
            with suppress(OSError):
                syscalls.unmount(path)
            with suppress(FileNotFoundError):
                os.unlink(path)


def run(function: Callable[[Machine], T]) -> T:
    """What `function` returns, run on the machine by this process. Raises `SandboxUnavailable` for who may not.

    SIGTERM and SIGHUP unwind it, as Ctrl-C does, before they end the process.
    """
    if os.geteuid() != 0:
        raise SandboxUnavailable("only root may change the machine's network", help="run netc as root, or in a sandbox")
    machine = Machine()
    with terminable():
        try:
            return function(machine)
        finally:
            with held():
                machine.forget()
