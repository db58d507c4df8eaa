"""Tests of a file as somebody carries them out: their steps, and what is asked while the networks live."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from netc.diagnostics import Diagnostic
from netc.lang import syntax as s
from netc.lang.expressions import Env
from netc.lang.values import AttachmentValue, PodValue, Val
from netc.sources import Span

if TYPE_CHECKING:
    from netc.lang.run import Run

#: The interface of an `attach` in a test that names a network.
IFNAME = "eth0"

#: A function that only a test has: gets the call, and the names that it may use.
Probe = Callable[[s.Call, Env], Val | None]


class Scene:
    """One `test "name" { }`: its name, and the values of its steps as they are carried out, in order."""

    def __init__(self, run: Run, item: s.Test) -> None:
        self._run, self.item = run, item
        self._env = Env({}, run.scopes[id(run.program.root)])
        name = run.text(item.name, self._env)
        self.name = name if name is not None else item.name.span.text
        self.span: Span = item.head

    def begin(self, probes: Mapping[str, Probe], host: Val) -> None:
        """Start from the first step: `probes` answer the functions of tests, `host` is the name of that kind."""
        self._run.probes = dict(probes)
        self._env = Env({"host": host}, self._run.scopes[id(self._run.program.root)])

    def name_value(self, name: str, value: Val | None) -> None:
        """What a name stands for from here on."""
        self._env.names[name] = value

    def let(self, item: s.Let) -> None:
        """Carry out a `let`."""
        self._run.let(item, self._env)

    def value(self, expr: s.Expr) -> Val | None:
        """What an expression is now; None after a mistake, which `mistakes` has."""
        return self._run.value(expr, self._env)

    def text(self, expr: s.String) -> str | None:
        """What a string is now."""
        return self._run.text(expr, self._env)

    def mistakes(self) -> tuple[Diagnostic, ...]:
        """What was wrong since the last time that somebody asked."""
        found = tuple(self._run.found.values())
        self._run.found.clear()
        return found

    def attachments(self, step: s.Attach) -> PodValue | None:
        """What an `attach` asks for: the pod of that name, or a network as one with a single interface."""
        from netc.lang.pods import attachment

        named = step.target.base if isinstance(step.target, s.Index) else step.target
        if isinstance(named, s.Name) and named.text not in self._run.attachable:
            key = self.value(step.target.index) if isinstance(step.target, s.Index) else None
            for pod in self._run.pods:
                if pod.name == named.text and (key is None or pod.key == key.data):
                    return pod
            return None
        made = attachment(self._run, step, self._env)
        if made is None:
            return None
        one = AttachmentValue(
            IFNAME, made.ifname_span, made.span, made.network, made.target_span, made.body, made.trail
        )
        return PodValue(step.name.text, step.name.span, made.span, (one,))
