"""The in-process executor: drivers by their type, IPAM plugins through itself, the rest through a fallback."""

from __future__ import annotations

import os

import pytest

from netc.cni.errors import CniError
from netc.cni.plugin import Environment
from netc.lab.builtin import Builtin


class Elsewhere:
    """An executor that has one plugin."""

    def find(self, plugin_type):
        if plugin_type != "vendor":
            raise CniError(999, f"no {plugin_type}")
        return "/elsewhere/vendor"

    def run(self, plugin_type, env, request):
        return {"ran": plugin_type, "command": env.command}


def test_types_without_a_driver_go_to_the_fallback(in_namespace):
    alone = Builtin(in_namespace.kernel)
    assert alone.find("bridge") == "builtin:bridge"
    with pytest.raises(CniError, match="netc has no driver for plugins of type 'vendor'"):
        alone.find("vendor")
    with pytest.raises(CniError, match="--plugins exec"):
        alone.run("vendor", Environment("ADD"), {})
    both = Builtin(in_namespace.kernel, Elsewhere())
    assert both.find("vendor") == "/elsewhere/vendor"
    assert both.run("vendor", Environment("ADD"), {}) == {"ran": "vendor", "command": "ADD"}
    assert both.find("bridge") == "builtin:bridge"


@pytest.mark.parametrize("plugin_type", ["", "../bridge"])
def test_a_type_is_a_name(in_namespace, plugin_type):
    for ask in (
        Builtin(in_namespace.kernel).find,
        lambda t: Builtin(in_namespace.kernel).run(t, Environment("ADD"), {}),
    ):
        with pytest.raises(CniError, match="plugin name"):
            ask(plugin_type)


def test_the_envelope_is_a_plugins(in_namespace):
    executor = Builtin(in_namespace.kernel)
    version = executor.run("loopback", Environment("VERSION"), {})
    assert version["supportedVersions"][-1] == "1.1.0"
    with pytest.raises(CniError) as refused:
        executor.run("loopback", Environment("ADD", "c1", "", "lo", "", "/x"), {"name": "n"})
    assert (refused.value.code, refused.value.msg) == (4, "required env variables [CNI_NETNS] missing")
    assert refused.value.plugin == "loopback"
    with pytest.raises(CniError) as refused:
        executor.run("loopback", Environment("ADD", "c1", "/x", "lo", "", "/x"), {"name": "n", "cniVersion": "9.9.9"})
    assert refused.value.code == 1


@pytest.mark.lab
def test_the_kernels_own_namespace_is_no_container_though_the_thread_is_elsewhere(in_namespace):
    executor = Builtin(in_namespace.kernel)
    host = f"/proc/self/fd/{in_namespace.kernel.here().fd}"
    with in_namespace.kernel.at(in_namespace.container()).entered(), pytest.raises(CniError) as refused:
        executor.run("loopback", Environment("ADD", "c1", host, "lo", "", "/x"), {"name": "n"})
    assert refused.value.code == 8


@pytest.mark.lab
def test_a_detached_container_is_not_held_open(in_namespace, tmp_path):
    config = {"ipam": {"type": "host-local", "subnet": "10.1.0.0/24", "dataDir": str(tmp_path)}, "bridge": "br0"}
    in_namespace.kernel.here().links()
    before = None
    for _ in range(3):
        netns = in_namespace.container()
        in_namespace.run("bridge", "ADD", config, netns)
        in_namespace.run("bridge", "DEL", config, netns)
        os.close(in_namespace._containers.pop(netns))
        opened = len(os.listdir("/proc/self/fd"))
        assert before in (None, opened)
        before = opened
