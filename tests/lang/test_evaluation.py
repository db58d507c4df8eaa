"""From text to networks: what comes out, and where each part of it was written."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest

from netc.lang import Evaluation, Given, evaluate, expressions, parse
from netc.lang.values import List, NetworkValue, Object, Val
from netc.sources import Source

CHAIN = """
chain edge(subnet: cidr, mtu: int = 1500) {
  let half = mtu / 2
  plugin bridge {
    mtu = mtu
    half = half
    ipam host-local { subnet = subnet }
  }
}
network n {
  use edge(subnet = 10.1.0.0/16)
  plugin tuning if false { }
  plugin "my-plugin" if true { a = null, ...{ b = 1, c = 2 }, b = null }
}
"""


def run(text: str, **params: Any) -> Evaluation:
    parsed = parse(Source("t.netc", text))
    assert parsed.diagnostics == ()
    assert parsed.file is not None
    given = {
        name: each if isinstance(each, Given) else Given(each, f"-p {name}={each}") for name, each in params.items()
    }
    return evaluate(parsed.file, given)


def networks(text: str, **params: Any) -> tuple[NetworkValue, ...]:
    evaluation = run(text, **params)
    assert evaluation.diagnostics == ()
    return evaluation.networks


def plain(data: Any) -> Any:
    """A value as nested Python, network values as text."""
    if isinstance(data, Object):
        return {key: plain(field.value.data) for key, field in data.fields.items()}
    if isinstance(data, List):
        return [plain(item.data) for item in data.items]
    return data if data is None or isinstance(data, bool | int | float | str) else str(data)


def test_a_network_is_its_chains_and_plugins_in_order() -> None:
    """Conditions decided, nulls left out, a block's label first as `type`."""
    (network,) = networks(CHAIN)
    assert [plugin.type for plugin in network.plugins] == ["bridge", "my-plugin"]
    assert plain(network.plugins[0].body) == {
        "type": "bridge", "mtu": 1500, "half": 750, "ipam": {"type": "host-local", "subnet": "10.1.0.0/16"},
    }  # fmt: skip
    assert plain(network.plugins[1].body) == {"type": "my-plugin", "c": 2}


def test_a_field_knows_its_key_its_expression_and_its_value() -> None:
    """`mtu = mtu` in a chain: the key and the name stand there, the value is the default in the head."""
    (network,) = networks(CHAIN)
    mtu = network.plugins[0].body.fields["mtu"]
    assert (str(mtu.key_span), str(mtu.at), str(mtu.value.span)) == ("t.netc:5:5", "t.netc:5:11", "t.netc:2:37")
    (step,) = mtu.trail
    assert (step.text, step.span.text) == ("in chain edge, used here", "edge(subnet = 10.1.0.0/16)")
    ipam = network.plugins[0].body.fields["ipam"].value.data
    assert isinstance(ipam, Object)
    assert ipam.fields["subnet"].value.span.text == "10.1.0.0/16"
    assert ipam.fields["subnet"].trail == mtu.trail
    assert network.plugins[0].trail == mtu.trail


def test_the_trail_leads_through_chains_in_chains_and_spreads() -> None:
    """Innermost step first."""
    (network,) = networks(
        "let common = { a = 1 }\n"
        "chain inner() { plugin x { ...common } }\n"
        "chain outer() { use inner() }\n"
        "network n { use outer() }"
    )
    steps = [(step.text, step.span.begin.line) for step in network.plugins[0].body.fields["a"].trail]
    assert steps == [("spread here", 2), ("in chain inner, used here", 3), ("in chain outer, used here", 4)]


def test_spread_overrides_and_keeps_places() -> None:
    """What follows wins, a key keeps its first place, null takes a spread's key away."""
    (network,) = networks("network n { plugin x { a = 1, ...{ b = 2, c = 3 }, b = 4, ...null, c = null } }")
    assert list(plain(network.plugins[0].body).items()) == [("type", "x"), ("a", 1), ("b", 4)]


def test_null_is_left_out_at_every_depth_but_stays_in_lists() -> None:
    """And a key with null is still there to be asked for within the language."""
    (network,) = networks("let o = { a = null }\nnetwork n { plugin x { o = { a = o.a, l = [null, { b = null }] } } }")
    assert plain(network.plugins[0].body) == {"type": "x", "o": {"l": [None, {}]}}


def test_meta_is_apart_and_entries_are_the_lists() -> None:
    """`meta` never reaches the JSON."""
    (network,) = networks('network n { cniVersion = "1.0.0", meta { node = "a", priority = 5, description = null } }')
    assert plain(network.entries) == {"cniVersion": "1.0.0"}
    assert plain(network.meta) == {"node": "a", "priority": 5}


def test_one_network_per_element() -> None:
    """Names and conditions see the element; the way leads back to it."""
    made = networks(
        'let nodes = [{ name = "a" }, { name = "b" }, { name = "c" }]\n'
        'network "pods-${n.name}" for i, n in nodes key n.name if n.name != "b" { plugin x { i = i } }'
    )
    assert [(each.name, plain(each.plugins[0].body)["i"]) for each in made] == [("pods-a", 0), ("pods-c", 2)]
    assert made[1].plugins[0].trail[0].span.text == '{ name = "c" }'


def test_a_mistake_in_one_network_spares_the_others() -> None:
    """The good ones come out; each mistake is told once, also where two networks share it."""
    evaluation = run(
        "chain bad() { plugin x { a = 1 / 0 } }\n"
        "network a { use bad() }\nnetwork b { use bad() }\nnetwork c { plugin x { a = 2 / 0 } }\nnetwork d { }"
    )
    assert [network.name for network in evaluation.networks] == ["d"]
    assert [found.primary.begin.line for found in evaluation.diagnostics if found.primary] == [1, 4]
    assert [label.text for label in evaluation.diagnostics[0].labels] == ["in chain bad, used here"]


