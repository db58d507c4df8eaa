"""Functions, keywords, types, attributes: each has a page with all its parts, and its examples are true."""

from __future__ import annotations

import re

import pytest

from netc import explain
from netc.explain import data, functions, keywords, types
from netc.explain.page import Code, Fact, Page
from netc.lang import attributes
from netc.lang.functions import FUNCTIONS
from netc.lang.inquiry import ask
from netc.lang.notation import notation
from netc.lang.types import SCALARS
from netc.resources import folder

_KEYWORD = re.compile(r"^([A-Z]+)\.5:\s+/([a-z]+)\(\?", re.MULTILINE)
KEYWORDS = {match[2] for match in _KEYWORD.finditer((folder("grammar") / "netc.lark").read_text(encoding="utf-8"))}
PAGES = [("functions", name) for name in data.pages("functions")] + [("types", name) for name in data.pages("types")]


def part(page: Page, name: str):
    """The part of a page with this name."""
    return next(part for part in page.parts if part.name == name)


def value(expression: str) -> str:
    """What `netc eval` says of an expression."""
    answer = ask(expression, None, {})
    assert not answer.diagnostics, answer.diagnostics[0].message
    assert answer.value is not None
    return notation(answer.value.data)


def test_the_grammars_keywords_were_found() -> None:
    assert {"network", "chain", "if", "in", "error"} <= KEYWORDS


@pytest.mark.parametrize("word", sorted(KEYWORDS | {"meta", "...", "true", "false", "null"}))
def test_each_keyword_has_a_page_whose_example_is_a_file(word: str, findings) -> None:
    page = keywords.page(word)
    assert page is not None
    assert page.summary.endswith(".")
    example = part(page, "example")
    assert isinstance(example, Code)
    assert [one["message"] for one in findings(example.text) if one["severity"] == "error"] == []
    assert word in example.text or word in ("true", "false")
    assert part(page, "syntax").text
    assert isinstance(part(page, "docs"), Fact)


def test_no_page_is_about_a_word_that_the_language_lacks() -> None:
    assert set(keywords.names()) == KEYWORDS | {"meta", "...", "true", "false", "null"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_function_has_a_page_with_its_signature_and_an_example(name: str, findings) -> None:
    page = functions.page(name)
    assert page is not None
    assert page.title == FUNCTIONS[name].signature
    assert page.summary
    assert len(part(page, "parameters").rows) == len(FUNCTIONS[name].parameters)
    assert part(page, "example").text
    found = findings(data.pages("functions")[name].get("declared", ""))
    assert [one["message"] for one in found if one["severity"] == "error"] == []


@pytest.mark.parametrize("name", [*SCALARS, "list", "map", "record"])
def test_each_type_has_a_page_that_says_what_becomes_of_it_in_json(name: str, findings) -> None:
    page = types.page(name)
    assert page is not None
    assert part(page, "json").value
    assert findings(data.pages("types")[name]["declared"]) == []


@pytest.mark.parametrize(("kind", "name"), PAGES)
def test_each_example_is_what_netc_says(kind: str, name: str) -> None:
    for expression, expected in data.pages(kind)[name]["examples"]:
        assert value(expression) == expected


@pytest.mark.parametrize("name", list(types.attributes()))
def test_each_example_of_an_attribute_is_what_netc_says(name: str) -> None:
    of, _, attribute = name.partition(".")
    about, expression, expected = data.pages("types")[of]["attributes"][attribute]
    assert about.endswith(".")
    assert expression.endswith(f".{attribute}")
    assert value(expression) == expected
    assert types.attribute_page(name) is not None


def test_all_attributes_of_the_language_are_there() -> None:
    known = {
        f"{explained}.{name}"
        for kind, table in attributes._BY_TYPE.items()
        for name in table
        for explained in [{"Cidr": "cidr", "IpRange": "range"}.get(kind.__name__, "ip")]
    }
    assert set(types.attributes()) == known


@pytest.mark.parametrize(("kind", "name"), [*PAGES, *(("keywords", name) for name in data.pages("keywords"))])
def test_what_to_read_next_can_be_read(kind: str, name: str) -> None:
    for topic in data.pages(kind)[name].get("see", ()):
        assert explain.find(topic) or topic in ("alloc", "data"), f"{name} points at {topic}"
