"""What happened while a runtime ran a chain, step by step, for whoever wants to show it."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from netc.cni.errors import CniError
from netc.cni.executor import Executor
from netc.cni.gojson import Json
from netc.cni.plugin import Environment
from netc.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class StepRecord:
    """One finished run of one plugin.

    `index` counts plugins from 0 in the effective list; None for a delegated (IPAM) run, whose `parent` is the `id` of
    the step that delegated. A parent's record therefore comes after its delegates'. `verb` is CNI_COMMAND. One of
    `response` and `error` is None, both for a verb without an answer. `log` is what the plugin wrote on stderr.
    """

    id: int
    parent: int | None
    plugin: str
    index: int | None
    verb: str
    env: Environment
    request: Mapping[str, Json]
    response: Json | None
    error: CniError | None
    duration_ms: float
    log: str = ""

    @property
    def pointer(self) -> str | None:
        """`/plugins/2`; None for a delegated run."""
        return None if self.index is None else f"/plugins/{self.index}"


Observer = Callable[[StepRecord], None]


@dataclass(slots=True)
class _Step:
    id: int
    observer: Observer | None
    log: str = ""


_ids: Final = itertools.count(1)
# A context variable, not an argument: a driver that delegates knows nothing of who watches.
_current: Final[ContextVar[_Step | None]] = ContextVar("netc.cni.trace.current", default=None)


def write_log(text: str) -> None:
    """Adds a plugin's output on stderr to the step that is running; does nothing outside of one."""
    step = _current.get()
    if step is not None:
        step.log += text


def run_step(
    executor: Executor,
    plugin_type: str,
    env: Environment,
    request: Mapping[str, Json],
    *,
    index: int | None,
    observer: Observer | None,
) -> Json | None:
    """`executor.run(...)`, told to `observer` when it has ended, well or not. Returns and raises what it does."""
    with _entered(_Step(next(_ids), observer)) as (step, parent):
        started = time.perf_counter()
        response: Json | None = None
        failed: CniError | None = None
        try:
            response = executor.run(plugin_type, env, request)
            return response
        except CniError as error:
            failed = error
            raise
        finally:
            if observer is not None:
                elapsed = (time.perf_counter() - started) * 1000
                verb = env.command
                observer(
                    StepRecord(
                        step.id, parent, plugin_type, index, verb, env, request, response, failed, elapsed, step.log
                    )
                )


def run_delegate(executor: Executor, plugin_type: str, env: Environment, request: Mapping[str, Json]) -> Json | None:
    """`run_step` for a plugin that another one delegates to, told to the observer of the step that is running."""
    outer = _current.get()
    observer = outer.observer if outer else None
    return run_step(executor, plugin_type, env, request, index=None, observer=observer)


@contextmanager
def _entered(step: _Step) -> Iterator[tuple[_Step, int | None]]:
    outer = _current.get()
    token = _current.set(step)
    try:
        yield step, outer.id if outer else None
    finally:
        _current.reset(token)
