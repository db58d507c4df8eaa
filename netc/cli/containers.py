"""Containers of Docker and Podman that join a network namespace which netc attaches."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from netc.dataclass import replace

if TYPE_CHECKING:
    from netc.lab.lifecycle import Options

#: What the first container of Docker does: it only waits, until its network is asked for no more.
_WAIT = ("sleep", "2147483647")


class EngineError(Exception):
    """The engine can't. `str()` is one sentence, `help` the fix."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.help = help


@contextmanager
def joined(engine: str, image: str, command: Sequence[str], options: Options) -> Iterator[Options]:
    """The options of an attach that runs `command` (the image's own where there is none) in a container.

    Whatever was started is gone when this ends. Raises `EngineError`.
    """
    from shutil import which

    if which(engine) is None:
        raise EngineError(f"there is no {engine} on this machine", f"install it, or leave --{engine} out")
    if engine == "podman":
        yield replace(options, hold=_podman(image, command))
        return
    # Docker can't be given a namespace: a first container has one, and the second joins it.
    first = f"netc-run-{os.getpid()}"
    try:
        _asked(
            "docker",
            "run",
            "--detach",
            "--name",
            first,
            "--network",
            "none",
            "--entrypoint",
            _WAIT[0],
            image,
            *_WAIT[1:],
        )
        process = _asked("docker", "inspect", "--format", "{{.State.Pid}}", first)
        if process in ("", "0"):
            raise EngineError(f"{image} has no `{_WAIT[0]}` to hold its network with", "take an image that has one")
        yield replace(options, netns=f"/proc/{process}/ns/net", hold=_docker(first, image, command))
    finally:
        with suppress(EngineError):
            _asked("docker", "rm", "--force", first)


def _podman(image: str, command: Sequence[str]) -> Any:
    def hold(_: object, netns: str, dns: Mapping[str, Any]) -> int:
        from netc.lab.command import bring_up_loopback

        bring_up_loopback(netns)
        return _wait(
            ["podman", "run", "--rm", *_terminal(), "--network", f"ns:{netns}", *_resolver(dns), image, *command]
        )

    return hold


def _docker(first: str, image: str, command: Sequence[str]) -> Any:
    def hold(*_: object) -> int:
        return _wait(["docker", "run", "--rm", *_terminal(), "--network", f"container:{first}", image, *command])

    return hold


def _terminal() -> list[str]:
    return ["--interactive", "--tty"] if sys.stdin.isatty() and sys.stdout.isatty() else ["--interactive"]


def _resolver(dns: Mapping[str, Any]) -> list[str]:
    words = [f"--dns={server}" for server in dns.get("nameservers") or ()]
    words += [f"--dns-search={name}" for name in dns.get("search") or ()]
    return words + [f"--dns-option={option}" for option in dns.get("options") or ()]


def _asked(*words: str) -> str:
    """What the engine answers; raises `EngineError` with its own last words where it fails."""
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip() and "--help" not in line]
        said = lines[-1].removeprefix("docker: ") if lines else f"exit status {done.returncode}"
        raise EngineError(f"{words[0]} {words[1]} failed: {said}", f"see that {words[0]} runs by itself")
    return (done.stdout.strip().splitlines() or [""])[-1]


def _wait(words: Sequence[str]) -> int:
    """The container's exit code. Ctrl-C reaches the container by itself: it ends, and this after it."""
    sys.stdout.flush()
    process = subprocess.Popen(words, env=os.environ)
    try:
        while True:
            try:
                code = process.wait()
            except KeyboardInterrupt:
                continue
            return 128 - code if code < 0 else code
    except BaseException:
        with suppress(ProcessLookupError):
            process.terminate()
        process.wait()
        raise
