"""How a plugin is reached: the one thing that the runtime is given from outside.

`netc.cni.process` reaches real binaries; the lab has an executor for netc's own drivers. Both speak the same protocol,
so nothing else in the runtime, the cache or the traces differs between them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

from netc.cni.errors import failure
from netc.cni.gojson import Json
from netc.cni.plugin import Environment

#: Where plugin binaries are usually installed; the path that is exported when none is given.
DEFAULT_PATH: Final = ("/opt/cni/bin", "/usr/lib/cni", "/usr/libexec/cni")


class Executor(Protocol):
    """Finds and runs plugins."""

    def find(self, plugin_type: str) -> str:
        """Where the plugin of this type is (a path, or a name for one inside the process). Raises `CniError`."""
        ...

    def run(self, plugin_type: str, env: Environment, request: Mapping[str, Json]) -> Json | None:
        """Runs the plugin with `env.command` on `request`: its parsed answer, None where it gave none.

        Only ADD and VERSION have an answer. Raises `CniError` with the plugin's own code and message.
        """
        ...


def check_plugin_type(plugin_type: str) -> None:
    """Raises `CniError` for a type that can't name a plugin: an empty one, or one with a path in it."""
    if not plugin_type:
        raise failure("no plugin name provided")
    if "/" in plugin_type:
        raise failure(f"invalid plugin name: {plugin_type}")
