"""JSON documents, broken and whole, as Go's encoding/json reads, writes and comments on them."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netc.cni.gojson import JsonError, dumps, loads, quote, quote_all

# test_interop.py sends the same documents to a reference plugin.
BROKEN = {
    "": "unexpected end of JSON input",
    "{": "unexpected end of JSON input",
    '{"a': "unexpected end of JSON input",
    '{"a":tru': "invalid character ' ' in literal true (expecting 'e')",
    "-": "invalid character ' ' in numeric literal",
    "[-x]": "invalid character 'x' in numeric literal",
    '{"a":1} x': "invalid character 'x' after top-level value",
    "abc": "invalid character 'a' looking for beginning of value",
    '{"a":nope}': "invalid character 'o' in literal null (expecting 'u')",
    '{"a":1,}': "invalid character '}' looking for beginning of object key string",
    '{"a" 1}': "invalid character '1' after object key",
    '{"a":1 "b"}': "invalid character '\"' after object key:value pair",
    '["a}" "b"]': "invalid character '\"' after array element",
    "[1,]": "invalid character ']' looking for beginning of value",
    '{"a":"\n"}': "invalid character '\\n' in string literal",
    '{"a":"\\q"}': "invalid character 'q' in string escape code",
    "{'a':1}": "invalid character '\\'' looking for beginning of object key string",
    "NaN": "invalid character 'N' looking for beginning of value",
    "-Infinity": "invalid character 'I' in numeric literal",
    "\ufeff{}": "invalid character 'ï' looking for beginning of value",
}


@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_document_is_described_in_the_words_of_go(text: str) -> None:
    with pytest.raises(JsonError) as error:
        loads(text)
    assert str(error.value) == BROKEN[text]


@given(st.text(max_size=40) | st.binary(max_size=40))
def test_no_document_ends_in_another_exception(source: str | bytes) -> None:
    with suppress(JsonError):
        loads(source)


def test_a_document_nested_without_end_is_refused() -> None:
    deep = '{"é":[' * 100
    assert loads(deep + "1" + "]}" * 100)
    assert dumps(loads(deep + "1" + "]}" * 100))
    for text in (deep + "[]" + "]}" * 100, deep + "[", "[" * 200_000):
        with pytest.raises(JsonError, match="exceeded max depth"):
            loads(text)
    assert loads('["' + "[" * 300 + '"]')


def test_integers_keep_every_digit() -> None:
    assert loads("[9007199254740993, 18446744073709551615]") == [9007199254740993, 18446744073709551615]


def test_what_no_encoding_can_write_becomes_the_replacement_character() -> None:
    assert loads('"\\ud83d"') == "\ufffd"
    assert loads(b'"\xff"') == "\ufffd"
    assert loads('"\\ud83d\\ude00"') == "\U0001f600"


def test_angle_brackets_and_ampersands_are_escaped() -> None:
    assert dumps({"a": "<b> & é \u2028"}, indent=None) == '{"a":"\\u003cb\\u003e \\u0026 é \\u2028"}'
    assert dumps({"a": [1]}) == '{\n    "a": [\n        1\n    ]\n}'


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_what_is_written_can_be_read_by_anyone(value: object) -> None:
    assert json.loads(dumps(value)) == value
    assert loads(dumps(value, indent=None)) == value


def test_quoting() -> None:
    assert quote('a"b\\\n\x00é\u200b') == '"a\\"b\\\\\\n\\x00é\\u200b"'
    assert quote_all(["1.0.0", ""]) == '["1.0.0" ""]'
