"""What a change means for pods that run, one module per part of a network.

Each has functions from a pair of networks that are in both states to effects. The facts behind them are those of the
catalogue: what a plugin does to what is there already, and what its DEL goes by.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from netc.diff.effect import Effect
from netc.diff.effects import addresses, chain, links, list_level, routes
from netc.diff.effects.both import Both
from netc.diff.effects.order import effects_of_order
from netc.diff.leases import Leases
from netc.diff.pairs import Pair

__all__ = ["effects_of", "effects_of_order"]

_EFFECTS: Sequence[Callable[[Both], Iterator[Effect]]] = (
    list_level.name_changed,
    list_level.check_switched,
    links.interface_plugin,
    links.bridge_renamed,
    links.wire_changed,
    links.mtu_changed,
    addresses.leases_forgotten,
    addresses.leases_outside,
    addresses.bridge_address,
    addresses.family_changed,
    routes.default_routes,
    routes.other_routes,
    routes.masquerade,
    chain.plugins_removed,
    chain.plugins_added,
    chain.capabilities_lost,
    chain.backend_changed,
)


def effects_of(pair: Pair, leases: Leases | None = None) -> Iterator[Effect]:
    """What a pair's difference means, in no order; nothing for a network that is new."""
    if pair.old is None:
        return
    if pair.new is None:
        yield list_level.removed(pair.old, pair.title)
        return
    held = leases.get(pair.old.name, ()) if leases is not None else None
    both = Both(pair.title, pair.old, pair.new, held)
    for effects in _EFFECTS:
        yield from effects(both)
