"""Leases on disk, in the reference plugin's format, so that both can share one folder.

A lease is a file named by its address that holds `CONTAINER\\r\\nIFNAME`; `last_reserved_ip.N` holds the address that
range set N gave out last; `lock` is locked (flock) around every use. The folder is `DATADIR/NETWORK`.
"""

from __future__ import annotations

import errno as codes
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from netc.cni.addresses import parse_ip
from netc.cni.results import Ip
from netc.plugins.ipam_config import file_failure

DEFAULT_DATA_DIR = "/var/lib/cni/networks"
_LAST = "last_reserved_ip."
_SEPARATOR = "\r\n"


class Store:
    """The leases of one network. Methods want `locked()` around them, and raise `CniError` for the disk's faults."""

    def __init__(self, data_dir: str, network: str) -> None:
        self.folder = os.path.join(data_dir or DEFAULT_DATA_DIR, network)
        try:
            os.makedirs(self.folder, 0o755, exist_ok=True)
        except OSError as error:
            path = str(error.filename or self.folder)
            while not os.path.isdir(os.path.dirname(path)) and os.path.lexists(os.path.dirname(path)):
                path = os.path.dirname(path)  # the file that stands where a folder should be
            raise file_failure("mkdir", path, error) from None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else, thread or process, uses the store inside the `with`."""
        import fcntl

        path = os.path.join(self.folder, "lock")
        try:
            fd = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o750)
        except OSError as error:
            raise file_failure("open", path, error) from None
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            yield
        finally:
            os.close(fd)

    def names(self) -> set[str]:
        """The names of all files in the folder: every address in it is taken."""
        return set(os.listdir(self.folder))

    def leases(self) -> dict[str, str]:
        """File name to content, without white space around it, of every lease."""
        return {name: content for name, content in self._contents().items() if _is_address(name)}

    def _contents(self) -> dict[str, str]:
        found = {}
        folder = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for name in os.listdir(folder):
                if name != "lock" and not name.startswith(_LAST):
                    # Whatever can't be read as a file is no lease, and none of our business.
                    with suppress(OSError):
                        fd = os.open(name, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK, dir_fd=folder)
                        try:
                            found[name] = os.read(fd, 4096).decode(errors="replace").strip()
                        finally:
                            os.close(fd)
        finally:
            os.close(folder)
        return found

    def held(self, container: str, ifname: str) -> list[str]:
        """The files of the leases that an attachment holds: its own, else those that name the container alone."""
        contents = self._contents()
        for wanted in (_content(container, ifname), container.strip()):
            names = [name for name, content in contents.items() if content == wanted and _is_address(name)]
            if names:
                return names
        return []

    def reserve(self, ip: Ip, range_set: int, container: str, ifname: str) -> bool:
        """Give an address to an attachment; False if it is taken."""
        path = os.path.join(self.folder, str(ip))
        try:
            _create_whole(path, _content(container, ifname).encode())
            last = os.path.join(self.folder, f"{_LAST}{range_set}")
            fd = os.open(last, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            try:
                os.write(fd, str(ip).encode())
            finally:
                os.close(fd)
        except FileExistsError:
            return False
        except OSError as error:
            self.remove([str(ip)])
            raise file_failure("open", str(error.filename or path), error) from None
        return True

    def last_reserved(self, range_set: int) -> Ip | None:
        """The address that this range set gave out last; None if it never did, or the file says nothing useful."""
        with suppress(OSError, ValueError), open(os.path.join(self.folder, f"{_LAST}{range_set}"), "rb") as file:
            return parse_ip(file.read(64).decode())
        return None

    def remove(self, names: list[str]) -> None:
        """Give addresses back; those that are gone already don't matter."""
        for name in names:
            with suppress(OSError):
                os.unlink(os.path.join(self.folder, name))


def _content(container: str, ifname: str) -> str:
    return f"{container.strip()}{_SEPARATOR}{ifname}"


def owner(content: str) -> tuple[str, str | None]:
    """Container and interface that a lease's content names; no interface in leases of very old releases."""
    container, separator, ifname = content.partition(_SEPARATOR)
    return container, ifname if separator else None


def _is_address(name: str) -> bool:
    try:
        parse_ip(name)
    except ValueError:
        return False
    return True


def _create_whole(path: str, content: bytes) -> None:
    """Make a new file with this content in one step, so that no crash leaves it without its owner's name.

    Raises `FileExistsError` if it exists. File systems without O_TMPFILE get it in two steps, as the reference does.
    """
    folder = os.path.dirname(path)
    try:
        fd = os.open(folder, os.O_WRONLY | os.O_TMPFILE | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if error.errno not in (codes.EOPNOTSUPP, codes.EISDIR, codes.EINVAL, codes.ENOENT):
            raise
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.write(fd, content)
        finally:
            os.close(fd)
        return
    try:
        os.write(fd, content)
        target = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            # With a folder's descriptor Python calls linkat(2), which follows the link that /proc holds.
            os.link(f"/proc/self/fd/{fd}", os.path.basename(path), dst_dir_fd=target, follow_symlinks=True)
        finally:
            os.close(target)
    finally:
        os.close(fd)
