"""A command in a container's network namespace: its network is the container's, everything else is as it was."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, NoReturn

from netc.lab import syscalls
from netc.lab.signals import SIGNALS
from netc.lab.syscalls import CLONE_NEWNET, CLONE_NEWNS, MS_BIND, MS_PRIVATE, MS_REC

#: What a shell answers for a command that is not there, and for one that can't be run.
NOT_FOUND, NOT_EXECUTABLE = 127, 126
#: A folder that is on every machine, to be covered for a moment.
_ANY = "/run"


def run(netns: str, words: Sequence[str], folder: str, dns: Mapping[str, Any]) -> int:
    """Run `words` in the network namespace at the path `netns`, from `folder`: the exit code, 128 + N for signal N.

    `lo` is set up first, as container runtimes do. The command sees the namespace's own /sys, and a resolv.conf of
    `dns` (as a result has it) where that names a server. Ctrl-C is the command's to act on; a second one ends it.
    """
    bring_up_loopback(netns)
    child = os.fork()
    if child == 0:
        _become(netns, words, folder, dns)
    patience = 1
    while True:
        try:
            _, status = os.waitpid(child, 0)
            code = os.waitstatus_to_exitcode(status)
            return 128 - code if code < 0 else code
        except KeyboardInterrupt:
            if not patience:
                os.kill(child, signal.SIGKILL)
            patience -= 1
        except BaseException:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            raise


def bring_up_loopback(netns: str) -> None:
    """Set `lo` up in the network namespace at this path: runtimes leave it so to what they start there."""
    from netc.kernel import Kernel
    from netc.lab import topology

    kernel = Kernel()
    try:
        topology.bring_up_loopback(kernel.at(netns))
    finally:
        kernel.close()


def _become(netns: str, words: Sequence[str], folder: str, dns: Mapping[str, Any]) -> NoReturn:
    """In the child: enter, and become the command."""
    try:
        syscalls.die_with_parent()
        namespace = os.open(netns, os.O_RDONLY | os.O_CLOEXEC)
        syscalls.setns(namespace, CLONE_NEWNET)
        _own_views(dns)
        with suppress(OSError):
            os.chdir(folder)
        for number in (*SIGNALS, signal.SIGPIPE):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        os.execvp(words[0], list(words))
    except FileNotFoundError:
        os.write(2, f"netc: {words[0]}: command not found\n".encode(errors="replace"))
        os._exit(NOT_FOUND)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        os.write(2, f"netc: can't run {words[0]}: {reason}\n".encode(errors="replace"))
        os._exit(NOT_EXECUTABLE)
    finally:
        os._exit(NOT_EXECUTABLE)


def _own_views(dns: Mapping[str, Any]) -> None:
    """Mounts of the command alone: /sys of its namespace, and its resolver. What the kernel refuses stays as it is."""
    with suppress(OSError):
        syscalls.unshare(CLONE_NEWNS)
        syscalls.mount("none", "/", None, MS_REC | MS_PRIVATE)
        with suppress(OSError):
            syscalls.mount("netc", "/sys", "sysfs")
        text = resolv_conf(dns)
        if text:
            _lay_over("/etc/resolv.conf", text)


def _lay_over(path: str, text: str) -> None:
    """Bind a file with this text over `path`. It lies in a memory of its own, which nothing else has a name for."""
    target = os.open(path, os.O_PATH | os.O_CLOEXEC)
    syscalls.mount("netc", _ANY, "tmpfs", 0, "mode=755")
    try:
        name = f"{_ANY}/text"
        source = os.open(name, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o644)
        os.write(source, text.encode(errors="replace"))
        syscalls.mount(name, f"/proc/self/fd/{target}", None, MS_BIND)
    finally:
        syscalls.unmount(_ANY)


def resolv_conf(dns: Mapping[str, Any]) -> str:
    """The text of a resolv.conf; "" where the result names no server."""
    servers = [str(one) for one in dns.get("nameservers") or ()]
    if not servers:
        return ""
    lines = [f"nameserver {one}" for one in servers]
    if dns.get("domain"):
        lines.append(f"domain {dns['domain']}")
    for key in ("search", "options"):
        if dns.get(key):
            lines.append(f"{key} {' '.join(map(str, dns[key]))}")
    return "\n".join(lines) + "\n"
