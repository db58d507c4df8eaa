"""firewall in process: the host forwards what the container sends, and the answers; bridges may be kept apart.

Chain by chain as the reference plugin makes them with iptables (https://www.cni.dev/plugins/current/meta/firewall/); by
nftables where the host has no iptables, or the configuration asks for it.
"""

from __future__ import annotations

import errno as codes
from collections.abc import Iterator
from functools import partial
from ipaddress import IPv4Interface, IPv6Interface, ip_interface

from netc.cni.decode import Keys, base_config
from netc.cni.errors import CniError, Code, failure
from netc.cni.gojson import quote
from netc.cni.plugin import Call, Handlers
from netc.cni.results import IpConfig, Result
from netc.dataclass import dataclass
from netc.kernel import Kernel, KernelError, Namespace
from netc.kernel.iptables import PROGRAMS, Family, Iptables
from netc.kernel.nft import find_program
from netc.plugins import ALL_VERSIONS
from netc.plugins.attachment import Owner, container_if_there, refused
from netc.plugins.firewall import nftables
from netc.plugins.interface import answering, undoing

_TABLE, _FORWARD = "filter", "FORWARD"
_ACCEPTED, ADMIN = "CNI-FORWARD", "CNI-ADMIN"
_STAGE_1, _STAGE_2 = "CNI-ISOLATION-STAGE-1", "CNI-ISOLATION-STAGE-2"
_COMMENT = "CNI firewall plugin rules"
_FAMILIES: dict[int, Family] = {4: "ipv4", 6: "ipv6"}

Rule = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Config:
    """firewall's keys. `policy` is "" for an open network, else `same-bridge` or `isolated`."""

    backend: str
    admin_chain: str
    policy: str


def read(call: Call) -> Config:
    """The configuration of a call; raises `CniError` (999)."""
    keys = Keys(call.config, struct="FirewallNetConf")
    base_config(keys)
    keys.string("firewalldZone")
    policy = keys.string("ingressPolicy")
    if policy not in ("", "open", "same-bridge", "isolated"):
        raise failure(f"unknown ingress policy: {quote(policy)}")
    return Config(
        keys.string("backend"), keys.string("iptablesAdminChainName") or ADMIN, "" if policy == "open" else policy
    )


@answering
def _add(kernel: Kernel, call: Call) -> Result:
    config, result = _given(call)
    bridge = _bridge(config, result)
    host = kernel.here()
    if _by_nftables(config):
        owned = nftables.accepting(Owner.of(call), _addresses(result))
        nftables.add(host.nft, [*owned, *nftables.parting(bridge, config.policy)])
        return result
    with undoing() as undo:
        undo(lambda: _remove(host, result))
        for version in _versions(result):
            tool = Iptables(host, _FAMILIES[version])
            with host.lock:  # Two that look for a shared rule at once would both make it.
                for chain in (_ACCEPTED, config.admin_chain):
                    _ensure_chain(tool, chain)
                for chain, rule in _shared_rules(config):
                    tool.insert(_TABLE, chain, *rule)
                if config.policy:
                    _isolate(tool, bridge, config.policy)
            for rule in _accepting(result, version):
                tool.append(_TABLE, _ACCEPTED, *rule)
    return result


def _by_nftables(config: Config) -> bool:
    """Whether nftables does it: asked for, or there is nothing else to do it with."""
    if config.backend == "nftables":
        return True
    return config.backend != "iptables" and not any(find_program(name) for name in PROGRAMS.values())


def _addresses(result: Result) -> list[IPv4Interface | IPv6Interface]:
    return [ip.address for ip in result.ips]


def _given(call: Call) -> tuple[Config, Result]:
    config, result = read(call), call.prev_result()
    if result is None:
        raise failure("missing prevResult from earlier plugin")
    if config.backend == "firewalld":
        raise failure("netc speaks to no firewalld: run the reference plugin, or set backend to iptables")
    return config, result


def _ensure_chain(tool: Iptables, chain: str) -> None:
    try:
        tool.ensure_chain(_TABLE, chain)
    except KernelError as error:
        raise refused(error, "failed to check iptables chain existence") from None


def _versions(result: Result) -> list[int]:
    return sorted({ip.address.version for ip in result.ips})


def _shared_rules(config: Config) -> Iterator[tuple[str, Rule]]:
    """The rules that lead to a container's, each the first of its chain when it is made."""
    yield _FORWARD, ("-m", "comment", "--comment", _COMMENT, "-j", _ACCEPTED)
    comment = "CNI firewall plugin admin overrides"
    yield _ACCEPTED, ("-m", "comment", "--comment", comment, "-j", config.admin_chain)


