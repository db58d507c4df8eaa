"""Moving the calling thread between network namespaces, and telling a namespace's file from any other file."""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

from netc.kernel.errors import KernelError, errno_text

CLONE_NEWNET = 0x40000000
_NS_GET_NSTYPE = 0xB703
_EXIT_LOST = 70


@cache
def _setns() -> Callable[[int, int], None]:
    """setns(2): Python has it since 3.12, before that the C library is asked."""
    native: Callable[[int, int], None] | None = getattr(os, "setns", None)
    if native is not None:
        return native
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)

    def call(fd: int, kind: int) -> None:
        if libc.setns(fd, kind):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))

    return call


def open_here() -> int:
    """A file descriptor of the calling thread's network namespace."""
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


@contextmanager
def entered(fd: int) -> Iterator[None]:
    """The calling thread, and no other, is in namespace `fd` inside the `with`.

    A thread that can't come back would do its later work in the wrong namespace: the process ends then.
    """
    back = open_here()
    try:
        _setns()(fd, CLONE_NEWNET)
        try:
            yield
        finally:
            try:
                _setns()(back, CLONE_NEWNET)
            except OSError as error:
                sys.stderr.write(f"netc: can't return to its network namespace ({error}), giving up\n")
                sys.stderr.flush()
                os._exit(_EXIT_LOST)
    finally:
        os.close(back)


def open_namespace(path: str) -> int:
    """A file descriptor of the network namespace at `path`; raises `KernelError`.

    Its messages are those of the reference plugins: `failed to Statfs "PATH": ...` for a path that can't be reached,
    `unknown FS magic on "PATH": HEX` for a file that is no namespace.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        number = getattr(error, "errno", None) or 22
        text = f'failed to Statfs "{path}": {errno_text(number)}'
        raise KernelError(number, f"open netns {path}", reason=text) from None
    try:
        kind = fcntl.ioctl(fd, _NS_GET_NSTYPE)
    except OSError:
        magic = _file_system(fd)
        os.close(fd)
        raise KernelError(22, f"open netns {path}", reason=f'unknown FS magic on "{path}": {magic:x}') from None
    if kind != CLONE_NEWNET:
        os.close(fd)
        raise KernelError(22, f"open netns {path}", reason=f'"{path}" is a namespace, but not a network namespace')
    return fd


def _file_system(fd: int) -> int:
    """The magic number of the file system that a file lies on (statfs(2); Python's statvfs leaves it out)."""
    import ctypes

    buffer = (ctypes.c_long * 64)()
    if ctypes.CDLL(None).fstatfs(fd, buffer):
        return 0
    return int(buffer[0]) & 0xFFFFFFFF
