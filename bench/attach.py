"""Attaching in process, against the reference plugins run as libcni runs them: one process per step.

Both sides go through netc's runtime, with its cache and locks; only the executor differs.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench.measure import Pair, pair, process

EXAMPLE = Path(__file__).parents[1] / "examples" / "dbnet" / "dbnet.netc"
MAPPINGS = [{"hostPort": 8080, "containerPort": 80, "protocol": "tcp"}]
BRIDGE = {
    "type": "bridge",
    "bridge": "b0",
    "isDefaultGateway": True,
    "ipam": {"type": "host-local", "subnet": "10.9.0.0/16"},
}
CHAINS: dict[str, list[dict[str, Any]]] = {
    "bridge + host-local": [BRIDGE],
    "bridge, masquerade, portmap, bandwidth, tuning": [
        {**BRIDGE, "ipMasq": True},
        {"type": "portmap", "capabilities": {"portMappings": True}},
        {"type": "bandwidth", "ingressRate": 10**8, "ingressBurst": 10**7, "egressRate": 10**8, "egressBurst": 10**7},
        {"type": "tuning", "sysctl": {"net.core.somaxconn": "500"}},
    ],
}


def report(runs: int = 10) -> Iterator[str]:
    """ADD and DEL of two chains, and the whole dry run as a process."""
    from netc.lab import sandbox
    from netc.lab.unavailable import SandboxUnavailable

    binaries = os.environ.get("NETC_CNI_BIN", "")
    if not binaries:
        yield "attach: NETC_CNI_BIN names no folder with the reference plugins, no peer to compare with"
        return
    try:
        for name, plugins in CHAINS.items():
            adds, deletes = sandbox.run(_Life(plugins, binaries, runs), keep=[binaries])
            yield adds.line(f"ADD {name}"[:44], "reference plugins, exec")
            yield deletes.line(f"DEL {name}"[:44], "reference plugins, exec")
    except SandboxUnavailable as reason:
        yield f"attach: {reason}"
        return
    command = [sys.executable, "-m", "netc", "attach", str(EXAMPLE), "--output-format", "json"]
    capability = ["--capability", 'portMappings=[{"hostPort":8080,"containerPort":80,"protocol":"tcp"}]']
    builtin, real = ([*command, *capability, "--plugins", kind] for kind in ("builtin", "exec"))
    os.environ["CNI_PATH"] = binaries
    yield pair(process(builtin), process(real), runs).line(
        "netc attach dbnet, whole process", "the same, --plugins exec"
    )


class _Life:
    """Attach and detach in a sandbox, by both executors in turn."""

    def __init__(self, plugins: list[dict[str, Any]], binaries: str, runs: int) -> None:
        self.plugins, self.binaries, self.runs = plugins, binaries, runs

    def __call__(self, box: Any) -> tuple[Pair, Pair]:
        from netc import cni
        from netc.kernel import Kernel
        from netc.lab.builtin import Builtin

        network = cni.parse_network({"cniVersion": "1.0.0", "name": "bench", "plugins": self.plugins})
        work = tempfile.mkdtemp(dir="/run")
        sides = {
            "builtin": cni.Runtime(Builtin(Kernel()), cni.Cache(f"{work}/builtin"), path=[self.binaries]),
            "exec": cni.Runtime(cni.ProcessExecutor([self.binaries]), cni.Cache(f"{work}/exec"), path=[self.binaries]),
        }
        deletes: dict[str, list[float]] = {name: [] for name in sides}
        count = iter(range(10_000))

        def life(name: str) -> Callable[[], float]:
            def run() -> float:
                container = f"{name}{next(count)}"
                netns = box.add_namespace(container)
                attachment = cni.Attachment(container, netns, "eth0", capability_args={"portMappings": MAPPINGS})
                began = time.perf_counter()
                sides[name].add(network, attachment)
                added = time.perf_counter()
                sides[name].delete(network, attachment)
                deletes[name].append(time.perf_counter() - added)
                box.remove_namespace(container)
                return added - began

            return run

        adds = pair(life("builtin"), life("exec"), self.runs, warmups=2)
        shutil.rmtree(work, ignore_errors=True)
        return adds, Pair(*(tuple(deletes[name][-self.runs :]) for name in ("builtin", "exec")))
