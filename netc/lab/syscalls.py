"""The system calls behind a sandbox that Python's `os` has no function for."""

from __future__ import annotations

import ctypes
import os
import signal
from functools import cache

# sched.h
CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x00020000, 0x10000000, 0x20000000, 0x40000000
# mount.h
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_NOATIME, MS_NODIRATIME = 1, 2, 4, 8, 32, 1024, 2048
MS_BIND, MS_REC, MS_PRIVATE, MS_RELATIME, MS_STRICTATIME = 4096, 16384, 1 << 18, 1 << 21, 1 << 24
#: Linux 5.12; new system calls have the same number on every architecture.
_MOUNT_SETATTR = 442
_AT_FDCWD, _AT_RECURSIVE, _MOUNT_ATTR_RDONLY = -100, 0x8000, 1
_MNT_DETACH = 2
_PR_SET_PDEATHSIG = 1


class _MountAttr(ctypes.Structure):
    _fields_ = (
        ("attr_set", ctypes.c_uint64),
        ("attr_clr", ctypes.c_uint64),
        ("propagation", ctypes.c_uint64),
        ("userns_fd", ctypes.c_uint64),
    )


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), what)


def unshare(flags: int) -> None:
    """unshare(2). CLONE_NEWUSER needs a process of one thread."""
    _checked(_libc().unshare(flags), "unshare")


def setns(fd: int, kind: int) -> None:
    """setns(2) of the calling thread."""
    _checked(_libc().setns(fd, kind), "setns")


def mount(source: str | None, target: str, kind: str | None, flags: int = 0, data: str | None = None) -> None:
    """mount(2)."""
    encoded = (text.encode() if text is not None else None for text in (source, target, kind))
    _checked(
        _libc().mount(*encoded, ctypes.c_ulong(flags), data.encode() if data is not None else None), f"mount {target}"
    )


def unmount(target: str) -> None:
    """umount2(2), lazily: what is still in use goes when it is not any more."""
    _checked(_libc().umount2(target.encode(), _MNT_DETACH), f"umount {target}")


def make_read_only(path: str) -> None:
    """The mount at `path` and every mount below it, read-only (mount_setattr(2)); ENOSYS before Linux 5.12."""
    attributes = _MountAttr(_MOUNT_ATTR_RDONLY, 0, 0, 0)
    _checked(
        _libc().syscall(
            ctypes.c_long(_MOUNT_SETATTR),
            ctypes.c_int(_AT_FDCWD),
            path.encode(),
            ctypes.c_uint(_AT_RECURSIVE),
            ctypes.byref(attributes),
            ctypes.c_size_t(ctypes.sizeof(attributes)),
        ),
        f"mount_setattr {path}",
    )


def die_with_parent() -> None:
    """SIGKILL for this process when the thread that forked it ends, in whatever way (prctl(2), PR_SET_PDEATHSIG).

    The kernel forgets it when the process changes its credentials, so it is set after the last unshare.
    """
    _checked(_libc().prctl(_PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL), 0, 0, 0), "prctl")
