"""Explanations on a terminal: they keep to its width, and say the same without colours."""

from __future__ import annotations

import re

import pytest

from netc import explain
from netc.diagnostics.formats import Style
from netc.explain.page import Code, Fact, Page, Prose, Table
from netc.explain.text import render

TOPICS = ["bridge", "bridge.mtu", "network", "cidr", "functions", "subnet", "NC203", "plugins", "host-local.ranges"]


@pytest.mark.parametrize("width", [40, 60, 80, 100, 200])
@pytest.mark.parametrize("topic", TOPICS)
def test_no_line_is_wider_than_the_terminal(topic: str, width: int) -> None:
    """But for example source, and words that can't be cut: names and addresses."""
    pages = explain.find(topic)
    code = {f"{'  ' * depth}{line}" for page in pages for part in page.parts if isinstance(part, Code)
            for line in part.text.splitlines() for depth in (1, 2)}  # fmt: skip
    for line in render(pages, Style(width=width)).splitlines():
        words = line.strip().split("  ")
        assert len(line) <= width or line in code or len(line.split()) <= 4 or len(words[-1].split()) == 1, line


@pytest.mark.parametrize("topic", TOPICS)
def test_colours_add_nothing_but_colours(topic: str) -> None:
    pages = explain.find(topic)
    colored = render(pages, Style(color=True, width=80))
    assert re.sub(r"\x1b\[[\d;]*m", "", colored) == render(pages, Style(width=80))
    assert "\x1b[1m" in colored


def test_the_parts_of_a_page() -> None:
    page = Page(
        "key",
        "bridge.mtu",
        "bridge.mtu",
        "MTU of the bridge.",
        (
            Fact("type", "integer"),
            Fact("default", 0, "0, which leaves it to the kernel, and the kernel takes 1500"),
            Code("example", "plugin bridge {\n  mtu = 1450\n}", "example"),
            Prose("text", "A word more."),
            Table(
                "keys", ({"key": "a", "empty": "", "what": "one"}, {"key": "long", "empty": "", "what": "two"}), "keys"
            ),
        ),
    )
    assert render([page], Style(width=50)) == (
        "bridge.mtu  key\n"
        "  MTU of the bridge.\n"
        "\n"
        "  type     integer\n"
        "  default  0, which leaves it to the kernel, and\n"
        "           the kernel takes 1500\n"
        "\n"
        "  example\n"
        "    plugin bridge {\n"
        "      mtu = 1450\n"
        "    }\n"
        "\n"
        "  A word more.\n"
        "\n"
        "  keys\n"
        "    a     one\n"
        "    long  two\n"
    )


def test_the_json_form_has_a_key_for_each_part() -> None:
    (page,) = explain.find("bridge.mtu")
    found = page.as_json()
    assert (found["kind"], found["name"], found["type"], found["unit"], found["default"]) == (
        "key", "bridge.mtu", "integer", "byte", 0)  # fmt: skip
    assert len(found) == 4 + len(page.parts), "no part hides another"


@pytest.mark.parametrize("topic", list(explain.topics()))
def test_no_part_hides_another_in_json(topic: str) -> None:
    for page in explain.find(topic):
        assert len(page.as_json()) == 4 + len(page.parts)
