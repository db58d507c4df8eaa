"""iptables in a namespace: every change can be repeated, and what is missing is no error where it may be missing."""

from __future__ import annotations

import errno

import pytest

from netc.kernel import KernelError, iptables
from netc.kernel.iptables import Iptables

pytestmark = pytest.mark.lab

ACCEPT = ("-p", "tcp", "--dport", "80", "-j", "ACCEPT")


@pytest.fixture(params=["ipv4", "ipv6"])
def family(request) -> str:
    if iptables.find_program(iptables.PROGRAMS[request.param]) is None:
        pytest.skip(f"there is no {iptables.PROGRAMS[request.param]} program")
    return request.param


def test_changes_can_be_repeated(in_namespace, family):
    tool = Iptables(in_namespace.kernel.here(), family)
    assert tool.usable()

    for _ in range(2):
        tool.ensure_chain("nat", "MINE")
        tool.append("nat", "MINE", *ACCEPT)
        tool.insert("nat", "OUTPUT", "-m", "comment", "--comment", "to mine", "-j", "MINE")

    assert tool.rules("nat", "MINE") == ["-A MINE -p tcp -m tcp --dport 80 -j ACCEPT"]
    assert tool.rules("nat", "OUTPUT") == ['-A OUTPUT -m comment --comment "to mine" -j MINE']
    for _ in range(2):
        tool.delete("nat", "OUTPUT", "-m", "comment", "--comment", "to mine", "-j", "MINE")
        tool.delete_chain("nat", "MINE")
    assert tool.rules("nat", "MINE") is None


def test_an_inserted_rule_is_the_first(in_namespace, family):
    tool = Iptables(in_namespace.kernel.here(), family)
    tool.append("filter", "FORWARD", "-j", "ACCEPT")

    tool.insert("filter", "FORWARD", *ACCEPT)

    assert [rule.split()[2] for rule in tool.rules("filter", "FORWARD")] == ["-p", "-j"]


def test_what_is_missing_is_missing(in_namespace, family):
    tool = Iptables(in_namespace.kernel.here(), family)

    assert not tool.has_chain("nat", "NOPE")
    assert not tool.has_rule("nat", "NOPE", *ACCEPT)
    assert not tool.has_rule("nat", "OUTPUT", *ACCEPT)
    with pytest.raises(KernelError) as missing:
        tool.run("nat", "-A", "NOPE", *ACCEPT)
    assert missing.value.errno == errno.ENOENT


@pytest.mark.parametrize(
    ("text", "number", "hint"),
    [
        ("iptables v1.8.9 (nf_tables): Chain 'X' does not exist\nTry `iptables -h'", errno.ENOENT, ""),
        ("iptables: No chain/target/match by that name.", errno.ENOENT, ""),
        ("iptables: Bad rule (does a matching rule exist in that chain?).", errno.ENOENT, ""),
        ("iptables v1.8.9 (nf_tables): chain `X' in table `nat' is incompatible, use 'nft' tool.", errno.ENOENT, ""),
        ("iptables: Chain already exists.", errno.EEXIST, ""),
        ("iptables v1.8.9 (nf_tables):  CHAIN_DEL failed (Device or resource busy): chain X", errno.EINVAL, ""),
        (
            "Warning: Extension multiport revision 0 not supported, missing kernel module?",
            errno.EINVAL,
            "this kernel needs the module xt_multiport",
        ),
    ],
)
def test_what_releases_say_is_understood(text, number, hint):
    refusal = iptables._refusal("iptables", ["/sbin/iptables", "-t", "nat"], 1, text)

    assert (refusal.errno, refusal.hint) == (number, hint)
    assert refusal.reason == f"running [/sbin/iptables -t nat]: exit status 1: {text}"


def test_without_the_program_the_package_is_named(in_namespace, monkeypatch):
    monkeypatch.setattr(iptables, "find_program", lambda name: None)
    tool = Iptables(in_namespace.kernel.here(), "ipv4")

    assert not tool.usable()
    with pytest.raises(KernelError, match="executable file not found") as refusal:
        tool.has_chain("nat", "OUTPUT")
    assert refusal.value.hint == "install the package iptables"


def test_only_changes_are_told(in_namespace, family):
    tool = Iptables(in_namespace.kernel.here(), family)
    told: list[str] = []
    in_namespace.kernel.before_call = told.append

    tool.append("nat", "OUTPUT", *ACCEPT)
    tool.append("nat", "OUTPUT", *ACCEPT)

    assert told == [tool.name]


def test_each_namespace_has_its_own_rules(in_namespace, family):
    host = in_namespace.kernel.here()
    container = in_namespace.kernel.at(in_namespace.container())

    Iptables(container, family).append("nat", "OUTPUT", *ACCEPT)

    assert Iptables(host, family).rules("nat", "OUTPUT") == []