def _accepting(result: Result, version: int) -> Iterator[Rule]:
    """What is accepted: answers to each address, and all that comes from it."""
    for ip in result.ips:
        if ip.address.version == version:
            address = str(ip_interface(ip.address.ip))
            yield ("-d", address, "-m", "conntrack", "--ctstate", "RELATED,ESTABLISHED", "-j", "ACCEPT")
            yield ("-s", address, "-j", "ACCEPT")


def _bridge(config: Config, result: Result) -> str:
    """The bridge that a policy is about: the result's first interface."""
    if not config.policy:
        return ""
    if not result.interfaces:
        raise failure(
            f"interface needs to be set for ingress policy {quote(config.policy)}, "
            'make sure to chain "firewall" plugin with "bridge"'
        )
    if not result.interfaces[0].name:
        raise failure("got empty bridge name")
    return result.interfaces[0].name


def _isolate(tool: Iptables, bridge: str, policy: str) -> None:
    """Drop what comes from one listed bridge and leaves by another; `isolated`, by the same one, too."""
    shared = ("-m", "comment", "--comment", f"{_COMMENT} (ingressPolicy: same-bridge|isolated)")
    own = ("-m", "comment", "--comment", f"{_COMMENT} (ingressPolicy: {policy})")
    for chain in (_STAGE_1, _STAGE_2):
        tool.ensure_chain(_TABLE, chain)
    tool.insert(_TABLE, _FORWARD, *shared, "-j", _STAGE_1)
    tool.insert(_TABLE, _STAGE_1, "-i", bridge, "!", "-o", bridge, *own, "-j", _STAGE_2)
    if policy == "isolated":
        tool.insert(_TABLE, _STAGE_1, "-i", bridge, "-o", bridge, *own, "-j", "DROP")
    tool.append(_TABLE, _STAGE_1, *shared, "-j", "RETURN")
    tool.insert(_TABLE, _STAGE_2, "-o", bridge, *shared, "-j", "DROP")
    tool.append(_TABLE, _STAGE_2, *shared, "-j", "RETURN")


@answering
def _check(kernel: Kernel, call: Call) -> None:
    config, result = _given(call)
    host = kernel.here()
    if _by_nftables(config):
        parting = nftables.parting(_bridge(config, result), config.policy)
        nftables.check(host.nft, [*nftables.accepting(Owner.of(call), _addresses(result)), *parting])
        return
    for version in _versions(result):
        tool = Iptables(host, _FAMILIES[version])
        expected = [(chain, f"{chain} rule", rule) for chain, rule in _shared_rules(config)]
        expected += [(_ACCEPTED, "rule", rule) for rule in _accepting(result, version)]
        for chain, what, rule in expected:
            if not tool.has_rule(_TABLE, chain, *rule):
                raise failure(f"expected {what} [{' '.join(rule)}] not found")


@answering
def _delete(kernel: Kernel, call: Call) -> None:
    config, result = read(call), call.prev_result()
    if _by_nftables(config):
        owner = Owner.of(call)
        known = None if result is None else nftables.accepting(owner, _addresses(result))
        nftables.remove(kernel.here().nft, owner, known)
        return
    result = result or _as_it_is(kernel, call)
    if result is not None:
        _remove(kernel.here(), result)


def _as_it_is(kernel: Kernel, call: Call) -> Result | None:
    """The addresses that the container's interface has: nobody has a result of an ADD that failed or was killed."""
    inside = container_if_there(kernel, call)
    link = inside.link(call.env.ifname) if inside is not None else None
    if inside is None or link is None:
        return None
    return Result(ips=tuple(IpConfig(one.address) for one in inside.addresses(link.index) if one.scope == 0))


def _remove(host: Namespace, result: Result) -> None:
    """Withdraw what is accepted for the result's addresses; a machine without iptables has nothing to withdraw."""
    for version in _versions(result):
        tool = Iptables(host, _FAMILIES[version])
        try:
            for rule in _accepting(result, version):
                tool.delete(_TABLE, _ACCEPTED, *rule)
        except KernelError as error:
            if error.errno != codes.ENOENT:
                raise


@answering
def _status(kernel: Kernel, call: Call) -> None:
    if _by_nftables(read(call)):
        try:
            kernel.here().nft.listing("tables")
        except KernelError as error:
            raise CniError(Code.PLUGIN_NOT_AVAILABLE, f"firewall needs nftables: {error.reason}", error.hint) from None
    elif not any(Iptables(kernel.here(), family).usable() for family in _FAMILIES.values()):
        raise CniError(Code.PLUGIN_NOT_AVAILABLE, "firewall needs iptables: neither iptables nor ip6tables is usable")


def handlers(kernel: Kernel) -> Handlers:
    """firewall as a plugin."""
    return Handlers(
        add=partial(_add, kernel),
        check=partial(_check, kernel),
        delete=partial(_delete, kernel),
        status=partial(_status, kernel),
        versions=ALL_VERSIONS[ALL_VERSIONS.index("0.4.0") :],
        about="CNI firewall plugin of netc",
    )
