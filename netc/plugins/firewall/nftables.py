"""firewall in nftables, for a host without iptables: one table for all attachments, an element for each address.

What is accepted here is accepted by this table alone: another table may still drop it. What comes from one bridge with
a policy and would leave by another is dropped, as is what stays on a bridge that is `isolated`. The administrator's own
rules go into the chain `admin`, which is asked before. Table and chains stay: they cost nothing.
"""

from __future__ import annotations

import errno as codes
from collections.abc import Iterable, Iterator
from typing import Any

from netc.cni.errors import failure
from netc.dataclass import dataclass
from netc.kernel import KernelError
from netc.kernel.nft import Command, Nft
from netc.plugins.attachment import Owner

TABLE = "netc_firewall"
_PLACE = {"family": "inet", "table": TABLE}
_MODULES = ("nf_tables", "nft_ct")

_LAYOUT = f"""
create table inet {TABLE}
table inet {TABLE} {{
  comment "What is forwarded for containers, made by netc"
  set containers4 {{ type ipv4_addr; }}
  set containers6 {{ type ipv6_addr; }}
  set bridges {{ type ifname; }}
  set together {{ type ifname . ifname; }}
  set isolated {{ type ifname . ifname; }}
  chain admin {{
  }}
  chain forward {{
    type filter hook forward priority filter; policy accept;
    iifname . oifname @isolated drop
    iifname @bridges oifname @bridges iifname . oifname != @together drop
    jump admin
    ip daddr @containers4 ct state established,related accept
    ip saddr @containers4 accept
    ip6 daddr @containers6 ct state established,related accept
    ip6 saddr @containers6 accept
  }}
}}
"""
_RULES = 7


@dataclass(frozen=True, slots=True)
class Element:
    """An element of one of the table's sets."""

    set: str
    key: tuple[str, ...]
    comment: str = ""

    @property
    def json(self) -> Any:
        """The key, as nft says it."""
        return {"concat": list(self.key)} if len(self.key) > 1 else self.key[0]

    def command(self, verb: str) -> Command:
        """The command that adds or deletes it."""
        key = self.json
        if verb == "add" and self.comment:
            key = {"elem": {"val": key, "comment": self.comment}}
        return {verb: {"element": {**_PLACE, "name": self.set, "elem": [key]}}}


def accepting(owner: Owner, addresses: Iterable[Any]) -> list[Element]:
    """What stands for a container's addresses."""
    return [Element(f"containers{one.version}", (str(one.ip),), owner.comment) for one in addresses]


def parting(bridge: str, policy: str) -> list[Element]:
    """What keeps a bridge apart from others and, where the policy is `isolated`, its containers from one another."""
    pair = Element("isolated" if policy == "isolated" else "together", (bridge, bridge))
    return [Element("bridges", (bridge,)), pair] if bridge else []


def add(nft: Nft, elements: list[Element]) -> None:
    """Add the elements, and the table where there is none. Raises `KernelError`."""
    commands = [element.command("add") for element in elements]
    try:
        nft.run(*commands)
    except KernelError as error:
        if error.errno != codes.ENOENT:
            raise
        nft.lay_out(_LAYOUT, _MODULES)
        nft.run(*commands)


def check(nft: Nft, elements: list[Element]) -> None:
    """Raises `CniError` where the table or one of the elements is gone."""
    rules = [item for item in nft.listing("chain", **_PLACE, name="forward") or [] if "rule" in item]
    if len(rules) < _RULES:
        raise failure(f"expected rules of chain forward in table inet {TABLE} not found")
    there = {name: [one for one, _ in _elements(nft, name)] for name in {element.set for element in elements}}
    for element in elements:
        if element.json not in there[element.set]:
            raise failure(f"expected element {' . '.join(element.key)} of set {element.set} not found")


def remove(nft: Nft, owner: Owner, elements: list[Element] | None) -> None:
    """Delete the elements; None means all that are the owner's. Nothing where there are none. Raises `KernelError`."""
    if elements is None:
        elements = [
            Element(name, (str(value),))
            for name in ("containers4", "containers6")
            for value, comment in _elements(nft, name)
            if owner.owns(comment)
        ]
    for element in elements:
        try:
            nft.run(element.command("delete"))
        except KernelError as error:
            if not error.is_missing():
                raise


def _elements(nft: Nft, name: str) -> Iterator[tuple[Any, str]]:
    """The keys of a set with their comments; none where there is no such set."""
    for item in nft.listing("set", **_PLACE, name=name) or []:
        for element in item["set"].get("elem", ()):
            body = element["elem"] if isinstance(element, dict) and "elem" in element else {"val": element}
            yield body["val"], body.get("comment", "")
