"""Making a tap device: an interface whose other end is a program, which opens it by its name.

Netlink can't make one. The ioctls of /dev/net/tun can, in the namespace that the file was opened in; a device that is
not made to persist goes with the file, so that nothing is left of one that was only half set up.
"""

from __future__ import annotations

import errno as codes
import fcntl
import os
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from netc.kernel.errors import KernelError, errno_text

if TYPE_CHECKING:
    from netc.kernel.namespace import Namespace

DEVICE = "/dev/net/tun"
# if_tun.h
_TUNSETIFF, _TUNSETPERSIST, _TUNSETOWNER, _TUNSETGROUP = 0x400454CA, 0x400454CB, 0x400454CC, 0x400454CE
_IFF_TAP, _IFF_MULTI_QUEUE, _IFF_NO_PI, _IFF_VNET_HDR, _IFF_TUN_EXCL = 0x2, 0x100, 0x1000, 0x4000, 0x8000
_EXEC_LABEL = "/proc/thread-self/attr/exec"


def add_tap(
    namespace: Namespace,
    name: str,
    *,
    owner: int | None = None,
    group: int | None = None,
    multi_queue: bool = False,
    packet_information: bool = False,
    vnet_header: bool = False,
    before_it_stays: Callable[[], None] | None = None,
) -> None:
    """Make a tap device that stays, down; `owner` and `group` may open it besides root (None: anybody's are checked).

    `before_it_stays` can change it further: where it raises, the device is gone. Raises `KernelError`.
    """
    flags = _IFF_TAP | _IFF_TUN_EXCL | (0 if packet_information else _IFF_NO_PI)
    flags |= (_IFF_MULTI_QUEUE if multi_queue else 0) | (_IFF_VNET_HDR if vnet_header else 0)
    operation = f"add tap {name}"
    namespace.before_call(operation)
    try:
        with namespace.entered():
            fd = os.open(DEVICE, os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        number = error.errno or codes.EIO
        missing = number in (codes.ENOENT, codes.ENODEV, codes.ENXIO)
        hint = "load the module tun" if missing else f"who is to make tap devices has to be able to open {DEVICE}"
        raise KernelError(number, operation, hint, reason=f"open {DEVICE}: {errno_text(number)}") from None
    try:
        _ioctl(operation, fd, _TUNSETIFF, struct.pack("16sH22x", name.encode(), flags))
        for request, value in ((_TUNSETOWNER, owner), (_TUNSETGROUP, group)):
            if value is not None:
                _ioctl(operation, fd, request, value)
        if before_it_stays is not None:
            before_it_stays()
        _ioctl(operation, fd, _TUNSETPERSIST, 1)
    finally:
        os.close(fd)


def _ioctl(operation: str, fd: int, request: int, value: bytes | int) -> None:
    try:
        if isinstance(value, int) and value >= 1 << 31:  # Python hands a C int over.
            value -= 1 << 32
        fcntl.ioctl(fd, request, value)
    except OSError as error:
        raise KernelError(error.errno or codes.EIO, operation) from None


@contextmanager
def labelled(label: str) -> Iterator[None]:
    """Programs that the calling thread starts inside the `with` run under this SELinux label; raises `KernelError`."""
    _write_label(label)
    try:
        yield
    finally:
        _write_label("")


def _write_label(label: str) -> None:
    try:
        fd = os.open(_EXEC_LABEL, os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.write(fd, label.encode())
        finally:
            os.close(fd)
    except OSError as error:
        number = error.errno or codes.EIO
        hint = "is SELinux on?" if number == codes.EINVAL else ""
        reason = f"write {_EXEC_LABEL}: {errno_text(number)}"
        raise KernelError(number, "set label", hint, reason=reason) from None


def add_labelled_tap(
    namespace: Namespace, name: str, label: str, *, owner: int | None, group: int | None, multi_queue: bool
) -> None:
    """The same by the program `ip`, run under an SELinux label, which the device takes over from it."""
    import subprocess

    from netc.kernel.nft import find_program

    program = find_program("ip")
    if program is None:
        raise KernelError(
            codes.ENOENT, "ip", "install iproute2", reason='exec: "ip": executable file not found in $PATH'
        )
    command = [program, "tuntap", "add", "mode", "tap", "name", name, *(["multi_queue"] if multi_queue else [])]
    for word, value in (("user", owner), ("group", group)):
        command += [word, str(value)] if value is not None else []
    namespace.before_call(f"add tap {name}")
    with namespace.entered(), labelled(label):
        done = subprocess.run(command, capture_output=True, check=False, text=True, errors="replace")
    if done.returncode:
        said = (done.stdout + done.stderr).strip()
        raise KernelError(codes.EINVAL, f"add tap {name}", reason=f"{said}: exit status {done.returncode}")
