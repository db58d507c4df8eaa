"""Every network of every example is attached: by netc's drivers, and by the reference plugins where they are."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import netc

pytestmark = pytest.mark.lab

ROOT = Path(__file__).parents[2]
NETWORKS = [
    (path.relative_to(ROOT).as_posix(), network.selector)
    for path in sorted((ROOT / "examples").rglob("*.netc"))
    for network in netc.compile(netc.load(path))[0]
]
PORT = 'portMappings=[{"hostPort": 8080, "containerPort": 80, "protocol": "tcp"}]'
BINARIES = pytest.mark.skipif("NETC_CNI_BIN" not in os.environ, reason="NETC_CNI_BIN names no folder of plugins")


@pytest.mark.parametrize("plugins", ["builtin", pytest.param("exec", marks=[pytest.mark.parity, BINARIES])])
@pytest.mark.parametrize(("file", "name"), NETWORKS)
def test_an_example_attaches_and_leaves_nothing(file: str, name: str, plugins: str) -> None:
    command = [sys.executable, "-m", "netc", "attach", file, name, "--plugins", plugins, "--output-format", "json"]
    environment = {**os.environ, "CNI_PATH": os.environ.get("NETC_CNI_BIN", "")}
    done = subprocess.run(
        [*command, "--capability", PORT], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode == 3:
        pytest.skip(done.stderr)
    assert done.returncode == 0, done.stderr + done.stdout
    report = json.loads(done.stdout)
    assert report["error"] is None
    assert report["leftovers"] == []
    assert report["result"]["ips"]
