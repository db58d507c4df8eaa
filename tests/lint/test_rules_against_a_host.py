"""What the rules say between networks, and of how Go reads keys, is what the reference plugins do on one host."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from netc.lint.project import checked_document, checked_together
from netc.sources import Source

pytestmark = [pytest.mark.parity, pytest.mark.lab]


class Host:
    """Adds containers to networks by the reference plugins, leases in a folder of the test's own."""

    def __init__(self, sandbox: Any, binaries: Path, leases: Path) -> None:
        self.sandbox, self.binaries, self.leases, self.count = sandbox, binaries, leases, 0

    def add(self, text: str) -> tuple[str, dict[str, Any]]:
        """Why ADD of a single configuration fails, "" if it does not, and the result."""
        self.count += 1
        environment = {
            **os.environ,
            "CNI_COMMAND": "ADD",
            "CNI_CONTAINERID": f"c{self.count}",
            "CNI_NETNS": self.sandbox.container(),
            "CNI_IFNAME": "eth0",
            "CNI_PATH": str(self.binaries),
        }
        done = subprocess.run(
            [self.binaries / json.loads(text)["type"]],
            input=text.replace("LEASES", str(self.leases)).encode(),
            env=environment,
            capture_output=True,
            check=False,
            timeout=30,
        )
        answer = json.loads(done.stdout)
        return (answer["msg"], {}) if done.returncode else ("", answer)


@pytest.fixture
def host(in_namespace, reference_plugins: Path, tmp_path: Path) -> Host:
    return Host(in_namespace, reference_plugins, tmp_path)


def single(name: str, type_: str, subnet: str, **keys: object) -> str:
    ipam = {"type": "host-local", "subnet": subnet, "dataDir": "LEASES"}
    return json.dumps({"cniVersion": "1.0.0", "name": name, "type": type_, **keys, "ipam": ipam})


def codes(*texts: str) -> list[str]:
    """What is said between these single configurations in one folder."""
    checks = [checked_document(Source(f"/net.d/{index}.conf", text)) for index, text in enumerate(texts)]
    return [one.code for one in checked_together(checks, {"/net.d"}) if one.code not in ("NC647", "NC405", "NC235")]


def test_a_bridge_has_one_ipv4_address(in_namespace, host: Host) -> None:
    first = single("a", "bridge", "10.1.0.0/24", isGateway=True)
    second = single("b", "bridge", "10.2.0.0/24", isGateway=True)
    assert codes(first, second) == ["NC649"]
    assert host.add(first)[0] == ""
    assert "already has an IP address different from" in host.add(second)[0]


def test_a_master_carries_macvlan_or_ipvlan(in_namespace, host: Host) -> None:
    subprocess.run(["ip", "link", "add", "up0", "type", "veth", "peer", "up1"], check=True)
    subprocess.run(["ip", "link", "set", "up0", "up"], check=True)
    first = single("a", "macvlan", "10.1.0.0/24", master="up0")
    second = single("b", "ipvlan", "10.2.0.0/24", master="up0")
    assert codes(first, second) == ["NC651"]
    refused, _ = host.add(first)
    if "not supported" in refused:
        pytest.skip(f"this kernel has no macvlan: {refused}")
    assert refused == ""
    assert "busy" in host.add(second)[0] or "not supported" in host.add(second)[0]


def test_two_networks_hand_out_one_address(in_namespace, host: Host) -> None:
    first, second = (single(name, "bridge", "10.1.0.0/24") for name in "ab")
    assert codes(first, second) == ["NC652"]
    addresses = [host.add(text)[1]["ips"][0]["address"] for text in (first, second)]
    assert addresses == ["10.1.0.2/24", "10.1.0.2/24"]


def test_keys_count_in_any_case_and_the_last_of_two(in_namespace, host: Host) -> None:
    text = single("a", "bridge", "10.1.0.0/24", mtu=1400).replace('"subnet"', '"SubNet"')
    text = text.replace('"mtu": 1400', '"mtu": 1400, "MTU": 1450, "MTU": 1500, "bridge": "x", "bridge": "br7"')
    assert codes(text) == ["NC151", "NC151", "NC151", "NC407"]
    said, result = host.add(json.dumps(json.loads(text), sort_keys=True))  # as libcni hands it on
    assert said == ""
    assert result["interfaces"][0]["name"] == "br7"
    shown = subprocess.run(["ip", "-j", "link", "show", "br7"], capture_output=True, text=True, check=True).stdout
    assert json.loads(shown)[0]["mtu"] == 1400
