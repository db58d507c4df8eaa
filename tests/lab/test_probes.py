"""Probes say what they saw, and why they saw nothing; none hangs."""

from __future__ import annotations

import socket
import threading
from ipaddress import ip_address, ip_interface

import pytest

from netc.lab import probes

pytestmark = pytest.mark.lab

LEFT4, RIGHT4 = ip_address("192.0.2.1"), ip_address("192.0.2.2")
LEFT6, RIGHT6 = ip_address("2001:db8::1"), ip_address("2001:db8::2")


@pytest.fixture
def wire(in_namespace):
    """A function that lays a wire between the host and a container: the two namespaces, settled."""

    def lay():
        left, right = in_namespace.kernel.here(), in_namespace.kernel.at(in_namespace.container())
        left.add_veth("left", "right", peer_netns=right)
        for namespace, name, addresses in ((left, "left", (LEFT4, LEFT6)), (right, "right", (RIGHT4, RIGHT6))):
            link = namespace.link(name)
            for address in addresses:
                namespace.add_address(link.index, ip_interface(f"{address}/{24 if address.version == 4 else 64}"))
            namespace.set_link(link.index, up=True)
        assert probes.settle(left, right, seconds=15)
        return left, right

    return lay


def test_what_is_there_is_reached(wire):
    left, right = wire()

    for address, seen_from in ((RIGHT4, LEFT4), (RIGHT6, LEFT6)):
        assert probes.ping(left, address)
        for probe in (probes.tcp, probes.udp):
            reach = probe(left, right, address, 7000)
            assert (reach.reached, reach.why) == (True, "")
            assert ip_address(reach.seen_from) == seen_from
            assert reach.seconds > 0


def test_a_stream_is_measured(wire):
    left, right = wire()

    rate = probes.throughput(left, right, RIGHT4, 7000, seconds=0.2, warm_up=0.1)

    assert rate.received > 0
    assert rate.seconds >= 0.19
    assert rate.bits_per_second == rate.received * 8 / rate.seconds


def test_an_address_without_route_is_not_reached(wire):
    left, right = wire()
    nowhere = ip_address("203.0.113.1")

    for reach in (
        probes.ping(left, nowhere),
        probes.tcp(left, right, nowhere, 7000),
        probes.udp(left, right, nowhere, 7000),
    ):
        assert not reach
        assert "network is unreachable" in reach.why
    assert "network is unreachable" in probes.throughput(left, right, nowhere, 7000).why


def test_a_closed_port_is_refused_and_a_filtered_one_times_out(wire):
    left, right = wire()

    assert "connection refused" in probes.tcp(left, right, RIGHT4, 7000, listen=7001).why
    right.nft.run_script("table inet t { chain c { type filter hook input priority 0; policy drop; }; }")
    assert "timed out" in probes.tcp(left, right, RIGHT4, 7000, seconds=0.3).why
    assert "no answer to a ping of 192.0.2.2 in 0.3 s" in probes.ping(left, RIGHT4, seconds=0.3).why
    assert "nothing arrived" in probes.udp(left, right, RIGHT4, 7000, seconds=0.3).why


def test_an_answer_that_is_lost_on_its_way_back_is_told_from_a_lost_question(wire):
    left, right = wire()
    left.nft.run_script("table inet t { chain c { type filter hook input priority 0; policy drop; }; }")

    reach = probes.udp(left, right, RIGHT4, 7000, seconds=0.5)

    assert not reach
    assert (reach.seen_from, "the answer did not come back" in reach.why) == (str(LEFT4), True)


def test_somebody_elses_listener_is_not_taken_for_the_probes_own(wire):
    left, right = wire()
    with right.socket(socket.AF_INET, socket.SOCK_STREAM) as other:
        other.bind(("", 7000))
        other.listen()

        reach = probes.tcp(left, right, RIGHT4, 7000, listen=7001, seconds=0.5)

    assert not reach
    assert "the connection went to somebody else" in reach.why


def test_probes_run_side_by_side(wire):
    left, right = wire()
    seen = {}

    def probe(port: int) -> None:
        seen[port] = probes.tcp(left, right, RIGHT4, port)

    threads = [threading.Thread(target=probe, args=(port,)) for port in range(7000, 7010)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert all(seen.values()), seen
    assert len(seen) == 10
