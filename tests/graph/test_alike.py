"""A fleet is drawn as one of its nodes."""

from __future__ import annotations

import pytest

from netc.compiler import compile_source
from netc.graph.alike import merged, subjects
from netc.sources import Source


def fleet(count: int, more: str = "") -> list:
    names = ", ".join(f'"n{number}"' for number in range(count))
    found = compile_source(
        Source(
            "n.netc", f"network pods for n in [{names}] key n {{ meta {{ node = n }}, plugin loopback {{ }} }}\n{more}"
        )
    )
    assert not found.findings
    return subjects(found.networks, found.pods)


@pytest.mark.parametrize("count", [1, 3])
def test_a_few_stay_as_they_are(count: int) -> None:
    assert merged(fleet(count)) == fleet(count) or len(merged(fleet(count))) == count


def test_many_are_one_with_their_number() -> None:
    (one,) = merged(fleet(500))
    assert (one.name, one.title) == ("n0", "n0, and 499 hosts like it up to n499")


def test_what_is_not_alike_stays_apart() -> None:
    other = 'network gpu for n in ["n3"] key n { meta { node = n }, plugin dummy { ipam static { addresses = [] } } }'
    assert [one.name for one in merged(fleet(10, other))] == ["n0", "n3"]
