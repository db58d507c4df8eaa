"""The plugin's side of the protocol: what a plugin written in Python is handed, and what it answers with.

A plugin is a `Handlers`: one function per verb. `netc.cni.skel` wraps it in the checks that every plugin makes
(environment, name, versions) and speaks JSON on both ends, in process or on stdin and stdout.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from typing import Any, Final

from netc.cni.results import Result
from netc.dataclass import dataclass


class Verb(enum.StrEnum):
    """CNI_COMMAND."""

    ADD = "ADD"
    CHECK = "CHECK"
    DEL = "DEL"
    GC = "GC"
    STATUS = "STATUS"
    VERSION = "VERSION"


#: CNI_ variables by field of `Environment`, in the order in which a message lists missing ones.
VARIABLES: Final[Mapping[str, str]] = {
    "command": "CNI_COMMAND",
    "container_id": "CNI_CONTAINERID",
    "netns": "CNI_NETNS",
    "ifname": "CNI_IFNAME",
    "args": "CNI_ARGS",
    "path": "CNI_PATH",
}


@dataclass(frozen=True, slots=True)
class Environment:
    """The CNI_ variables of one invocation; "" where unset. `path` is CNI_PATH (`:`-joined)."""

    command: str
    container_id: str = ""
    netns: str = ""
    ifname: str = ""
    args: str = ""
    path: str = ""

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Environment:
        """The CNI_ variables of a process."""
        return cls(**{field: environ.get(variable, "") for field, variable in VARIABLES.items()})

    def variables(self) -> dict[str, str]:
        """All six CNI_ variables, set even where empty."""
        return {variable: str(getattr(self, field)) for field, variable in VARIABLES.items()}


@dataclass(frozen=True, slots=True)
class Call:
    """One invocation as the plugin's function sees it, after the envelope's checks passed.

    `config` is the request (the plugin object with `name`, `cniVersion`, and where due `prevResult`, `runtimeConfig`);
    read it through `netc.cni.decode.Keys`, which matches keys as Go does. `prev_result` is parsed, None where absent.
    `delegate(verb)` runs the plugin named by `ipam.type` on the same request: a `Result` for ADD, else None.
    """

    verb: Verb
    env: Environment
    config: Mapping[str, Any]
    version: str
    prev_result: Callable[[], Result | None]
    delegate: Callable[[Verb], Result | None]

    @property
    def name(self) -> str:
        """The network's name."""
        return str(self.config["name"])


def nothing(call: Call) -> None:
    """A verb that succeeds without doing anything."""


@dataclass(frozen=True, slots=True)
class Handlers:
    """A plugin. Each function raises `CniError` (any other exception is a bug, and is reported as one)."""

    add: Callable[[Call], Result]
    check: Callable[[Call], None]
    delete: Callable[[Call], None]
    gc: Callable[[Call], None] = nothing
    status: Callable[[Call], None] = nothing
    versions: tuple[str, ...] = ("0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0")
    about: str = ""
