"""Tests of a file with the networks that they are about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from netc.compiler.pods import lower_pod
from netc.dataclass import dataclass
from netc.diagnostics import Diagnostic
from netc.lang import syntax as s
from netc.lang.scenes import Scene
from netc.model import Network, Pod

if TYPE_CHECKING:
    from netc.sources import Span


@dataclass(frozen=True, slots=True, eq=False)
class Scenario:
    """A test: its steps in order, and what they mean. `networks` are all of the file, in the order of its values."""

    scene: Scene
    networks: Sequence[Network]

    @property
    def name(self) -> str:
        """As the author calls it."""
        return self.scene.name

    @property
    def span(self) -> Span:
        """Its head."""
        return self.scene.span

    @property
    def steps(self) -> tuple[s.Step, ...]:
        """What is to be done, in order."""
        return self.scene.item.steps

    def pod(self, step: s.Attach) -> tuple[Pod | None, tuple[Diagnostic, ...]]:
        """What an `attach` asks for, and what is wrong with it."""
        value = self.scene.attachments(step)
        if value is None:
            return None, self.scene.mistakes()
        pod, found = lower_pod(value, self.networks)
        return pod, (*self.scene.mistakes(), *found)
