"""Work done by several processes at a time: each is forked, and sends what it came to through a pipe."""

from __future__ import annotations

import os
import pickle
import signal
import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from netc.lab.syscalls import die_with_parent

T = TypeVar("T")

_SIZE = struct.Struct("!IQ")


def run(count: int, work: Callable[[int], T], tell: Callable[[T], None], jobs: int) -> list[T]:
    """`work(0)` to `work(count - 1)`, by at most `jobs` processes; `tell` hears of each as it ends. In order.

    What a `work` raises is raised here, and the others are ended first; so are they on Ctrl-C.
    """
    if jobs <= 1 or count <= 1:
        found = []
        for index in range(count):
            found.append(work(index))
            tell(found[-1])
        return found
    return _Team(count, work, tell).run(min(jobs, count))


class _Team:
    def __init__(self, count: int, work: Callable[[int], T], tell: Callable[[T], None]) -> None:
        self._count, self._work, self._tell = count, work, tell
        self._workers: dict[int, int] = {}
        self._found: dict[int, object] = {}

    def run(self, jobs: int) -> list[T]:
        import select

        waiting, turns = os.pipe()
        os.write(turns, bytes(struct.pack(f"!{self._count}I", *range(self._count))))
        os.close(turns)
        sys.stdout.flush()
        sys.stderr.flush()
        try:
            for _ in range(jobs):
                self._hire(waiting)
            while self._workers:
                ready, _, _ = select.select(list(self._workers), [], [])
                for reader in ready:
                    self._hear(reader)
        finally:
            os.close(waiting)
            self._end()
        return [self._found[index] for index in range(self._count)]  # type: ignore[misc]

    def _hire(self, waiting: int) -> None:
        reader, writer = os.pipe()
        pid = os.fork()
        if pid:
            os.close(writer)
            self._workers[reader] = pid
            return
        code = 1
        try:
            die_with_parent()
            os.close(reader)
            for inherited in self._workers:
                os.close(inherited)
            while len(turn := os.read(waiting, 4)) == 4:
                (index,) = struct.unpack("!I", turn)
                try:
                    answer: tuple[bool, object] = True, self._work(index)
                except Exception as error:  # noqa: BLE001 - it is the caller's, in the process that asked
                    answer = False, error
                data = pickle.dumps(answer)
                _send(writer, _SIZE.pack(index, len(data)) + data)
            code = 0
        except KeyboardInterrupt:
            pass
        finally:
            os._exit(code)

    def _hear(self, reader: int) -> None:
        head = _exactly(reader, _SIZE.size)
        if len(head) < _SIZE.size:
            os.close(reader)
            _, status = os.waitpid(self._workers.pop(reader), 0)
            if status:
                raise RuntimeError(f"a process that ran tests ended with status {os.waitstatus_to_exitcode(status)}")
            return
        index, size = _SIZE.unpack(head)
        sound, value = pickle.loads(_exactly(reader, size))
        if not sound:
            raise value
        self._found[index] = value
        self._tell(value)

    def _end(self) -> None:
        for pid in self._workers.values():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        for reader, pid in self._workers.items():
            os.close(reader)
            with suppress(ChildProcessError):
                os.waitpid(pid, 0)
        self._workers.clear()


def _exactly(reader: int, count: int) -> bytes:
    data = b""
    while len(data) < count:
        part = os.read(reader, count - len(data))
        if not part:
            break
        data += part
    return data


def _send(writer: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(writer, view) :]
