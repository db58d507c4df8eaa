"""Whatever a name holds, a picture stays one that its reader can read."""

from __future__ import annotations

import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netc.graph import WRITERS, Edge, Host, Node, Picture
from netc.graph.layout import lay_out

EVIL = 'a"]\\ <script>alert(1)</script> & #quot; `x` |b| *c* _d_ %%{init} ünï 漢字 end;'
words = st.text(max_size=20) | st.just(EVIL) | st.sampled_from(["end", "subgraph", "graph", "</svg>", "\\", '"', "\n"])


def of(title: str, line: str, label: str) -> Picture:
    nodes = (
        Node("a", "container", title, (line,)), Node("b", "network", title, (line, line)), Node("c", "bridge", line),
        Node("d", "master", title), Node("e", "host", line), Node("f", "outside", title),
    )  # fmt: skip
    edges = tuple(
        Edge(one, other, label) for one, other in (("a", "b"), ("b", "c"), ("b", "d"), ("c", "e"), ("e", "f"))
    )
    return Picture(title, (Host("h0", title, nodes, edges), Host("h1", "", (Node("g", "outside", line),), ())))


@given(words, words, words)
def test_svg_is_xml_with_the_text_as_it_is(title: str, line: str, label: str) -> None:
    root = ElementTree.fromstring(WRITERS["svg"](of(title, line, label)))  # our own
    shown = [element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "".join(sign if sign.isprintable() else "?" for sign in title) in shown
    assert not any(element.tag.endswith("script") for element in root.iter())


@given(words, words, words)
def test_a_page_has_one_script_and_loads_nothing(title: str, line: str, label: str) -> None:
    found: list[tuple[str, list]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list) -> None:
            found.append((tag, attrs))

    Reader().feed(WRITERS["html"](of(title, line, label)))
    assert [tag for tag, _ in found].count("script") == 1
    assert not [attrs for _, attrs in found if {"src", "href", "onload"} & {name for name, _ in attrs}]


@given(words, words, words)
def test_mermaid_has_a_line_for_each_box_and_no_sign_that_ends_a_label(title: str, line: str, label: str) -> None:
    text = WRITERS["mermaid"](of(title, line, label))
    boxes = [one for one in text.splitlines() if re.match(r"\s+[a-g][(\[{]", one)]
    assert len(boxes) == 7
    for one in text.splitlines():
        assert one.count('"') in (0, 2), one
        inside = one.partition('"')[2].rpartition('"')[0]
        assert not re.search(r"<(?!b>|/b>|br/>)", inside), one


@pytest.mark.skipif(shutil.which("dot") is None, reason="no Graphviz on this machine")
@settings(max_examples=25, deadline=None)
@given(words, words, words)
def test_graphviz_reads_it(title: str, line: str, label: str) -> None:
    run = subprocess.run(
        ["dot", "-Tplain"], input=WRITERS["dot"](of(title, line, label)), text=True, capture_output=True, check=False
    )
    assert (run.returncode, run.stderr) == (0, "")


def test_boxes_do_not_overlap() -> None:
    nodes = [Node("o", "outside", "outside")]
    edges = []
    for number in range(12):
        nodes += [
            Node(f"c{number}", "container", f"container {number}", ("x",) * (number % 4)),
            Node(f"n{number}", "network", f"network {number}", ("y",) * (number % 3)),
            Node(f"b{number % 5}", "bridge", f"bridge {number % 5}"),
        ]
        edges += [
            Edge(f"c{number}", f"n{number}", "eth0"),
            Edge(f"n{number}", f"b{number % 5}"),
            Edge(f"b{number % 5}", "o"),
        ]
    unique = tuple({node.id: node for node in nodes}.values())
    layout = lay_out(Picture("t", tuple(Host(f"h{one}", f"host {one}", unique, tuple(edges)) for one in range(7))))
    boxes = [box for laid in layout.hosts for box in laid.boxes.values()]
    frames = [laid.frame for laid in layout.hosts]
    for several in (boxes, frames):
        for at, one in enumerate(several):
            for other in several[at + 1 :]:
                apart = (
                    one.x + one.width <= other.x or other.x + other.width <= one.x
                    or one.y + one.height <= other.y or other.y + other.height <= one.y
                )  # fmt: skip
                assert apart, (one, other)
    for laid in layout.hosts:
        for box in laid.boxes.values():
            assert laid.frame.x <= box.x
            assert box.x + box.width <= laid.frame.x + laid.frame.width
            assert box.y + box.height <= laid.frame.y + laid.frame.height
    assert all(box.x + box.width <= layout.width and box.y + box.height <= layout.height for box in boxes)
