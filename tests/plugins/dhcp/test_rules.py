"""What the rules say of dhcp, seen with the reference plugin and a real server."""

from __future__ import annotations

import pytest

from netc.cni.errors import CniError
from netc.compiler import compile_source
from netc.diagnostics.rule import sections
from netc.lab.dhcp_server import Server, Terms
from netc.lint.catalogue import all_rules
from netc.sources import Source

pytestmark = [pytest.mark.parity, pytest.mark.lab]

RULES = {rule.code: sections(rule.doc) for rule in all_rules()}


def asked(lan, code: str, which: str) -> dict:
    """What the example of a rule asks of dhcp, here."""
    (network,) = compile_source(Source("n.netc", RULES[code][which])).networks
    return lan.configuration("dhcp", **{key: value for key, value in network.plugins[0].ipam.items() if key != "type"})


def test_nc422_a_number_that_is_no_option_is_refused(lan, in_namespace, reference_plugins) -> None:
    lan.reference(reference_plugins)
    with pytest.raises(CniError, match=r'Can not parse option "300"'):
        lan.call("ADD", asked(lan, "NC422", "Bad"), lan.wired(), binaries=reference_plugins)


def test_nc424_a_server_that_sends_what_is_asked_for_sends_no_mask(lan, in_namespace, reference_plugins) -> None:
    """dnsmasq sends one always."""
    lan.reference(reference_plugins)
    with Server(lan.host, Terms(lan.server)):
        netns = lan.wired()
        with pytest.raises(CniError, match=r"DHCP option Subnet Mask not found in DHCPACK"):
            lan.call("ADD", asked(lan, "NC424", "Bad"), netns, binaries=reference_plugins)
        good = lan.call("ADD", asked(lan, "NC424", "Good"), netns, binaries=reference_plugins, id="c2")
    assert len(good["ips"]) == 1


def test_nc423_the_server_sends_name_servers_and_the_result_has_none(lan, in_namespace, reference_plugins) -> None:
    lan.dnsmasq("--dhcp-option=option:dns-server,10.77.0.3")
    lan.reference(reference_plugins)
    result = lan.call("ADD", asked(lan, "NC423", "Bad"), lan.wired(), binaries=reference_plugins)
    assert "6:dns-server" in lan.log()
    assert result.get("dns", {}) == {}


def test_nc425_an_entry_without_a_value_is_not_sent(lan, in_namespace, reference_plugins) -> None:
    lan.dnsmasq()
    lan.reference(reference_plugins)
    netns = lan.wired()
    lan.call("ADD", asked(lan, "NC425", "Bad"), netns, binaries=reference_plugins)
    assert "client provides name" not in lan.log()
    lan.call("ADD", asked(lan, "NC425", "Good"), netns, binaries=reference_plugins, id="c2")
    assert "client provides name: web" in lan.log()


def test_nc426_bridge_gives_nothing_back_and_macvlan_does(lan, in_namespace, reference_plugins) -> None:
    """As a server sees it that listens beside the kernel: the reference sends its message from the address 0.0.0.0,
    which no kernel hands to a socket.
    """
    lan.reference(reference_plugins)
    with Server(lan.host, Terms(lan.server)) as server:
        for plugin in ("macvlan", "bridge"):
            netns, body = lan.container(), lan.configuration(plugin)
            result = lan.call("ADD", body, netns, binaries=reference_plugins, id=plugin)
            lan.call("DEL", body | {"prevResult": result}, netns, binaries=reference_plugins, id=plugin)
        lan.wait_for(lambda: len(server.lent) == 1)
        assert list(server.lent) == [b"\0bridge/lan/eth0"]


def test_nc434_ptp_asks_before_there_is_an_interface(lan, in_namespace, reference_plugins) -> None:
    lan.dnsmasq()
    lan.reference(reference_plugins)
    with pytest.raises(CniError, match='error looking up "eth0": Link not found'):
        lan.call("ADD", lan.configuration("ptp"), lan.container(), binaries=reference_plugins)
