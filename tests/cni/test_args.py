"""CNI_ARGS, as plugins read it and as a runtime writes it."""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netc.cni.args import join_args, parse_args, split_args
from netc.cni.errors import CniError


def mac_or_ip(text: str) -> str:
    return str(ip_address(text))


def test_known_keys_are_read_and_the_last_of_each_wins() -> None:
    assert parse_args("IP=10.0.0.1;IP=10.0.0.2", {"IP": mac_or_ip}) == {"IP": "10.0.0.2"}
    assert parse_args("", {"IP": mac_or_ip}) == {}


def test_unknown_keys_pass_where_they_are_ignored_wherever_that_is_said() -> None:
    assert parse_args("K8S_POD_NAME=p;IgnoreUnknown=1;IP=10.0.0.1", {"IP": mac_or_ip}) == {"IP": "10.0.0.1"}
    assert parse_args("X=1;IgnoreUnknown=TRUE", {}) == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("MAC", 'ARGS: invalid pair "MAC"'),
        ("IP=10.0.0.1;", 'ARGS: invalid pair ""'),
        ("MAC=a=b", 'ARGS: invalid pair "MAC=a=b"'),
        ("K8S=1;B=2", 'ARGS: unknown args ["K8S=1" "B=2"]'),
        ("ip=10.0.0.1", 'ARGS: unknown args ["ip=10.0.0.1"]'),
        ("K8S=1;IgnoreUnknown=0", 'ARGS: unknown args ["K8S=1"]'),
        ("ignoreunknown=1", 'ARGS: unknown args ["ignoreunknown=1"]'),
        (
            "IgnoreUnknown=yes",
            'ARGS: error parsing value of pair "IgnoreUnknown=yes": boolean unmarshal error: invalid input yes',
        ),
        (
            "CommonArgs=x;IgnoreUnknown=1",
            "ARGS: cannot unmarshal into field 'CommonArgs' - type '*types.CommonArgs' "
            "does not implement encoding.TextUnmarshaler",
        ),
        ("IP=zz", "ARGS: error parsing value of pair \"IP=zz\": 'zz' does not appear to be an IPv4 or IPv6 address"),
    ],
)
def test_what_plugins_refuse(text: str, message: str) -> None:
    with pytest.raises(CniError) as error:
        parse_args(text, {"IP": mac_or_ip})
    assert (error.value.code, error.value.msg) == (999, message)


WORD = st.text(st.characters(blacklist_characters=";=", blacklist_categories=["Cs"]), min_size=1)


@given(st.lists(st.tuples(WORD, WORD)).map(tuple))
def test_what_a_runtime_writes_it_can_read(pairs: tuple[tuple[str, str], ...]) -> None:
    assert split_args(join_args(pairs)) == pairs


@pytest.mark.parametrize("text", ["A", "A=", "=B", "A=b=c", "A=b;", ";"])
def test_what_a_runtime_refuses_of_its_user(text: str) -> None:
    with pytest.raises(CniError, match="invalid CNI_ARGS pair"):
        split_args(text)
