"""What an effect claims is what the reference plugins do on a node where pods of the old network run."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from netc.diff import compare
from netc.model import Network

pytestmark = [pytest.mark.parity, pytest.mark.lab]


def call(
    command: str, network: Network, netns: str, binaries: Path, leases: Path, pod: str, previous: Any = None,
    runtime: Mapping[str, object] | None = None,
) -> Any:  # fmt: skip
    """What a chain answers: the result, {} where it has none, or the first error."""
    answer = previous
    for plugin in network.plugins if command == "ADD" else reversed(network.plugins):
        body: dict[str, Any] = {"cniVersion": "1.0.0", "name": network.name, **plugin.body}
        if plugin.ipam:
            body["ipam"] = {**plugin.ipam, "dataDir": str(leases)}
        if answer is not None:
            body["prevResult"] = answer
        if runtime:
            body["runtimeConfig"] = dict(runtime)
        done = subprocess.run(
            [binaries / plugin.type],
            input=json.dumps(body).encode(),
            env={**os.environ, "CNI_COMMAND": command, "CNI_CONTAINERID": pod, "CNI_NETNS": netns,
                 "CNI_IFNAME": "eth0", "CNI_PATH": str(binaries)},
            capture_output=True,
            check=False,
            timeout=30,
        )  # fmt: skip
        said = json.loads(done.stdout) if done.stdout.strip() else {}
        if done.returncode:
            return said
        answer = said if command == "ADD" else answer
    return answer if command == "ADD" else {}


def names(old: Network, new: Network) -> set[str]:
    return {one.name for one in compare([old], [new]).all_effects}


def shown(*words: str) -> str:
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


GATEWAY = "network n {{ plugin bridge {{ isGateway = true, {keys} ipam host-local {{ subnet = {subnet} }} }} }}"


def test_no_new_pod_starts_where_the_bridge_has_another_address(
    in_namespace, reference_plugins, tmp_path, networks
) -> None:
    (old,) = networks(GATEWAY.format(keys="", subnet="10.1.0.0/24"))
    (new,) = networks(GATEWAY.format(keys="", subnet="10.2.0.0/24"))
    assert "bridge-address" in names(old, new)
    call("ADD", old, in_namespace.container(), reference_plugins, tmp_path, "a")
    answer = call("ADD", new, in_namespace.container(), reference_plugins, tmp_path, "b")
    assert "already has an IP address different from 10.2.0.1/24" in answer["msg"]


def test_by_force_running_pods_lose_their_gateway(in_namespace, reference_plugins, tmp_path, networks) -> None:
    (old,) = networks(GATEWAY.format(keys="forceAddress = true,", subnet="10.1.0.0/24"))
    (new,) = networks(GATEWAY.format(keys="forceAddress = true,", subnet="10.2.0.0/24"))
    assert "bridge-address" in names(old, new)
    call("ADD", old, in_namespace.container(), reference_plugins, tmp_path, "a")
    assert "ips" in call("ADD", new, in_namespace.container(), reference_plugins, tmp_path, "b")
    addresses = shown("ip", "-4", "address", "show", "cni0")
    assert "10.2.0.1/24" in addresses
    assert "10.1.0.1/24" not in addresses


def test_a_second_bridge_with_the_subnet_gives_the_host_two_routes(
    in_namespace, reference_plugins, tmp_path, networks
) -> None:
    (old,) = networks(GATEWAY.format(keys="", subnet="10.1.0.0/24"))
    (new,) = networks(GATEWAY.format(keys='bridge = "br1",', subnet="10.1.0.0/24"))
    assert "bridge-renamed" in names(old, new)
    for pod, network in (("a", old), ("b", new)):
        call("ADD", network, in_namespace.container(), reference_plugins, tmp_path, pod)
    routes = shown("ip", "-4", "route", "show", "10.1.0.0/24").splitlines()
    assert len(routes) == 2


def test_masquerading_switched_off_leaves_the_rules_of_running_pods(
    in_namespace, reference_plugins, tmp_path, networks
) -> None:
    keys = 'ipMasqBackend = "nftables",'
    (old,) = networks(GATEWAY.format(keys=f"ipMasq = true, {keys}", subnet="10.1.0.0/24"))
    (new,) = networks(GATEWAY.format(keys=keys, subnet="10.1.0.0/24"))
    assert "masquerade-lost" in names(old, new)
    netns = in_namespace.container()
    result = call("ADD", old, netns, reference_plugins, tmp_path, "a")
    assert "10.1.0.2" in shown("nft", "list", "ruleset")
    assert call("DEL", new, netns, reference_plugins, tmp_path, "a", result) == {}
    assert "10.1.0.2" in shown("nft", "list", "ruleset")


def test_a_plugin_out_of_the_chain_leaves_its_rules(in_namespace, reference_plugins, tmp_path, networks) -> None:
    chain = GATEWAY.format(keys="", subnet="10.1.0.0/24")
    ports = 'plugin portmap { backend = "nftables", capabilities { portMappings = true } }'
    (old,) = networks(f"{chain.removesuffix('}')}\n{ports} }}")
    (new,) = networks(chain)
    assert "plugin-removed" in names(old, new)
    netns = in_namespace.container()
    runtime = {"portMappings": [{"hostPort": 8080, "containerPort": 80, "protocol": "tcp"}]}
    result = call("ADD", old, netns, reference_plugins, tmp_path, "a", runtime=runtime)
    assert "8080" in shown("nft", "list", "ruleset")
    call("DEL", new, netns, reference_plugins, tmp_path, "a", result, runtime)
    assert "8080" in shown("nft", "list", "ruleset")
