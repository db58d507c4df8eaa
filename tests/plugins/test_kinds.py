"""Which strings stand for which network values, as Go and the kernel read them."""

from __future__ import annotations

import pytest

from netc.plugins.kinds import KINDS


@pytest.mark.parametrize(
    ("kind", "taken", "refused"),
    [
        ("ip", ["10.1.0.1", "fd00::1", "::"], ["10.1.0", "10.1.0.01", "10.1.0.0/16", "fe80::1%eth0", ""]),
        ("address", ["10.1.0.5/16", "10.1.0.0/16", "fd00::1/64"], ["10.1.0.5", "10.1.0.5/33", "10.1.0.5/255.255.0.0"]),
        ("network", ["10.1.0.0/16", "0.0.0.0/0", "fd00::/64"], ["10.1.0.5/16", "fd00::1/64", "10.1.0.0"]),
        ("cidr", ["10.1.0.5/16", "::/0"], ["10.1.0.5"]),
        (
            "cidr-or-range",
            ["10.1.0.5/16", "10.1.0.5-10.1.0.9/16", "fd00::5-fd00::9/64"],
            ["10.1.0.5", "10.2.0.5-10.1.0.9/16", "10.1.0.5-10.1.0.9", "10.1.0.5-x/16"],
        ),
        ("ip-or-address", ["10.1.0.5", "10.1.0.5/16"], ["ten", "10.1.0.5/"]),
        (
            "mac",
            ["02:42:0a:00:00:01", "02-42-0A-00-00-01", "0242.0a00.0001"],
            ["02:42:0a:00:00", "02:42-0a:00:00:01", "02:42:0a:00:00:01:02:03"],
        ),
        ("ifname", ["eth0", "a.b", "x" * 15], ["", ".", "..", "a/b", "a b", "a:b", "x" * 16, "ä" * 8]),
        ("path", ["/run/x", "relative"], ["a\0b"]),
    ],
)
def test_kind(kind: str, taken: list[str], refused: list[str]) -> None:
    assert [text for text in taken if not KINDS[kind](text)] == []
    assert [text for text in refused if KINDS[kind](text)] == []


def test_every_kind_is_tested_here() -> None:
    marks = test_kind.pytestmark  # type: ignore[attr-defined]
    assert {case[0] for case in marks[0].args[1]} == set(KINDS)
