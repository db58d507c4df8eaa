"""`netc.lock` on disk: found, read, compared, replaced as a whole."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable
from pathlib import Path

from netc.diagnostics import Diagnostic, error
from netc.ipam import codes
from netc.ipam.blocks import Block
from netc.ipam.lock import Lock, read, text
from netc.ipam.planning import Plan
from netc.ipam.quoting import word
from netc.sources import SourceError, Sources


class LockError(Exception):
    """The lock can't be read or written. `str()` is one sentence; `help` is the fix. Nothing was changed."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.help = help


def load(path: Path, sources: Sources) -> Lock:
    """The lock at `path`, an empty one where there is no file; raises `LockError` where it can't be read."""
    if not os.path.lexists(path) and Path(os.path.abspath(path)) not in sources.overlays:
        return Lock()
    try:
        return read(sources.read(path))
    except SourceError as unreadable:
        raise LockError(str(unreadable), unreadable.help) from None


def differs(lock: Lock, blocks: Iterable[Block]) -> bool:
    """Whether the file would change if it were to hold these blocks. No block needs no file; line ends do not count."""
    wanted = tuple(blocks)
    if lock.source is None:
        return bool(wanted)
    return lock.source.text.replace("\r\n", "\n") != text(wanted)


def changes(lock: Lock, planned: Plan, path: Path) -> tuple[Diagnostic, ...]:
    """What `--locked` finds: an error for each block that the build would add to the lock, at the place that asks."""
    asking = {block.identity: request for request, block in planned.granted.items()}
    findings = []
    for block in planned.added:
        request = asking.get(block.identity)
        findings.append(
            error(
                codes.LOCKED.code,
                f"{path} has no block of pool {block.pool} for {word(block.key)}: a build would add {block.network}",
                request.span if request is not None else None,
                *(request.trail if request is not None else ()),
                help=f"build without --locked, and commit {path.name}",
            )
        )
    if not findings and differs(lock, planned.blocks):
        place = lock.blocks[0].span if lock.blocks else None
        findings.append(
            error(
                codes.LOCKED.code,
                f"{path} is not laid out as netc writes it: a build would rewrite it",
                place,
                help=f"build without --locked, and commit {path.name}",
            )
        )
    return tuple(findings)


def write(path: Path, lock: Lock, blocks: Iterable[Block]) -> bool:
    """Put these blocks in place of those that `lock`, read from `path`, has; whether the file changed.

    An unchanged file is not touched. The new text is on disk before it takes the old one's place. Raises `LockError`
    where that fails, or where somebody changed the file since it was read.
    """
    wanted = tuple(blocks)
    if not differs(lock, wanted):
        return False
    target = Path(os.path.realpath(path))
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        try:
            with open(beside, "w", encoding="utf-8", newline="\n") as file:
                file.write(text(wanted))
                file.flush()
                os.fsync(file.fileno())
            with contextlib.suppress(FileNotFoundError):
                os.chmod(beside, stat.S_IMODE(target.stat().st_mode))
            if _now(target) != (lock.source.text if lock.source is not None else None):
                raise LockError(f"{path} was changed by somebody else meanwhile", "run the command again")
            os.replace(beside, target)
        finally:
            with contextlib.suppress(OSError):
                beside.unlink()
    except OSError as failed:
        raise LockError(f"can't write {path}: {(failed.strerror or str(failed)).lower()}") from None
    return True


def _now(target: Path) -> str | None:
    try:
        return target.read_bytes().decode("utf-8-sig", errors="replace")
    except FileNotFoundError:
        return None
