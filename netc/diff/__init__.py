"""What changes between two states of networks, key by key, and what that means for the pods that run.

A network of one state is compared with that of the other that a runtime takes for the same: the one of its name, on the
same node. `compare` is the whole of it; the modules below are its steps.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netc.dataclass import dataclass
from netc.diff.effect import Effect
from netc.diff.effects import effects_of, effects_of_order
from netc.diff.keys import Change, changes
from netc.diff.leases import Leases
from netc.diff.pairs import Pair, pairs
from netc.model import Network

__all__ = ["Change", "Difference", "Effect", "NetworkDifference", "Pair", "compare"]


@dataclass(frozen=True, slots=True)
class NetworkDifference:
    """A pair of networks that are not the same: `changes` of keys in the order of the JSON, `effects` worst first."""

    pair: Pair
    changes: tuple[Change, ...]
    effects: tuple[Effect, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs between two states; `effects` are those that no network has by itself. `same` networks do not."""

    networks: tuple[NetworkDifference, ...]
    effects: tuple[Effect, ...]
    same: int

    @property
    def clean(self) -> bool:
        """Whether nothing differs."""
        return not self.networks and not self.effects

    @property
    def all_effects(self) -> tuple[Effect, ...]:
        """Those of networks, in the order of the networks, then the others."""
        return tuple(effect for one in self.networks for effect in one.effects) + self.effects


def compare(
    old: Sequence[Network], new: Sequence[Network], *, conf_dir: bool = False, leases: Leases | None = None
) -> Difference:
    """What differs between two states of networks.

    `conf_dir` says that a runtime reads the files of either state from one folder, so that their order counts.
    `leases` are the addresses that pods hold; without them any address of a range may be held.
    """
    matched = pairs(old, new)
    found = tuple(_differences(matched, leases))
    return Difference(found, tuple(effects_of_order(old, new)) if conf_dir else (), len(matched) - len(found))


def _differences(matched: Sequence[Pair], leases: Leases | None) -> Iterator[NetworkDifference]:
    for pair in matched:
        if pair.old is None or pair.new is None:
            yield NetworkDifference(pair, (), tuple(effects_of(pair, leases)))
            continue
        found = tuple(changes(pair.old, pair.new))
        if found or pair.moved:
            yield NetworkDifference(
                pair, found, tuple(sorted(effects_of(pair, leases), key=lambda one: one.grade.rank))
            )
