"""Plugins, keys and rules: each has a page with all its parts, made from what the rest of netc goes by."""

from __future__ import annotations

import pytest

from netc import plugins
from netc.explain import keys, rules
from netc.explain import plugins as plugin_pages
from netc.explain.page import Page
from netc.lint.catalogue import all_rules

KEYS = list(keys.names())


def parts(page: Page | None) -> dict:
    """The parts of a page by name."""
    assert page is not None
    return {part.name: part for part in page.parts}


@pytest.mark.parametrize("name", plugins.names())
def test_each_plugin_has_a_page_with_all_its_keys(name: str) -> None:
    page = plugin_pages.page(name)
    found = parts(page)
    assert {"role", "capabilities", "cniVersions", "modules", "docs", "keys"} <= set(found)
    assert [row["key"] for row in found["keys"].rows] == list(plugins.schema(name)["properties"])
    assert found["docs"].value.startswith("https://")


def test_there_are_keys_of_every_level() -> None:
    assert {"network.cniVersion", "bridge.ipMasq", "host-local.ranges.subnet", "meta.priority"} <= set(KEYS)


@pytest.mark.parametrize("name", KEYS)
def test_each_key_has_a_page_with_all_its_parts(name: str) -> None:
    page = keys.page(name)
    found = parts(page)
    assert {"of", "type", "default", "since", "docs", "example"} <= set(found)
    assert page is not None
    assert page.summary, "the schema says nothing of it"
    assert found["type"].value


@pytest.mark.parametrize("name", KEYS)
def test_the_example_of_a_key_is_netc_that_the_plugin_reads(name: str, findings) -> None:
    """In its place, with what it needs around it: no finding about syntax, names, types or shape."""
    page = parts(keys.page(name))
    example = page["example"].text
    owner = name.partition(".")[0]
    info = plugins.find(owner)
    if info is not None and info.kind == "ipam":
        example = f"plugin bridge {{\n{example}\n}}"
    if info is not None:
        example = f"network dbnet {{\n{example}\n}}"
    elif "plugin " not in example:
        example = example.rstrip("}") + "plugin loopback { } }"
    found = findings(example)
    wrong = [one for one in found if one["code"][2] == "1" or one["code"] in ("NC401", "NC402", "NC404")]
    assert [one["message"] for one in wrong] == [], example
    assert ("NC406" in {one["code"] for one in found}) == ("until" in page)
    key = name.rpartition(".")[2]
    assert key in example or ".runtimeConfig" in name or key in ("type", "name")


def test_a_key_says_its_unit_and_what_changed() -> None:
    assert "bits per second" in parts(keys.page("bandwidth.ingressRate"))["unit"].words
    assert "before release 1.8.0" in parts(keys.page("bridge.preserveDefaultVlan"))["default"].words
    assert parts(keys.page("bridge.vlan"))["range"].value == [0, 4094]
    assert "nftables" in parts(keys.page("bridge.ipMasqBackend"))["enum"].words


def test_list_brackets_and_indices_are_nothing_to_a_keys_name() -> None:
    plain = keys.page("host-local.ranges.subnet")
    assert keys.page("host-local.ranges[0][0].subnet") == plain
    assert keys.page("host-local.ranges[].subnet") == plain
    assert keys.page("host-local.ranges.0.0.subnet") == plain


def test_a_key_that_its_author_chooses_is_explained_by_what_it_stands_in() -> None:
    page = keys.page("tuning.sysctl.net.core.somaxconn")
    assert page is not None
    assert "net.core.somaxconn" in parts(page)["example"].text


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)
def test_each_rule_has_a_page_by_code_and_by_name(rule) -> None:
    page = rules.page(rule.code)
    found = parts(page)
    assert {"code", "severity", "why", "bad", "good", "source", "silence"} <= set(found)
    assert page == rules.page(rule.name) == rules.page(rule.code.lower())
