"""The free space of a pool, against a slow and simple search for the first block that fits."""

from __future__ import annotations

from ipaddress import ip_network
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from netc.ipam.space import Space, aligned, gaps, interval, merged, size, within

#: A small world: the addresses of one /24.
ADDRESS = st.integers(0, 255)
INTERVALS = st.lists(st.tuples(ADDRESS, ADDRESS).map(lambda two: (min(two), max(two))), max_size=6)


def addresses(intervals) -> set[int]:
    return {number for first, last in intervals for number in range(first, last + 1)}


@given(INTERVALS)
def test_merged_has_the_same_addresses_apart(intervals) -> None:
    found = merged(intervals)
    assert addresses(found) == addresses(intervals)
    assert size(found) == len(addresses(intervals))
    assert all(left[1] + 1 < right[0] for left, right in pairwise(found))


@given(INTERVALS, ADDRESS, ADDRESS)
def test_within_and_gaps_divide_an_interval(intervals, one: int, other: int) -> None:
    outer, inner = (min(one, other), max(one, other)), merged(intervals)
    assert addresses(within(outer, inner)) == addresses([outer]) & addresses(inner)
    assert addresses(gaps(outer, inner)) == addresses([outer]) - addresses(inner)


@given(ADDRESS, ADDRESS)
def test_aligned_blocks_fill_an_interval(one: int, other: int) -> None:
    gap = min(one, other), max(one, other)
    blocks = [interval(ip_network((first, prefix))) for first, prefix in aligned(gap, 4)]
    assert merged(blocks) == [gap]
    assert size(blocks) == size([gap]), "none is there twice"


def test_the_whole_of_both_families_is_one_block() -> None:
    assert list(aligned((0, 2**32 - 1), 4)) == [(0, 0)]
    assert list(aligned((0, 2**128 - 1), 6)) == [(0, 0)]


@given(INTERVALS, st.lists(st.integers(24, 32), max_size=40), st.booleans())
@settings(deadline=None)
def test_take_gives_the_lowest_block_that_fits(taken, prefixes: list[int], halves: bool) -> None:
    """Two neighbouring cidrs are not one: no block spans them."""
    cidrs = [ip_network("0.0.0.0/25"), ip_network("0.0.0.128/25")] if halves else [ip_network("0.0.0.0/24")]
    space, free = Space(cidrs, taken, 4), set(range(256)) - addresses(taken)
    for prefix in prefixes:
        wide = 1 << (32 - prefix)
        slow = next(
            (at for at in range(0, 256, wide) if wide <= 256 // len(cidrs) and set(range(at, at + wide)) <= free), None
        )
        got = space.take(prefix)
        assert (got and str(got)) == (None if slow is None else f"0.0.0.{slow}/{prefix}")
        if got is not None:
            free -= addresses([interval(got)])
    assert space.largest == min((prefix for _, prefix in _runs(cidrs, free)), default=None)


def _runs(cidrs, free: set[int]):
    for cidr in cidrs:
        for run in merged((at, at) for at in free if at in addresses([interval(cidr)])):
            yield from aligned(run, 4)
