"""Reading JSON: sound documents give their value and nothing else, broken ones a finding for each mistake."""

from __future__ import annotations

import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from netc.documents.json_reader import MAX_DEPTH, MAX_MISTAKES, read
from netc.documents.json_tree import Node
from netc.documents.templates import masked
from netc.documents.texts import Text
from netc.sources import Source


def reading(text: str) -> tuple[Node | None, list[str]]:
    """The document, and each finding as `line:column message`."""
    source = Source("x.conflist", text)
    root, found = read(Text(source, masked(text), verbatim=True))
    places = [(one.primary.begin, one.message) for one in found if one.primary is not None]
    return root, [f"{begin.line}:{begin.column} {message}" for begin, message in places]


# A text, the value that is read of it, and all that is said.
BROKEN = {
    "trailing comma": ('{"a": 1,}', {"a": 1}, ["1:8 a comma before `}`"]),
    "trailing comma in a list": ('{"a": [1, 2,]}', {"a": [1, 2]}, ["1:12 a comma before `]`"]),
    "leading comma": ('{, "a": 1}', {"a": 1}, ["1:2 a comma too many"]),
    "two commas": ('{"a": [1,, 2]}', {"a": [1, 2]}, ["1:10 a comma too many"]),
    "missing comma": ('{"a": 1\n "b": 2}', {"a": 1, "b": 2}, ["1:7 a comma is missing"]),
    "missing comma in a list": ('["a" "b"]', ["a", "b"], ["1:4 a comma is missing"]),
    "missing colon": ('{"a" [1]}', {"a": [1]}, ["1:2 no colon behind the key `a`"]),
    "equals sign": ('{"a" = 1}', {"a": 1}, ["1:6 `=` between key and value"]),
    "no value": ('{"mtu": , "b": 1}', {"mtu": None, "b": 1}, ["1:2 the key `mtu` has no value"]),
    "colon in the key": (
        '{"ifname: "bond0", "b": 1}', {"ifname": "bond0", "b": 1}, ["1:2 the key `ifname` has no closing quote"],
    ),
    "colon in the key of a number": (
        '{"mtu: 1500,\n"b": 2}', {"mtu": 1500, "b": 2}, ["1:2 the key `mtu` has no closing quote"],
    ),
    "missing closing quote": ('{\n"a": "b,\n"c": 1}', {"a": "b", "c": 1}, ["2:6 a string without its closing quote"]),
    "missing closing quote on a line": (
        '{"type": "dhcp, "mtu": 1}', {"type": "dhcp", "mtu": 1}, ["1:10 a string without its closing quote"],
    ),
    "missing opening quote": ('{"a": foo", "b": 1}', {"a": "foo", "b": 1}, ["1:7 a string without its opening quote"]),
    "key without opening quote": ('{a": 1}', {"a": 1}, ["1:2 the key `a` has no opening quote"]),
    "key without quotes": ("{a: 1}", {"a": 1}, ["1:2 the key `a` has no quotes"]),
    "value without quotes": ('{"a": 10.1.0.0/16}', {"a": "10.1.0.0/16"}, ["1:7 a string without quotes"]),
    "single quotes": ("{'a': 'b'}", {"a": "b"}, ["1:2 a string in single quotes", "1:7 a string in single quotes"]),
    "smart quotes": ("{“a”: 1}", {"a": 1}, ["1:2 a string in typographic quotes"]),
    "smart closing quote": (
        '{"a”: "x"}', {"a": "x"}, ["1:4 a string is closed by ”, which is no quote for JSON"],
    ),
    "line comment": ('{"a": 1 // one\n}', {"a": 1}, ["1:9 a comment (//): JSON has none"]),
    "hash comment": ('{"a": 1 # one\n}', {"a": 1}, ["1:9 a comment (#): JSON has none"]),
    "block comment": ('{/* x\ny */"a": 1}', {"a": 1}, ["1:2 a comment (/*): JSON has none"]),
    "tab in a string": ('{"a": "b\tc"}', {"a": "b\tc"}, ["1:9 a tab inside of a string"]),
    "line break in a string": ('{"a": "b\nc"}', {"a": "b\nc"}, ["1:9 a line break inside of a string"]),
    "control character": ('{"a": "b\x01c"}', {"a": "b\x01c"}, ["1:9 the control character U+0001 inside of a string"]),
    "bad escape": (r'{"a": "c:\dir"}', {"a": r"c:\dir"}, [r"1:10 JSON has no escape \d"]),
    "bad unicode escape": (r'{"a": "\u12"}', {"a": "12"}, [r"1:8 \u without four hex digits"]),
    "byte order mark": ('\ufeff{"a": 1}', {"a": 1}, ["1:1 a byte order mark: JSON has none"]),
    "no-break space": ('{\xa0"a": 1}', {"a": 1}, ["1:2 a no-break space (U+00A0) between values"]),
    "NaN": ('{"a": NaN}', {"a": None}, ["1:7 JSON has no number NaN"]),
    "minus infinity": ('{"a": -Infinity}', {"a": None}, ["1:7 JSON has no number -Infinity"]),
    "hexadecimal": ('{"a": 0x1F}', {"a": 31}, ["1:7 JSON has no hexadecimal numbers"]),
    "leading zero": ('{"a": 007}', {"a": 7}, ["1:7 the number 007 starts with a zero"]),
    "plus sign": ('{"a": +5}', {"a": 5}, ["1:7 the number +5 has a plus sign"]),
    "bare point": ('{"a": .5}', {"a": 0.5}, ["1:7 the number .5 is not written as JSON has numbers"]),
    "Python's True": ('{"a": True}', {"a": True}, ["1:7 JSON has no word `True`"]),
    "yes": ('{"a": yes}', {"a": True}, ["1:7 JSON has no word `yes`"]),
    "two documents": ('{"a": 1}\n{"b": 2}', {"a": 1}, ["2:1 a second document in one file"]),
    "text behind": ('{"a": 1} end', {"a": 1}, ["1:10 text behind the end of the document"]),
    "empty": (" \n", None, ["1:1 the file is empty"]),
    "brace too many": ('{"a": 1}}', {"a": 1}, ["1:9 one `}` too many"]),
    "bracket too many": ('{"a": [1]], "b": 1}', {"a": [1], "b": 1}, ["1:10 one `]` too many"]),
    "missing brace": (
        '{"p": [{"t": "a"}, {"t": "b"], "x": 1}',
        {"p": [{"t": "a"}, {"t": "b"}], "x": 1},
        ["1:29 `{` is not closed before this `]`"],
    ),
    "missing bracket": ('{"a": [1, 2}', {"a": [1, 2]}, ["1:12 `[` is not closed before this `}`"]),
    "missing bracket before a key": (
        '{"a": ["x", "b": 1}', {"a": ["x"], "b": 1}, ["1:13 `[` is not closed before this key"],
    ),
    "wrong bracket": ('{"a": 1]', {"a": 1}, ["1:8 `{` is closed by `]`"]),
    "missing opening brace": (
        '{"r": ["dst": "x"}]}', {"r": [{"dst": "x"}]}, ["1:8 a key inside of a list: its `{` is missing"],
    ),
    "truncated": (
        '{"a": {"b": [1,', {"a": {"b": [1]}}, ["1:13 `[` is never closed, nor are 2 around it: the file ends before"],
    ),
    "an object where a key is due": (
        '{"p": [{"t": 1}], {"t": 2}}', {"p": [{"t": 1}]}, ["1:19 a `{` where a key is due"],
    ),
    "given twice": ('{"a": 1, "a": 2}', {"a": 2}, ["1:2 `a` stands twice: the one here is ignored"]),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_mistake_is_named_and_read_past(name: str) -> None:
    text, value, said = BROKEN[name]
    root, found = reading(text)
    assert found == said
    assert (root.plain() if root is not None else None) == value


def test_independent_mistakes_are_all_reported() -> None:
    text = '{\n  "cniVersion": "1.0.0"\n  "name": \'n\',\n  "plugins": [\n    { "type": "bridge", },\n  ] // end\n}'
    _, found = reading(text)
    assert [one.partition(" ")[0] for one in found] == ["2:23", "3:11", "5:23", "5:26", "6:5"]


def test_edits_repair_what_they_say_they_do() -> None:
    text = "{\n  \"a\": 1\n  'b': [1, 2,],\n  c: True, // x\n}"
    source = Source("x", text)
    _, found = read(Text(source, text, verbatim=True))
    edits = sorted((edit for one in found for edit in one.edits), key=lambda edit: -edit.span.start)
    for edit in edits:
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    assert json.loads(text) == {"a": 1, "b": [1, 2], "c": True}


def test_placeholders_stand_for_any_value() -> None:
    root, found = reading('{"a": __MTU__, "b": {{ .Values.mtu | int }}, "c": ${X}, "d": $Y, "e": <mtu>, "f": 1}')
    assert found == []
    assert root is not None
    assert [member.value.kind for member in root.members] == ["hole"] * 5 + ["number"]


def test_lines_that_steer_a_template_excuse_commas_and_doubles() -> None:
    text = '{\n"a": 1,\n{{- if .x }}\n"b": 1,\n{{- else }}\n"b": 2\n{{- end }}\n}'
    root, found = reading(text)
    assert found == []
    assert root is not None
    assert root.open


def test_hostile_depth_is_one_finding() -> None:
    for text in ("[" * 100_000, '{"a":' * 100_000, "[" * 300 + "]" * 300):
        _, found = reading(text)
        assert len(found) == 1
        assert f"deeper than {MAX_DEPTH}" in found[0]


def test_reading_stops_where_there_is_no_json_in_sight() -> None:
    _, found = reading("{" + "'a' " * 100_000)
    assert len(found) == MAX_MISTAKES + 1


# ---- invariants ------------------------------------------------------------------------------------------------------

scalars = st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(st.characters(blacklist_categories=["Cs"]), max_size=8)
values = st.recursive(
    scalars | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
documents = st.dictionaries(texts, values, max_size=5)
styles = st.sampled_from([None, 0, 2, "\t"])


@given(documents, styles, st.booleans())
def test_a_sound_document_is_its_value(value: dict, indent: int | str | None, ascii: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii)
    assume("{{" not in text and "{%" not in text)
    root, found = reading(text)
    assert found == []
    assert root is not None
    assert root.plain() == json.loads(text)


@given(documents, styles)
def test_every_place_holds_what_was_read_there(value: dict, indent: int | str | None) -> None:
    text = json.dumps(value, indent=indent)
    assume("{{" not in text and "{%" not in text)
    root, _ = reading(text)
    assert root is not None
    for node in root.walk():
        assert json.loads(node.span.text) == node.plain()
        assert all(json.loads(member.key_span.text) == member.key for member in node.members)


@given(documents, styles, st.data())
def test_a_mangled_document_is_never_taken_for_json(value: dict, indent: int | str | None, data: st.DataObject) -> None:
    text = json.dumps(value, indent=indent)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        match data.draw(st.sampled_from(["cut", "drop", "double", "put", "swap"])):
            case "cut":
                text = text[:at]
            case "drop":
                text = text[:at] + text[at + 1 :]
            case "double":
                text = text[:at] + text[at : at + 3] + text[at:]
            case "put":
                text = text[:at] + data.draw(st.sampled_from(list("{}[],:\"'\\#/\n\t “x0-+."))) + text[at:]
            case "swap":
                text = text[:at] + text[at + 1 : at + 2] + text[at : at + 1] + text[at + 2 :]
    assume("{{" not in text and "{%" not in text and "$" not in text and "__" not in text and "<" not in text)
    _, found = reading(text)
    try:
        json.loads(text)
    except ValueError:
        assert found
