"""One expression asked of a file: its value, and mistakes at their place in the expression."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netc.lang import Given
from netc.lang.inquiry import EXPRESSION, ask
from netc.lang.notation import notation
from netc.sources import Source

FILE = Source(
    "team.netc",
    """
param mtu: int = 1500 where mtu >= 1280, "IPv6 needs 1280"
let base = 10.42.0.0/16
func rack(n: int): cidr = subnet(base, 24, n)
network broken { plugin bridge { mtu = nowhere } }
assert mtu > 9000, "never"
""",
)


def value(text: str, source: Source | None = FILE, **params: str) -> str:
    """The value in netc notation; there must be no finding."""
    answer = ask(text, source, {name: Given(given, f"-p {name}={given}") for name, given in params.items()})
    assert answer.diagnostics == ()
    assert answer.value is not None
    return notation(answer.value.data)


def test_lets_params_and_functions_are_in_scope() -> None:
    assert value("rack(3).first") == "10.42.3.1"
    assert value("mtu - 50") == "1450"


def test_a_param_can_be_given() -> None:
    assert value("mtu", mtu="9000") == "9000"


def test_no_file_is_needed() -> None:
    assert value("[for i in count(2): subnet(10.42.0.0/16, 24, i)]", None) == "[10.42.0.0/24, 10.42.1.0/24]"


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("mtu + nowhere", 6, 13),
        ("nowhere", 0, 7),
        ("10.1.0.256", 7, 10),
        ('[1, "${mtus}"]', 7, 11),
        ('mtu + "x"', 0, 9),
        ("[\n  1,\n  nowhere,\n]", 9, 16),
    ],
)
def test_a_mistake_stands_at_its_place_in_the_expression(text: str, start: int, end: int) -> None:
    answer = ask(text, FILE, {})
    (found,) = answer.diagnostics
    assert answer.value is None
    assert found.primary is not None
    assert (found.primary.source.path, found.primary.source.text) == (EXPRESSION, text)
    assert (found.primary.start, found.primary.end) == (start, end)


@pytest.mark.parametrize(
    "text", ["", "  ", "# nothing", "1 2", "1 let x = 2", "1\nnetwork n { }", "let x = 1", "(1", '"']
)
def test_what_is_no_single_expression_is_refused(text: str) -> None:
    answer = ask(text, None, {})
    assert answer.value is None
    assert answer.diagnostics


def test_a_let_of_the_expressions_name_hides_nothing() -> None:
    assert value("it + 1", Source("f.netc", "let it = 1")) == "2"


def test_a_mistake_in_a_let_that_is_asked_for_is_told() -> None:
    answer = ask("b", Source("f.netc", "let a = 1 + nowhere\nlet b = a"), {})
    assert answer.value is None
    assert [found.code for found in answer.diagnostics] == ["NC103"]


@given(st.text(alphabet=st.sampled_from('abc019.:/[]{}()"$\\#= \n?&|<>,+-*%é'), max_size=40))
def test_no_text_makes_it_raise_and_every_place_lies_in_the_text(text: str) -> None:
    for found in ask(text, None, {}).diagnostics:
        if found.primary is not None and found.primary.source.path == EXPRESSION:
            assert 0 <= found.primary.start <= found.primary.end <= len(text)
