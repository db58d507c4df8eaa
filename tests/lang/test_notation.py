"""Values in netc notation: read again, they are the same."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netc.lang import operators
from netc.lang.inquiry import ask
from netc.lang.layout import WIDTH
from netc.lang.notation import notation
from netc.lang.values import Cidr, Field, IpRange, List, Mac, Object, Quantity, Val, type_name
from netc.sources import Source, Span

AT = Span(Source("", ""), 0, 0)

v4 = st.ip_addresses(v=4)
v6 = st.ip_addresses(v=6)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**128), 2**128),
    st.floats(-1e50, 1e50).filter(lambda number: not 0 < abs(number) < 1e-50),
    st.text(max_size=20),
    v4,
    v6,
    st.builds(Cidr, v4, st.integers(0, 32)),
    st.builds(Cidr, v6, st.integers(0, 128)),
    st.builds(lambda a, b: IpRange(*sorted((a, b))), v4, v4),
    st.builds(lambda a, b: IpRange(*sorted((a, b))), v6, v6),
    st.binary(min_size=6, max_size=6).map(lambda six: Mac(six.hex(":"))),
    st.integers(0, 2**60).map(lambda bits: Quantity(bits, "bit", f"{bits}bit")),
    st.integers(0, 2**60).map(lambda octets: Quantity(octets * 8, "byte", f"{octets}B")),
)


def as_object(fields: dict) -> Object:
    """An object with these keys and values."""
    return Object({key: Field(key, Val(data, AT), AT, AT) for key, data in fields.items()})


values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(lambda items: List(tuple(Val(item, AT) for item in items))),
        st.dictionaries(st.text(max_size=8), inner, max_size=4).map(as_object),
    ),
    max_leaves=12,
)


@given(values)
def test_a_value_read_again_is_the_same(data) -> None:
    text = notation(data)
    answer = ask(text, None, {})
    assert answer.value is not None, (text, answer.diagnostics)
    assert type_name(answer.value.data) == type_name(data)
    assert operators.equal(answer.value.data, data)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ('a"b\\c\n${d} $e', '"a\\"b\\\\c\\n\\${d} $e"'),
        ("\x00\u200b", '"\\u{0}\\u{200b}"'),
        (1e22, "10000000000000000000000.0"),
        (1e250, "1e+250"),
        (0.5, "0.5"),
        (Quantity(200_000_000, "bit", "200000000bit"), "200mbit"),
        (Quantity(1_000_000, "bit", "1000kbit"), "1000kbit"),
        (Quantity(8 * 3_000, "byte", "3000B"), "3kB"),
        (Quantity(0, "bit", "0bit"), "0bit"),
        (IPv4Address("10.1.0.1"), "10.1.0.1"),
        (IPv6Address("fd00::1"), "fd00::1"),
        (as_object({}), "{ }"),
        (as_object({"a": 1, "if": None, "net.core": True}), '{ a = 1, if = null, "net.core" = true }'),
    ],
)
def test_how_values_are_written(data, text: str) -> None:
    assert notation(data) == text


def test_a_long_list_takes_several_lines() -> None:
    text = notation(List(tuple(Val(f"node-{number:03}", AT) for number in range(20))))
    assert all(len(line) <= WIDTH for line in text.splitlines())
    assert text.startswith('[\n  "node-000",\n')
    assert text.endswith("\n]")
