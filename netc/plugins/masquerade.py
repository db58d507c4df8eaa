"""Masquerading (`ipMasq`): a container's traffic to elsewhere leaves with the host's address.

With nftables there is one table for all attachments, whose base chain is declared once:

    table inet netc {
        set masquerade4 { type ipv4_addr; elements = { 10.1.0.2 comment "..." } }
        set subnets4 { type ipv4_addr . ipv4_addr; flags interval; elements = { 10.1.0.2 . 10.1.0.0/24 comment "..." } }
        (the same for IPv6)
        chain masquerade {
            type nat hook postrouting priority srcnat;
            ip daddr 224.0.0.0/4 return
            ip saddr . ip daddr @subnets4 return
            ip saddr @masquerade4 masquerade
            (the same for IPv6)
        }
    }

An attachment is two elements, whose comment says whose they are. With iptables the chains are the reference plugins'.
"""

from __future__ import annotations

import errno as codes
import re
from collections.abc import Callable, Iterable, Iterator, Set
from typing import Any, Literal

from netc.cni.errors import failure
from netc.cni.gojson import quote
from netc.cni.plugin import Call
from netc.cni.results import Address
from netc.kernel import KernelError, Namespace
from netc.plugins.attachment import Owner, hashed, network_key, valid_keys
from netc.plugins.interface import saying

Backend = Literal["nftables", "iptables"]
Command = dict[str, Any]

FAMILY, TABLE, CHAIN = "inet", "netc", "masquerade"
_MULTICAST = {4: ("224.0.0.0", 4), 6: ("ff00::", 8)}
_PROTOCOL = {4: "ip", 6: "ip6"}
_SETS = tuple(f"{kind}{version}" for version in (4, 6) for kind in ("masquerade", "subnets"))
_COMMENT = re.compile(r'name: \\?"(?P<name>[^"\\]*)\\?" id: \\?"(?P<id>[^"\\]*)\\?"')


def chosen(name: str | None) -> Backend:
    """The backend that a configuration names: nftables unless it asks for iptables. Raises `CniError`."""
    if name not in (None, "iptables", "nftables"):
        raise failure(f"unknown ipmasq backend {quote(name)}")
    return used(name)


def used(name: str | None) -> Backend:
    """The backend to look into for what is to be taken away. With an unknown name nothing was made: no error then."""
    return "iptables" if name == "iptables" else "nftables"


def add(host: Namespace, call: Call, backend: Backend, addresses: Iterable[Address]) -> None:
    """Masquerade what comes from these addresses and goes beyond their networks. Adding again changes nothing."""
    with saying("failed to set up masquerading"):
        if backend == "iptables":
            for address in addresses:
                _add_iptables(host, call, address)
        else:
            _add_nftables(host, Owner.of(call).comment, list(addresses))


def remove(host: Namespace, call: Call, backend: Backend, addresses: Iterable[Address] | None) -> None:
    """Take away what `add` made for this attachment, in whichever state it is.

    `addresses` are None where nobody knows them any more: then everything has to be looked through.
    """
    owner = Owner.of(call)
    known = None if addresses is None else list(addresses)
    with saying("failed to tear down masquerading"):
        if known is None or not _remove_known(host, owner, known):
            _remove_nftables(host, owner.owns)
        if backend == "iptables":
            _remove_iptables(host, call, known)


def collect(host: Namespace, call: Call, backend: Backend, valid: Set[tuple[str, str]]) -> None:
    """Take away the masquerading of this network's attachments that are not among the valid ones."""
    network, keys = network_key(call.name), valid_keys(call, tuple(valid))

    def stale(comment: str) -> bool:
        key = comment.partition(",")[0]
        return key.startswith(f"{network}-") and key not in keys

    with saying("failed to collect masquerading"):
        _remove_nftables(host, stale)
        if backend == "iptables":
            _collect_iptables(host, call.name, {container for container, _ in valid})


# nftables -----------------------------------------------------------------------------------------------------------


