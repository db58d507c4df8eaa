"""Which network of one state is which of the other."""

from __future__ import annotations

from netc.diff.pairs import pairs


def titles(old, new) -> list[tuple[str | None, str | None]]:
    return [(one.old and one.old.output_path, one.new and one.new.output_path) for one in pairs(old, new)]


def test_a_name_is_the_network_wherever_it_stands(networks) -> None:
    old = networks("network a { plugin loopback { } }\nnetwork b { plugin loopback { } }", "one.netc")
    new = networks("network b { plugin loopback { } }\nnetwork a { plugin loopback { } }", "other.netc")
    assert titles(old, new) == [("b.conflist", "b.conflist"), ("a.conflist", "a.conflist")]


def test_what_is_left_is_new_or_gone(networks) -> None:
    old, new = networks("network a { plugin loopback { } }"), networks("network b { plugin tuning { } }")
    assert titles(old, new) == [(None, "b.conflist"), ("a.conflist", None)]


def test_each_node_has_its_own(networks) -> None:
    text = "network pods for n in [{names}] key n {{ meta {{ node = n }}, plugin loopback {{ }} }}"
    old = networks(text.format(names='"n1", "n2"'))
    new = networks(text.format(names='"n2", "n3"'))
    assert titles(old, new) == [
        ("n2/pods.conflist", "n2/pods.conflist"),
        (None, "n3/pods.conflist"),
        ("n1/pods.conflist", None),
    ]


def test_a_network_with_another_name_and_the_same_addresses_was_renamed(networks) -> None:
    text = "network {name} {{ plugin ptp {{ mtu = {mtu}, ipam host-local {{ subnet = 10.1.0.0/24 }} }} }}"
    old = networks(text.format(name="old", mtu=1400))
    (pair,) = pairs(old, networks(text.format(name="new", mtu=1500)))
    assert pair.title == "old -> new"
    assert len(pairs(old, networks(text.format(name="new", mtu=1500), "another.netc"))) == 2
