"""Marks and names of attachments: two are never mistaken for one another, however long or odd their names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netc.cni.errors import CniError
from netc.plugins.attachment import Owner, hashed, network_key, parse_mac

NAMES = st.from_regex(r"[a-zA-Z0-9][a-zA-Z0-9_.\-]{0,80}", fullmatch=True)
IFNAMES = st.text(st.characters(codec="utf-8", exclude_characters="/: \t\n\v\f\r\0"), min_size=1, max_size=15)
OWNERS = st.builds(Owner, network=NAMES, ifname=IFNAMES, container_id=NAMES)


@given(OWNERS, OWNERS)
def test_an_owner_owns_its_own_comments_alone(owner, other):
    assert owner.owns(owner.comment)
    assert owner.owns(other.comment) == (owner == other)


@given(OWNERS)
def test_a_comment_fits_and_can_be_quoted(owner):
    assert len(owner.comment.encode()) <= 127
    assert '"' not in owner.comment
    assert owner.comment.startswith(f"{network_key(owner.network)}-")


def test_a_comment_is_readable():
    comment = Owner("obsbr", "eth0", "ctr1").comment

    assert comment == "8021c0b4fba05c36-7883a6f9ce71eedb, net: obsbr, if: eth0, id: ctr1"


def test_names_are_the_reference_plugins():
    assert hashed("bwp", "net1c1", 15) == "bwpc2d892b58e87"
    assert hashed("CNI-DN-", "net1c1", 28) == "CNI-DN-c2d892b58e87e28a12fe6"


@pytest.mark.parametrize("text", ["C2-11-22-33-44-55", "c2:11:22:33:44:55", "c211.2233.4455", "C2:11:22:33:44:55"])
def test_every_spelling_of_a_mac(text):
    assert parse_mac(text) == "c2:11:22:33:44:55"


@given(st.binary(min_size=6, max_size=6), st.sampled_from(":-"))
def test_what_is_spelt_is_read(address, mark):
    assert parse_mac(address.hex(mark)) == address.hex(":")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "zz",
        "c2:11:22:33:44",
        "c2:11-22:33:44:55",
        "c211:2233:4455",
        "c2112233445",
        "c2:11:22:33:44:55:",
        "c2:11:22:33:44:5٣",
    ],
)
def test_what_is_no_mac(text):
    with pytest.raises(CniError) as refusal:
        parse_mac(text)
    assert refusal.value.msg == f"address {text}: invalid MAC address"
