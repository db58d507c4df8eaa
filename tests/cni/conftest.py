"""Plugins for the tests of the protocol: in process, where what they were asked can be read back, and as programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from netc.cni.errors import failure
from netc.cni.executor import check_plugin_type
from netc.cni.plugin import Call, Environment, Handlers, Verb
from netc.cni.results import Result
from netc.cni.skel import call


@dataclass
class Plugins:
    """An executor of plugins that are Python functions; `runs` holds every run in order."""

    handlers: dict[str, Handlers] = field(default_factory=dict)
    runs: list[tuple[str, Environment, Mapping[str, Any]]] = field(default_factory=list)

    def find(self, plugin_type: str) -> str:
        check_plugin_type(plugin_type)
        if plugin_type not in self.handlers:
            raise failure(f'failed to find plugin "{plugin_type}" in path [here]')
        return plugin_type

    def run(self, plugin_type: str, env: Environment, request: Mapping[str, Any]) -> Any:
        self.runs.append((plugin_type, env, request))
        return call(self.handlers[self.find(plugin_type)], env, request, self, plugin_type)

    def add(self, plugin_type: str, **functions: Any) -> None:
        """A plugin that passes its prevResult through, save for the functions given by the names in `Handlers`."""
        defaults = {"add": lambda call: call.prev_result() or Result(), "check": _nothing, "delete": _nothing}
        self.handlers[plugin_type] = Handlers(**{**defaults, **functions})

    @property
    def calls(self) -> list[str]:
        """`ADD a`, `DEL b`, ... in order."""
        return [f"{env.command} {plugin_type}" for plugin_type, env, _ in self.runs]

    def requests(self, verb: Verb) -> dict[str, Mapping[str, Any]]:
        """The last request of this verb by plugin type."""
        return {plugin_type: request for plugin_type, env, request in self.runs if env.command == verb}


def _nothing(call: Call) -> None:
    pass


@pytest.fixture
def plugins() -> Plugins:
    return Plugins()


@pytest.fixture
def program(tmp_path: Path) -> Callable[[str, str], Path]:
    """Makes a plugin that is a shell script, in a folder that can stand on CNI_PATH: returns the folder."""

    def make(name: str, script: str) -> Path:
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        file = folder / name
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)
        return folder

    return make