def _add_nftables(host: Namespace, comment: str, addresses: list[Address]) -> None:
    elements = [element for address in addresses for element in _elements(address, comment)]
    # Adding, deleting and adding again replaces what an attachment that nobody deleted left under the same address.
    commands = [
        command
        for element in elements
        for command in ({"add": element}, {"delete": _bare(element)}, {"add": element})
    ]  # fmt: skip
    try:
        host.nft.run(*commands)
    except KernelError as error:
        if error.errno == codes.ENOENT:
            host.nft.run(*_declaration(), *commands)
        elif error.errno == codes.EEXIST:
            # The same address with another prefix: an interval set refuses what overlaps.
            _remove_nftables(host, lambda _: True, {str(address.ip) for address in addresses})
            host.nft.run(*commands)
        else:
            raise


def _declaration() -> list[Command]:
    """Table, sets and base chain; declaring them again changes nothing that is in the sets."""
    table = {"family": FAMILY, "table": TABLE}
    commands: list[Command] = [{"add": {"table": {"family": FAMILY, "name": TABLE}}}]
    chain = {"name": CHAIN, "type": "nat", "hook": "postrouting", "prio": 100, "policy": "accept"}
    rules: list[list[Any]] = []
    for version, protocol in _PROTOCOL.items():
        kind = f"ipv{version}_addr"
        address, length = _MULTICAST[version]
        commands.append({"add": {"set": {**table, "name": f"masquerade{version}", "type": kind}}})
        pairs = {**table, "name": f"subnets{version}", "type": [kind, kind], "flags": ["interval"]}
        commands.append({"add": {"set": pairs}})
        source, destination = ({"payload": {"protocol": protocol, "field": field}} for field in ("saddr", "daddr"))
        rules += [
            [_match(destination, {"prefix": {"addr": address, "len": length}}), {"return": None}],
            [_match({"concat": [source, destination]}, f"@subnets{version}"), {"return": None}],
            [_match(source, f"@masquerade{version}"), {"masquerade": None}],
        ]
    commands += [{"add": {"chain": {**table, **chain}}}, {"flush": {"chain": {**table, "name": CHAIN}}}]
    return commands + [{"add": {"rule": {**table, "chain": CHAIN, "expr": rule}}} for rule in rules]


def _match(left: Any, right: Any) -> Command:
    return {"match": {"op": "==", "left": left, "right": right}}


def _elements(address: Address, comment: str) -> Iterator[Command]:
    """The two elements of an address."""
    version, ip, network = address.version, str(address.ip), address.network
    prefix = {"prefix": {"addr": str(network.network_address), "len": network.prefixlen}}
    whole = network.prefixlen == network.max_prefixlen
    pair = {"concat": [ip, str(network.network_address) if whole else prefix]}
    yield _element(f"masquerade{version}", ip, comment)
    yield _element(f"subnets{version}", pair, comment)


def _element(name: str, value: Any, comment: str | None) -> Command:
    element = value if comment is None else {"elem": {"val": value, "comment": comment}}
    return {"element": {"family": FAMILY, "table": TABLE, "name": name, "elem": [element]}}


def _bare(command: Command) -> Command:
    """An element's command without its comment, by which deleting finds it."""
    element = command["element"]
    return {"element": {**element, "elem": [one["elem"]["val"] for one in element["elem"]]}}


def _remove_nftables(host: Namespace, whose: Callable[[str], bool], only: Set[str] | None = None) -> None:
    """Delete the elements whose comment `whose` says yes to, of the addresses in `only` if it is given."""
    commands = [
        {"delete": _element(name, value, None)}
        for name, value, comment in _listed(host)
        if whose(comment) and (only is None or _source(value) in only)
    ]
    if commands:
        try:
            host.nft.run(*commands)
        except KernelError as error:
            # Somebody else removed one of them meanwhile: the rest, one by one.
            if not error.is_missing():
                raise
            for command in commands:
                _tolerant(host, command)


