"""A picture as Mermaid, which GitHub and others draw where it stands in a page."""

from __future__ import annotations

from collections.abc import Iterator

from netc.graph.picture import Host, Node, Picture

#: The two ends of a box of each kind.
_SHAPES = {
    "container": ("([", "])"), "network": ("[", "]"), "bridge": ("{{", "}}"), "master": ("[/", "/]"),
    "host": ("[[", "]]"), "outside": ("((", "))"),
}  # fmt: skip
#: What has a meaning within a label in quotes, and what stands for it.
_ESCAPED = {
    "#": "#35;", "&": "#38;", '"': "#34;", "<": "#60;", ">": "#62;", "`": "#96;", "\\": "#92;", "|": "#124;",
    "*": "#42;", "_": "#95;",
}  # fmt: skip


def write(picture: Picture) -> str:
    """The text of a flowchart, ending in a line end."""
    return "\n".join(_lines(picture)) + "\n"


def _lines(picture: Picture) -> Iterator[str]:
    yield "flowchart LR"
    for host in picture.hosts:
        titled = bool(host.title) and len(picture.hosts) > 0
        if titled:
            yield f'  subgraph {host.id}["{_escaped(host.title)}"]'
        yield from (f"  {'  ' if titled else ''}{_node(node)}" for node in host.nodes)
        if titled:
            yield "  end"
        yield from _edges(host)
    for kind, look in (
        ("container", "fill:#e8f1fb,stroke:#2f6fb3,color:#12293f"),
        ("network", "fill:#ffffff,stroke:#555555,color:#222222,text-align:left"),
        ("bridge", "fill:#eaf6ea,stroke:#3c8a3c,color:#16331a"),
        ("master", "fill:#eaf6ea,stroke:#3c8a3c,color:#16331a"),
        ("host", "fill:#fff4e0,stroke:#b97a14,color:#402a05"),
        ("outside", "fill:#f2f2f2,stroke:#777777,color:#222222"),
    ):
        ids = [node.id for host in picture.hosts for node in host.nodes if node.kind == kind]
        if ids:
            yield f"  classDef {kind} {look}"
            yield f"  class {','.join(ids)} {kind}"


def _node(node: Node) -> str:
    start, end = _SHAPES[node.kind]
    label = "<br/>".join([f"<b>{_escaped(node.title)}</b>", *map(_escaped, node.lines)])
    return f'{node.id}{start}"{label}"{end}'


def _edges(host: Host) -> Iterator[str]:
    for edge in host.edges:
        label = f'|"{_escaped(edge.label)}"|' if edge.label else ""
        yield f"  {edge.source} ---{label} {edge.target}"


def _escaped(text: str) -> str:
    indent = len(text) - len(text.lstrip(" "))
    shown = "".join(_ESCAPED.get(sign, sign) if sign.isprintable() else f"#{ord(sign)};" for sign in text.strip())
    return "#160;" * indent + shown
