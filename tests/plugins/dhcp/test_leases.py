"""What becomes of a lease after ADD: renewed, got again from whoever answers, run out, given back."""

from __future__ import annotations

import threading
import time
from ipaddress import IPv4Address, ip_interface

import pytest

from netc.dataclass import replace
from netc.lab.dhcp_server import Server, Terms
from netc.plugins.dhcp.client import DhcpError, Patience, Wish
from netc.plugins.dhcp.leases import Leases, result
from netc.plugins.dhcp.message import Option

KEY = "c1/lan/eth0"
WISH = Wish(b"\0" + KEY.encode(), {}, (Option.ROUTERS, Option.SUBNET_MASK))
LENT = IPv4Address("10.77.0.100")
#: A lease of six seconds that is asked for again after one, of anybody after two.
SHORT = Terms(ip_interface("10.77.0.1/24"), seconds=6, renewal=1, rebinding=2)


class Keeper(Leases):
    """A daemon's table, with what it has said."""

    def __init__(self) -> None:
        self.said: list[str] = []
        super().__init__(Patience(0.3, resend_timeout=2.0), self.said.append)


def obtain(lan, leases: Leases, netns: str):
    """A lease for the container, with its address on the interface as a plugin would set it."""
    lease = leases.allocate(KEY, netns, "eth0", WISH)
    inside = lan.sandbox.kernel.at(netns)
    if all(one.address.version == 6 for one in inside.addresses(lan.link(netns).index)):
        lan.given(netns, {"ips": [{"address": f"{lease.address}/24"}]})
    return lease


def test_a_lease_is_renewed(lan, in_namespace) -> None:
    """It outlives the time it was lent for; its server is asked, at its address."""
    with Server(lan.host, replace(SHORT, seconds=3)):
        leases, netns = Keeper(), lan.wired()
        first = obtain(lan, leases, netns)
        time.sleep(4)
        assert leases.said == []
        again = leases.allocate(KEY, netns, "eth0", WISH)
        assert (again.address, again.since > first.since) == (LENT, True)
        assert lan.link(netns).up


def test_any_server_may_prolong_it(lan, in_namespace) -> None:
    """The one that lent it has gone, and another one has its leases."""
    with Server(lan.host, SHORT) as server:
        leases, netns = Keeper(), lan.wired()
        first = obtain(lan, leases, netns)
        server.terms = None
        lan.wait_for(lambda: any("not renewed" in line for line in leases.said))
        server.terms = replace(SHORT, server=ip_interface("10.77.0.2/24"), renewal=None, rebinding=None)
        lan.wait_for(lambda: leases.allocate(KEY, netns, "eth0", WISH).since > first.since)
        renewed = leases.allocate(KEY, netns, "eth0", WISH)
        assert (renewed.address, renewed.server) == (LENT, IPv4Address("10.77.0.2"))


def test_a_lease_that_runs_out_sets_the_link_down(lan, in_namespace) -> None:
    """The address may be another's by then. It is kept no longer: the next call gets a lease anew."""
    with Server(lan.host, replace(SHORT, seconds=3)) as server:
        leases, netns = Keeper(), lan.wired()
        obtain(lan, leases, netns)
        server.terms = None
        lan.wait_for(lambda: leases.keys() == [])
        assert not lan.link(netns).up
        assert leases.said[-1] == f"{KEY}: the lease ran out, and eth0 is set down"
        server.terms = SHORT
        assert obtain(lan, leases, netns).address == LENT
        assert lan.link(netns).up


def test_another_address_is_no_renewal(lan, in_namespace) -> None:
    """Nobody can tell the container: what it has runs out, and the other address goes back."""
    with Server(lan.host, SHORT) as server:
        leases, netns = Keeper(), lan.wired()
        obtain(lan, leases, netns)
        server.terms = None
        lan.wait_for(lambda: any("not renewed" in line for line in leases.said))
        server.lent = {b"somebody": LENT}
        server.terms = SHORT
        lan.wait_for(lambda: f"{KEY}: the server lends 10.77.0.101 in place of {LENT}" in leases.said)
        lan.wait_for(lambda: not lan.link(netns).up)


def test_an_interface_that_goes_ends_the_keeping(lan, in_namespace) -> None:
    """Without a DEL, as when a machine's daemon is killed: nothing is renewed for nobody."""
    with Server(lan.host, SHORT):
        leases, netns = Keeper(), lan.wired()
        obtain(lan, leases, netns)
        lan.host.delete_link(lan.host.link("side").index)
        lan.wait_for(lambda: leases.keys() == [])
        assert leases.said[-1] == f"{KEY}: eth0 is gone, and its lease is kept no longer"


def test_nobody_answers(lan, in_namespace) -> None:
    """The reference's words, after as long as the daemon was told to try; nothing is kept."""
    leases, netns = Keeper(), lan.wired()
    with pytest.raises(DhcpError, match=r"^no more tries$"):
        leases.allocate(KEY, netns, "eth0", WISH)
    assert leases.keys() == []


def test_a_del_ends_an_add_that_waits(lan, in_namespace) -> None:
    """A runtime that has given up on the ADD is not held up by it."""
    leases, netns = Keeper(), lan.wired()
    leases.patience = Patience(0.3, resend_timeout=60)
    raised = []

    def add() -> None:
        try:
            leases.allocate(KEY, netns, "eth0", WISH)
        except DhcpError as error:
            raised.append(str(error))

    waiting = threading.Thread(target=add)
    waiting.start()
    lan.wait_for(lambda: leases.keys() == [KEY])
    time.sleep(0.5)
    leases.release(KEY)
    waiting.join(5)
    assert raised == ["no more tries"]


def test_many_at_once(lan, in_namespace) -> None:
    """Each container has an address of its own, and two calls for one container have the same."""
    with Server(lan.host, Terms(lan.server)):
        leases, spaces = Keeper(), [lan.container() for _ in range(8)]
        for number, netns in enumerate(spaces):
            lan.sandbox.kernel.at(netns).add_veth("eth0", f"side{number}", peer_netns=lan.host)
            port = lan.host.link(f"side{number}")
            lan.host.set_link(port.index, up=True, master=lan.host.link("br0").index)
        found: dict[str, set[IPv4Address]] = {netns: set() for netns in spaces}

        def add(netns: str) -> None:
            key = f"{netns}/lan/eth0"
            found[netns].add(leases.allocate(key, netns, "eth0", replace(WISH, client_id=key.encode())).address)

        threads = [threading.Thread(target=add, args=(netns,)) for netns in spaces * 2]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [len(addresses) for addresses in found.values()] == [1] * 8
        assert len(set.union(*found.values())) == 8


def test_a_server_that_sends_no_mask(lan, in_namespace) -> None:
    """dhcp can't answer without one."""
    with Server(lan.host, replace(Terms(lan.server), options={Option.SUBNET_MASK: b""})):
        lease = obtain(lan, Keeper(), lan.wired())
        with pytest.raises(DhcpError, match=r"^DHCP option Subnet Mask not found in DHCPACK$"):
            result(lease, 0)
