"""What a build does to `netc.lock`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from netc.cli.terminal import counted, say

if TYPE_CHECKING:
    from netc.compiler.planning import Planned
    from netc.diagnostics import Diagnostic


class Unwritable(Exception):
    """The lock can't be written. `str()` is one sentence, `help` the fix. Nothing was changed."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.help = help


def changes(planned: Planned | None) -> tuple[Diagnostic, ...]:
    """What `--locked` finds: an error for each block that the build would add to the lock."""
    if planned is None or planned.plan is None:
        return ()
    from netc import ipam

    return ipam.changes(planned.lock, planned.plan, planned.path)


def stale(planned: Planned | None) -> str | None:
    """What `--check` says of a lock that a build would change."""
    if planned is None or planned.plan is None:
        return None
    from netc.ipam.lockfile import differs

    if not differs(planned.lock, planned.plan.blocks):
        return None
    return f"{'stale' if planned.lock.source is not None else 'missing'}: {planned.path}"


@contextmanager
def written(planned: Planned | None) -> Iterator[None]:
    """The lock has the plan while the outputs are written, and is as it was if that fails; raises `Unwritable`.

    The lock comes first: a block that is out and not in the lock could be given to somebody else.
    """
    if planned is None or planned.plan is None:
        yield
        return
    from netc import ipam
    from netc.sources import Sources

    try:
        changed = ipam.write(planned.path, planned.lock, planned.plan.blocks)
    except ipam.LockError as failed:
        raise Unwritable(str(failed), failed.help) from None
    try:
        yield
    except BaseException:
        if changed:
            with suppress(OSError, ipam.LockError):
                if planned.lock.source is None:
                    planned.path.unlink()
                else:
                    ipam.write(planned.path, ipam.load(planned.path, Sources()), planned.lock.blocks)
        raise
    if changed and planned.plan.added:
        say(f"planned {counted(len(planned.plan.added), 'block')} in {planned.path}")
