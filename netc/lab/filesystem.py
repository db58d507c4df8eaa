"""What a sandbox sees of the machine's files: everything, to read; nothing to write but what is made afresh.

Called in a new mount namespace. Fresh folders (a tmpfs each) are /run, the place of all leases and caches, and every
state folder that a configuration names; a folder that does not exist yet is made possible by laying a tmpfs over the
nearest folder above it and binding that folder's entries back into it.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable
from contextlib import suppress

from netc.lab.syscalls import (
    MS_BIND,
    MS_NOATIME,
    MS_NODEV,
    MS_NODIRATIME,
    MS_NOEXEC,
    MS_NOSUID,
    MS_PRIVATE,
    MS_RDONLY,
    MS_REC,
    MS_RELATIME,
    MS_REMOUNT,
    MS_STRICTATIME,
    make_read_only,
    mount,
)

#: Where host-local keeps leases and the runtime its results, unless told otherwise.
STATE = "/var/lib/cni"
#: The working directory inside: relative paths in a configuration end here.
WORK = "/run/netc"
#: Folders that a state folder may lie in, but never cover.
_NEEDED = ("/usr/bin", "/etc", "/bin", "/lib", "/dev", "/home", "/root", "/var/lib", "/opt")


def isolate(state: Iterable[str] = (), keep: Iterable[str] = (), *, own_processes: bool) -> None:
    """Turn this (new) mount namespace into the sandbox's view; raises OSError where the kernel refuses.

    `state` are absolute folders to be empty and writable inside. `keep` are files and folders that stay readable, even
    where a fresh folder covers them. With `own_processes` the process is the first of a new pid namespace, and /proc
    is mounted anew for it.
    """
    mount("none", "/", None, MS_REC | MS_PRIVATE)
    kept = _hold(keep)
    _read_only()
    fresh = {_mount_fresh("/run")}
    os.makedirs("/run/netns")
    os.makedirs(WORK + "/tmp")
    for folder in (STATE, *state):
        _make_writable(folder, fresh)
    os.makedirs(STATE, exist_ok=True)
    for path, fd in kept:
        _give_back(path, fd)
    _kernel_views(own_processes)
    os.chdir(WORK)
    os.environ["TMPDIR"] = WORK + "/tmp"


def _hold(keep: Iterable[str]) -> list[tuple[str, int]]:
    """Real paths with an O_PATH descriptor of each, so that they can be bound back once something covers them."""
    held: dict[str, int] = {}
    for path in keep:
        real = os.path.realpath(path)
        with suppress(OSError):
            fd = os.open(real, os.O_PATH | os.O_CLOEXEC)
            if stat.S_IFMT(os.fstat(fd).st_mode) in (stat.S_IFREG, stat.S_IFDIR):
                held.setdefault(real, fd)
    return sorted(held.items())


def _read_only() -> None:
    try:
        make_read_only("/")
    except OSError as error:
        if error.errno != errno.ENOSYS:
            raise
        for target in _mount_points():
            try:
                flags = _flags(target)
            except (FileNotFoundError, PermissionError):  # hidden below another mount, or not ours to reach
                continue
            mount(None, target, None, MS_BIND | MS_REMOUNT | MS_RDONLY | flags)


def _mount_points() -> list[str]:
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
        paths = [line.split(" ")[4] for line in file]
    return [path.encode("latin-1", "replace").decode("unicode_escape") for path in paths]


def _flags(target: str) -> int:
    """The flags of a mount, which a remount has to repeat: it would lift them, and a user namespace may not."""
    reported = os.statvfs(target).f_flag
    flags = (os.ST_NOSUID, MS_NOSUID), (os.ST_NODEV, MS_NODEV), (os.ST_NOEXEC, MS_NOEXEC), (os.ST_NOATIME, MS_NOATIME)
    wanted = sum(mine for theirs, mine in flags if reported & theirs)
    if reported & os.ST_NODIRATIME:
        wanted |= MS_NODIRATIME
    if reported & os.ST_RELATIME:
        return wanted | MS_RELATIME
    return wanted if reported & os.ST_NOATIME else wanted | MS_STRICTATIME


def _mount_fresh(target: str) -> int:
    """An empty file system at `target`: its device number."""
    mount("tmpfs", target, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755")
    return os.stat(target).st_dev


def _make_writable(folder: str, fresh: set[int]) -> None:
    """An empty folder at `folder`, or the way to make one: nothing where that would cover what netc itself needs."""
    real = os.path.realpath(folder)
    if _below(real, ("/proc", "/sys")):
        return
    existing = real
    while not os.path.isdir(existing):
        existing = os.path.dirname(existing)
    if os.stat(existing).st_dev in fresh:
        return
    if existing == "/":  # a new top-level folder: the sandbox gets a root of its own
        os.makedirs("/run/root", exist_ok=True)
        fresh.add(_open_up("/", "/run/root"))
        os.chroot("/run/root")
        return
    needed = any(_below(path, (existing,)) for path in _NEEDED)
    if existing == real and not needed:
        fresh.add(_mount_fresh(existing))
    else:
        fresh.add(_open_up(existing, existing))


def _below(path: str, folders: Iterable[str]) -> bool:
    return any(path == folder or path.startswith(folder.rstrip("/") + "/") for folder in folders)


def _open_up(folder: str, target: str) -> int:
    """A fresh file system at `target` that shows the entries of `folder`, each still read-only: its device number."""
    old = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            entries = sorted(os.listdir(folder))
        except PermissionError:
            entries = []
        device = _mount_fresh(target)
        for entry in entries:
            if not (folder == "/" and entry == "run"):
                _show(f"/proc/self/fd/{old}/{entry}", os.path.join(target, entry))
        if folder == "/":
            os.makedirs(target + "/run", exist_ok=True)
            mount("/run", target + "/run", None, MS_BIND)
        return device
    finally:
        os.close(old)


def _show(source: str, target: str) -> None:
    kind = stat.S_IFMT(os.lstat(source).st_mode)
    if kind == stat.S_IFLNK:
        os.symlink(os.readlink(source), target)
    elif kind == stat.S_IFDIR:
        os.mkdir(target)
        mount(source, target, None, MS_BIND | MS_REC)
    elif kind == stat.S_IFREG:
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC))
        mount(source, target, None, MS_BIND)


def _give_back(path: str, fd: int) -> None:
    """Bind a kept file or folder back where it was, if a fresh folder covers it now."""
    with suppress(FileNotFoundError):
        if os.path.samestat(os.stat(path), os.fstat(fd)):
            return
    source = f"/proc/self/fd/{fd}"
    if stat.S_ISDIR(os.fstat(fd).st_mode):
        os.makedirs(path, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC))
    mount(source, path, None, MS_BIND | MS_REC)


def _kernel_views(own_processes: bool) -> None:
    """/proc and /sys of the new namespaces. Of /proc/sys only net can be written: it belongs to the namespace."""
    flags = MS_NOSUID | MS_NODEV | MS_NOEXEC
    if own_processes:
        mount("proc", "/proc", "proc", flags)
    mount("/proc/sys/net", "/proc/sys/net", None, MS_BIND)
    mount(None, "/proc/sys/net", None, MS_BIND | MS_REMOUNT | flags)
    if own_processes:
        mount("/proc/sys", "/proc/sys", None, MS_BIND | MS_REC)
        mount(None, "/proc/sys", None, MS_BIND | MS_REMOUNT | MS_RDONLY | flags)
    with suppress(PermissionError):  # a container masks parts of /sys: then the machine's own stays, read-only
        mount("sysfs", "/sys", "sysfs", flags)
