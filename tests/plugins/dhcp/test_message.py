"""DHCP messages: bytes and back, and bytes that are none."""

from __future__ import annotations

from contextlib import suppress
from ipaddress import IPv4Address, IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netc.plugins.dhcp import message
from netc.plugins.dhcp.message import CLIENT_PORT, SERVER_PORT, Kind, Message, Option, decode
from netc.plugins.dhcp.wire import packet, received

MESSAGES = st.builds(
    Message,
    xid=st.integers(0, 2**32 - 1),
    mac=st.binary(min_size=6, max_size=6),
    options=st.dictionaries(st.integers(1, 254), st.binary(max_size=255), max_size=6),
    reply=st.booleans(),
    broadcast=st.booleans(),
    client=st.integers(0, 2**32 - 1).map(IPv4Address),
    yours=st.integers(0, 2**32 - 1).map(IPv4Address),
)


@given(MESSAGES)
def test_bytes_and_back(one: Message) -> None:
    assert decode(one.encode()) == one


@given(MESSAGES, st.integers(0, 2**32 - 1).map(IPv4Address))
def test_a_packet_and_back(one: Message, address: IPv4Address) -> None:
    """To the client's port, whatever the addresses are; a packet to another port is not for the client."""
    data = packet(one.encode(), (address, SERVER_PORT), (IPv4Address("255.255.255.255"), CLIENT_PORT))
    assert received(data, CLIENT_PORT) == one
    assert received(data, SERVER_PORT) is None


@given(st.binary(max_size=600), st.integers(0, 600), MESSAGES)
def test_no_bytes_raise_anything_else(noise: bytes, cut: int, one: Message) -> None:
    """Noise, and messages that are cut off: no message, and no surprise."""
    whole = one.encode()
    for data in (noise, whole[:cut], whole[:240] + noise):
        with suppress(ValueError):
            decode(data)
        received(data, CLIENT_PORT)


def test_a_discover_as_bytes() -> None:
    """The kind is the first option (RFC 2131, 3), the end is marked, and old servers have their 300 bytes."""
    options = {Option.CLIENT_ID: b"\0c1", Option.KIND: bytes((Kind.DISCOVER,))}
    data = Message(0x01020304, bytes.fromhex("02420a000001"), options, broadcast=True).encode()
    assert data[:12].hex(" ") == "01 01 06 00 01 02 03 04 00 00 80 00"
    assert data[28:34].hex(":") == "02:42:0a:00:00:01"
    assert data[236:252].hex(" ") == "63 82 53 63 35 01 01 3d 03 00 63 31 ff 00 00 00"
    assert len(data) == 300


def test_parts_of_a_long_option_are_one() -> None:
    """RFC 3396."""
    head = Message(1, bytes(6), {}).encode()[:240]
    found = decode(head + bytes((121, 2, 8, 10)) + bytes((121, 4, 1, 2, 3, 4)) + b"\xff")
    assert found.options == {121: bytes((8, 10, 1, 2, 3, 4))}


@pytest.mark.parametrize(
    ("value", "routes"),
    [
        ("", []),
        ("00 0a000001", [("0.0.0.0/0", "10.0.0.1")]),
        ("18 0a0203 0a000001 08 0b 00000000", [("10.2.3.0/24", "10.0.0.1"), ("11.0.0.0/8", "0.0.0.0")]),
    ],
)
def test_classless_routes(value: str, routes: list[tuple[str, str]]) -> None:
    found = message.classless_routes(bytes.fromhex(value))
    assert found == [(IPv4Network(network), IPv4Address(router)) for network, router in routes]


@pytest.mark.parametrize("value", ["21 0a000001 0a000001", "18 0a02", "08"])
def test_malformed_classless_routes(value: str) -> None:
    with pytest.raises(ValueError, match=r"the classless routes are malformed"):
        message.classless_routes(bytes.fromhex(value))


def test_static_routes_have_the_mask_of_their_class() -> None:
    pairs = [
        IPv4Address(text).packed for text in ("10.0.0.0", "1.1.1.1", "172.16.0.0", "1.1.1.2", "192.0.2.0", "1.1.1.3")
    ]
    assert [str(network) for network, _ in message.static_routes(b"".join(pairs))] == [
        "10.0.0.0/8", "172.16.0.0/16", "192.0.2.0/24",
    ]  # fmt: skip
