"""The other root files of a project: they share its lock, so what they ask for matters to whoever is compiled."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from netc.dataclass import replace
from netc.sources import PROJECT_FILE, SourceError, Sources

if TYPE_CHECKING:
    from netc.compiler.planning import Planned
    from netc.ipam import Block, Elsewhere
    from netc.lang import Given
    from netc.lang.values import Ask, Cidr, PoolValue

#: Files of a project that are looked at; a folder with more of them is no project.
_MOST_FILES = 1_000
_NETWORK = re.compile(r"^[ \t]*network\b", re.MULTILINE)


class Neighbours:
    """What one run knows of projects beside the file at hand: plans made before it, and files on the disk."""

    def __init__(self) -> None:
        self._added: dict[Path, list[Block]] = defaultdict(list)
        self._known: dict[Path, Elsewhere] = {}

    def added(self, root: Path) -> tuple[Block, ...]:
        """Blocks that files of this project, compiled before in this run, would add to its lock."""
        return tuple(self._added[root])

    def add(self, root: Path, planned: Planned | None) -> None:
        """What was compiled now goes before what will be: nothing is written, and nobody may be given the same."""
        if planned is not None and planned.plan is not None:
            asking = {block.identity: request.span for request, block in planned.plan.granted.items()}
            self._added[root] += [replace(block, span=asking.get(block.identity)) for block in planned.plan.added]

    def elsewhere(self, root: Path, params: Mapping[str, Given]) -> Elsewhere:
        """What all root files below `root` ask for, read once; each takes what it has of the params."""
        from netc.ipam import Elsewhere

        if root not in self._known:
            params = {name: replace(given, optional=True) for name, given in params.items()}
            found = Elsewhere()
            for file in root_files(root):
                found = found.joined(_asked(file, root, params))
            self._known[root] = found
        return self._known[root]


def root_files(root: Path) -> Iterator[Path]:
    """The files of the project in the folder `root` that have networks, in order; up to the first 1,000.

    A folder with a `netc.toml` has them at any depth; without one it is just a folder, and they lie in it.
    """
    whole = os.path.isfile(root / PROJECT_FILE)
    left = _MOST_FILES
    for parent, folders, names in os.walk(root):
        folders[:] = sorted(one for one in folders if whole and _is_within(os.path.join(parent, one)))
        for name in sorted(name for name in names if name.endswith(".netc")):
            left -= 1
            if left < 0:
                return
            file = Path(parent, name)
            if _has_networks(file):
                yield file


def _is_within(folder: str) -> bool:
    """Whether a folder belongs to the project that it lies in: a hidden one does not, nor another project's."""
    return not os.path.basename(folder).startswith(".") and not os.path.isfile(os.path.join(folder, PROJECT_FILE))


def _has_networks(file: Path) -> bool:
    try:
        return _NETWORK.search(Sources(file.parent).read(file).text) is not None
    except SourceError:
        return False


def _asked(file: Path, root: Path, params: Mapping[str, Given]) -> Elsewhere:
    """The pools and requests of one root file."""
    from netc import ipam, lang
    from netc.compiler.planning import demanded
    from netc.diagnostics import Severity

    shown = os.path.relpath(file)
    sources = Sources(root)
    found = ipam.Elsewhere()

    def look(pools: tuple[PoolValue, ...], asks: tuple[Ask, ...]) -> Mapping[Ask, Cidr]:
        nonlocal found
        demand, _ = demanded(pools, asks)
        found = ipam.Elsewhere(demand.pools, ipam.identities(demand.pools, demand.requests))
        return {}

    parsed = lang.parse(sources.read(file, shown=str(file) if shown.startswith(os.pardir) else shown))
    mistakes = list(parsed.diagnostics)
    if parsed.file is not None:
        mistakes += lang.evaluate(parsed.file, params, sources=sources, planner=look).diagnostics
    if any(one.severity is Severity.ERROR for one in mistakes):
        found = ipam.Elsewhere(found.pools, found.identities, (shown,))
    return found
