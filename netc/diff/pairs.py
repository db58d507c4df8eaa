"""Which network of one state is which of the other."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence

from netc.dataclass import dataclass
from netc.model import Network


@dataclass(frozen=True, slots=True)
class Pair:
    """A network in both states; `old` is None for one that is new, `new` for one that is gone."""

    old: Network | None
    new: Network | None

    @property
    def title(self) -> str:
        """What it is called, and on which node; both names where it was renamed."""
        names = list(dict.fromkeys(_title(one) for one in (self.old, self.new) if one is not None))
        return " -> ".join(names)

    @property
    def one(self) -> Network:
        """The network as it is now, or as it was."""
        found = self.new or self.old
        assert found is not None
        return found

    @property
    def moved(self) -> bool:
        """Whether what is no key of the JSON differs: its node, or the name of its file."""
        return self.old is not None and self.new is not None and self.old.output_path != self.new.output_path


def _title(network: Network) -> str:
    return f"{network.meta.node}/{network.name}" if network.meta.node is not None else network.name


def pairs(old: Sequence[Network], new: Sequence[Network]) -> list[Pair]:
    """Every network of both states once: those in both or new in the order of `new`, those gone behind them.

    Networks of one node and name are the same. Of several with one name those of one file go together first. What is
    left was renamed if a file of the same name has a chain like it, with the same addresses or the same interface.
    """
    left, wanted = list(old), list(new)
    partner: dict[int, Network] = {}
    for key in (_exact, _named, _addressed, _wired):
        _match(left, wanted, key, partner)
    found = [Pair(partner.get(id(one)), one) for one in new]
    return [*found, *(Pair(one, None) for one in left)]


def _match(
    left: list[Network], wanted: list[Network], key: Callable[[Network], Hashable], partner: dict[int, Network]
) -> None:
    """Pair what has the same key, in order, and take it out of both lists."""
    waiting: dict[Hashable, list[Network]] = defaultdict(list)
    for one in left:
        if (known := key(one)) is not None:
            waiting[known].append(one)
    for one in tuple(wanted):
        candidates = waiting.get(key(one))
        if candidates:
            partner[id(one)] = candidates.pop(0)
    taken = {id(one) for one in partner.values()}
    left[:] = [one for one in left if id(one) not in taken]
    wanted[:] = [one for one in wanted if id(one) not in partner]


def _exact(network: Network) -> Hashable:
    return network.meta.node, network.name, _file(network)


def _named(network: Network) -> Hashable:
    return network.meta.node, network.name


def _addressed(network: Network) -> Hashable:
    """The file, the chain, and where the addresses come from: what stays the same where only the name changes."""
    ipam = network.plugins[0].ipam if network.plugins else None
    return (network.meta.node, _file(network), _chain(network), json.dumps(ipam, sort_keys=True)) if ipam else None


def _wired(network: Network) -> Hashable:
    """The file, the chain, and the interface without its addresses."""
    if not network.plugins:
        return None
    body = {key: value for key, value in network.plugins[0].body.items() if key != "ipam"}
    return network.meta.node, _file(network), _chain(network), json.dumps(body, sort_keys=True)


def _file(network: Network) -> str:
    return os.path.basename(network.span.source.path)


def _chain(network: Network) -> tuple[str, ...]:
    return tuple(plugin.type for plugin in network.plugins)
