"""Nothing invalid passes the last gate, and nothing that a plugin takes is stopped there."""

from __future__ import annotations

from typing import Any

import pytest

from netc.plugins.schemas import Problem, validate


def conflist(*chain: dict[str, Any], **level: Any) -> dict[str, Any]:
    return {"cniVersion": "1.0.0", "name": "n", **level, "plugins": list(chain)}


BRIDGE = {
    "type": "bridge",
    "bridge": "cni0",
    "isGateway": True,
    "ipam": {"type": "host-local", "subnet": "10.1.0.0/16", "routes": [{"dst": "0.0.0.0/0"}]},
}


def pointers(document: dict[str, Any]) -> list[str]:
    return [problem.pointer for problem in validate(document)]


def test_a_whole_conflist_passes() -> None:
    chain = (
        BRIDGE,
        {"type": "portmap", "capabilities": {"portMappings": True}},
        {"type": "tuning", "sysctl": {"net.a": "1"}},
    )
    assert validate(conflist(*chain, disableCheck=True, cniVersions=["0.4.0"])) == []


def test_an_unknown_plugin_passes_whole() -> None:
    assert validate(conflist({"type": "acme", "mtu": "1400", "ipam": {"type": "acme-ipam", "pool": [1]}})) == []


def test_an_unknown_ipam_plugin_passes_whole() -> None:
    assert validate(conflist({"type": "bridge", "ipam": {"type": "acme-ipam", "pool": {"a": 1}}})) == []


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        (conflist({**BRIDGE, "mtu": "1400"}), "/plugins/0/mtu"),
        (conflist({**BRIDGE, "mtu": 1400.0}), "/plugins/0/mtu"),
        (conflist({**BRIDGE, "mtu": True}), "/plugins/0/mtu"),
        (conflist({**BRIDGE, "isGatway": True}), "/plugins/0"),
        (conflist({**BRIDGE, "bridge": "a-name-of-16-byt"}), "/plugins/0/bridge"),
        (conflist({**BRIDGE, "ipam": {"type": "host-local", "subnet": "10.1.0.5/16"}}), "/plugins/0/ipam/subnet"),
        (conflist({**BRIDGE, "ipam": {"type": "host-local", "ranges": [[]]}}), "/plugins/0/ipam/ranges/0"),
        (
            conflist({**BRIDGE, "ipam": {"type": "static", "addresses": [{"address": "10.1.0.5"}]}}),
            "/plugins/0/ipam/addresses/0/address",
        ),
        (conflist({**BRIDGE, "vlanTrunk": [{"minID": 5}]}), "/plugins/0/vlanTrunk/0"),
        (
            conflist(BRIDGE, {"type": "tuning", "sysctl": {"net.core.somaxconn": 500}}),
            "/plugins/1/sysctl/net.core.somaxconn",
        ),
        (conflist(BRIDGE, {"type": "tuning", "sysctl": {"net/a/b": 5}}), "/plugins/1/sysctl/net~1a~1b"),
        (conflist({"type": "ptp"}), "/plugins/0"),
        (conflist(BRIDGE, {"type": "portmap", "runtimeConfig": {"portMappings": []}}), "/plugins/1"),
        (conflist({**BRIDGE, "name": "n"}), "/plugins/0"),
        (conflist({"ipam": {}}), "/plugins/0"),
        (conflist(), "/plugins"),
        (conflist(BRIDGE, cniVersion="1.2.0"), "/cniVersion"),
        (conflist(BRIDGE, disableCheck="true"), "/disableCheck"),
        (conflist(BRIDGE, name="n\n"), "/name"),
        (conflist(BRIDGE, name="a/b"), "/name"),
        (conflist(BRIDGE, type="bridge"), ""),
    ],
)
def test_what_a_plugin_refuses_is_stopped_at_its_place(document: dict[str, Any], pointer: str) -> None:
    assert pointer in pointers(document)


def test_problems_name_the_value() -> None:
    problems = validate(conflist({**BRIDGE, "ipam": {"type": "host-local", "subnet": "10.1.0.5/16"}}))
    assert problems == [Problem("/plugins/0/ipam/subnet", "'10.1.0.5/16' is no network")]


def test_null_is_absent_as_for_the_plugins() -> None:
    assert validate(conflist({**BRIDGE, "mtu": None, "dns": None})) == []
    assert pointers(conflist({"type": "ptp", "ipam": None})) == ["/plugins/0"]


def test_an_interface_plugin_is_no_ipam_plugin() -> None:
    """Each schema is for its own place: host-local as a plugin of the chain is not checked as `ipam`."""
    assert validate(conflist({"type": "host-local", "bridge": "x"})) == []
    assert validate(conflist({"type": "bridge", "ipam": {"type": "bridge", "isGatway": 1}})) == []
