"""Port maps in nftables: one table for all attachments, with an element of a map for each port.

A packet to one of the host's own addresses goes through `published`: the attachments with conditions first (a rule
each, in `conditional`), then the ports of one host address (`hostports4`, `hostports6`), then the ports of any
(`ports4`, `ports6`). What was translated there and comes from the container's own network, or from localhost, is
masqueraded (`masquerade4`, `masquerade6`: pairs of source and container), or the answer would not come back this way.

Each element and rule carries its owner in its comment. The table and its chains stay when the last port map goes: they
cost nothing, and another attachment may be about to use them.
"""

from __future__ import annotations

import errno as codes
from collections.abc import Callable, Iterator
from ipaddress import IPv4Interface, IPv6Interface, ip_address

from netc.cni.errors import CniError, failure
from netc.kernel import KernelError
from netc.kernel.nft import Command, Nft
from netc.plugins.attachment import Owner, network_key, refused
from netc.plugins.portmap.elements import (
    PLACE,
    PROTOCOLS,
    TABLE,
    Element,
    Rule,
    elements_in,
    listed_elements,
    rules_in,
)
from netc.plugins.portmap.mappings import Config, Mapping, pairs

_LOCALHOST = ip_address("127.0.0.1")
#: What the table's rules are made of.
_MODULES = ("nf_tables", "nft_chain_nat", "nft_nat", "nft_masq", "nft_fib_inet", "nft_ct")
#: What would end the rule that a condition is part of, and start something else.
_FORBIDDEN = (";", "\n", "\r", "#")

_LAYOUT = f"""
create table inet {TABLE}
table inet {TABLE} {{
  comment "Ports of the host that lead to containers, made by netc"
  map hostports4 {{ type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service; }}
  map hostports6 {{ type ipv6_addr . inet_proto . inet_service : ipv6_addr . inet_service; }}
  map ports4 {{ type inet_proto . inet_service : ipv4_addr . inet_service; }}
  map ports6 {{ type inet_proto . inet_service : ipv6_addr . inet_service; }}
  set masquerade4 {{ type ipv4_addr . ipv4_addr; flags interval; }}
  set masquerade6 {{ type ipv6_addr . ipv6_addr; flags interval; }}
  chain conditional {{
  }}
  chain published {{
    jump conditional
    meta nfproto ipv4 dnat ip to ip daddr . meta l4proto . th dport map @hostports4
    meta nfproto ipv4 dnat ip to meta l4proto . th dport map @ports4
    meta nfproto ipv6 dnat ip6 to ip6 daddr . meta l4proto . th dport map @hostports6
    meta nfproto ipv6 dnat ip6 to meta l4proto . th dport map @ports6
  }}
  chain prerouting {{
    type nat hook prerouting priority -100; policy accept;
    fib daddr type local jump published
  }}
  chain output {{
    type nat hook output priority -100; policy accept;
    fib daddr type local jump published
  }}
  chain postrouting {{
    type nat hook postrouting priority 100; policy accept;
    ct status dnat ip saddr . ip daddr @masquerade4 masquerade
    ct status dnat ip6 saddr . ip6 daddr @masquerade6 masquerade
  }}
}}
"""


def add(nft: Nft, owner: Owner, config: Config, addresses: tuple[IPv4Interface | IPv6Interface, ...]) -> None:
    """Make the port maps of an attachment, all or none. Raises `CniError` where another attachment has a port."""
    elements, rules = wanted(owner, config, addresses)
    for conditional in rules:
        _check_condition(conditional.text)
    try:
        _add(nft, owner, elements, addresses)
        if rules:
            try:
                nft.run_script("\n".join(f"add rule inet {TABLE} conditional {rule.text}" for rule in rules))
            except KernelError:
                remove(nft, owner)
                raise
    except KernelError as error:
        raise refused(error, "unable to set up nftables rules for port mappings") from None


def _add(nft: Nft, owner: Owner, elements: list[Element], addresses: tuple[IPv4Interface | IPv6Interface, ...]) -> None:
    # Looking first would cost more than the work: the table is there but for the first time on a machine, and a port
    # is free but for mistakes.
    creation = [element.command("create") for element in elements]
    own = {str(address.ip) for address in addresses}
    for _ in range(3):
        try:
            nft.run(*creation)
        except KernelError as error:
            if error.errno == codes.ENOENT:
                nft.lay_out(_LAYOUT, _MODULES)
            elif error.errno == codes.EEXIST:
                replaced = _make_room(nft, owner, elements, own)
                creation = [*replaced, *(element.command("create") for element in elements)]
            else:
                raise
        else:
            return
    nft.run(*creation)


def _make_room(nft: Nft, owner: Owner, elements: list[Element], own: set[str]) -> list[Command]:
    """The commands that delete what stands in the way and is the attachment's to delete.

    That is what an earlier ADD of it left, and what leads to an address that its network has now given to it. Raises
    `CniError` for the rest: the first to ask for a port has it.
    """

    def gives_way(element: Element) -> bool:
        same_network = element.comment.partition("-")[0] == network_key(owner.network)
        return owner.owns(element.comment) or (same_network and element.target in own)

    standing = {(element.container, element.key): element for element in listed_elements(nft)}
    for element in elements:
        other = standing.get((element.container, element.key))
        if other is not None and not gives_way(other):
            raise _taken(other)
    return [element.command("delete") for element in standing.values() if gives_way(element)]


def _taken(element: Element) -> CniError:
    whose = element.comment.partition(", ")[2] or "somebody else"
    to = f"mapped to {_endpoint(element.data)}" if element.data else "there"
    return failure(f"{element} is already {to} ({whose})")


def _endpoint(data: tuple[str, ...]) -> str:
    return f"[{data[0]}]:{data[1]}" if ":" in data[0] else ":".join(data)


