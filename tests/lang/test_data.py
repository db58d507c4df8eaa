"""YAML and JSON files as values: the plain reader against the general one, and files that mean harm."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from netc.lang import data, plain_yaml
from netc.lang.data import _compose, _plain_scalar, _Reader, _Refused, read
from netc.lang.values import Field, List, Object, Val
from netc.sources import Source


def plain(value: Any) -> Any:
    """A value without its places."""
    if isinstance(value, (Val, Field)):
        return plain(value.data if isinstance(value, Val) else value.value)
    if isinstance(value, List):
        return [plain(item) for item in value.items]
    if isinstance(value, Object):
        return {key: plain(field) for key, field in value.fields.items()}
    return (type(value).__name__, value)


def places(value: Val) -> Any:
    """Where each value and key starts; a null that is not written has no place of its own."""
    at = value.span.start if value.data is not None else None
    if isinstance(value.data, List):
        return at, [places(item) for item in value.data.items]
    if isinstance(value.data, Object):
        return at, {key: (field.key_span.start, places(field.value)) for key, field in value.data.fields.items()}
    return at


def general(text: str) -> Val | None:
    """What the general parser makes of a text; None where it refuses it."""
    source = Source("x.yaml", text)
    try:
        node = _compose(source)
        return Val(None, None) if node is None else _Reader(source).value(node, 0)  # type: ignore[arg-type]
    except (_Refused, RecursionError):
        return None


def compare(text: str) -> bool:
    """Whether the plain reader reads a text; if it does, the general one does and finds the same."""
    try:
        found = plain_yaml.read(Source("x.yaml", text), _plain_scalar, 100_000)
    except (plain_yaml.UnusualError, ValueError):
        return False
    other = general(text)
    assert other is not None, text
    assert plain(found) == plain(other), text
    assert places(found) == places(other), text
    return True


SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8), st.sampled_from(["no", "1:30", "0x1f", "1e3", "- a", "a: b", "a #b", "10.0.0.0/8", "", "~"]),
)  # fmt: skip
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
PIECES = [
    "- ", "-", "a", "b: ", "c:", ": ", " ", "  ", "    ", "\n", "\n  ", "\n- ", "\n  - ", "#", " # x", "'", '"', "''",
    "{", "}", "[", "]", ", ", ",", "1", "0x1f", "1.5", "no", "null", "~", "true", "&a ", "*a", "!t ", "|\n", ">\n", "?",
    "---\n", "...", "%", "\t", "\\n", "\\", "@", "`", "é", "02:42:0a:00:00:01", "10.1.0.0/16", "fd00::1", "key: v\n",
    "k: {a: 1, b: [x, y]}\n", "- name: n1\n  mtu: 9000\n", '{"a": [1, 2.5, "x"]}', "<<", "a:b", "a :", "x  y",
]  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(TREES, st.sampled_from([None, 2]))
def test_json_is_read_plainly(tree: Any, indent: int | None) -> None:
    """Whatever json.dumps writes, but for what only the general parser judges."""
    compare(json.dumps(tree, indent=indent, ensure_ascii=False))


@settings(max_examples=100, deadline=None)
@given(TREES)
def test_yaml_is_read_plainly(tree: Any) -> None:
    """What a YAML writer makes."""
    from io import StringIO

    from ruamel.yaml import YAML

    out = StringIO()
    YAML(typ="safe", pure=True).dump(tree, out)
    compare(out.getvalue())


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
@example("- key: v\n  - ")
def test_pieces_in_any_order(text: str) -> None:
    """What is read plainly is read the same by the general parser, and no text raises."""
    compare(text)
    value, found = read(Source("x.yaml", text))
    assert (value is None) == bool(found)


@pytest.mark.parametrize(
    "text",
    [
        "- name: n1\n  mtu: 9000\n  tags: [a, b]\n\n# more\n- name: n2   # the second\n",
        "a:\n- 1\n- 2\nb: {x: 1, 'y z': \"q\\n\"}\nc:\n  d:\n    e: f g\n",
        '{\n  "a": [1, 2,\n 3],\n  "b": {"c": null}\n}\n',
        "---\na: 1\n",
        "- \n- a\n-\n  b: 1\n",
    ],
)
def test_what_people_write_is_read_plainly(text: str) -> None:
    """Or a fleet of a thousand nodes would take half a second to read."""
    assert compare(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a\n" * 200_000, "the file holds more than 100,000 values"),
        ("a: &a [x, x]\n" + "".join(f"{i}: &{i} [*{j}, *{j}]\n" for i, j in zip("bcdefghijklmnopqrstuvw", "abcdefghijklmnopqrstuv")), "aliases counted"),
        ("a: !!python/object/apply:os.system ['true']", "tag"),
        ("a: !x 1", "tag"),
        ("[" * 100_000, "nested deeper"),
        ("- " * 100_000, "nested deeper"),
        ("a: |\n" + "  x\n" * 2_500_000, "read up to 300,000 characters"),
        ("a: 1\na: 2", "given twice"),
        ("<<: {a: 1}", "merge key"),
        ("a: .inf", "no JSON form"),
        ("a: [1", "not YAML"),
        ('a: "\\ud800"', "surrogate"),
        ("? [a]\n: 1", "a key must be a plain string"),
        ("a: " + "9" * 500, "a number of more than 400 digits"),
    ],
)  # fmt: skip
def test_files_that_mean_harm(text: str, message: str) -> None:
    """One finding, soon, with a place."""
    value, (found,) = read(Source("x.yaml", text))
    assert value is None
    assert found.code == data.DATA.code
    assert message in found.message
    assert found.primary is not None
