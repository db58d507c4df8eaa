"""Findings stand at the very element that is wrong, name the values, and point at what takes part."""

from __future__ import annotations

from typing import Any

import pytest

from netc.diagnostics import Diagnostic, Severity
from netc.lint import lint
from netc.model import Network, Origin
from netc.sources import Source, Span

HERE = Span(Source("n.conflist", ""), 0, 0)


def findings(*chain: dict[str, Any], **level: Any) -> list[Diagnostic]:
    conflist = {"cniVersion": "1.0.0", "name": "n", **level, "plugins": list(chain)}
    return lint(Network("n", conflist, {"": Origin(None, HERE)}, HERE))


def places(code: str, *chain: dict[str, Any], **level: Any) -> list[str | None]:
    return [found.pointer for found in findings(*chain, **level) if found.code == code]


def host_local(**keys: Any) -> dict[str, Any]:
    return {"type": "macvlan", "ipam": {"type": "host-local", **keys}}


def static(*addresses: dict[str, str], **keys: Any) -> dict[str, Any]:
    return {"type": "macvlan", "ipam": {"type": "static", "addresses": list(addresses), **keys}}


@pytest.mark.parametrize(
    ("code", "chain", "pointer"),
    [
        (
            "NC202",
            [host_local(ranges=[[{"subnet": "10.1.0.0/24"}], [{"subnet": "10.2.0.0/24", "rangeEnd": "10.3.0.9"}]])],
            "/plugins/0/ipam/ranges/1/0/rangeEnd",
        ),
        (
            "NC203",
            [host_local(ranges=[[{"subnet": "10.1.0.0/24"}, {"subnet": "10.1.0.0/24", "rangeStart": "10.1.0.9"}]])],
            "/plugins/0/ipam/ranges/0/1/rangeStart",
        ),
        (
            "NC206",
            [host_local(ranges=[[{"subnet": "10.1.0.0/24"}, {"subnet": "fd00::/64"}]])],
            "/plugins/0/ipam/ranges/0/1/subnet",
        ),
        ("NC208", [host_local(subnet="10.1.0.0/24", gateway="10.2.0.1")], "/plugins/0/ipam/gateway"),
        (
            "NC216",
            [host_local(subnet="10.1.0.0/24", gateway="10.2.0.1", routes=[{"dst": "0.0.0.0/0"}])],
            "/plugins/0/ipam/gateway",
        ),
        (
            "NC216",
            [host_local(subnet="10.1.0.0/24", routes=[{"dst": "10.8.0.0/16", "gw": "10.2.0.1"}])],
            "/plugins/0/ipam/routes/0/gw",
        ),
        (
            "NC221",
            [static({"address": "10.1.0.5/24"}, {"address": "10.1.0.5/24"})],
            "/plugins/0/ipam/addresses/1/address",
        ),
        (
            "NC303",
            [
                host_local(subnet="10.1.0.0/24"),
                {"type": "portmap", "capabilities": {"portMappings": True, "snat": True}},
            ],
            "/plugins/1/capabilities/snat",
        ),
        ("NC304", [host_local(subnet="10.1.0.0/24"), {"type": "firewall"}], "/cniVersions/0"),
        (
            "NC480",
            [host_local(subnet="10.1.0.0/24"), {"type": "tuning", "sysctl": {"net.a": "1", "net/a": "2"}}],
            "/plugins/1/sysctl/net~1a",
        ),
    ],
)
def test_a_finding_stands_at_its_element(code: str, chain: list[dict[str, Any]], pointer: str) -> None:
    level = {"cniVersions": ["0.3.1"]} if code == "NC304" else {}
    assert places(code, *chain, **level) == [pointer]


def test_the_other_end_is_pointed_at() -> None:
    [found] = [
        found
        for found in findings(host_local(subnet="10.1.0.0/24", ranges=[[{"subnet": "10.1.0.0/25"}]]))
        if found.code == "NC203"
    ]
    assert [step.text for step in found.labels] == ["the other range"]
    assert "10.1.0.1-10.1.0.126" in found.message
    assert "10.1.0.1-10.1.0.254" in found.message


