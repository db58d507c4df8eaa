"""A host with the real reference plugins: what the rules say is held against what those do."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from netc.model import Network

Body = dict[str, Any]


class Host:
    """Attaches containers to networks, plugin by plugin as a runtime does."""

    def __init__(self, sandbox: Any, binaries: Path, leases: Path) -> None:
        self.sandbox, self.binaries, self.leases, self.count = sandbox, binaries, leases, 0

    def start_over(self) -> None:
        """Go on as a host on which nothing has been yet."""
        self.sandbox.start_over()
        self.leases, self.count = Path(tempfile.mkdtemp(dir=self.leases)), 0

    def call(
        self, command: str, one: Network, netns: str, id: str, ifname: str = "eth0", previous: Body | None = None,
        runtime: Mapping[str, object] | None = None, args: str = "",
    ) -> Body:  # fmt: skip
        """What the chain answers: its result, {} if it has none, or an error with its `msg`.

        A plugin is handed what it declares of `runtime`. A plugin that ends without an answer of
        its own has what it said on standard error as its `msg`.
        """
        plugins = one.plugins if command != "DEL" else reversed(one.plugins)
        answer = previous or {}
        for plugin in plugins:
            body = {"cniVersion": one.conflist["cniVersion"], "name": one.name, **plugin.body}
            if (plugin.ipam or {}).get("type") == "host-local":
                body["ipam"] = {**body["ipam"], "dataDir": str(self.leases)}
            if answer:
                body["prevResult"] = answer
            if plugin.type == "tuning":
                body.setdefault("dataDir", str(self.leases))
            handed = {key: value for key, value in (runtime or {}).items() if key in plugin.capabilities}
            if handed:
                body["runtimeConfig"] = handed
            environment = {
                "CNI_COMMAND": command, "CNI_CONTAINERID": id, "CNI_NETNS": netns, "CNI_IFNAME": ifname,
                "CNI_PATH": str(self.binaries), "CNI_ARGS": args,
            }  # fmt: skip
            done = subprocess.run(
                [self.binaries / plugin.type], input=json.dumps(body).encode(), env={**os.environ, **environment},
                capture_output=True, check=False, timeout=30,
            )  # fmt: skip
            said = json.loads(done.stdout) if done.stdout else {"msg": done.stderr.decode()} if done.returncode else {}
            if "not supported" in said.get("msg", ""):
                pytest.skip(f"this kernel lacks what {plugin.type} needs: {said['msg']}")
            if done.returncode:
                return said
            if command == "ADD":
                answer = said
        return answer if command == "ADD" else {}

    def add(self, one: Network, **keys: Any) -> tuple[str, Body]:
        """A new container in a network: its namespace, and what ADD answers."""
        self.count += 1
        netns = self.sandbox.container()
        return netns, self.call("ADD", one, netns, f"c{self.count}", **keys)


@pytest.fixture
def host(in_namespace, reference_plugins: Path, tmp_path: Path) -> Host:
    return Host(in_namespace, reference_plugins, tmp_path)
