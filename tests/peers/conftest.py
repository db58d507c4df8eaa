"""Other programs that read what netc writes, each on a machine of its own: namespaces that end with the test."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

import pytest

#: What a program inside finds: nothing on the network, no state of earlier runs, and cgroups of one kind.
_MACHINE = """
set -e
mount -t tmpfs none /run
mkdir -p /run/netns
[ -d /var/lib/cni ] || mount -t tmpfs none /var/lib
mkdir -p /var/lib/cni
mount -t tmpfs none /var/lib/cni
mount -t cgroup2 none /sys/fs/cgroup
ip link set lo up
"""
_CONTAINERS = """
[containers]
cgroups = "disabled"
cgroupns = "host"
[network]
network_backend = "cni"
cni_plugin_dirs = ["{plugins}"]
network_config_dir = "{conf_dir}"
[engine]
events_logger = "none"
cgroup_manager = "cgroupfs"
runtime = "crun"
"""
IMAGE = "localhost/netc-test"
_APPLETS = ("sh", "ip", "sleep", "cat", "ping", "nc", "wget", "httpd")


@dataclass(frozen=True)
class Peer:
    """Podman with a store of its own, and a folder of configurations."""

    folder: Path
    plugins: Path

    @property
    def conf_dir(self) -> Path:
        return self.folder / "net.d"

    def machine(self, script: str, *, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """What a shell script prints that runs on a fresh machine; `podman` and `netc` are those of the test."""
        environment = {
            **os.environ,
            "CONTAINERS_CONF": str(self.folder / "containers.conf"),
            "PATH": f"{self.folder / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}:/usr/sbin:/sbin",
            "CNI_PATH": str(self.plugins),
        }
        return subprocess.run(
            ["unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc", "sh", "-c", _MACHINE + script],
            env=environment, cwd=self.folder, capture_output=True, text=True, timeout=timeout, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip


@pytest.fixture(scope="session")
def podman(tmp_path_factory: pytest.TempPathFactory, reference_plugins: Path) -> Peer:
    """Podman with an image of a few programs; skips where there is none, or where it can't run a container."""
    busybox = shutil.which("busybox")
    if os.geteuid():
        pytest.skip("only root may run podman on a machine of its own")
    for program in ("podman", "crun", "unshare"):
        if shutil.which(program) is None:
            pytest.skip(f"no {program} on this machine")
    if busybox is None or _is_dynamic(busybox):
        pytest.skip("no static busybox on this machine")
    folder = tmp_path_factory.mktemp("podman")
    (folder / "bin").mkdir()
    (folder / "net.d").mkdir()
    with tarfile.open(folder / "image.tar", "w") as image:
        image.add(os.path.realpath(busybox), "bin/busybox")
        for name in _APPLETS:
            link = tarfile.TarInfo(f"bin/{name}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            image.addfile(link)
    wrapper = folder / "bin/podman"
    store = f"--root {shlex.quote(str(folder / 'store'))} --runroot /run/containers-test --storage-driver vfs"
    wrapper.write_text(f'#!/bin/sh\nexec {shutil.which("podman")} {store} "$@"\n')
    wrapper.chmod(0o755)
    (folder / "containers.conf").write_text(_CONTAINERS.format(plugins=reference_plugins, conf_dir=folder / "net.d"))
    peer = Peer(folder, reference_plugins)
    tried = peer.machine(
        f"podman import image.tar {IMAGE} && podman run --rm --network none {IMAGE} /bin/cat /etc/hosts"
    )
    if tried.returncode:
        pytest.skip(f"podman runs no container here: {tried.stderr.strip().splitlines()[-1:]}")
    return peer


def _is_dynamic(program: str) -> bool:
    """Whether an ELF file names a loader."""
    with open(program, "rb") as file:
        head = file.read(4096)
    return b"ld-linux" in head or b"ld-musl" in head
