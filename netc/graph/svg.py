"""A picture as SVG that needs nothing else: no script, no font, no file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from xml.sax.saxutils import escape

from netc.graph.layout import CHARACTER, LINE, PADDING, Box, Laid, columns, lay_out
from netc.graph.picture import Node, Picture

_MARGIN = 12.0
STYLE = """
text { font: 12px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #222; white-space: pre }
.title { font-weight: bold } .label { font-size: 11px; fill: #555 } .frame { fill: none; stroke: #bbb }
.line { fill: none; stroke: #888; stroke-width: 1.4 } .ground { fill: #fff }
.container { fill: #e8f1fb; stroke: #2f6fb3 } .network { fill: #fff; stroke: #555 }
.bridge, .master { fill: #eaf6ea; stroke: #3c8a3c } .host { fill: #fff4e0; stroke: #b97a14 }
.outside { fill: #f2f2f2; stroke: #777 }
@media (prefers-color-scheme: dark) {
  text { fill: #ddd } .label { fill: #aaa } .frame { stroke: #555 } .ground { fill: #1b1b1b }
  .container { fill: #16293c } .network { fill: #252525; stroke: #999 } .bridge, .master { fill: #17301a }
  .host { fill: #372709 } .outside { fill: #2c2c2c }
}
"""


def write(picture: Picture) -> str:
    """The document, ending in a line end."""
    return "\n".join(_lines(picture)) + "\n"


def _lines(picture: Picture) -> Iterator[str]:
    layout = lay_out(picture)
    width, height = layout.width + 2 * _MARGIN, layout.height + 2 * _MARGIN
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" role="img">'
    )
    yield f"<title>{_escaped(picture.title)}</title>"
    yield f"<style>{STYLE}</style>"
    yield f'<rect class="ground" width="{width:.0f}" height="{height:.0f}"/>'
    yield f'<g transform="translate({_MARGIN:.0f},{_MARGIN:.0f})">'
    for laid in layout.hosts:
        yield from _host(laid)
    yield "</g>"
    yield "</svg>"


def _host(laid: Laid) -> Iterator[str]:
    words = " ".join([laid.host.title, *(node.title for node in laid.host.nodes)])
    yield f'<g class="of-host" data-words="{_escaped(words.lower())}">'
    frame = laid.frame
    yield f'<rect class="frame" {_place(frame)} rx="8"/>'
    if laid.host.title:
        yield f'<text class="title" x="{frame.x + 12:.1f}" y="{frame.y + 20:.1f}">{_escaped(laid.host.title)}</text>'
    starts = Counter(edge.source for edge in laid.host.edges)
    for edge in laid.host.edges:
        yield from _edge(laid.boxes[edge.source], laid.boxes[edge.target], edge.label, late=starts[edge.source] > 1)
    for node in laid.host.nodes:
        yield from _node(node, laid.boxes[node.id])
    yield "</g>"


def _node(node: Node, box: Box) -> Iterator[str]:
    corner = {"container": 14, "outside": min(box.height / 2, 22)}.get(node.kind, 3)
    yield f'<rect class="{node.kind}" {_place(box)} rx="{corner:.0f}"/>'
    for number, line in enumerate((node.title, *node.lines)):
        style = ' class="title"' if number == 0 else ""
        y = box.y + PADDING + LINE * (number + 0.78)
        yield f'<text{style} x="{box.x + PADDING:.1f}" y="{y:.1f}" xml:space="preserve">{_escaped(line)}</text>'


def _edge(source: Box, target: Box, label: str, *, late: bool) -> Iterator[str]:
    """A line from the right side of one box to the left side of another, its label over its start or its end.

    Lines that start at one box part on their way, so that their labels stand where they end.
    """
    x1, y1, x2, y2 = source.x + source.width, source.middle, target.x, target.middle
    bend = max((x2 - x1) / 2, 12.0)
    yield (
        f'<path class="line" d="M{x1:.1f},{y1:.1f} C{x1 + bend:.1f},{y1:.1f} {x2 - bend:.1f},{y2:.1f} '
        f'{x2:.1f},{y2:.1f}"/>'
    )
    if label:
        room = x2 - x1 - columns(label) * CHARACTER
        x = x1 + (room - 3.0 if late else room / 2)
        y = (y2 if late else y1) - 5
        yield f'<text class="label" x="{max(x, x1 + 3):.1f}" y="{y:.1f}">{_escaped(label)}</text>'


def _place(box: Box) -> str:
    return f'x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{box.height:.1f}"'


def _escaped(text: str) -> str:
    """A text or an attribute's value; what XML can't hold is a question mark."""
    shown = "".join(sign if sign.isprintable() else "?" for sign in text)
    return escape(shown, {'"': "&quot;"})
