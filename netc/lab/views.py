"""What a snapshot says of a container and of its host, for a person who asks: what did I get?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from netc.lab.facts import Details
from netc.lab.snapshot import Change, Snapshot

CONTAINER, HOST = "container", "host"
_RULES = ("nft rule", "nft element", "iptables rule", "ip6tables rule")
#: `tcp . 8080 : 10.1.0.2 . 80` in a map; `tcp dport 8080 dnat to 10.1.0.2:80`; `-p tcp ... --dport 8080 -j DNAT ...`.
_PORT_MAPS = (
    re.compile(
        r": (?:(?P<host>[0-9a-f.:]+) \. )?(?P<protocol>\w+) \. (?P<port>\d+) : (?P<to>[0-9a-f.:]+) \. (?P<to_port>\d+)"
    ),
    re.compile(
        r"(?:ip6? daddr (?P<host>\S+) )?(?P<protocol>tcp|udp|sctp) dport (?P<port>\d+) dnat (?:ip6? )?to "
        r"\[?(?P<to>[0-9a-f.:]+?)\]?:(?P<to_port>\d+)$"
    ),
    re.compile(
        r"(?:-d (?P<host>[0-9a-f.:]+)/\d+ )?-p (?P<protocol>\w+) .*--dport (?P<port>\d+) -j DNAT "
        r"--to-destination \[?(?P<to>[0-9a-f.:]+?)\]?:(?P<to_port>\d+)$"
    ),
)


def container(snapshot: Snapshot, changes: Iterable[Change], dns: Mapping[str, Any]) -> dict[str, Any]:
    """`interfaces` (name, kind, mac, mtu, state, addresses), `routes`, `rules`, `dns`, `limits`, `sysctls`.

    `changes` are those of ADD, `dns` is a result's. The limits sit on the host's links; only the container's own
    sysctls are shown.
    """
    changed = tuple(changes)
    return {
        "interfaces": _interfaces(snapshot, CONTAINER),
        "routes": _names(snapshot, CONTAINER, "route"),
        "rules": _names(snapshot, CONTAINER, "rule"),
        "neighbours": _names(snapshot, CONTAINER, "neighbour"),
        "dns": dict(dns),
        "limits": [_named(change) for change in changed if change.kind == "qdisc" and change.detail],
        "sysctls": _sysctls(changed, CONTAINER),
    }


def host(snapshot: Snapshot, changes: Iterable[Change]) -> dict[str, Any]:
    """What ADD made on the host: `interfaces` (bridges and host ends), `routes`, `rules`, `queues`, `sysctls`, and
    `port_maps` (protocol, host_ip, host_port, ip, port), read from the rules.
    """
    changed = [change for change in changes if change.netns == HOST]
    links = {change.name for change in changed if change.kind == "link"}
    rules = [change for change in changed if change.kind in _RULES and change.action == "added"]
    return {
        "interfaces": [item for item in _interfaces(snapshot, HOST) if item["name"] in links],
        "routes": [change.name for change in changed if change.kind == "route" and change.action == "added"],
        "rules": [_named(change) for change in rules],
        "port_maps": [found for change in rules if (found := _port_map(change.name))],
        "queues": [_named(change) for change in changed if change.kind in ("qdisc", "filter")],
        "sysctls": _sysctls(changed, HOST),
    }


def _port_map(rule: str) -> dict[str, Any] | None:
    """The published port that a rule or a map's element stands for, if it does."""
    text = re.sub(r' comment ".*"$', "", rule)
    match = next((found for pattern in _PORT_MAPS if (found := pattern.search(text))), None)
    if match is None:
        return None
    return {
        "protocol": match["protocol"],
        "host_ip": match["host"] or "",
        "host_port": int(match["port"]),
        "ip": match["to"],
        "port": int(match["to_port"]),
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
