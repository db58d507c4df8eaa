"""JSON in a YAML scalar of any style: the text is YAML's, and each character has its place in the file."""

from __future__ import annotations

import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from netc.documents.scalars import text_of
from netc.documents.texts import Text
from netc.sources import Source


def text(yaml: str) -> Text:
    """The text of the value of `config`."""
    node = YAML(typ="safe", pure=True).compose(yaml)
    value = next(value for key, value in node.value if key.value == "config")
    return text_of(value, Source("nad.yaml", yaml), yaml, 0)


STYLES = {
    "literal": 'config: |\n  {\n    "a": "b"\n  }\nx: 1\n',
    "literal, further in": 'config: |2-\n    {\n      "a": "b"\n    }\n\n',
    "literal, kept": 'config: |+\n  {\n\n    "a": "b"\n  }\n\nx: 1\n',
    "literal, carriage returns": 'config: |\r\n  {\r\n    "a": "b"\r\n  }\r\n',
    "folded": 'config: >\n  {\n    "a":\n  "b"\n  }\nx: 1\n',
    "folded, with gaps": 'config: >-\n  {\n\n  "a":\n\n\n  "b"\n    ,\n\n  "c": 1 }\n',
    "single": 'config: \'{\n    "a": "b"\n  }\'\n',
    "single, with quotes": 'config: \'{ "a": "it\'\'s",\n\n  "b": 1 }\'\n',
    "double": 'config: "{ \\"a\\": \\"b\\", \\u0022c\\x22: 1 }"\n',
    "double, over lines": 'config: "{ \\"a\\":\n    \\"b\\",\\\n    \\"c\\": 1 }"\n',
    "plain": "config: abc def\n  ghi\n",
}


@pytest.mark.parametrize("style", STYLES)
def test_every_character_has_its_place(style: str) -> None:
    found = text(STYLES[style])
    assert found.whole is None, "the style is read as YAML reads it"
    for at, char in enumerate(found.value):
        written = found.source.text[found.place(at)]
        assert written == char or char in ' "\n' or written == "\\"


@pytest.mark.parametrize("style", STYLES)
def test_a_word_of_the_text_is_found_in_the_file(style: str) -> None:
    found = text(STYLES[style])
    word = "def" if style == "plain" else "a"
    at = found.value.index(word)
    assert found.span(at, at + len(word)).text == word


lines = st.lists(st.text(st.sampled_from("ab {}[]\":,'\\1"), max_size=10), min_size=1, max_size=6)


@given(lines, st.integers(1, 4), st.sampled_from(["|", "|-", "|+", ">", ">-", ">+"]))
def test_blocks_are_yamls(content: list[str], indent: int, style: str) -> None:
    yaml = f"config: {style}\n" + "".join(f"{' ' * indent}{line}\n" for line in content) + "x: 1\n"
    assume(content[0].strip() and not content[0].startswith(" "))
    check_places(yaml)


@given(st.text(st.sampled_from("ab {}[]\":,'\\1\n"), max_size=30))
def test_quotes_are_yamls(content: str) -> None:
    check_places("config: '" + content.replace("'", "''").replace("\n", "\n  ") + "'\n")
    check_places("config: " + json.dumps(content) + "\n")


def check_places(yaml: str) -> None:
    """The text is exactly the parser's, with places; none is made up."""
    found = text(yaml)
    assert found.whole is None
    for at, char in enumerate(found.value):
        written = found.source.text[found.place(at)]
        assert written == char or char in " \n" or written == "\\"
