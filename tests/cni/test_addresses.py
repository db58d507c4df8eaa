"""Addresses with Go's grammar and spelling."""

from ipaddress import IPv4Interface, IPv6Interface, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netc.cni.addresses import parse_address, parse_ip


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("10.1.2.3/8", "10.1.2.3/8"),
        ("1.2.3.4/08", "1.2.3.4/8"),
        ("FD00:0:0:1::/64", "fd00:0:0:1::/64"),
        ("::ffff:10.0.0.2/120", "10.0.0.2/24"),
        ("::ffff:1.2.3.4/40", "1.2.3.4/0"),
        ("::10.0.0.1/128", "::a00:1/128"),
    ],
)
def test_spelling(written: str, printed: str) -> None:
    assert str(parse_address(written)) == printed


@pytest.mark.parametrize(
    "text",
    [
        *("", "10.0.0.2", "10.0.0.2/", "10.0.0.2/33", "fd00::1/200", "10.0.0.2/255.0.0.0", "010.0.0.2/8", "10.0.0/8"),
        *("fe80::1%eth0/64", "10.0.0.2/+8", "10.0.0.2/-1", " 10.0.0.2/8", "10.0.0.2/8\n", "10.0.0.2/٣", "x/8"),
    ],
)
def test_what_is_no_address_with_prefix_length(text: str) -> None:
    with pytest.raises(ValueError) as error:
        parse_address(text)
    assert str(error.value) == f"invalid CIDR address: {text}"


@pytest.mark.parametrize("text", ["", "x", "1.2.3", "fe80::1%eth0", "1.2.3.4/8"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(ValueError) as error:
        parse_ip(text)
    assert str(error.value) == f"invalid IP address: {text}"


@given(st.ip_addresses(), st.integers(0, 128))
def test_what_is_printed_reads_back(ip: object, prefix: int) -> None:
    address = ip_address(str(ip))
    prefix = min(prefix, address.max_prefixlen)
    made = (IPv4Interface if address.version == 4 else IPv6Interface)((str(address), prefix))
    read = parse_address(str(made))
    assert read == made or (address.version == 6 and address.ipv4_mapped is not None)
    assert parse_address(str(read)) == read
    assert parse_ip(str(parse_ip(str(address)))) == parse_ip(str(address))
