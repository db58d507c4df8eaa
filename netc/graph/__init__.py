"""Pictures of networks: what a container is on, by which chain, and which way it leaves the host.

`planned` draws what the configuration says, or with what an attach saw, what is there; `mermaid`, `dot`, `svg` and
`html` write a picture down.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from netc.graph.picture import Edge, Host, Node, Picture
from netc.graph.planned import Subject, draw
from netc.graph.seen import Seen, seen

__all__ = ["WRITERS", "Edge", "Host", "Node", "Picture", "Seen", "Subject", "draw", "seen", "writer"]


def _mermaid(picture: Picture) -> str:
    from netc.graph import mermaid

    return mermaid.write(picture)


def _dot(picture: Picture) -> str:
    from netc.graph import dot

    return dot.write(picture)


def _svg(picture: Picture) -> str:
    from netc.graph import svg

    return svg.write(picture)


def _html(picture: Picture) -> str:
    from netc.graph import html

    return html.write(picture)


#: Format to what writes a picture in it.
WRITERS: Mapping[str, Callable[[Picture], str]] = {"mermaid": _mermaid, "dot": _dot, "svg": _svg, "html": _html}


def writer(format: str) -> Callable[[Picture], str]:
    """What writes a picture in this format; raises `KeyError` for one that there is none for."""
    return WRITERS[format]
