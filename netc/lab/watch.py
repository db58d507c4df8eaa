"""Watching a chain: every run of a plugin with its time and what it changed in the kernel and in state files."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from netc.cni.executor import Executor
from netc.cni.gojson import Json
from netc.cni.plugin import Environment, Verb
from netc.cni.trace import StepRecord
from netc.dataclass import dataclass, field
from netc.kernel import Kernel
from netc.lab.builtin import Builtin
from netc.lab.facts import Details
from netc.lab.snapshot import Change, Key, Snapshot, diff

Run = Callable[[str, Environment, Mapping[str, Json]], Json | None]


@dataclass(slots=True)
class WatchedStep:
    """One run of a plugin, in the order of their starts.

    `parent` is the step that delegated to this one. `ms` is the plugin's own time with that of its delegates.
    `record` is what the runtime says of it; `phase` what the caller of the runtime was at (`ADD`, `DEL again`, ...),
    and `attachment` with which of the container's attachments.
    """

    phase: str
    parent: WatchedStep | None
    attachment: int = 0
    ms: float = 0.0
    changes: tuple[Change, ...] = ()
    record: StepRecord | None = None
    delegated: dict[Key, Details | None] = field(default_factory=dict)
    watching_ms: float = 0.0


class Watch:
    """Takes a snapshot around every step: `latest` is the last one.

    `take` makes one; `phase` and `attachment` are set by whoever runs the life cycle.
    """

    def __init__(self, take: Callable[[], Snapshot]) -> None:
        self._take = take
        self.phase = ""
        self.attachment = 0
        self.steps: list[WatchedStep] = []
        self._running: list[WatchedStep] = []
        self._ended: WatchedStep | None = None
        self.latest = take()

    def snapshot(self) -> Snapshot:
        """The state as it is now."""
        started = time.perf_counter()
        self.latest = self._take()
        elapsed = (time.perf_counter() - started) * 1000
        for step in self._running:
            step.watching_ms += elapsed
        return self.latest

    def run(self, inner: Run, plugin_type: str, env: Environment, request: Mapping[str, Json]) -> Json | None:
        """`inner(...)`, watched."""
        parent = self._running[-1] if self._running else None
        # Between two plugins of a chain nothing happens; a delegate starts in the middle of its parent's work.
        before = self.snapshot() if parent is not None else self.latest
        # The runtime takes a failed ADD back by itself.
        phase = "DEL" if self.phase == "ADD" and env.command == Verb.DEL else self.phase
        step = WatchedStep(phase, parent, self.attachment)
        self.steps.append(step)
        self._running.append(step)
        started = time.perf_counter()
        try:
            return inner(plugin_type, env, request)
        finally:
            step.ms = (time.perf_counter() - started) * 1000 - step.watching_ms
            self._running.pop()
            after = self.snapshot()
            step.changes = diff(before, _without(after, before, step.delegated))
            if parent is not None:
                touched = {**before.facts, **after.facts}
                for key in touched:
                    if before.facts.get(key) != after.facts.get(key):
                        parent.delegated[key] = after.facts.get(key)
            self._ended = step

    def observe(self, record: StepRecord) -> None:
        """The runtime's `on_step`: it is told of each step right after its end."""
        if self._ended is not None:
            self._ended.record = record
            self._ended = None


def _without(after: Snapshot, before: Snapshot, delegated: Mapping[Key, Details | None]) -> Snapshot:
    """`after` as it would be if the delegates had changed nothing."""
    if not delegated:
        return after
    facts = dict(after.facts)
    for key, details in delegated.items():
        if after.facts.get(key) == details:
            facts.pop(key, None)
            if key in before.facts:
                facts[key] = before.facts[key]
    return Snapshot(facts)


class WatchedBuiltin(Builtin):
    """netc's own drivers, watched; drivers delegate to their executor, so their IPAM steps are watched as well."""

    def __init__(self, watch: Watch, kernel: Kernel, fallback: Executor | None = None) -> None:
        super().__init__(kernel, fallback)
        self._watch = watch

    def run(self, plugin_type: str, env: Environment, request: Mapping[str, Json]) -> Json | None:
        """See `Builtin.run`."""
        return self._watch.run(super().run, plugin_type, env, request)


class Watched:
    """Any executor, watched; plugins in processes of their own delegate unseen."""

    def __init__(self, watch: Watch, executor: Executor) -> None:
        self._watch, self._executor = watch, executor

    def find(self, plugin_type: str) -> str:
        """See `Executor.find`."""
        return self._executor.find(plugin_type)

    def run(self, plugin_type: str, env: Environment, request: Mapping[str, Json]) -> Json | None:
        """See `Executor.run`."""
        return self._watch.run(self._executor.run, plugin_type, env, request)
