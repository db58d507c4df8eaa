"""The whole road, as `netc.ipam` describes it: declare, check, load, plan, write."""

from __future__ import annotations

from pathlib import Path

from netc import ipam
from netc.sources import Sources


def test_every_name_that_the_room_offers_is_there() -> None:
    assert [name for name in ipam.__all__ if getattr(ipam, name, None) is None] == []


def test_two_builds_with_a_node_gone_and_a_node_come(tmp_path: Path, project) -> None:
    path = tmp_path / "netc.lock"
    pool, findings = ipam.declare("pods", project.place("pool pods"), [project.written("10.42.0.0/16")], [])
    assert (*findings, *ipam.check([pool])) == ()

    def build(*keys: str) -> dict[str, str]:
        lock = ipam.load(path, Sources())
        requests = [project.request("pods", key, 24) for key in keys]
        planned, found = ipam.plan([pool], requests, lock.blocks)
        assert (*lock.findings, *found) == ()
        ipam.write(path, lock, planned.blocks)
        return {request.key: str(planned.granted[request].network) for request in requests}

    assert build("n1", "n2", "n3") == {"n1": "10.42.0.0/24", "n2": "10.42.1.0/24", "n3": "10.42.2.0/24"}
    assert build("n3", "n0", "n2") == {"n3": "10.42.2.0/24", "n0": "10.42.3.0/24", "n2": "10.42.1.0/24"}
    assert build("n1") == {"n1": "10.42.0.0/24"}, "held while it was gone"
