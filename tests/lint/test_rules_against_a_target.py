"""What the rules say of a target, the reference plugins of that release do on such a host."""

from __future__ import annotations

import json
import os
import subprocess
from ipaddress import ip_interface
from pathlib import Path
from typing import Any

import pytest

from netc import plugins
from netc.lint.against import lint_against
from netc.model import Network, Origin
from netc.plugins.releases import spoken
from netc.sources import Source, Span
from netc.target import Target, Uplink

pytestmark = [pytest.mark.parity, pytest.mark.lab]

HERE = Span(Source("n.conflist", ""), 0, 0)
TARGET = Target(
    "", HERE, (1, 9, 1), uplinks={"up0": Uplink("up0", 1500, (ip_interface("192.0.2.10/24"),))},
)  # fmt: skip


def codes(body: dict[str, Any], target: Target = TARGET) -> list[str]:
    conflist = {"cniVersion": "1.0.0", "name": "n", "plugins": [body]}
    return [one.code for one in lint_against(Network("n", conflist, {"": Origin(None, HERE)}, HERE), [target])]


def add(binaries: Path, body: dict[str, Any], netns: str, leases: Path, version: str = "1.0.0") -> dict[str, Any]:
    """What ADD answers: a result, or an error with its `msg`."""
    config = {"cniVersion": version, "name": "n", **body}
    if body.get("ipam", {}).get("type") == "host-local":
        config["ipam"] = {**body["ipam"], "dataDir": str(leases)}
    environment = {
        "CNI_COMMAND": "ADD", "CNI_CONTAINERID": "c1", "CNI_NETNS": netns, "CNI_IFNAME": "eth0",
        "CNI_PATH": str(binaries),
    }  # fmt: skip
    done = subprocess.run(
        [binaries / body["type"]], input=json.dumps(config).encode(), env={**os.environ, **environment},
        capture_output=True, check=False, timeout=30,
    )  # fmt: skip
    answer = json.loads(done.stdout)
    if "not supported" in answer.get("msg", ""):
        pytest.skip(f"this kernel lacks what {body['type']} needs: {answer['msg']}")
    return answer


def make_uplink() -> None:
    """The uplink of `TARGET`; only to be called in a test that has a namespace of its own."""
    for line in ("link add up0 type veth peer up1", "addr add 192.0.2.10/24 dev up0", "link set up0 up"):
        subprocess.run(["ip", *line.split()], check=True)


def on_uplink(**keys: object) -> dict[str, Any]:
    return {"type": "macvlan", "master": "up0", "ipam": {"type": "host-local", "subnet": "10.1.0.0/24"}, **keys}


def test_an_mtu_above_the_masters_is_refused(in_namespace, reference_plugins: Path, tmp_path: Path) -> None:
    make_uplink()
    body = on_uplink(mtu=9000)
    assert codes(body) == ["NC507"]
    assert "invalid MTU 9000" in add(reference_plugins, body, in_namespace.container(), tmp_path)["msg"]
    assert codes(on_uplink(mtu=1500)) == []
    assert "ips" in add(reference_plugins, on_uplink(mtu=1500), in_namespace.container(), tmp_path)


def test_a_master_that_is_not_there_is_not_found(in_namespace, reference_plugins: Path, tmp_path: Path) -> None:
    make_uplink()
    for kind in ("macvlan", "ipvlan"):
        body = on_uplink(type=kind, master="eth9")
        assert codes(body) == ["NC509"]
        assert "Link not found" in add(reference_plugins, body, in_namespace.container(), tmp_path)["msg"]


def test_the_hosts_address_is_handed_out(in_namespace, reference_plugins: Path, tmp_path: Path) -> None:
    make_uplink()
    ipam = {"type": "host-local", "subnet": "192.0.2.0/24", "rangeStart": "192.0.2.10"}
    assert codes(on_uplink(ipam=ipam)) == ["NC511"]
    answer = add(reference_plugins, on_uplink(ipam=ipam), in_namespace.container(), tmp_path)
    assert answer["ips"][0]["address"] == "192.0.2.10/24"


def test_a_subnet_of_the_uplink_takes_its_neighbours_away(
    in_namespace, reference_plugins: Path, tmp_path: Path
) -> None:
    make_uplink()
    body = {"type": "ptp", "ipam": {"type": "host-local", "subnet": "192.0.2.0/24"}}
    assert codes(body) == ["NC510"]
    answer = add(reference_plugins, body, in_namespace.container(), tmp_path)
    taken = answer["ips"][0]["address"].partition("/")[0]
    way = subprocess.run(["ip", "-j", "route", "get", taken], capture_output=True, check=True, text=True).stdout
    assert json.loads(way)[0]["dev"] != "up0"


def test_plugins_answer_for_the_versions_that_they_are_said_to_speak(reference_plugins: Path) -> None:
    seen = 0
    for name in plugins.names():
        info = plugins.find(name)
        assert info is not None
        if info.project is not None or not (reference_plugins / name).is_file():
            continue
        done = subprocess.run(
            [reference_plugins / name], input=b'{"cniVersion": "1.1.0"}', capture_output=True, check=True, timeout=30,
            env={**os.environ, "CNI_COMMAND": "VERSION"},
        )  # fmt: skip
        assert tuple(json.loads(done.stdout)["supportedVersions"]) == spoken(info, (1, 9, 1)), name
        seen += 1
    assert seen > 10


@pytest.mark.parametrize(
    "keys",
    [{"macspoofchk": True}, {"ipMasq": True, "ipMasqBackend": "nftables"}],
    ids=["spoof check", "masquerade"],
)
def test_nftables_is_needed_where_a_key_asks_for_it(
    in_namespace, reference_plugins: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keys: dict[str, Any]
) -> None:
    body = {"type": "bridge", "bridge": "br0", "ipam": {"type": "host-local", "subnet": "10.1.0.0/24"}}
    bare = Target("", HERE, (1, 9, 1), modules=frozenset(("bridge", "veth")))
    assert codes(body, bare) == []
    assert codes({**body, **keys}, bare) == ["NC506"]
    netns = in_namespace.container()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "nft" in add(reference_plugins, {**body, **keys}, netns, tmp_path)["msg"]
