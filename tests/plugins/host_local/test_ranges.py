"""Ranges are read as host-local reads them: defaults, order, and what counts as an overlap."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from hypothesis import given
from hypothesis import strategies as st

from netc.plugins.host_local.ranges import Window, range_sets


def test_defaults_leave_out_network_gateway_and_broadcast() -> None:
    [[window]] = range_sets({"type": "host-local", "subnet": "10.1.0.0/24"})
    assert (str(window.first), str(window.last), str(window.gateway)) == ("10.1.0.1", "10.1.0.254", "10.1.0.1")
    assert window.size == 253
    assert window.given == frozenset()


def test_ipv6_has_no_broadcast_address() -> None:
    [[window]] = range_sets({"ranges": [[{"subnet": "fd00::/126"}]]})
    assert (str(window.first), str(window.last), window.size) == ("fd00::1", "fd00::3", 2)


def test_the_single_range_comes_first_and_empty_strings_are_absent() -> None:
    sets = range_sets({"subnet": "10.2.0.0/24", "gateway": "", "ranges": [[{"subnet": "10.1.0.0/24"}]]})
    assert [members[0].pointer for members in sets] == ["", "/ranges/0/0"]
    assert str(sets[0][0].gateway) == "10.2.0.1"


def test_what_cannot_be_read_is_left_out() -> None:
    assert range_sets({"subnet": "10.1.0.5/24", "ranges": [[{"subnet": "x"}], [], [{}]]}) == ()


ADDRESSES = st.integers(0, 15)


@given(st.tuples(ADDRESSES, ADDRESSES), st.tuples(ADDRESSES, ADDRESSES), ADDRESSES)
def test_size_and_overlap_count_addresses(one: tuple[int, int], other: tuple[int, int], gateway: int) -> None:
    def window(ends: tuple[int, int]) -> Window:
        first, last = (ip_address(f"10.1.0.{end}") for end in sorted(ends))
        return Window("", ip_network("10.1.0.0/28"), first, last, ip_address(f"10.1.0.{gateway}"), frozenset())

    def held(ends: tuple[int, int]) -> set[int]:
        return set(range(min(ends), max(ends) + 1))

    assert window(one).overlaps(window(other)) == bool(held(one) & held(other))
    assert window(one).overlaps(window(other)) == window(other).overlaps(window(one))
    assert window(one).size == len(held(one) - {gateway})
