"""What a snapshot says of a container and of its host, for a person who asks: what did I get?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from netc.lab.snapshot import Change, Details, Snapshot

CONTAINER, HOST = "container", "host"
_RULES = ("nft rule", "nft element", "iptables rule", "ip6tables rule")
_PORT_MAP = re.compile(r"\bdnat\b|\bhost_?ports?\b", re.IGNORECASE)


def container(snapshot: Snapshot, changes: Iterable[Change], result: Mapping[str, Any]) -> dict[str, Any]:
    """`interfaces` (name, kind, mac, mtu, state, addresses), `routes`, `rules`, `dns`, `limits`, `sysctls`.

    `changes` are those of ADD: the limits sit on the host's links, and only the container's own sysctls are shown.
    """
    changed = tuple(changes)
    return {
        "interfaces": _interfaces(snapshot, CONTAINER),
        "routes": _names(snapshot, CONTAINER, "route"),
        "rules": _names(snapshot, CONTAINER, "rule"),
        "neighbours": _names(snapshot, CONTAINER, "neighbour"),
        "dns": result.get("dns") or {},
        "limits": [_named(change) for change in changed if change.kind == "qdisc" and change.detail],
        "sysctls": _sysctls(changed, CONTAINER),
    }


def host(snapshot: Snapshot, changes: Iterable[Change]) -> dict[str, Any]:
    """What ADD made on the host: `interfaces` (bridges and host ends), `routes`, `rules`, `port_maps`, `sysctls`."""
    changed = [change for change in changes if change.netns == HOST]
    links = {change.name for change in changed if change.kind == "link"}
    rules = [change for change in changed if change.kind in _RULES and change.action == "added"]
    port_maps = [_named(change) for change in rules if _PORT_MAP.search(change.name)]
    return {
        "interfaces": [item for item in _interfaces(snapshot, HOST) if item["name"] in links],
        "routes": [change.name for change in changed if change.kind == "route" and change.action == "added"],
        "rules": [_named(change) for change in rules if not _PORT_MAP.search(change.name)],
        "port_maps": port_maps,
        "queues": [_named(change) for change in changed if change.kind in ("qdisc", "filter")],
        "sysctls": _sysctls(changed, HOST),
    }


def _named(change: Change) -> str:
    return f"{change.name}: {change.detail}" if change.detail else change.name


def _interfaces(snapshot: Snapshot, place: str) -> list[dict[str, Any]]:
    found = []
    for (netns, kind, name), details in snapshot.facts.items():
        if netns == place and kind == "link":
            values = dict(details)
            found.append(
                {
                    "name": name,
                    "kind": values.get("", "") or ("loopback" if name == "lo" else ""),
                    "mac": values.get("mac", ""),
                    "mtu": int(values.get("mtu", "0")),
                    "state": values.get("state", ""),
                    "master": values.get("master", ""),
                    "flags": values.get("flags", "").split(),
                    "addresses": _addresses(snapshot, place, name),
                }
            )
    return found


def _addresses(snapshot: Snapshot, place: str, link: str) -> list[str]:
    names = (name.split(" on ") for name in _names(snapshot, place, "address"))
    return [address for address, on in names if on == link]


def _names(snapshot: Snapshot, place: str, wanted: str) -> list[str]:
    return [name for netns, kind, name in snapshot.facts if (netns, kind) == (place, wanted)]


def _sysctls(changes: Iterable[Change], place: str) -> dict[str, str]:
    found = {}
    for change in changes:
        if (change.netns, change.kind) == (place, "sysctl"):
            found[change.name] = change.detail.rpartition("-> ")[2] or change.detail
    return found


def marks(facts: Mapping[tuple[str, str, str], Details], texts: Iterable[str]) -> set[str]:
    """What tells this attachment from others: `texts`, and the container's addresses."""
    addresses = {
        name.partition("/")[0]
        for netns, kind, name in facts
        if (netns, kind) == (CONTAINER, "address") and not name.endswith(" on lo")
    }
    return {*texts, *addresses} - {""}
