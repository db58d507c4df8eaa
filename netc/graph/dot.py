"""A picture for Graphviz."""

from __future__ import annotations

from collections.abc import Iterator

from netc.graph.picture import Node, Picture

_LOOKS = {
    "container": 'shape=box, style="rounded,filled", fillcolor="#e8f1fb", color="#2f6fb3"',
    "network": 'shape=box, style=filled, fillcolor="#ffffff", color="#555555"',
    "bridge": 'shape=hexagon, style=filled, fillcolor="#eaf6ea", color="#3c8a3c"',
    "master": 'shape=parallelogram, style=filled, fillcolor="#eaf6ea", color="#3c8a3c"',
    "host": 'shape=box, peripheries=2, style=filled, fillcolor="#fff4e0", color="#b97a14"',
    "outside": 'shape=ellipse, style=filled, fillcolor="#f2f2f2", color="#777777"',
}


def write(picture: Picture) -> str:
    """The text of a graph, ending in a line end."""
    return "\n".join(_lines(picture)) + "\n"


def _lines(picture: Picture) -> Iterator[str]:
    yield "graph netc {"
    yield "  rankdir=LR"
    yield f"  label={_quoted(picture.title)}"
    yield '  node [fontname="monospace", fontsize=10]'
    yield '  edge [fontname="monospace", fontsize=9]'
    for host in picture.hosts:
        yield f"  subgraph cluster_{host.id} {{"
        yield f"    label={_quoted(host.title)}"
        yield from (f"    {_node(node)}" for node in host.nodes)
        yield from (f"    {edge.source} -- {edge.target} [label={_quoted(edge.label)}]" for edge in host.edges)
        yield "  }"
    yield "}"


def _node(node: Node) -> str:
    label = "".join(f"{_escaped(line)}\\l" for line in node.lines)
    return f'{node.id} [{_LOOKS[node.kind]}, label="{_escaped(node.title)}{chr(92)}n{label}"]'


def _quoted(text: str) -> str:
    return f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    """A text within quotes: Graphviz takes a backslash for an escape, and `&` for an entity."""
    shown = "".join(sign if sign.isprintable() else "?" for sign in text)
    return shown.replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")
