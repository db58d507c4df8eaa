"""Which names the protocol, and Linux, allow."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netc.cni.errors import CniError
from netc.cni.names import check_container_id, check_ifname, check_network_name, is_name


def refusal(check: Callable[[str], None], text: str) -> tuple[int, str, str] | None:
    try:
        check(text)
    except CniError as error:
        return error.code, error.msg, error.details
    return None


@pytest.mark.parametrize("name", ["a", "0", "db-net_1.x", "A" * 300])
def test_good_names(name: str) -> None:
    check_network_name(name)
    check_container_id(name)


@pytest.mark.parametrize("name", ["a\n", "-a", ".a", "_a", "a b", "é", "٣", "a/b", "../a", "a\0"])
def test_bad_names(name: str) -> None:
    assert refusal(check_network_name, name) == (7, "invalid characters found in network name", name)
    assert refusal(check_container_id, name) == (4, "invalid characters in containerID", name)


def test_no_name() -> None:
    assert refusal(check_network_name, "") == (7, "missing network name:", "")
    assert refusal(check_container_id, "") == (3, "missing containerID", "")
    assert refusal(check_ifname, "") == (4, "interface name is empty", "")


@given(st.text())
def test_a_name_is_safe_in_a_path_and_in_an_environment(name: str) -> None:
    if is_name(name):
        assert name.isascii()
        assert not set(name) & set("/\0\n;= ")
        assert name not in (".", "..")


@pytest.mark.parametrize("name", ["eth0", "a" * 15, "é" * 7, "eth0\x1c", "-x", "a.b@c"])
def test_good_interface_names(name: str) -> None:
    assert refusal(check_ifname, name) is None


def test_an_interface_name_has_at_most_15_bytes() -> None:
    too_long = (4, "interface name is too long", "interface name should be less than 16 characters")
    assert refusal(check_ifname, "a" * 16) == too_long
    assert refusal(check_ifname, "é" * 8) == too_long


@pytest.mark.parametrize("name", ["a/b", "a:1", "a b", "a\t", "a\n", "a\u00a0", "a\u2003b", "\u0085"])
def test_characters_that_no_interface_name_has(name: str) -> None:
    assert refusal(check_ifname, name) == (4, "interface name contains / or : or whitespace characters", "")


@pytest.mark.parametrize("name", [".", ".."])
def test_interface_names_that_are_directories(name: str) -> None:
    assert refusal(check_ifname, name) == (4, "interface name is . or ..", "")
