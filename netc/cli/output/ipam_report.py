"""The report of `netc ipam`: for a person `templates/ipam.txt.j2`, for a program docs/ipam.schema.json."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Any

from netc.diagnostics.formats import Style
from netc.ipam.quoting import word
from netc.ipam.space import Interval, aligned
from netc.ipam.survey import Map, Mark, State, Usage
from netc.resources import folder

_COLORS = {"bold": "1", "dim": "2", "used": "32", "new": "36", "held": "33", "locked": "32", "mixed": "34"}
_WIDEST = 80
#: How each kind of cell is drawn, and what the legend says.
MARKS: Mapping[Mark, tuple[str, str]] = {
    "used": ("#", "used"),
    "new": ("*", "new"),
    "held": ("=", "held"),
    "locked": ("#", "locked"),
    "mixed": ("+", "in part"),
    "reserved": ("x", "reserved"),
    "free": (".", "free"),
}
_ROW, _GROUP = 32, 8


def render(pools: Sequence[Usage], style: Style) -> str:
    """A table and a map for each pool, at most 80 columns wide, ending in a line end."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder("templates")),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        autoescape=False,
    )
    width = min(style.width, _WIDEST)
    environment.filters |= {
        "paint": lambda text, look: f"\x1b[{_COLORS[look]}m{text}\x1b[0m" if style.color and look in _COLORS else text,
        "word": word,
    }
    template = environment.get_template("ipam.txt.j2")
    return template.render(
        pools=[
            {
                "usage": usage,
                "head": list(_head(usage, width)),
                "rows": list(_rows(usage, width)),
                "maps": list(_maps(usage)),
            }
            for usage in pools
        ]
    )


def _head(usage: Usage, width: int) -> Iterator[str]:
    """What a family of a pool consists of, and how full it is."""
    counts = [(usage.count(state), text) for state, text in _COUNTED.items()]
    blocks = ", ".join(f"{count} {text}" for count, text in counts if count) or "no block"
    if usage.pool is None:
        yield blocks + " (known from netc.lock alone)"
        return
    yield from textwrap.wrap(" ".join(map(str, usage.pool.of(usage.family))), width - 2)
    room = f"largest free block /{usage.largest}" if usage.largest is not None else "nothing free"
    yield f"{usage.share} taken: {blocks}; {room}"


_COUNTED: Mapping[State, str] = {"used": "in use", "new": "new", "held": "held", "locked": "locked"}


def _rows(usage: Usage, width: int) -> Iterator[tuple[str, str, str]]:
    """The table in the order of addresses: a block, or where a free or reserved part starts; its state; its key."""
    parts: list[tuple[Interval, str, str, str]] = [
        ((one.block.first, one.block.last), str(one.block.network), one.state, word(one.block.key))
        for one in usage.blocks
    ]
    for state, intervals in (("free", usage.free), ("reserved", usage.reserved)):
        for gap in intervals:
            prefix = min(prefix for _, prefix in aligned(gap, usage.family))
            address = _address(gap[0], usage)
            room = f"up to /{prefix}" if state == "free" else ""
            parts.append((gap, f"{address} ...", state, room))
    parts.sort(key=lambda part: part[0])
    wide = max((len(name) for _, name, _, _ in parts), default=0)
    for _, name, state, key in parts:
        left = max(width - wide - 14, 12)
        yield name.ljust(wide), state.ljust(8), key if len(key) <= left else key[: left - 1] + "…"


def _address(number: int, usage: Usage) -> IPv4Address | IPv6Address:
    return IPv4Address(number) if usage.family == 4 else IPv6Address(number)


def _maps(usage: Usage) -> Iterator[dict[str, Any]]:
    for one in usage.maps:
        rows = list(_lines(one, usage))
        wide = max(len(address) for address, _ in rows)
        present = [mark for mark in MARKS if mark in one.cells]
        yield {
            "network": str(one.network),
            "cell": one.prefix,
            "rows": [(address.ljust(wide), groups) for address, groups in rows],
            "legend": "  ".join(f"{MARKS[mark][0]} {_meaning(mark, usage)}" for mark in present),
        }


def _meaning(mark: Mark, usage: Usage) -> str:
    return "not in the lock" if mark == "free" and usage.pool is None else MARKS[mark][1]


def _lines(one: Map, usage: Usage) -> Iterator[tuple[str, list[list[tuple[str, Mark]]]]]:
    """The rows of a map: the address of the first cell, and the cells in groups, each cell with its kind."""
    step = one.network.num_addresses // len(one.cells)
    first = int(one.network.network_address)
    for at in range(0, len(one.cells), _ROW):
        row = one.cells[at : at + _ROW]
        groups = [[(MARKS[mark][0], mark) for mark in row[i : i + _GROUP]] for i in range(0, len(row), _GROUP)]
        yield str(_address(first + at * step, usage)), groups


def to_json(path: Path, pools: Iterable[Usage]) -> dict[str, Any]:
    """The plan as docs/ipam.schema.json describes it."""
    return {
        "version": 1,
        "lock": path.as_posix(),
        "pools": [
            {
                "name": usage.name,
                "family": usage.family,
                "cidrs": [str(cidr) for cidr in usage.pool.of(usage.family)] if usage.pool is not None else None,
                "addresses": {
                    "usable": str(usage.usable) if usage.usable is not None else None,
                    "taken": str(usage.taken),
                },
                "taken_percent": round(100 * usage.taken / usage.usable, 3) if usage.usable else None,
                "largest_free_prefix": usage.largest,
                "blocks": [
                    {
                        "key": one.block.key,
                        "network": str(one.block.network),
                        "state": one.state,
                        "line": one.block.span.begin.line if one.block.span is not None else None,
                    }
                    for one in usage.blocks
                ],
                "free": [str(cidr) for cidr in usage.free_networks] if usage.pool is not None else None,
                "reserved": [f"{_address(first, usage)}-{_address(last, usage)}" for first, last in usage.reserved],
            }
            for usage in pools
        ],
    }
