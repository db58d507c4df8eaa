"""Changes of the order in which a runtime reads a folder."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from netc.diff.effect import Effect, Grade
from netc.model import Network


def effects_of_order(old: Sequence[Network], new: Sequence[Network]) -> Iterator[Effect]:
    """Another network is the first of the folder: the one that pods get where nothing else is said."""
    before, after = _first(old), _first(new)
    if before is None or after is None or before.name == after.name:
        return
    yield Effect(
        "default-network",
        Grade.BREAKS,
        after.name,
        f"{_file(after)} is the first file of the folder now: new pods get {after.name}, running ones are in "
        f"{before.name}",
        f"give the file a name behind {_file(before)}"
        if any(one.name == before.name for one in new)
        else "drain the pods first",
        before.span,
        after.span,
    )


def _first(networks: Sequence[Network]) -> Network | None:
    return min(networks, key=_file, default=None)


def _file(network: Network) -> str:
    return os.path.basename(network.span.source.path)
