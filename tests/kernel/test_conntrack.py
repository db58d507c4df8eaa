"""Connections of one port are forgotten, and no others."""

from __future__ import annotations

import socket

import pytest

from netc.kernel.conntrack import Destination

pytestmark = pytest.mark.lab


def send(host, family: int, address: str, port: int) -> None:
    with host.socket(family, socket.SOCK_DGRAM) as sender:
        sender.connect((address, port))
        sender.send(b"x")


@pytest.mark.parametrize(("family", "address"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])
def test_the_connections_to_a_port(in_namespace, family, address):
    host = in_namespace.kernel.here()
    host.set_link(host.link("lo").index, up=True)
    host.nft.run_script(
        "table inet t { chain c { type filter hook output priority 0; ct state new counter; }; }"
    )  # Connections are tracked where somebody asks for them.
    for port in (53, 53, 54):
        send(host, family, address, port)

    def forget(*destinations: tuple[int, int]) -> int:
        return host.conntrack.forget({Destination(family, *destination) for destination in destinations})

    other = socket.AF_INET6 if family == socket.AF_INET else socket.AF_INET
    assert host.conntrack.forget({Destination(other, socket.IPPROTO_UDP, 53)}) == 0
    assert forget((socket.IPPROTO_TCP, 54)) == 0
    assert forget((socket.IPPROTO_UDP, 53), (socket.IPPROTO_UDP, 55)) == 2
    assert forget((socket.IPPROTO_UDP, 53)) == 0
    assert forget((socket.IPPROTO_UDP, 54)) == 1
    assert host.conntrack.forget(()) == 0


def test_a_namespace_that_tracks_nothing(in_namespace):
    told: list[str] = []
    in_namespace.kernel.before_call = told.append

    assert in_namespace.kernel.here().conntrack.forget({Destination(socket.AF_INET, socket.IPPROTO_UDP, 53)}) == 0
    assert told == []
