"""Snapshots of namespaces and state files, frozen; and what changed between two of them, in words."""

from __future__ import annotations

import errno
import socket
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Literal

from netc.dataclass import dataclass
from netc.kernel import Namespace
from netc.lab import facts
from netc.lab.facts import Details, Fact

Key = tuple[str, str, str]

FILES = "files"
_NETLINK_NETFILTER = 12
#: Multicast groups: links, neighbours, traffic control, addresses, routes and rules of both families; nftables.
_ROUTE_GROUPS = 0x1 | 0x4 | 0x8 | 0x10 | 0x40 | 0x80 | 0x100 | 0x400 | 1 << 18
_NFTABLES_GROUP = 1 << 6


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: `action` is `added`, `removed` or `changed`; `netns` a namespace's name or `files`."""

    netns: str
    kind: str
    name: str
    action: Literal["added", "removed", "changed"]
    detail: str = ""

    @property
    def sign(self) -> str:
        """`+`, `-` or `~`."""
        return {"added": "+", "removed": "-", "changed": "~"}[self.action]

    def __str__(self) -> str:
        return f"{self.sign} {self.kind} {self.name}" + (f" ({self.detail})" if self.detail else "")

    def to_json(self) -> dict[str, str]:
        """The same with its field names."""
        return {
            "netns": self.netns,
            "kind": self.kind,
            "name": self.name,
            "action": self.action,
            "detail": self.detail,
        }


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Facts by place, kind and name."""

    facts: Mapping[Key, Details]


class Camera:
    """Takes snapshots of the same namespaces, by name, and of the files below `folders`.

    `sysctls` are paths below /proc/sys to look at besides those that plugins write. Whatever the kernel has not
    announced a change of since the last snapshot is not read again.
    """

    def __init__(
        self, namespaces: Mapping[str, Namespace], folders: Iterable[str] = (), sysctls: Iterable[str] = ()
    ) -> None:
        self._folders = tuple(folders)
        self._views = {name: _View(namespace, tuple(sysctls)) for name, namespace in namespaces.items()}

    def take(self) -> Snapshot:
        """The state as it is now."""
        found: dict[Key, Details] = {}
        for name, view in self._views.items():
            seen: Counter[tuple[str, str]] = Counter()
            for kind, what, details in view.look():
                seen[kind, what] += 1
                count = seen[kind, what]
                found[name, kind, what if count == 1 else f"{what} #{count}"] = details
        for kind, path, details in facts.files(self._folders):
            found[FILES, kind, path] = details
        return Snapshot(found)

    def close(self) -> None:
        """Stop listening to the kernel."""
        for view in self._views.values():
            view.close()


class _View:
    """One namespace: what was last read of it, and two sockets on which the kernel announces changes.

    Of a bridge port's flags it says nothing, nor of the older iptables: links are always read, and rules where there
    are any of those.
    """

    def __init__(self, namespace: Namespace, sysctls: Sequence[str]) -> None:
        self._namespace, self._sysctls = namespace, sysctls
        self._route = _listen(namespace, socket.NETLINK_ROUTE, _ROUTE_GROUPS)
        self._nftables = _listen(namespace, _NETLINK_NETFILTER, _NFTABLES_GROUP)
        self._links: list[Fact] | None = None
        self._on_links: list[Fact] = []
        self._firewall: list[Fact] | None = None

    def look(self) -> Iterator[Fact]:
        announced = _drain(self._route)
        links = list(facts.links(self._namespace))
        if announced or links != self._links:
            self._links, self._on_links = links, list(facts.on_links(self._namespace))
        if _drain(self._nftables) or self._firewall is None or facts.legacy_families(self._namespace):
            self._firewall = list(facts.firewall(self._namespace))
        yield from links
        yield from self._on_links
        yield from self._firewall
        yield from facts.sysctls(self._namespace, self._sysctls, [name for _, name, _ in links])

    def close(self) -> None:
        self._route.close()
        self._nftables.close()


def _listen(namespace: Namespace, protocol: int, groups: int) -> socket.socket:
    listening = namespace.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, protocol)
    listening.bind((0, groups))
    return listening


def _drain(listening: socket.socket) -> bool:
    """Whether anything was announced; more than the socket could hold (ENOBUFS) counts as well."""
    announced = False
    while True:
        try:
            listening.recv(1 << 16)
        except BlockingIOError:
            return announced
        except OSError as error:
            if error.errno != errno.ENOBUFS:
                raise
        announced = True


def diff(before: Snapshot, after: Snapshot) -> tuple[Change, ...]:
    """What is in one and not in the other, places and kinds in the order of the snapshots."""
    changes = []
    for key, details in after.facts.items():
        if key not in before.facts:
            changes.append(Change(*key, "added", ", ".join(_shown(*pair) for pair in details if pair[1])))
        elif before.facts[key] != details:
            changes.append(Change(*key, "changed", ", ".join(_changes(before.facts[key], details))))
    gone = [key for key in before.facts if key not in after.facts]
    links = {(place, name) for place, kind, name in gone if kind == "link"}
    changes += [Change(*key, "removed") for key in gone if not _goes_with_a_link(key, links)]
    return tuple(changes)


def _goes_with_a_link(key: Key, links: Collection[tuple[str, str]]) -> bool:
    """Whether it is a sysctl of a link that is gone itself."""
    place, kind, name = key
    return kind == "sysctl" and any((place, word) in links for word in name.split("."))


def _shown(key: str, value: str) -> str:
    return f"{key} {value}" if key else value


def _changes(before: Details, after: Details) -> Iterator[str]:
    old, new = dict(before), dict(after)
    for key in dict.fromkeys([*old, *new]):
        if old.get(key, "") != new.get(key, ""):
            yield f"{key} {old.get(key) or 'none'} -> {new.get(key) or 'none'}".strip()
