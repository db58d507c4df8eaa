"""Definitions in an order in which each comes after what it needs; and the rings that have none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from netc.dataclass import dataclass, field
from netc.diagnostics import Diagnostic, Step, error
from netc.lang import codes
from netc.sources import Span

#: What each definition needs: the names of others, each with the place that needs it.
Needs = Mapping[str, Sequence[tuple[str, Span]]]


@dataclass(slots=True)
class Ordered:
    """`names` so that each comes after what it needs; `broken` are those in a ring, `found` says which."""

    names: list[str] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    found: list[Diagnostic] = field(default_factory=list)


def ordered(needs: Needs) -> Ordered:
    """The order of some definitions. No recursion: a line of 100,000 lets that each need the next is fine."""
    out = Ordered()
    done: dict[str, bool] = {}
    for start in needs:
        if start not in done:
            _visit(start, needs, done, out)
    return out


def _visit(start: str, needs: Needs, done: dict[str, bool], out: Ordered) -> None:
    path: list[str] = [start]
    at: dict[str, int] = {start: 0}
    edges: list[Iterator[tuple[str, Span]]] = [iter(needs[start])]
    spans: list[Span] = []
    done[start] = False
    while path:
        name, span = next(edges[-1], (None, None))
        if name is None or span is None:
            finished = path.pop()
            edges.pop()
            del at[finished]
            if spans:
                spans.pop()
            done[finished] = True
            out.names.append(finished)
        elif name not in needs:
            continue
        elif name not in done:
            done[name] = False
            at[name] = len(path)
            path.append(name)
            edges.append(iter(needs[name]))
            spans.append(span)
        elif not done[name]:
            ring = path[at[name] :]
            out.found.append(ring_found(ring, [*spans[at[name] :], span]))
            out.broken.update(ring)


def ring_found(names: Sequence[str], spans: Sequence[Span], verb: str = "needs") -> Diagnostic:
    """The finding about a ring; `spans[i]` is where `names[i]` needs the next one."""
    if len(names) == 1:
        return error(codes.RING.code, f"{names[0]} {verb} itself", spans[0])
    shown = [*names, names[0]] if len(names) <= 8 else [*names[:4], "...", *names[-3:], names[0]]
    labels = [Step(f"{name} {verb} {after}", span) for name, after, span in _pairs(names, spans)]
    return error(codes.RING.code, "a ring: " + " -> ".join(shown), spans[0], *labels[1:8])


def _pairs(names: Sequence[str], spans: Sequence[Span]) -> Iterable[tuple[str, str, Span]]:
    return zip(names, [*names[1:], names[0]], spans)
