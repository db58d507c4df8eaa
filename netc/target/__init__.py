"""What a project's networks run on: the releases of plugins and runtime, kernel modules, the host's uplinks.

A target is facts that a team writes down in `netc.toml`; whatever is not given is not known, and nothing is concluded
from it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from ipaddress import IPv4Interface, IPv6Interface

from netc.dataclass import dataclass, field
from netc.sources import Span

#: A release as numbers, most significant first: 1.9.1 is (1, 9, 1).
Release = tuple[int, ...]

_RELEASE = re.compile(r"v?(\d{1,9}(?:\.\d{1,9}){0,3})(?:[-+~].*)?")


def release(text: str) -> Release | None:
    """The numbers of `1.9.1` or `v2.1.4-1ubuntu2`; None where there are none. What is left out counts as 0."""
    found = _RELEASE.fullmatch(text)
    if found is None:
        return None
    numbers = tuple(int(part) for part in found[1].split("."))
    return numbers + (0,) * (3 - len(numbers))


def shown(numbers: Release) -> str:
    """`1.9.1`."""
    return ".".join(map(str, numbers))


@dataclass(frozen=True, slots=True)
class Uplink:
    """An interface of the host that containers' traffic leaves by. `mtu` in bytes; addresses with their prefix."""

    name: str
    mtu: int | None = None
    addresses: tuple[IPv4Interface | IPv6Interface, ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """The hosts that networks are made for. `name` is "" for what `[target]` itself says.

    `reference` is the release of the reference plugins, `plugins` the releases of others and of those that differ from
    it; a plugin whose release is None is not installed. `runtime` is a name of `netc.target.runtimes`, `multus` the
    release of a Multus that the runtime calls. `modules` and `uplinks` are all that there are, None where they are not
    given. `nodes` are patterns of the nodes that it speaks of, none for all. `places` has where each setting stands, by
    its keys joined with `.`.
    """

    name: str
    span: Span
    reference: Release | None = None
    plugins: Mapping[str, Release | None] = field(default_factory=dict)
    runtime: str | None = None
    runtime_release: Release | None = None
    multus: Release | None = None
    modules: frozenset[str] | None = None
    uplinks: Mapping[str, Uplink] | None = None
    nodes: tuple[str, ...] = ()
    places: Mapping[str, Span] = field(default_factory=dict)

    def speaks_of(self, node: str | None) -> bool:
        """Whether a network of this node runs there; one of no node in particular runs everywhere."""
        return node is None or not self.nodes or any(fnmatchcase(node, pattern) for pattern in self.nodes)

    def release_of(self, plugin: str, *, is_reference: bool) -> Release | None:
        """The release of a plugin, None where it is not known or the plugin is not installed."""
        return self.plugins.get(plugin, self.reference if is_reference else None)

    def lacks(self, plugin: str) -> bool:
        """Whether the plugin is said not to be installed."""
        return plugin in self.plugins and self.plugins[plugin] is None

    def place(self, setting: str) -> Span:
        """Where a setting stands, or the nearest one around it."""
        while setting and setting not in self.places:
            setting = setting.rpartition(".")[0]
        return self.places.get(setting, self.span)