def test_an_assertion_shows_the_values_in_play() -> None:
    """And where they come from."""
    (found,) = run('let mtu = 9500\nassert mtu <= 9000, "too big"').diagnostics
    assert [(label.text, str(label.span)) for label in found.labels] == [("mtu is 9500", "t.netc:1:11")]


@pytest.mark.parametrize(
    ("declared", "text", "expected"),
    [
        ("int", "9000", 9000), ("int", "-1", -1), ("float", "1", 1.0), ("bool", "true", True), ("string", "12", "12"),
        ("cidr", "10.0.0.0/8", "10.0.0.0/8"), ("quantity", "100mbit", "100mbit"), ("ip?", "fd00::1", "fd00::1"),
        ("mac", "AA:bb:cc:dd:ee:ff", "aa:bb:cc:dd:ee:ff"), ("list[int]", "[1, 2]", [1, 2]),
        ("{ a: ip, b: int? }", '{"a": "10.0.0.1"}', {"a": "10.0.0.1"}),
    ],
)  # fmt: skip
def test_a_param_is_parsed_by_its_type(declared: str, text: str, expected: object) -> None:
    """What is typed at `-p`."""
    (network,) = networks(f"param p: {declared}\nnetwork n {{ plugin x {{ p = p }} }}", p=text)
    assert plain(network.plugins[0].body)["p"] == expected


def test_a_param_without_a_type_is_a_string() -> None:
    """`-p` gives text; a params file gives what it holds."""
    text = "param p = 1\nnetwork n { plugin x { p = p } }"
    assert plain(networks(text, p="9000")[0].plugins[0].body)["p"] == "9000"
    assert plain(networks(text, p=Given(9000, "params.json"))[0].plugins[0].body)["p"] == 9000
    place = Source("params.yaml", "p: 9000")
    from netc.sources import Span

    value = Val(9000, Span(place, 3, 7))
    (network,) = networks(text, p=Given(value, "params.yaml", value.span))
    assert network.plugins[0].body.fields["p"].value.span.source is place


@pytest.mark.parametrize(
    ("text", "params", "code", "message"),
    [
        ("param mtu: int", {}, "NC109", "param mtu has no value"),
        ("param mtu: int = 1", {"mut": "3"}, "NC109", "no param 'mut'"),
        ("param mtu: int = 1", {"mtu": "big"}, "NC106", "param mtu takes an int: 'big' is no number and no address"),
        ("param on: bool = true", {"on": "yes"}, "NC106", "param on takes true or false, not 'yes'"),
        ('param mtu: int = 1 where mtu < 9, "too big"', {"mtu": "10"}, "NC108", "too big"),
        ("param l: list[int] = []", {"l": "1,2"}, "NC106", "param l takes a list, not a string"),
        ("param l: list[int] = []", {"l": "[" * 100_000}, "NC106", "param l takes a list"),
    ],
)
def test_mistakes_in_params_stand_where_they_were_given(
    text: str, params: dict[str, str], code: str, message: str
) -> None:
    """The finding's place is the command line's text, or the param where nothing was given."""
    (found,) = run(text, **params).diagnostics
    assert found.code == code
    assert message in found.message
    assert found.primary is not None
    assert found.primary.source.path == ("-p " + "=".join(*params.items()) if params else "t.netc")


def test_work_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Functions that call functions twice each: two to the power of their number."""
    monkeypatch.setattr(expressions, "MAX_STEPS", 1_000)
    text = "".join(f"func f{i}(x) = f{i + 1}(x) + f{i + 1}(x)\n" for i in range(20))
    (found,) = run(text + "func f20(x) = x\nlet a = f0(1)").diagnostics
    assert found.code == "NC111"


def test_chains_that_double_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each uses the next twice."""
    monkeypatch.setattr(expressions, "MAX_STEPS", 10_000)
    text = "".join(f"chain c{i}() {{\n use c{i + 1}()\n use c{i + 1}()\n}}\n" for i in range(25))
    (found,) = run(text + "chain c25() { plugin x { } }\nnetwork n { use c0() }").diagnostics
    assert found.code == "NC111"


def test_depth_of_calls_is_bounded() -> None:
    """A line of chains that each use the next."""
    text = "".join(f"chain c{i}() {{ use c{i + 1}() }}\n" for i in range(200))
    (found,) = run(text + "chain c200() { }\nnetwork n { use c0() }").diagnostics
    assert found.code == "NC111"


def test_a_long_line_of_lets_is_fine() -> None:
    """Each needs the next, in the worst order: no recursion."""
    text = "".join(f"let a{i} = a{i + 1}\n" for i in range(5_000))
    assert run(text + 'let a5000 = 1\nassert a0 == 1, "m"').diagnostics == ()


def test_bytes_do_not_depend_on_the_hash_seed() -> None:
    """The same file in processes with different seeds."""
    script = (
        "from netc.sources import Source\nfrom netc.lang import parse, evaluate\n"
        f"text = {CHAIN!r} + 'let bad = nowhere + {{ a = 1 }}.b\\nlet k = keys({{ x = 1, y = 2 }})\\n'\n"
        "print(evaluate(parse(Source('t.netc', text)).file, {}))"
    )
    seen = set()
    for seed in ("0", "1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", script], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        )
        seen.add(done.stdout)
    assert len(seen) == 1
