"""A network in both states, as the effects ask for it."""

from __future__ import annotations

from netc.dataclass import dataclass
from netc.diff.effect import Effect, Grade
from netc.diff.leases import Ip
from netc.model import Json, Network, Plugin
from netc.sources import Span


@dataclass(frozen=True, slots=True)
class Both:
    """The network `title` as it was and as it is; `held` are the addresses of its pods, None where nobody says."""

    title: str
    old: Network
    new: Network
    held: tuple[Ip, ...] | None = None

    @property
    def first(self) -> tuple[Plugin, Plugin] | None:
        """The plugins that make the interface, where both chains start with the same type."""
        if not self.old.plugins or not self.new.plugins:
            return None
        before, after = self.old.plugins[0], self.new.plugins[0]
        return (before, after) if before.type == after.type else None

    def effect(
        self,
        name: str,
        grade: Grade,
        message: str,
        help: str | None = None,
        *,
        old: str | None = None,
        new: str | None = None,
    ) -> Effect:
        """An effect of this network, with the places of these pointers into either conflist."""
        return Effect(
            name,
            grade,
            self.title,
            message,
            help,
            _place(self.old, old) if old is not None else None,
            _place(self.new, new) if new is not None else None,
        )


def _place(network: Network, pointer: str) -> Span:
    origin = network.origin(pointer)
    return origin.key or origin.value


def number(value: Json) -> int:
    """A number as Go's zero value has it: 0 for what is absent or no number."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def listed(words: list[str], most: int = 3) -> str:
    """`a, b and c`; of more than `most` only so many, and how many more there are."""
    if len(words) > most:
        return f"{', '.join(words[:most])} and {len(words) - most} more"
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
