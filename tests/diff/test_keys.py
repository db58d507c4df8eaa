"""What differs between two conflists, key by key."""

from __future__ import annotations

import copy
import json

from hypothesis import given
from hypothesis import strategies as st

from netc.diff.keys import changes
from netc.model import Json, Network, Origin, resolve
from netc.sources import Source, Span

HERE = Span(Source("n.conflist", ""), 0, 0)


def network(conflist: Json) -> Network:
    return Network("n", conflist, {"": Origin(None, HERE)}, HERE)


def told(old: Json, new: Json) -> list[str]:
    """Each change as one line."""
    signs = {"added": "+", "removed": "-", "changed": "~", "moved": ">"}
    return [
        f"{signs[one.kind]} {one.plugin or ''}|{one.path} {json.dumps(one.old)} {json.dumps(one.new)}"
        for one in changes(network(old), network(new))
    ]


def chain(*plugins: Json) -> Json:
    return {"plugins": list(plugins)}


def test_keys_that_come_go_and_change() -> None:
    old = {"cniVersion": "1.0.0", "disableCheck": True, "name": "n"}
    new = {"cniVersion": "1.1.0", "name": "n", "disableGC": False}
    assert told(old, new) == [
        "- |disableCheck true null",
        '~ |cniVersion "1.0.0" "1.1.0"',
        "+ |disableGC null false",
    ]


def test_the_order_of_keys_is_no_difference() -> None:
    assert told({"a": 1, "b": 2}, {"b": 2, "a": 1}) == []


def test_one_and_true_differ() -> None:
    assert told({"a": 1}, {"a": True}) == ["~ |a 1 true"]


def test_an_element_in_front_moves_nothing_else() -> None:
    a, b, c = {"dst": "10.0.0.0/8"}, {"dst": "0.0.0.0/0"}, {"dst": "::/0"}
    assert told(
        chain({"type": "x", "ipam": {"routes": [a, b]}}), chain({"type": "x", "ipam": {"routes": [c, a, b]}})
    ) == ['+ x|ipam.routes[0] null {"dst": "::/0"}']


def test_an_element_that_changed_is_looked_into() -> None:
    assert told(
        chain({"type": "x", "ranges": [[{"subnet": "10.1.0.0/24"}]]}),
        chain({"type": "x", "ranges": [[{"subnet": "10.2.0.0/24"}]]}),
    ) == ['~ x|ranges[0][0].subnet "10.1.0.0/24" "10.2.0.0/24"']


def test_a_plugin_in_between_is_one_change() -> None:
    bridge, portmap = {"type": "bridge"}, {"type": "portmap", "snat": True}
    assert told(chain(bridge, portmap), chain(bridge, {"type": "tuning"}, portmap)) == [
        '+ tuning| null {"type": "tuning"}'
    ]


def test_plugins_that_change_places_are_looked_into() -> None:
    tuning = {"type": "tuning", "mtu": 1400}
    assert told(
        chain({"type": "bridge"}, tuning, {"type": "portmap"}),
        chain({"type": "bridge"}, {"type": "portmap"}, {"type": "tuning", "mtu": 1500}),
    ) in (
        ["> tuning| 1 2", "~ tuning|mtu 1400 1500"],
        ["> portmap| 2 1", "~ tuning|mtu 1400 1500"],
    )


values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc/~", max_size=2), inner, max_size=3),
    max_leaves=12,
)
plugins = st.dictionaries(st.sampled_from(["a", "b/c", "ipam"]), values, max_size=3).flatmap(
    lambda body: st.sampled_from(["bridge", "tuning", "portmap"]).map(lambda name: {"type": name, **body})
)
conflists = st.builds(
    lambda top, listed: {**top, "plugins": listed},
    st.dictionaries(st.sampled_from(["name", "cniVersion", "x"]), values, max_size=3),
    st.lists(plugins, max_size=4),
)


@given(conflists)
def test_nothing_differs_from_itself(conflist: Json) -> None:
    assert told(conflist, copy.deepcopy(conflist)) == []


@given(conflists, conflists)
def test_every_pointer_leads_to_its_value_and_a_difference_is_told(old: Json, new: Json) -> None:
    found = list(changes(network(old), network(new)))
    assert bool(found) == (json.dumps(old, sort_keys=True) != json.dumps(new, sort_keys=True))
    for one in found:
        if one.kind != "moved":
            assert one.old_pointer is None or resolve(old, one.old_pointer) == one.old
            assert one.new_pointer is None or resolve(new, one.new_pointer) == one.new
