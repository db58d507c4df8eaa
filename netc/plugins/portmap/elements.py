"""What stands in portmap's nftables table: the elements of its maps and sets, and the rules with conditions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from ipaddress import ip_network
from typing import Any

from netc.dataclass import dataclass, field
from netc.kernel.nft import Command, Listed, Nft

TABLE = "netc_portmap"
PLACE = {"family": "inet", "table": TABLE}
PROTOCOLS = {"tcp": 6, "udp": 17, "dccp": 33, "sctp": 132}


@dataclass(frozen=True, slots=True)
class Element:
    """An element of one of the table's maps or sets, as text: `key` and, for a map, where it leads."""

    container: str
    key: tuple[str, ...]
    data: tuple[str, ...] = ()
    comment: str = field(default="", compare=False)

    @property
    def target(self) -> str:
        """The container's address that the element is about."""
        return self.data[0] if self.data else self.key[-1]

    def command(self, verb: str) -> Command:
        """The command that creates or deletes the element."""
        key: Any = {"concat": [_json(part) for part in self.key]}
        if verb == "create":
            key = {"elem": {"val": key, "comment": self.comment}}
        elements = [[key, {"concat": [_json(part) for part in self.data]}]] if self.data else [key]
        return {verb: {"element": {**PLACE, "name": self.container, "elem": elements}}}

    def __str__(self) -> str:
        if not self.data:
            return f"masquerade from {self.key[0]} to {self.key[1]}"
        *host, protocol, port = self.key
        names = {str(number): name for name, number in PROTOCOLS.items()}
        at = f" of {host[0]}" if host else ""
        return f"host port {port}/{names.get(protocol, protocol)}{at}"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the chain `conditional`: `text` is what to add, `handle` where it stands when it was listed."""

    text: str
    comment: str
    handle: int = 0
    target: tuple[str, ...] = ()


def _json(part: str) -> Any:
    if "/" in part:
        address, _, length = part.partition("/")
        return {"prefix": {"addr": address, "len": int(length)}}
    return int(part) if part.isdigit() else part


def listed_elements(nft: Nft) -> list[Element]:
    """Every element of the table's maps and sets."""
    return list(elements_in(nft.list_table("inet", TABLE) or []))


def elements_in(listing: Iterable[Listed], wanted: Callable[[str], bool] | None = None) -> Iterator[Element]:
    """The elements in a listing of the table; with `wanted`, those whose comments it takes."""
    for item in listing:
        listed = item.get("map") or item.get("set")
        if listed is None:
            continue
        for entry in listed.get("elem", ()):
            key, data = (entry[0], entry[1]["concat"]) if "map" in item else (entry, ())
            inner = key.get("elem", {"val": key})
            if wanted is not None and not wanted(inner.get("comment", "")):
                continue
            parts = tuple(_text(part) for part in inner["val"]["concat"])
            if "map" in item:
                *host, protocol, port = parts
                parts = (*host, str(PROTOCOLS.get(protocol, protocol)), port)
            target = tuple(_text(part) for part in data)
            yield Element(listed["name"], parts, target, inner.get("comment", ""))


def _text(part: Any) -> str:
    if isinstance(part, dict):
        prefix = part["prefix"]
        return str(ip_network(f"{prefix['addr']}/{prefix['len']}"))
    return str(part)


def rules_in(listing: Iterable[Listed]) -> Iterator[Rule]:
    """The rules of the chain `conditional`, with what they translate to."""
    for item in listing:
        rule = item.get("rule")
        if rule is None or rule["chain"] != "conditional":
            continue
        target: tuple[str, ...] = ()
        port = ""
        for expression in rule["expr"]:
            match = expression.get("match", {})
            left = match.get("left", {}).get("payload", {}) if isinstance(match.get("left"), dict) else {}
            if left.get("field") == "dport":
                port = str(match["right"])
            if "dnat" in expression:
                target = (str(expression["dnat"]["addr"]), str(expression["dnat"]["port"]))
        yield Rule("", rule.get("comment", ""), rule["handle"], (*target, port))
