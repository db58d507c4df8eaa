"""`netc build` of 1,000 networks, against go-jsonnet writing the same 1,000 files from an equal program."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.measure import pair, process

NETC = """
chain edge(subnet: cidr, bridge: string) {
  plugin bridge {
    bridge           = bridge
    isDefaultGateway = true
    ipMasq           = true
    mtu              = 1450
    ipam host-local { subnet = subnet }
  }
  plugin bandwidth { ingressRate = 100mbit, ingressBurst = 8MB, egressRate = 100mbit, egressBurst = 8MB }
  plugin portmap { capabilities { portMappings = true } }
}
network "pods-${n}" for n in count(%d) {
  use edge(subnet = subnet(10.0.0.0/8, 24, n), bridge = "br${n}")
}
"""

JSONNET = """
local edge(subnet, bridge) = [
  { type: "bridge", bridge: bridge, isDefaultGateway: true, ipMasq: true, mtu: 1450,
    ipam: { type: "host-local", subnet: subnet } },
  { type: "bandwidth", ingressRate: 100000000, ingressBurst: 64000000, egressRate: 100000000, egressBurst: 64000000 },
  { type: "portmap", capabilities: { portMappings: true } },
];
local subnet(n) = "10.%%d.%%d.0/24" %% [std.floor(n / 256), n %% 256];
{
  ["pods-%%d.conflist" %% n]: { cniVersion: "1.0.0", name: "pods-%%d" %% n, plugins: edge(subnet(n), "br%%d" %% n) }
  for n in std.range(0, %d)
}
"""

PEER = """
import json, sys, _gojsonnet
from pathlib import Path
files = json.loads(_gojsonnet.evaluate_file(sys.argv[1]))
out = Path(sys.argv[2]); out.mkdir(exist_ok=True)
for name, network in files.items():
    (out / name).write_text(json.dumps(network, indent=2) + "\\n")
"""


def report(networks: int = 1_000, runs: int = 5) -> Iterator[str]:
    """First build, and the build where nothing changed."""
    with tempfile.TemporaryDirectory(dir=fast_folder()) as name:
        folder = Path(name)
        (folder / "fleet.netc").write_text(NETC % networks)
        (folder / "fleet.jsonnet").write_text(JSONNET % (networks - 1))
        (folder / "peer.py").write_text(PEER)
        mine, theirs = folder / "mine", folder / "theirs"

        def clean() -> None:
            for out in (mine, theirs):
                shutil.rmtree(out, ignore_errors=True)

        netc = [sys.executable, "-m", "netc", "build", str(folder / "fleet.netc"), "-o", str(mine)]
        peer = [sys.executable, str(folder / "peer.py"), str(folder / "fleet.jsonnet"), str(theirs)]
        if importlib.util.find_spec("_gojsonnet") is None:
            yield "compile: gojsonnet is not installed (pip install gojsonnet), no peer to compare with"
            return
        process(netc, clean)(), process(peer)()
        assert _same(mine, theirs), "the two programs do not make the same files"
        yield pair(process(netc, clean), process(peer, clean), runs).line(
            f"build {networks:,} networks", "go-jsonnet, same files"
        )
        yield pair(process(netc), process(netc, clean), runs).line("build again, nothing changed", "first build")


def _same(mine: Path, theirs: Path) -> bool:
    left, right = (
        {path.name: json.loads(path.read_text()) for path in folder.glob("*.conflist")} for folder in (mine, theirs)
    )
    return left == right and bool(left)


def fast_folder() -> str | None:
    """A folder in memory, so that the disk is not what is measured."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None