def _remove_known(host: Namespace, owner: Owner, addresses: list[Address]) -> bool:
    """Delete the owner's elements of these addresses; False where they are not as `add` makes them."""
    commands: list[Command] = []
    for address in addresses:
        text = host.nft.element(FAMILY, TABLE, f"masquerade{address.version}", str(address.ip))
        if text is not None and owner.key in text:
            commands += [{"delete": _bare(element)} for element in _elements(address, "")]
    if not commands:
        return True
    try:
        host.nft.run(*commands)
    except KernelError as error:
        if error.is_missing():
            return False
        raise
    return True


def _tolerant(host: Namespace, command: Command) -> None:
    try:
        host.nft.run(command)
    except KernelError as error:
        if not error.is_missing():
            raise


def _source(value: Any) -> str:
    return str(value["concat"][0] if isinstance(value, dict) else value)


def _listed(host: Namespace) -> Iterator[tuple[str, Any, str]]:
    """Set name, value and comment of every element that has a comment."""
    for name in _SETS:
        listing = host.nft.listing("set", family=FAMILY, table=TABLE, name=name)
        if listing is None:
            return
        for listed in listing:
            for element in listed.get("set", {}).get("elem", ()):
                if isinstance(element, dict) and "elem" in element:
                    yield name, element["elem"]["val"], element["elem"].get("comment", "")


# iptables -----------------------------------------------------------------------------------------------------------


def _chain(network: str, container: str) -> str:
    return hashed("CNI-", f"{network}{container}", 28)


def _rules(call: Call) -> tuple[str, tuple[str, ...]]:
    chain = _chain(call.name, call.env.container_id)
    comment = f"name: {quote(call.name)} id: {quote(call.env.container_id)}"
    return chain, ("-m", "comment", "--comment", comment)


def _add_iptables(host: Namespace, call: Call, address: Address) -> None:
    iptables = _iptables(host, address.version)
    chain, comment = _rules(call)
    multicast = "{}/{}".format(*_MULTICAST[address.version])
    iptables.ensure_chain("nat", chain)
    iptables.append("nat", chain, "-d", str(address), "-j", "ACCEPT", *comment)
    iptables.append("nat", chain, "!", "-d", multicast, "-j", "MASQUERADE", *comment)
    iptables.append("nat", "POSTROUTING", "-s", str(address.ip), "-j", chain, *comment)


def _remove_iptables(host: Namespace, call: Call, addresses: list[Address] | None) -> None:
    chain, comment = _rules(call)
    for version in (4, 6):
        iptables = _iptables(host, version)
        jumps = _jumps(host, version, chain)
        if not jumps and not iptables.has_chain("nat", chain):
            continue
        for source in jumps:
            # The chain is the container's: another interface of it on the same network goes on using it.
            if addresses is None or any(source == str(address.ip) for address in addresses):
                iptables.delete("nat", "POSTROUTING", "-s", source, "-j", chain, *comment)
        if not _jumps(host, version, chain):
            iptables.delete_chain("nat", chain)


def _collect_iptables(host: Namespace, network: str, containers: Set[str]) -> None:
    for version in (4, 6):
        iptables = _iptables(host, version)
        for rule in iptables.rules("nat", "POSTROUTING") or ():
            named = _COMMENT.search(rule)
            if named is None or named["name"] != network or named["id"] in containers:
                continue
            chain = _chain(network, named["id"])
            comment = ("-m", "comment", "--comment", f'name: "{network}" id: "{named["id"]}"')
            for source in _jumps(host, version, chain):
                iptables.delete("nat", "POSTROUTING", "-s", source, "-j", chain, *comment)
            iptables.delete_chain("nat", chain)


def _jumps(host: Namespace, version: int, chain: str) -> list[str]:
    """The source addresses whose traffic POSTROUTING sends to a chain."""
    found = []
    for rule in _iptables(host, version).rules("nat", "POSTROUTING") or ():
        source = re.search(r"-s ([0-9a-f.:]+)(?:/\d+)? ", rule)
        if source is not None and rule.endswith(f"-j {chain}"):
            found.append(source[1])
    return found


def _iptables(host: Namespace, version: int) -> Any:
    from netc.kernel.iptables import Iptables

    return Iptables(host, "ipv4" if version == 4 else "ipv6")
