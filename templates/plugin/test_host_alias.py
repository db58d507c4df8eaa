"""What the plugin does, by its own protocol: run `pytest` here. `netc conform` tries what every plugin has to do."""

import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
PLUGIN = HERE / "host-alias"
CONFIG = {"cniVersion": "1.0.0", "name": "example", "type": "host-alias", "prefix": "pod"}


def call(command: str, config: object, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the plugin as a runtime does."""
    environment = {
        **os.environ,
        "CNI_COMMAND": command,
        "CNI_CONTAINERID": "c1",
        "CNI_NETNS": "/run/netns/c1",
        "CNI_IFNAME": "eth0",
        "CNI_PATH": str(HERE),
        **variables,
    }
    command_line = [sys.executable, str(PLUGIN)]
    return subprocess.run(
        command_line, input=json.dumps(config), env=environment, capture_output=True, text=True, check=False
    )


def test_it_says_which_versions_it_speaks() -> None:
    assert "1.1.0" in json.loads(call("VERSION", {"cniVersion": "1.0.0"}).stdout)["supportedVersions"]


def test_it_has_to_be_behind_another_plugin() -> None:
    done = call("ADD", CONFIG)
    assert done.returncode == 1
    assert json.loads(done.stdout)["msg"] == "must be called as chained plugin"


def test_it_needs_an_interface_on_the_host() -> None:
    done = call("ADD", {**CONFIG, "prevResult": {"cniVersion": "1.0.0", "interfaces": [], "ips": []}})
    assert "put this plugin behind bridge" in json.loads(done.stdout)["msg"]


def test_delete_succeeds_whatever_there_is() -> None:
    for _ in range(2):
        assert call("DEL", CONFIG).returncode == 0


def test_it_does_what_every_plugin_has_to() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "netc", "conform", str(PLUGIN), "--conf", str(HERE / "example.conflist")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 3), done.stdout  # 3: this machine has no sandboxes to try it in
