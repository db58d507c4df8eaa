"""Cases: one JSON file each, with a conflist and what is done to it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_KEYS = {
    "about",
    "conflist",
    "attach",
    "host",
    "container",
    "files",
    "probes",
    "tamper",
    "fails",
    "dad",
    "gone",
    "needs",
}


@dataclass(frozen=True)
class Attach:
    """One attachment: the container it is for and what the runtime hands over.

    `netns` is a path to hand over instead of that of the container's namespace, which is not made then.
    """

    container: str = "c1"
    ifname: str = "eth0"
    args: Mapping[str, str] = field(default_factory=dict)
    capabilities: Mapping[str, Any] = field(default_factory=dict)
    netns: str = ""

    def __str__(self) -> str:
        return f"{self.container} {self.ifname}"


@dataclass(frozen=True)
class Case:
    """A conflist and its life.

    attach     attachments, in order: those of c1 and of c2 with nothing handed over, unless given
    host       commands before the first ADD, in the host's namespace; container: the same in each container's
    files      contents of files that are there before (absolute paths)
    dad        whether duplicate address detection is left on in the containers (it takes a second and more)
    probes     traffic once everything is attached: {by, from, to, address, port, listen}
    tamper     commands, each followed by a CHECK of the first attachment; `{port c1 eth0}` is the host's end of its veth
    gone       the first container's namespace goes before its DEL
    needs      features that not every kernel has (`features.FEATURES`)
    fails      words that must be in an error of both sides; where they are, the rest of the two messages may differ
    """

    name: str
    conflist: Mapping[str, Any]
    about: str = ""
    attach: tuple[Attach, ...] = (Attach("c1"), Attach("c2"))
    host: tuple[str, ...] = ()
    container: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    probes: tuple[Mapping[str, Any], ...] = ()
    tamper: tuple[str, ...] = ()
    fails: tuple[str, ...] = ()
    dad: bool = False
    gone: bool = False
    needs: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Everything that was given, as text: what occurs here is no accident of the run."""
        return json.dumps([dict(self.conflist), [vars(one) for one in self.attach], self.host, self.container]).lower()

    @property
    def types(self) -> list[str]:
        """The types of the plugins that take part, IPAM included."""
        found = []
        for plugin in self.conflist["plugins"]:
            ipam = plugin.get("ipam")
            found += [plugin["type"], *([ipam["type"]] if isinstance(ipam, dict) and ipam.get("type") else [])]
        return found


def load(path: Path) -> Case:
    """The case in a file. A key that is not a case's is an error: a typo would compare less than it says."""
    given = json.loads(path.read_text(encoding="utf-8"))
    unknown = given.keys() - _KEYS
    if unknown:
        raise ValueError(f"{path.name}: unknown keys {sorted(unknown)}")
    if "attach" in given:
        given["attach"] = tuple(Attach(**one) for one in given["attach"])
    for key in ("host", "container", "probes", "tamper", "fails", "needs"):
        if key in given:
            given[key] = tuple(given[key])
    return Case(name=path.stem, **given)
