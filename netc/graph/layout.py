"""Where the boxes of a picture stand: columns from the container to the outside, hosts side by side.

All measures are in the picture's own units, of which a character is `CHARACTER` wide and a line `LINE` high.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from unicodedata import east_asian_width

from netc.dataclass import dataclass
from netc.graph.picture import COLUMNS, Host, Node, Picture

CHARACTER, LINE, PADDING = 7.3, 16.0, 9.0
_BETWEEN_ROWS, _BETWEEN_HOSTS, _FRAME, _TITLE = 14.0, 28.0, 16.0, 22.0
#: A picture of many hosts is about so much wider than high.
_ASPECT = 1.6
_NARROWEST_GAP = 46.0


@dataclass(frozen=True, slots=True)
class Box:
    """Where a rectangle is: its upper left corner and its size."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        """The y of its centre."""
        return self.y + self.height / 2

    def moved(self, x: float, y: float) -> Box:
        """The same elsewhere."""
        return Box(self.x + x, self.y + y, self.width, self.height)


@dataclass(frozen=True, slots=True)
class Laid:
    """A host's frame, and its boxes by their ids."""

    host: Host
    frame: Box
    boxes: Mapping[str, Box]


@dataclass(frozen=True, slots=True)
class Layout:
    """All hosts, and the size of the whole."""

    hosts: tuple[Laid, ...]
    width: float
    height: float


def columns(text: str) -> int:
    """How many characters wide a text is, wide ones counted twice."""
    return sum(2 if east_asian_width(sign) in "WF" else 1 for sign in text)


def lay_out(picture: Picture) -> Layout:
    """Each host by itself, then the hosts in rows."""
    laid = [_host(host) for host in picture.hosts]
    area = sum((one.frame.width + _BETWEEN_HOSTS) * (one.frame.height + _BETWEEN_HOSTS) for one in laid)
    widest = max([math.sqrt(area * _ASPECT), *(one.frame.width for one in laid)], default=0.0)
    placed: list[Laid] = []
    x = y = highest = right = 0.0
    for one in laid:
        if x and x + one.frame.width > widest:
            x, y, highest = 0.0, y + highest + _BETWEEN_HOSTS, 0.0
        placed.append(Laid(one.host, one.frame.moved(x, y), {id: box.moved(x, y) for id, box in one.boxes.items()}))
        highest, right = max(highest, one.frame.height), max(right, x + one.frame.width)
        x += one.frame.width + _BETWEEN_HOSTS
    return Layout(tuple(placed), right, y + highest)


def _host(host: Host) -> Laid:
    sizes = {node.id: _size(node) for node in host.nodes}
    by_column: dict[int, list[Node]] = {}
    for node in host.nodes:
        by_column.setdefault(COLUMNS[node.kind], []).append(node)
    neighbours: dict[str, list[str]] = {node.id: [] for node in host.nodes}
    for edge in host.edges:
        neighbours[edge.source].append(edge.target)
        neighbours[edge.target].append(edge.source)
    rows: dict[str, float] = {}
    # The chains stand first, those of one wire together; whatever they lead to, or come from, stands beside them.
    for column in sorted(by_column, key=lambda one: (abs(one - 1), one)):
        _stack(by_column[column], sizes, neighbours, rows)
    left = _columns(host, by_column, sizes)
    top = min((rows[node.id] - sizes[node.id][1] / 2 for node in host.nodes), default=0.0)
    head = _TITLE if host.title else 0.0
    boxes = {
        node.id: Box(
            left[COLUMNS[node.kind]] + _FRAME,
            rows[node.id] - sizes[node.id][1] / 2 - top + _FRAME + head,
            max(sizes[one.id][0] for one in by_column[COLUMNS[node.kind]]),
            sizes[node.id][1],
        )
        for node in host.nodes
    }
    right = max([box.x + box.width for box in boxes.values()] + [columns(host.title) * CHARACTER], default=0.0)
    bottom = max((box.y + box.height for box in boxes.values()), default=0.0)
    return Laid(host, Box(0.0, 0.0, right + _FRAME, bottom + _FRAME), boxes)


def _size(node: Node) -> tuple[float, float]:
    widest = max(columns(line) for line in (node.title, *node.lines))
    return widest * CHARACTER + 2 * PADDING, (1 + len(node.lines)) * LINE + 2 * PADDING


def _stack(
    nodes: Sequence[Node],
    sizes: Mapping[str, tuple[float, float]],
    neighbours: Mapping[str, Sequence[str]],
    rows: dict[str, float],
) -> None:
    """Put a column's boxes at the height of those that they are joined to, one below the other without overlapping."""
    wanted: dict[str, float] = {}
    for node in nodes:
        near = [rows[other] for other in neighbours[node.id] if other in rows]
        if near:
            wanted[node.id] = sum(near) / len(near)
    order = list(nodes)
    if wanted:
        order.sort(key=lambda node: wanted.get(node.id, math.inf))
    else:
        order.sort(key=lambda node: min(neighbours[node.id], default=""))  # those of one wire together
    edge = -math.inf
    for node in order:
        half = sizes[node.id][1] / 2
        rows[node.id] = max(wanted.get(node.id, -math.inf), edge + half if edge > -math.inf else -math.inf)
        if rows[node.id] == -math.inf:
            rows[node.id] = half
        edge = rows[node.id] + half + _BETWEEN_ROWS


def _columns(
    host: Host, by_column: Mapping[int, Sequence[Node]], sizes: Mapping[str, tuple[float, float]]
) -> dict[int, float]:
    """The x of each column: there is room between two for the longest label of a line that starts in the left one."""
    column_of = {node.id: COLUMNS[node.kind] for node in host.nodes}
    left, x = {}, 0.0
    for column in sorted(by_column):
        left[column] = x
        labels = [columns(edge.label) for edge in host.edges if column_of[edge.source] == column]
        gap = max([_NARROWEST_GAP, *(label * CHARACTER + 2 * PADDING for label in labels)])
        x += max(sizes[node.id][0] for node in by_column[column]) + gap
    return left
