"""`netc run --docker` with Docker's own client, against whatever speaks its protocol."""

from __future__ import annotations

import shutil

import pytest

pytestmark = [pytest.mark.parity, pytest.mark.lab]

IMAGE = "localhost/netc-test"


def test_a_container_joins_the_network_and_nothing_is_left(podman) -> None:
    if shutil.which("docker") is None:
        pytest.skip("no docker on this machine")
    (podman.folder / "n.netc").write_text(
        "network n { plugin ptp { ipam host-local { subnet = 10.79.0.0/24, routes = [{ dst = 0.0.0.0/0 }] } } }\n"
    )
    ran = podman.machine(f"""
        podman system service --time 60 unix:///run/docker.sock >/dev/null 2>&1 &
        export DOCKER_HOST=unix:///run/docker.sock
        for _ in $(seq 50); do [ -S /run/docker.sock ] && break; sleep 0.1; done
        netc run n.netc --docker {IMAGE} --yes -- /bin/sh -c 'ip -4 address show eth0' && echo "ended $?"
        netc run n.netc --docker No/Image --yes -- /bin/sh || echo "refused $?"
        echo "left $(podman ps --all --quiet | wc -l) $(ip -o link | grep -c veth || true)"
    """)
    assert "inet 10.79.0.2/24" in ran.stdout, ran.stderr
    assert "ended 0" in ran.stdout
    assert "refused 3" in ran.stdout
    assert "netc: docker run failed: " in ran.stderr
    assert "left 0 0" in ran.stdout
