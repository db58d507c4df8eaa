"""Why this machine refuses a sandbox: the setting that forbids it, and how it is changed."""

from __future__ import annotations

import errno
from pathlib import Path

_USERNS_CLONE = "kernel/unprivileged_userns_clone"
_APPARMOR = "kernel/apparmor_restrict_unprivileged_userns"
_LIMITS = ("user/max_user_namespaces", "user/max_net_namespaces", "user/max_mnt_namespaces", "user/max_pid_namespaces")


class SandboxUnavailable(Exception):
    """The machine can't make a sandbox. `str()` says what it refused, `setting` which setting forbids it ("" where
    none could be named), `help` the fix.
    """

    def __init__(self, reason: str, setting: str = "", help: str = "") -> None:
        super().__init__(reason)
        self.reason, self.setting, self.help = reason, setting, help

    def __reduce__(self) -> tuple[object, ...]:
        return (SandboxUnavailable, (self.reason, self.setting, self.help))


def explain(error: OSError, *, euid: int, proc: Path = Path("/proc")) -> SandboxUnavailable:
    """The reason behind a refused unshare, mount or map: found in the settings below `proc`.

    `euid` is the user that netc was started as; in a user namespace of its own, a process is always root.
    """
    refused = f"{error.filename or 'unshare'}: {(error.strerror or str(error)).lower()}"
    reason = f"this machine refuses a sandbox of namespaces ({refused})"
    for setting, value, help in _forbidding(error.errno, euid, proc / "sys"):
        return SandboxUnavailable(f"{reason}: {setting} is {value}", setting, help)
    if error.errno == errno.ENOSPC:
        return SandboxUnavailable(
            f"{reason}: the user's limit of namespaces is reached, or namespaces are nested too deep",
            "user.max_net_namespaces",
            "end what holds namespaces (`lsns` lists them), or raise the limits: sysctl user.max_net_namespaces=...",
        )
    if _status(proc, "Seccomp") == "2":
        return SandboxUnavailable(
            f"{reason}: a seccomp filter is on, as in a container",
            "seccomp",
            "run netc outside of the container, or start it with --privileged "
            "(or --cap-add SYS_ADMIN --cap-add NET_ADMIN --security-opt seccomp=unconfined)",
        )
    if euid == 0 and error.errno in (errno.EPERM, errno.EACCES):
        return SandboxUnavailable(
            f"{reason}: root without CAP_SYS_ADMIN, as in a container",
            "CAP_SYS_ADMIN",
            "run netc outside of the container, or start it with --cap-add SYS_ADMIN --cap-add NET_ADMIN",
        )
    if error.errno in (errno.EINVAL, errno.ENOSYS):
        return SandboxUnavailable(
            f"{reason}: this kernel was built without some of the namespaces",
            "CONFIG_USER_NS, CONFIG_NET_NS, CONFIG_PID_NS",
            "run netc as root, or on a kernel with these options",
        )
    return SandboxUnavailable(reason, "", "run netc as root, or on a machine that allows user namespaces")


def _forbidding(number: int | None, euid: int, sysctls: Path) -> list[tuple[str, str, str]]:
    """(setting, value, fix) of each setting that forbids namespaces outright."""
    found = []
    for name, value, fix in (
        (_USERNS_CLONE, "0", "1"),
        (_APPARMOR, "1", "0"),
        *((limit, "0", "10000") for limit in _LIMITS if number == errno.ENOSPC),
    ):
        if name in (_USERNS_CLONE, _APPARMOR) and euid == 0:
            continue
        if _read(sysctls / name) == value:
            setting = name.replace("/", ".")
            found.append((setting, value, f"run netc as root, or allow it: sudo sysctl {setting}={fix}"))
    return found


def _status(proc: Path, key: str) -> str:
    for line in (_read(proc / "self" / "status") or "").splitlines():
        name, _, value = line.partition(":")
        if name == key:
            return value.strip()
    return ""


def _read(path: Path) -> str | None:
    try:
        return path.read_text().strip()
    except OSError:
        return None
