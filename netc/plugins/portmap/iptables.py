"""Port maps in iptables, chain by chain as the reference plugin makes them (plugin page, "Rule structure").

`CNI-HOSTPORT-DNAT` sends the ports of each container to a chain of its own, which marks what has to be masqueraded
and translates. The shared chains stay for ever.
"""

from __future__ import annotations

import errno as codes
import re
from collections.abc import Iterator, Set
from ipaddress import IPv4Interface, IPv6Interface

from netc.cni.errors import CniError, failure
from netc.cni.plugin import Call
from netc.dataclass import dataclass
from netc.kernel import KernelError, Namespace
from netc.kernel.iptables import Family, Iptables
from netc.plugins.attachment import hashed, refused
from netc.plugins.portmap.mappings import Config, Mapping, pairs

TOP, SET_MARK, MASQUERADE = "CNI-HOSTPORT-DNAT", "CNI-HOSTPORT-SETMARK", "CNI-HOSTPORT-MASQ"
_TABLE = "nat"
_CHAIN_LENGTH = 28
_COMMENT_LENGTH = 255
#: multiport takes no more.
_PORTS_A_RULE = 15
_FAMILIES: dict[int, Family] = {4: "ipv4", 6: "ipv6"}
_OWNED = re.compile(r'name: \\?"(?P<name>[^"\\]*)\\?" id: \\?"(?P<id>[^"\\]*)\\?".* -j (?P<chain>CNI-DN-\S+)$')

Rule = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Made:
    """A container's chain that an ADD made in one family."""

    tool: Iptables
    chain: str


def chain_name(call: Call) -> str:
    """The container's chain. The reference leaves the interface out of it: two of one container share a chain."""
    return hashed("CNI-DN-", call.name + call.env.container_id, _CHAIN_LENGTH)


def add(
    host: Namespace, call: Call, config: Config, addresses: tuple[IPv4Interface | IPv6Interface, ...]
) -> list[Made]:
    """Make the port maps and return the chains that were not there before. Raises `CniError`, leaving none of them."""
    made: list[Made] = []
    chain = chain_name(call)
    for address in addresses:
        tool = Iptables(host, _FAMILIES[address.version])
        try:
            with host.lock:  # Two that look for a shared rule at once would both make it.
                _lay_out(tool, config)
            if not tool.has_chain(_TABLE, chain):
                tool.ensure_chain(_TABLE, chain)
                made.append(Made(tool, chain))
            for rule in _rules(config, address):
                tool.append(_TABLE, chain, *rule)
            for rule in _jumps(call, config, address.version):
                tool.append(_TABLE, TOP, *rule)
        except KernelError as error:
            undo(made)
            raise refused(error, "unable to setup DNAT") from None
        except CniError:
            undo(made)
            raise
    return made


def undo(made: list[Made]) -> None:
    """Take an ADD's chains away again."""
    for item in made:
        _remove(item.tool, item.chain)


def _lay_out(tool: Iptables, config: Config) -> None:
    """The chains that all containers share."""
    mark = f"{1 << config.mark_bit:#x}/{1 << config.mark_bit:#x}"
    if config.snat and not config.external_chain:
        tool.ensure_chain(_TABLE, SET_MARK)
        comment = ("-m", "comment", "--comment", "CNI portfwd masquerade mark")
        tool.append(_TABLE, SET_MARK, *comment, "-j", "MARK", "--set-xmark", mark)
        tool.ensure_chain(_TABLE, MASQUERADE)
        tool.append(_TABLE, MASQUERADE, "-m", "mark", "--mark", mark, "-j", "MASQUERADE")
        comment = ("-m", "comment", "--comment", "CNI portfwd requiring masquerade")
        tool.insert(_TABLE, "POSTROUTING", *comment, "-j", MASQUERADE)
    tool.ensure_chain(_TABLE, TOP)
    for hook in ("PREROUTING", "OUTPUT"):
        tool.append(_TABLE, hook, "-m", "addrtype", "--dst-type", "LOCAL", "-j", TOP)


