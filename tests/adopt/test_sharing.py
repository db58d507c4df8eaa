"""What networks have in common becomes chains, where that says less than writing it out."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from netc.adopt import Adopted, adopt
from netc.documents.document import read
from netc.lint.project import checked
from netc.sources import Source

HERE = Path("/a/project")
PORTMAP = {"type": "portmap", "capabilities": {"portMappings": True}}
TUNING = {"type": "tuning", "sysctl": {"net.core.somaxconn": "500"}}


def bridge(name: str, subnet: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "bridge",
        "bridge": name,
        "isGateway": True,
        **more,
        "ipam": {"type": "host-local", "subnet": subnet},
    }


def adopted(*chains: list[dict[str, Any]], **options: bool) -> Adopted:
    """What becomes of lists, each in a file of its own, with these plugins."""
    lists = [{"cniVersion": "1.0.0", "name": f"n{index}", "plugins": chain} for index, chain in enumerate(chains)]
    return adopt([read(Source(f"{one['name']}.conflist", json.dumps(one))) for one in lists], HERE, **options)


def test_lists_that_differ_in_a_few_values_are_uses_of_one_chain() -> None:
    made = adopted([bridge("a0", "10.1.0.0/24"), PORTMAP], [bridge("b0", "10.2.0.0/24"), PORTMAP])
    assert made.texts["chains.netc"] == (
        "# Chains that several files share.\n\n"
        "chain bridge-portmap(bridge: string, subnet: cidr) {\n"
        "  plugin bridge {\n    bridge    = bridge\n    isGateway = true\n"
        "    ipam host-local { subnet = subnet }\n  }\n"
        "  plugin portmap { capabilities { portMappings = true } }\n}\n"
    )
    assert 'import "chains.netc" as chains' in made.texts["n0.netc"]
    assert 'use chains.bridge-portmap(bridge = "b0", subnet = 10.2.0.0/24)' in made.texts["n1.netc"]


def test_a_value_that_stands_in_several_places_is_one_parameter() -> None:
    made = adopted(*([bridge(one, "10.1.0.0/24"), {"type": "x", "dev": one, "n": 1}] for one in ("a0", "b0")))
    assert "(bridge: string)" in made.texts["chains.netc"]
    assert "dev = bridge" in made.texts["chains.netc"]


def test_values_of_several_types_have_a_parameter_without_one() -> None:
    made = adopted(*([{**PORTMAP, "snat": True, "a": 1, "x": value}, TUNING] for value in (1, "a")))
    assert "portmap-tuning(x) {" in made.texts["chains.netc"]


def test_ends_that_are_the_same_are_a_chain() -> None:
    made = adopted([bridge("a0", "10.1.0.0/24"), PORTMAP, TUNING], [{"type": "ptp"}, PORTMAP, TUNING])
    assert made.texts["chains.netc"].count("plugin") == 2
    assert "  plugin ptp { }\n  use chains.portmap-tuning()\n" in made.texts["n1.netc"]


def test_too_little_is_no_chain() -> None:
    assert adopted([{"type": "loopback"}], [{"type": "loopback"}]).chains == 0
    assert adopted([bridge("a0", "10.1.0.0/24"), PORTMAP], [{"type": "ptp"}, PORTMAP]).chains == 0


def test_too_many_parameters_are_no_chain() -> None:
    several = [[{"type": "x", **{key: f"{key}{index}" for key in "abcdef"}, "same": 1}] for index in range(2)]
    assert adopted(*several).chains == 0


def test_nothing_is_drawn_out_where_nobody_wants_it() -> None:
    chains = [[bridge("a0", "10.1.0.0/24"), PORTMAP, TUNING]] * 2
    assert adopted(*chains, chains=False).chains == 0
    assert "chains.netc" not in adopted(*chains, chains=False).texts


def test_chains_of_one_file_stay_in_it() -> None:
    lists = [
        {"cniVersion": "1.0.0", "name": f"n{index}", "plugins": [bridge(f"br{index}", "10.1.0.0/24"), TUNING]}
        for index in range(3)
    ]
    manifest = "\n---\n".join(
        f"apiVersion: k8s.cni.cncf.io/v1\nkind: NetworkAttachmentDefinition\nmetadata: {{ name: {one['name']} }}\n"
        f"spec: {{ config: '{json.dumps(one)}' }}"
        for one in lists
    )
    made = adopt([read(Source("nads.yaml", manifest))], HERE)
    assert list(made.texts) == ["nads.netc", "netc.toml"]
    assert re.findall(r"use .*", made.texts["nads.netc"]) == [f'use bridge-tuning(bridge = "br{n}")' for n in range(3)]
    assert 'emit = ["nad"]' in made.texts["netc.toml"], "they go back to where they came from"


def test_a_parameter_takes_no_name_from_a_param() -> None:
    lists = [
        {"cniVersion": "1.0.0", "name": one, "plugins": [{"type": "x", "mtu": one, "peer": "__MTU__", "a": 1, "b": 2}]}
        for one in ("p", "q")
    ]
    text = "\n---\n".join(f"kind: ConfigMap\ndata:\n  {one['name']}.conflist: '{json.dumps(one)}'" for one in lists)
    made = adopt([read(Source("maps.yaml", text))], HERE)
    source = Source("maps.netc", made.texts["maps.netc"])
    assert "chain x-network(mtu-2: string)" in source.text
    plugins = [network.conflist["plugins"][0] for network in checked(source, {}).networks]
    assert [(one["mtu"], one["peer"]) for one in plugins] == [("p", "__MTU__"), ("q", "__MTU__")]
