"""Every value of a TOML text has the place that it was written at."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netc import toml
from netc.sources import Source

TEXT = '''\
top = 1   # a comment
"quoted key" = 'a # no comment'
a.b.c = [1, [2, "]"], { x = "}" }]

[emit."two words"]   # [not.a.header]
template = """
line ] } # "quoted"" \\
"""
output = {path = 'x', each.of = 1979-05-27 07:32:00}

[[list]]
name = "one"
[[list]]
name = "two"
[list.inner]
deep = true
'''


def parsed(text: str) -> toml.Document:
    return toml.parse(Source("netc.toml", text))


@pytest.mark.parametrize(
    ("path", "key", "value"),
    [
        (("top",), "top", "1"),
        (("quoted key",), '"quoted key"', "'a # no comment'"),
        (("a", "b", "c"), "a.b.c", '[1, [2, "]"], { x = "}" }]'),
        (("a", "b", "c", 1), '[2, "]"]', '[2, "]"]'),
        (("a", "b", "c", 2, "x"), "x", '"}"'),
        (("emit", "two words"), '"two words"', '[emit."two words"]'),
        (("emit", "two words", "output", "each", "of"), "each.of", "1979-05-27 07:32:00"),
        (("list", 1, "name"), "name", '"two"'),
        (("list", 1, "inner", "deep"), "deep", "true"),
    ],
)
def test_places(path: toml.Path, key: str, value: str) -> None:
    place = parsed(TEXT).place(path)
    assert (place.key.text, place.value.text) == (key, value)


@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        ("a = 1\nb = \n", 2, 5, "invalid value"),
        ("a = 1\na = 2\n", 2, 6, "cannot overwrite a value"),
        ("[a\n", 1, 3, "expected ']' at the end of a table declaration"),
        ('a = "x', 1, 7, "unterminated string"),
        ("a = 1\r\nb = 1 2\r\n", 2, 7, "expected newline or end of document"),
    ],
)
def test_a_mistake_has_its_place(text: str, line: int, column: int, said: str) -> None:
    with pytest.raises(toml.TomlError, match=said) as caught:
        parsed(text)
    assert (caught.value.span.begin.line, caught.value.span.begin.column) == (line, column)


@pytest.mark.parametrize("text", ["a = " + "[" * 5000 + "]" * 5000, "a = 1900-02-30", "a = " + "9" * 5000])
def test_what_python_can_not_hold_is_a_mistake_too(text: str) -> None:
    with pytest.raises(toml.TomlError):
        parsed(text)


_STRINGS = st.text(st.characters(min_codepoint=0x20, exclude_characters="\x7f", exclude_categories=["Cs"]), max_size=12)
_WRITTEN_STRINGS = st.one_of(
    _STRINGS.map(lambda s: '"' + s.replace("\\", "\\\\").replace('"', '\\"') + '"'),
    _STRINGS.filter(lambda s: "'" not in s).map(lambda s: f"'{s}'"),
    _STRINGS.filter(lambda s: "'''" not in s and not s.endswith("'")).map(lambda s: f"'''\n{s}\n'''"),
    _STRINGS.map(lambda s: '"""' + s.replace("\\", "\\\\").replace('"', '\\"') + '"a""\n"""'),
    st.just('"""a"""""'),
)
_SCALARS = st.one_of(_WRITTEN_STRINGS, st.sampled_from(["1", "-1.5e3", "true", "nan", "07:32:00", "0xff"]))
_SPACE = st.sampled_from(["", " ", "  ", "\n", " # ] } \" '\n", "\r\n"])
_KEYS = st.sampled_from(["k", "a-b", "9", '"a.b"', "'#'", '"\\u00e9"'])


def _list(elements: list[str], space: str) -> str:
    return f"[{space}" + f"{space},{space}".join(elements) + f"{space}]"


def _table(elements: dict[str, str]) -> str:
    return "{ " + ", ".join(f"{key} = {value}" for key, value in elements.items()) + " }"


_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.builds(_list, st.lists(inner, max_size=3), _SPACE),
        st.dictionaries(_KEYS, inner, max_size=3).map(_table),
    ),
    max_leaves=8,
)


def _leaves(value: object, path: toml.Path) -> list[tuple[toml.Path, object]]:
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [(path, value), *(leaf for key, inner in below for leaf in _leaves(inner, (*path, key)))]


@given(st.lists(st.tuples(st.booleans(), st.dictionaries(_KEYS, _VALUES, max_size=3)), max_size=3))
def test_a_place_holds_its_value(tables: list[tuple[bool, dict[str, str]]]) -> None:
    """Whatever is written, the text at a value's place reads as that value."""
    text = "".join(
        (f"[[many]] # {index}\n" if many else f"[t.{index}]\n")
        + "".join(f"{key} = {value} # end\n" for key, value in entries.items())
        for index, (many, entries) in enumerate(tables)
    )
    document = parsed(text)
    for path, value in _leaves(document.values, ()):
        if len(path) > 2 and path[:2] in document.places:
            assert path in document.places
            assert repr(tomllib.loads(f"x = {document.places[path].value.text}")["x"]) == repr(value)
