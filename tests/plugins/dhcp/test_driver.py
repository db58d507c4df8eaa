"""dhcp against a real server: dnsmasq lends, netc's daemon keeps, and the reference's is asked the same."""

from __future__ import annotations

import re

import pytest

from netc.cni.errors import CniError

CLASSLESS = "--dhcp-option=121,10.99.0.0/16,10.77.0.9,10.98.0.0/16,0.0.0.0"
#: Option 33 as bytes: an address and its router.
STATIC = "--dhcp-option=33,172.16.0.0,10.77.0.9"

#: What a server sends, what is asked of dhcp, and what comes of it: the routes of the result.
ASKED = {
    "plain": ((), {}, [{"dst": "0.0.0.0/0", "gw": "10.77.0.1"}]),
    "a priority is on every route": ((), {"priority": 7}, [{"dst": "0.0.0.0/0", "gw": "10.77.0.1", "priority": 7}]),
    "classless routes are sent to who asks": ((CLASSLESS,), {}, [{"dst": "0.0.0.0/0", "gw": "10.77.0.1"}]),
    "classless routes stand alone": (
        (CLASSLESS,),
        {"request": [{"option": "121"}], "priority": 3},
        [
            {"dst": "10.99.0.0/16", "gw": "10.77.0.9", "priority": 3},
            {"dst": "10.98.0.0/16", "gw": "0.0.0.0", "priority": 3, "scope": 253},
        ],
    ),
    "static routes come before the default": (
        (STATIC,),
        {"request": [{"option": "33"}]},
        [{"dst": "172.16.0.0/16", "gw": "10.77.0.9"}, {"dst": "0.0.0.0/0", "gw": "10.77.0.1"}],
    ),
    "no router": (("--dhcp-option=3",), {}, None),
    "only the mask": ((), {"request": [{"option": "subnet-mask", "skipDefault": True}]}, None),
}


@pytest.mark.parametrize("case", ASKED)
def test_what_comes_of_a_lease(lan, reference_plugins, in_namespace, case: str) -> None:
    """netc's daemon and the reference's make the same of what a server sends."""
    options, ipam, routes = ASKED[case]
    lan.dnsmasq(*options)
    netns, body = lan.wired(), lan.configuration("dhcp", **ipam)
    daemon = lan.netc()
    ours = lan.call("ADD", body, netns)
    assert ours.get("routes") == routes
    daemon.stop()
    daemon.close()
    lan.reference(reference_plugins)
    assert lan.call("ADD", body, netns, binaries=reference_plugins) == ours


@pytest.mark.parametrize("whose", ["netc", "reference"])
def test_a_route_without_a_router_is_on_the_link(lan, in_namespace, reference_plugins, whose: str) -> None:
    """The plugin that makes the interface sets what dhcp answers."""
    lan.dnsmasq(CLASSLESS)
    binaries = None if whose == "netc" else reference_plugins
    lan.netc() if binaries is None else lan.reference(binaries)
    netns = lan.container()
    lan.call("ADD", lan.configuration(request=[{"option": "121"}]), netns, binaries=binaries)
    routes = {str(route.dst): str(route.gateway) for route in lan.sandbox.kernel.at(netns).routes(family=2)}
    assert routes == {"10.77.0.0/24": "None", "10.98.0.0/16": "None", "10.99.0.0/16": "10.77.0.9"}


def test_a_life(lan, in_namespace) -> None:
    """The lease is got, stands a CHECK, and the server has it back after DEL, however often that comes."""
    leases = lan.dnsmasq()
    daemon = lan.netc()
    netns, body = lan.container(), lan.configuration(provide=[{"option": "host-name", "value": "web"}])
    lan.call("STATUS", body, "")
    result = lan.call("ADD", body, netns)
    address = result["ips"][0]["address"].partition("/")[0]
    (lease,) = leases.read_text().splitlines()
    assert lease.split()[2:] == [address, "web", "00:63:31:2f:6c:61:6e:2f:65:74:68:30"]  # c1/lan/eth0, after a zero
    lan.call("CHECK", body | {"prevResult": result}, netns)
    for _ in range(2):
        lan.call("DEL", body | {"prevResult": result}, netns)
        assert daemon.leases.keys() == []
    lan.wait_for(lambda: not leases.read_text())
    assert lan.log().count("DHCPRELEASE") == 1


@pytest.mark.parametrize("whose", ["netc", "reference"])
def test_bridge_gives_nothing_back(lan, in_namespace, reference_plugins, whose: str) -> None:
    """It takes the interface away first: no word can reach the server, which keeps the lease until it runs out."""
    leases = lan.dnsmasq()
    binaries = None if whose == "netc" else reference_plugins
    lan.netc() if binaries is None else lan.reference(binaries)
    netns, body = lan.container(), lan.configuration("bridge")
    result = lan.call("ADD", body, netns, binaries=binaries)
    lan.call("DEL", body | {"prevResult": result}, netns, binaries=binaries)
    assert len(leases.read_text().splitlines()) == 1
    assert "DHCPRELEASE" not in lan.log()