def _jumps(call: Call, config: Config, version: int) -> Iterator[Rule]:
    """The rules of the shared chain that lead to the container's, by protocol."""
    comment = f'dnat name: "{call.name}" id: "{call.env.container_id}"'
    if len(comment) > _COMMENT_LENGTH:
        comment = comment[: _COMMENT_LENGTH - 2] + "..."
    ports: dict[str, list[str]] = {}
    for mapping in config.mappings:
        ports.setdefault(mapping.protocol, []).append(str(mapping.host_port))
    for protocol in sorted(ports):
        for at in range(0, len(ports[protocol]), _PORTS_A_RULE):
            listed = ",".join(ports[protocol][at : at + _PORTS_A_RULE])
            match = ("-m", "comment", "--comment", comment, "-m", "multiport", "-p", protocol)
            yield (*match, "--destination-ports", listed, *config.conditions[version], "-j", chain_name(call))


def _rules(config: Config, address: IPv4Interface | IPv6Interface) -> Iterator[Rule]:
    """The rules of the container's chain, in the order of the mappings."""
    for mapping, _ in pairs(config, (address,)):
        base = _match(mapping)
        if config.snat:
            everything = "0.0.0.0/0" if address.version == 4 else "::/0"
            source = everything if config.masq_all else str(address)
            target = config.external_chain or SET_MARK
            yield (*base, "-s", source, "-j", target)
            if address.version == 4 and not config.masq_all:
                yield (*base, "-s", "127.0.0.1", "-j", target)
        ip = str(address.ip) if address.version == 4 else f"[{address.ip}]"
        yield (*base, "-j", "DNAT", "--to-destination", f"{ip}:{mapping.container_port}")


def _match(mapping: Mapping) -> Rule:
    host = mapping.address
    base = ("-p", mapping.protocol, "--dport", str(mapping.host_port))
    return (*base, "-d", str(host)) if host is not None else base


def check(host: Namespace, call: Call, config: Config, addresses: tuple[IPv4Interface | IPv6Interface, ...]) -> None:
    """Whether the container's chain has its rules, and the shared chain leads to it; raises `CniError`."""
    chain = chain_name(call)
    for address in addresses:
        family = _FAMILIES[address.version]
        tool = Iptables(host, family)
        lost = f"could not check {family} dnat: "
        if not tool.has_chain(_TABLE, chain):
            raise failure(f"{lost}chain {chain} not found in iptables table {_TABLE}")
        expected = [(chain, rule) for rule in _rules(config, address)]
        expected += [(TOP, rule) for rule in _jumps(call, config, address.version)]
        for where, rule in expected:
            if not tool.has_rule(_TABLE, where, *rule):
                raise failure(f"{lost}rule [{' '.join(rule)}] in chain {where} not found in table {_TABLE}")


def remove(host: Namespace, call: Call) -> None:
    """Take the container's chains away in both families; raises `CniError` where neither program works."""
    for tool in check_usable(host):
        _remove(tool, chain_name(call))


def check_usable(host: Namespace) -> list[Iptables]:
    """The families whose program works; raises `KernelError` if none does."""
    tools = [Iptables(host, family) for family in _FAMILIES.values()]
    usable = [tool for tool in tools if tool.usable(_TABLE, "OUTPUT")]
    if not usable:
        raise KernelError(codes.ENOENT, "iptables", reason="neither iptables nor ip6tables is usable")
    return usable


def _remove(tool: Iptables, chain: str) -> None:
    """A chain and the jumps to it, which are found by where they lead."""
    for line in tool.rules(_TABLE, TOP) or ():
        if line.endswith(f"-j {chain}"):
            tool.delete(_TABLE, TOP, *split(line)[2:])
    tool.delete_chain(_TABLE, chain)


def split(line: str) -> list[str]:
    """A line of `iptables -S` as arguments."""
    import shlex

    return shlex.split(line)


def collect(host: Namespace, network: str, valid: Set[str]) -> None:
    """Take away the chains of the network's containers that are not among the valid ones."""
    for tool in check_usable(host):
        for line in tool.rules(_TABLE, TOP) or ():
            owned = _OWNED.search(line)
            if owned and owned["name"] == network and owned["id"] not in valid:
                _remove(tool, owned["chain"])
