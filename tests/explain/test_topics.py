"""Asking: what is found under a word, and what is said where nothing is."""

from __future__ import annotations

import subprocess
import sys

import pytest

from netc import explain
from netc.explain.page import Table


def kinds(topic: str) -> list[str]:
    """The kinds of the pages that a topic has."""
    return [page.kind for page in explain.find(topic)]


def listed(topic: str) -> list[str]:
    """The topics that the last page of a topic lists."""
    (table,) = [part for part in explain.find(topic)[-1].parts if isinstance(part, Table)]
    return [row["name"] for row in table.rows]


@pytest.mark.parametrize("topic", list(explain.topics()))
def test_each_topic_that_is_offered_is_known(topic: str) -> None:
    assert explain.find(topic)


def test_a_word_that_is_several_things_shows_them_all() -> None:
    assert kinds("mac") == ["type", "function", "index"]
    assert listed("mac") == ["macvlan.mac", "tap.mac", "tuning.mac", "sriov.mac"]
    assert kinds("param") == ["keyword", "rule"]
    assert kinds("static") == ["plugin"]


def test_one_of_several_can_be_chosen() -> None:
    assert kinds("mac()") == ["function"]
    assert kinds("type:mac") == ["type"]
    assert kinds("rule:param") == ["rule"]
    assert kinds("plugin:mac") == []


def test_a_key_of_one_plugin_needs_no_plugin_before_it() -> None:
    assert [page.name for page in explain.find("hairpinMode")] == ["bridge.hairpinMode"]


def test_a_key_of_several_plugins_lists_them_their_own_keys_first() -> None:
    assert kinds("mtu") == ["index"]
    assert listed("mtu")[:4] == ["bridge.mtu", "ipvlan.mtu", "macvlan.mtu", "ptp.mtu"]


def test_a_capability_is_found_by_its_name_although_no_author_writes_it() -> None:
    (page,) = explain.find("portMappings")
    assert page.name == "portmap.runtimeConfig.portMappings"


def test_what_stands_inside_ipam_belongs_to_the_ipam_plugin() -> None:
    assert [page.name for page in explain.find("bridge.ipam.rangeStart")] == ["host-local.rangeStart"]
    assert listed("ptp.ipam.routes") == ["host-local.routes", "static.routes", "whereabouts.routes"]
    assert [page.name for page in explain.find("bridge.ipam")] == ["bridge.ipam"]


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("subnt", "subnet"),
        ("bridge.ipmasq", "bridge.ipMasq"),
        ("brigde", "bridge"),
        ("NC2033", "NC203"),
        ("overlaping-ranges", "overlapping-ranges"),
        ("networks", "network"),
        ("cidr.frist", "cidr.first"),
        ("hairpinmode", "hairpinMode"),
        ("functoins", "functions"),
        ("zzzzzzzz", None),
        ("", None),
        ("." * 500, None),
    ],
)
def test_an_unknown_topic_has_none_and_the_nearest_is_named(asked: str, meant: str | None) -> None:
    assert explain.find(asked) == ()
    assert explain.nearest_topic(asked) == meant


def test_explaining_loads_neither_parser_nor_validator() -> None:
    script = (
        "import sys; from netc.cli.main import main; main(['explain', 'bridge', 'subnet', 'NC203', 'network']);"
        "print([name for name in ('lark', 'jsonschema', 'jinja2', 'ruamel', 'pyroute2') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