def test_what_is_said_to_the_server(lan, in_namespace) -> None:
    """A value, and a key of CNI_ARGS in its place where the runtime gives one; the author's client id is the last word."""
    lan.dnsmasq()
    lan.netc()
    provide = [
        {"option": "host-name", "value": "web", "fromArg": "K8S_POD_NAME"},
        {"option": "60", "value": "netc"},
        {"option": "user-class", "fromArg": "ABSENT"},
    ]
    body = lan.configuration("dhcp", provide=provide)
    lan.call("ADD", body, lan.wired(), args="K8S_POD_NAME=db-0;Other=a=b;Odd")
    log = lan.log()
    assert "client provides name: db-0" in log
    assert "vendor class: netc" in log
    assert "user class" not in log


def test_a_second_add_has_the_same_lease(lan, in_namespace) -> None:
    """With the priority of the second call, as the reference answers; two containers have two leases."""
    lan.dnsmasq()
    lan.netc()
    netns = lan.wired()
    first = lan.call("ADD", lan.configuration("dhcp"), netns)
    again = lan.call("ADD", lan.configuration("dhcp", priority=9), netns)
    assert again["ips"] == first["ips"]
    assert [route["priority"] for route in again["routes"]] == [9]


def test_gc_gives_back_what_no_attachment_has(lan, in_namespace) -> None:
    """The reference's plugin keeps such a lease, and renews it, as long as its daemon runs."""
    leases = lan.dnsmasq()
    daemon = lan.netc()
    body, netns = lan.configuration("dhcp"), lan.wired()
    lan.call("ADD", body, netns)
    other = body | {"name": "other"}
    valid = [{"containerID": "c1", "ifname": "eth0"}]
    lan.call("GC", body | {"cni.dev/valid-attachments": valid}, "")
    lan.call("GC", other | {"cni.dev/valid-attachments": []}, "")
    lan.call("GC", body, "")
    assert daemon.leases.keys() == ["c1/lan/eth0"]
    lan.call("GC", body | {"cni.dev/valid-attachments": []}, "")
    assert daemon.leases.keys() == []
    lan.wait_for(lambda: not leases.read_text())


def test_check_after_a_restart(lan, in_namespace) -> None:
    """A new daemon knows no lease: it gets one again, and CHECK passes only if it is of the attachment's address."""
    lan.dnsmasq()
    body, netns = lan.configuration("dhcp"), lan.wired()
    daemon = lan.netc()
    result = lan.call("ADD", body, netns)
    daemon.stop()
    daemon.close()
    lan.netc()
    lan.call("CHECK", body | {"prevResult": result}, netns)
    other = result | {"ips": [{"address": "10.77.0.200/24"}]}
    with pytest.raises(CniError, match=r"dhcp: the server lends 10\.77\.0\.\d+/24, which the attachment does not have"):
        lan.call("CHECK", body | {"prevResult": other}, netns)


def test_without_a_daemon(lan, in_namespace, reference_plugins) -> None:
    """Every verb but GC without its list fails in the reference's words; STATUS says that the plugin can't work."""
    body, netns = lan.configuration("dhcp"), lan.wired()
    why = f"error dialing DHCP daemon: dial unix {lan.socket}: connect: no such file or directory"
    for verb in ("ADD", "CHECK", "DEL"):
        previous = {"prevResult": {"cniVersion": "1.1.0"}} if verb == "CHECK" else {}
        for binaries in (None, reference_plugins):
            with pytest.raises(CniError) as refused:
                lan.call(verb, body | previous, netns, binaries=binaries)
            assert (refused.value.code, refused.value.msg) == (999, why), verb
    with pytest.raises(CniError) as refused:
        lan.call("STATUS", body, "")
    assert (refused.value.code, refused.value.msg) == (50, why)


REFUSED = {
    "no option": ({"request": [{"option": "foo"}]}, 'Can not parse option "foo"'),
    "too large": ({"provide": [{"option": "256", "value": "x"}]}, 'Can not parse option "256"'),
    "too long": ({"provide": [{"option": "60", "value": "x" * 256}]}, "value too long for option"),
    "no interface": ({}, 'error looking up "eth0": Link not found'),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(lan, in_namespace, reference_plugins, case: str) -> None:
    """By both daemons, with the same words up to netc's explanation."""
    ipam, why = REFUSED[case]
    body = lan.configuration("dhcp", **ipam)
    netns = lan.container()
    daemon = lan.netc()
    with pytest.raises(CniError, match=re.escape(f"error calling DHCP.Allocate: {why}")):
        lan.call("ADD", body, netns)
    assert daemon.leases.keys() == []
    daemon.stop()
    daemon.close()
    lan.reference(reference_plugins)
    with pytest.raises(CniError, match=re.escape(f"error calling DHCP.Allocate: {why}")):
        lan.call("ADD", body, netns, binaries=reference_plugins)


def test_the_daemon_of_the_reference_is_told_apart(lan, in_namespace, reference_plugins) -> None:
    """It speaks another protocol: the error says so."""
    lan.reference(reference_plugins)
    with pytest.raises(CniError, match=r"what listens at .*dhcp\.sock is not netc's dhcp daemon"):
        lan.call("ADD", lan.configuration("dhcp"), lan.wired())
