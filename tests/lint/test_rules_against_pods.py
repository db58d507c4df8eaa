"""What the rules say of pods is what the reference plugins do with the networks of one."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from netc.compiler import Compiled, compile_source
from netc.lint.pods import lint_pods
from netc.sources import Source

pytestmark = [pytest.mark.parity, pytest.mark.lab]


def compiled(text: str) -> Compiled:
    found = compile_source(Source("pods.netc", text))
    assert not found.findings
    return found


def codes(text: str) -> list[str]:
    return [one.code for one in lint_pods(compiled(text).pods)]


def attach(found: Compiled, pod: int, netns: str, binaries: Path, leases: Path) -> list[dict[str, Any]]:
    """What ADD answers for each attachment of a pod, in order: a result, or an error with its `msg`."""
    answers = []
    for one in found.pods[pod].attachments:
        (plugin,) = one.network.plugins
        config = {"cniVersion": "1.0.0", "name": one.network.name, **plugin.body}
        config["runtimeConfig"] = dict(one.runtime_config)
        config["ipam"] = {**config["ipam"], "dataDir": str(leases)}
        environment = {
            "CNI_COMMAND": "ADD",
            "CNI_CONTAINERID": found.pods[pod].name,
            "CNI_NETNS": netns,
            "CNI_IFNAME": one.ifname,
            "CNI_PATH": str(binaries),
        }
        done = subprocess.run(
            [binaries / plugin.type],
            input=json.dumps(config).encode(),
            env={**os.environ, **environment},
            capture_output=True,
            check=False,
            timeout=30,
        )
        answers.append(json.loads(done.stdout))
    return answers


def test_the_default_route_that_comes_later_is_the_one_that_is_used(
    in_namespace, reference_plugins: Path, tmp_path: Path
) -> None:
    text = """
    network a { plugin bridge { bridge = "br1", isDefaultGateway = true, ipam host-local { subnet = 10.1.0.0/24 } } }
    network b { plugin bridge { bridge = "br2", isDefaultGateway = true, ipam host-local { subnet = 10.2.0.0/24 } } }
    pod app { attach eth0 = a, attach net1 = b }
    """
    assert codes(text) == ["NC661"]
    netns = in_namespace.container()
    assert all("ips" in one for one in attach(compiled(text), 0, netns, reference_plugins, tmp_path))
    shown = subprocess.run(
        ["nsenter", f"--net={netns}", "ip", "-j", "route", "show", "default"],
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    assert [one["gateway"] for one in json.loads(shown)] == ["10.2.0.1", "10.1.0.1"]


def test_an_address_that_two_pods_ask_for_is_refused_to_the_second(
    in_namespace, reference_plugins: Path, tmp_path: Path
) -> None:
    text = """
    network lan { plugin bridge { capabilities { ips = true }, ipam host-local { subnet = 10.1.0.0/24 } } }
    pod a { attach eth0 = lan { runtimeConfig { ips = ["10.1.0.9"] } } }
    pod b { attach eth0 = lan { runtimeConfig { ips = ["10.1.0.9"] } } }
    """
    assert codes(text) == ["NC665"]
    found = compiled(text)
    (first,) = attach(found, 0, in_namespace.container(), reference_plugins, tmp_path)
    assert first["ips"][0]["address"] == "10.1.0.9/24"
    (second,) = attach(found, 1, in_namespace.container(), reference_plugins, tmp_path)
    assert "is not available" in second["msg"]


@pytest.mark.parametrize(
    ("asked", "said"), [("10.2.0.9", "failed to allocate all requested IPs"), ("10.1.0.1", "is subnet's gateway")]
)
def test_host_local_refuses_what_is_not_its_own(
    in_namespace, reference_plugins: Path, tmp_path: Path, asked: str, said: str
) -> None:
    text = f"""
    network lan {{ plugin bridge {{ capabilities {{ ips = true }}, ipam host-local {{ subnet = 10.1.0.0/24 }} }} }}
    pod a {{ attach eth0 = lan {{ runtimeConfig {{ ips = ["{asked}"] }} }} }}
    """
    assert codes(text) == ["NC672"]
    (answer,) = attach(compiled(text), 0, in_namespace.container(), reference_plugins, tmp_path)
    assert said in answer["msg"]


def test_static_refuses_an_address_without_prefix(in_namespace, reference_plugins: Path, tmp_path: Path) -> None:
    text = """
    network lan { plugin bridge { capabilities { ips = true }, ipam static { } } }
    pod a { attach eth0 = lan { runtimeConfig { ips = ["10.1.0.9"] } } }
    """
    assert codes(text) == ["NC673"]
    (answer,) = attach(compiled(text), 0, in_namespace.container(), reference_plugins, tmp_path)
    assert "NOT in CIDR notation" in answer["msg"]


def test_static_gives_its_address_to_everybody(in_namespace, reference_plugins: Path, tmp_path: Path) -> None:
    text = """
    network lan { plugin bridge { ipam static { addresses = [{ address = 10.1.0.9/24 }] } } }
    pod a { attach eth0 = lan }
    pod b { attach eth0 = lan }
    """
    assert codes(text) == ["NC667"]
    found = compiled(text)
    given = [attach(found, pod, in_namespace.container(), reference_plugins, tmp_path)[0] for pod in (0, 1)]
    assert [one["ips"][0]["address"] for one in given] == ["10.1.0.9/24"] * 2


def test_an_interface_of_a_taken_name_is_refused(in_namespace, reference_plugins: Path, tmp_path: Path) -> None:
    text = """
    network lan { plugin bridge { ipam host-local { subnet = 10.1.0.0/24 } } }
    pod a { attach eth0 = lan }
    """
    found = compiled(text)
    netns = in_namespace.container()
    answers = [attach(found, 0, netns, reference_plugins, tmp_path / str(each))[0] for each in range(2)]
    assert "already exists" in answers[1]["msg"]
