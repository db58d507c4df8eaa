"""A picture: boxes in columns from the container to the outside, and lines between them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from netc.dataclass import dataclass

Kind = Literal["container", "network", "bridge", "master", "host", "outside"]

#: The column of each kind of box, from the left.
COLUMNS: Mapping[Kind, int] = {"container": 0, "network": 1, "bridge": 2, "master": 2, "host": 3, "outside": 4}


@dataclass(frozen=True, slots=True)
class Node:
    """A box. `id` is letters, digits and `_`, and tells it from every other box; `lines` stand below the title."""

    id: str
    kind: Kind
    title: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Edge:
    """A line between two boxes, by their ids."""

    source: str
    target: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Host:
    """The boxes of one host, or of `title` hosts that are alike; each column from the top."""

    id: str
    title: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """All hosts, in the order of the source."""

    title: str
    hosts: tuple[Host, ...]
