"""What a change means for pods."""

from __future__ import annotations

from enum import Enum

from netc.dataclass import dataclass
from netc.sources import Span


class Grade(Enum):
    """How much an effect asks for.

    `BREAKS`: what works stops working, for pods that run or for new ones. `LEAVES`: what was set up for running pods
    stays behind when they go. `DIFFERS`: running pods keep what they have, and new ones get something else.
    """

    BREAKS = "breaks"
    LEAVES = "leaves"
    DIFFERS = "differs"

    @property
    def rank(self) -> int:
        """Lower is worse."""
        return list(Grade).index(self)


@dataclass(frozen=True, slots=True)
class Effect:
    """One consequence, of the network `network`.

    `name` is for programs. `message` is one sentence, `help` how to go about it, None where there is nothing to do.
    `old` and `new` are the places that cause it, None where that state has nothing of the kind.
    """

    name: str
    grade: Grade
    network: str
    message: str
    help: str | None = None
    old: Span | None = None
    new: Span | None = None