def wanted(
    owner: Owner, config: Config, addresses: tuple[IPv4Interface | IPv6Interface, ...]
) -> tuple[list[Element], list[Rule]]:
    """The elements and rules that make the attachment's port maps. Of two mappings of one port the first counts."""
    elements: dict[tuple[str, tuple[str, ...]], Element] = {}
    rules = []
    mapped = set()
    for mapping, address in pairs(config, addresses):
        version, target = address.version, (str(address.ip), str(mapping.container_port))
        mapped.add(address)
        conditions = " ".join(config.conditions[version]).strip()
        if conditions:
            rules.append(_rule(owner, mapping, conditions, version, target))
            continue
        host = mapping.address
        key = (str(_protocol(mapping)), str(mapping.host_port))
        name = f"ports{version}" if host is None else f"hostports{version}"
        element = Element(name, key if host is None else (str(host), *key), target, owner.comment)
        elements.setdefault((element.container, element.key), element)
    if config.snat:
        for address in sorted(mapped, key=lambda address: address.version):
            for source in _masqueraded(address, config.masq_all):
                element = Element(f"masquerade{address.version}", (source, str(address.ip)), (), owner.comment)
                elements[element.container, element.key] = element
    return list(elements.values()), rules


def _protocol(mapping: Mapping) -> int:
    number = PROTOCOLS.get(mapping.protocol.lower())
    if number is None:
        known = ", ".join(PROTOCOLS)
        raise failure(f'Invalid protocol of host port {mapping.host_port}: "{mapping.protocol}", not one of {known}')
    return number


def _rule(owner: Owner, mapping: Mapping, conditions: str, version: int, target: tuple[str, ...]) -> Rule:
    protocol, host = _protocol(mapping), mapping.address
    family = "ip" if version == 4 else "ip6"
    at = f"{family} daddr {host} " if host is not None else ""
    match = f"meta nfproto ipv{version} {conditions} {at}meta l4proto {protocol} th dport {mapping.host_port}"
    text = f'{match} dnat {family} to {_endpoint(target)} comment "{owner.comment}"'
    return Rule(text, owner.comment, target=(*target, str(mapping.host_port)))


def _check_condition(text: str) -> None:
    if any(character in text for character in _FORBIDDEN):
        raise failure("conditionsV4 and conditionsV6 must each be one nftables expression, without ; or #")


def _masqueraded(address: IPv4Interface | IPv6Interface, everything: bool) -> Iterator[str]:
    """The sources whose traffic to the container has to be masqueraded: networks or single addresses."""
    if everything:
        yield "0.0.0.0/0" if address.version == 4 else "::/0"
        return
    network = address.network
    yield str(address.ip) if network.prefixlen == network.max_prefixlen else str(network)
    if address.version == 4 and _LOCALHOST not in network:
        yield str(_LOCALHOST)


def remove(nft: Nft, owner: Owner) -> None:
    """Take away all port maps of an attachment, whatever they were; nothing if there are none."""
    key = owner.key
    _delete(nft, lambda comment: comment.partition(",")[0] == key)


def collect(nft: Nft, network: str, valid: frozenset[str]) -> None:
    """Take away the port maps of a network's attachments whose keys (`Owner.key`) are not among the valid ones."""

    whose = network_key(network)

    def stale(comment: str) -> bool:
        key = comment.partition(",")[0]
        return key.partition("-")[0] == whose and key not in valid

    _delete(nft, stale)


def _delete(nft: Nft, doomed: Callable[[str], bool]) -> None:
    for _ in range(3):
        try:
            listing = nft.list_table("inet", TABLE) or []
        except KernelError as error:
            # Where there is neither library nor program, or no nf_tables, nothing can have been made.
            if error.errno in (codes.ENOENT, codes.EPROTONOSUPPORT):
                return
            raise
        commands = [element.command("delete") for element in elements_in(listing, doomed)]
        commands += [
            {"delete": {"rule": {**PLACE, "chain": "conditional", "handle": rule.handle}}}
            for rule in rules_in(listing)
            if doomed(rule.comment)
        ]
        if not commands:
            return
        try:
            nft.run(*commands)
        except KernelError as error:
            if not error.is_missing():  # Somebody else deletes the same: look again.
                raise
        else:
            return


def missing(
    nft: Nft, owner: Owner, config: Config, addresses: tuple[IPv4Interface | IPv6Interface, ...]
) -> Iterator[str]:
    """What CHECK misses, in words: port maps that are not there, lead elsewhere, or are another attachment's."""
    elements, rules = wanted(owner, config, addresses)
    listing = nft.list_table("inet", TABLE)
    if listing is None:
        yield f"there is no nftables table inet {TABLE}"
        return
    standing = {(element.container, element.key): element for element in elements_in(listing)}
    for element in elements:
        found = standing.get((element.container, element.key))
        if found is None:
            yield f"{element} is not in {element.container} of nftables table inet {TABLE}"
        elif not owner.owns(found.comment):
            yield f"{element} belongs to another attachment ({found.comment.partition(', ')[2]})"
        elif found.data != element.data:
            yield f"{element} leads to {_endpoint(found.data)}, not to {_endpoint(element.data)}"
    targets = [rule.target for rule in rules_in(listing) if owner.owns(rule.comment)]
    for rule in rules:
        if rule.target not in targets:
            yield f"host port {rule.target[2]} is not in chain conditional of nftables table inet {TABLE}"
        else:
            targets.remove(rule.target)
    chains = {item["rule"]["chain"] for item in listing if "rule" in item}
    for chain in ("published", "prerouting", "output", "postrouting"):
        if chain not in chains:
            yield f"chain {chain} of nftables table inet {TABLE} is empty"