def test_one_mistake_is_said_once() -> None:
    """A gateway outside of its subnet is a warning; with a route through it, it is the error and not both."""
    outside = host_local(subnet="10.1.0.0/24", gateway="10.2.0.1", routes=[{"dst": "0.0.0.0/0"}])
    assert [found.code for found in findings(outside)] == ["NC216"]


def test_addresses_of_a_runtime_leave_the_question_open() -> None:
    asked = static({"address": "10.1.0.5/24"}, routes=[{"dst": "10.8.0.0/16", "gw": "10.2.0.1"}])
    assert places("NC216", asked) == ["/plugins/0/ipam/routes/0/gw"]
    assert places("NC216", {**asked, "capabilities": {"ips": True}}) == []


def test_a_default_route_with_a_priority_of_its_own_is_no_double() -> None:
    bridge = {"type": "bridge", "isDefaultGateway": True}
    assert places("NC232", {**bridge, **_only_ipam([{"dst": "0.0.0.0/0"}])}) == ["/plugins/0/ipam/routes/0/dst"]
    assert places("NC232", {**bridge, **_only_ipam([{"dst": "0.0.0.0/0", "priority": 5}])}) == []
    assert places("NC232", {**bridge, **_only_ipam([{"dst": "0.0.0.0/0", "gw": "10.1.0.1"}])}) == []


def _only_ipam(routes: list[dict[str, Any]]) -> dict[str, Any]:
    return {"ipam": {"type": "host-local", "subnet": "10.1.0.0/24", "routes": routes}}


def test_unknown_plugins_get_no_opinion() -> None:
    strange = {"type": "acme", "capabilities": {"anything": True}, "mtu": 1, "ipam": {"type": "pool", "routes": 7}}
    assert {found.code for found in findings(strange, {"type": "acme2"})} == {"NC405"}


def test_a_good_network_is_silent() -> None:
    assert (
        findings(
            {
                "type": "bridge",
                "bridge": "cni0",
                "isDefaultGateway": True,
                "ipMasq": True,
                "hairpinMode": True,
                "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.1.0.0/16"}], [{"subnet": "fd00:1::/64"}]]},
            },
            {"type": "tuning", "sysctl": {"net.core.somaxconn": "500"}},
            {"type": "bandwidth", "capabilities": {"bandwidth": True}},
            {"type": "firewall", "ingressPolicy": "same-bridge"},
            {"type": "portmap", "capabilities": {"portMappings": True}},
        )
        == []
    )


@pytest.mark.parametrize("value", [None, 7, "x", [], {}, True, [None], [[None]], [{}], {"type": 3}])
@pytest.mark.parametrize(
    "key", ["ipam", "capabilities", "args", "vlanTrunk", "mtu", "mac", "sysctl", "ingressRate", "conditionsV4"]
)
def test_no_value_of_any_type_breaks_a_rule(key: str, value: Any) -> None:
    """Rules are safe with JSON that nobody would write, in plugins that netc knows and in others."""
    for type_ in ("bridge", "ptp", "macvlan", "portmap", "bandwidth", "tuning", "firewall", "acme"):
        for found in findings({"type": type_, key: value}, {"type": type_, key: value}):
            assert isinstance(found.severity, Severity)


@pytest.mark.parametrize(
    "value", [None, 7, "x", [], {}, [None], [[None]], [[{}]], [{"subnet": 5}], [{"address": 5}], [{"dst": 5}]]
)
@pytest.mark.parametrize("key", ["subnet", "ranges", "routes", "addresses", "gateway", "rangeStart", "dns"])
@pytest.mark.parametrize("main", ["bridge", "acme"])
def test_no_value_of_any_type_breaks_a_rule_about_addresses(main: str, key: str, value: Any) -> None:
    for type_ in ("host-local", "static"):
        findings({"type": main, "isDefaultGateway": True, "ipam": {"type": type_, key: value}})
