"""sbr in process: what has one of the interface's addresses as its source is routed by a table of its own.

What it does key by key is on the reference plugin's page (https://www.cni.dev/plugins/current/meta/sbr/); where this
driver differs, NOTES.md says why. All it makes is in the container's namespace, and ends with that.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import partial
from ipaddress import ip_address, ip_network

from netc.cni.decode import Keys, base_config
from netc.cni.errors import failure
from netc.cni.plugin import Call, Handlers, Verb
from netc.cni.results import Ip, IpConfig, Result
from netc.dataclass import dataclass, replace
from netc.kernel import Kernel, KernelError, Link, Namespace, Route, Rule
from netc.plugins.attachment import container, container_if_there
from netc.plugins.interface import Undo, answering, saying, undoing
from netc.plugins.interface_config import known_addresses

_FIRST_TABLE, _MAIN = 100, 254
_SCOPE_LINK = 253
_FAMILIES = {4: 2, 6: 10}


@dataclass(frozen=True, slots=True)
class Config:
    """sbr's keys. `table` is None where the plugin makes its own; `gateways` are by IP version."""

    table: int | None
    gateways: dict[int, Ip]
    hints: bool


def read(call: Call) -> Config:
    """The configuration of a call; raises `CniError` (999)."""
    keys = Keys(call.config, prefix="failed to parse network configuration: ", struct="PluginConf")
    base_config(keys)
    table = keys.optional_integer("table")
    if table is not None and not 0 <= table < 1 << 32 and call.verb is not Verb.DEL:
        raise failure("failed to add rule: invalid argument")
    return Config(table, _gateways(keys.strings("gateways")), keys.boolean("addSourceHints"))


def _gateways(texts: tuple[str, ...]) -> dict[int, Ip]:
    if len(texts) > 2:
        raise failure("gateways list cannot contain more than 2 entries (one IPv4, one IPv6)")
    found: dict[int, Ip] = {}
    for text in texts:
        try:
            gateway = ip_address(text)
        except ValueError:
            raise failure(f"invalid static gateway IP address: {text}") from None
        if gateway.version in found:
            first = found[gateway.version]
            raise failure(f"gateways list contains multiple IPv{gateway.version} addresses: {first} and {gateway}")
        found[gateway.version] = gateway
    return found


@contextmanager
def _locked(namespace: Namespace) -> Iterator[None]:
    """Two that look for a free table at once would both take it: a lock on the namespace's file, as the reference's."""
    fd = os.open(f"/proc/self/fd/{namespace.fd}", os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


@answering
def _add(kernel: Kernel, call: Call) -> Result:
    config = read(call)
    result = _previous(call)
    ips = _own(call, result)
    inside = container(kernel, call)
    with _locked(inside), undoing() as undo:
        if config.table is not None:
            for ip in ips:
                _add_rule(inside, ip, config.table, undo)
        else:
            _move_routes(inside, _link(inside, call.env.ifname), ips, config, undo)
    return result


def _previous(call: Call) -> Result:
    result = call.prev_result()
    if result is None:
        raise failure("This plugin must be called as chained plugin")
    if not result.ips:
        raise failure(f"No IP addresses supplied on interface: {call.env.ifname}")
    return result


def _own(call: Call, result: Result) -> list[IpConfig]:
    """The addresses of the container's interface: those of no known interface count, too."""
    own = [
        ip
        for ip in result.ips
        if ip.interface is None
        or ip.interface >= len(result.interfaces)
        or result.interfaces[ip.interface].name == call.env.ifname
    ]
    if not own:
        raise failure(f"No IP addresses supplied on interface: {call.env.ifname}")
    return own


def _link(inside: Namespace, ifname: str) -> Link:
    link = inside.link(ifname)
    if link is None:
        raise failure(f"Cannot find network interface {ifname}: Link not found")
    return link


def _rule(ip: Ip, table: int) -> Rule:
    return Rule(family=_FAMILIES[ip.version], priority=0, table=table, src=ip_network(ip))


def _add_rule(inside: Namespace, ip: IpConfig, table: int, undo: Undo) -> None:
    """The rule that leads the address's traffic to its table; one that is there already will do."""
    rule = _rule(ip.address.ip, table)
    if _standing(inside, rule):
        return
    with saying("failed to add rule"):
        inside.add_rule(rule, first=True)
    undo(partial(_delete_rules, inside, {rule.src}, table))


def _standing(inside: Namespace, wanted: Rule) -> bool:
    return any((rule.src, rule.table) == (wanted.src, wanted.table) for rule in inside.rules(wanted.family))


def _move_routes(inside: Namespace, link: Link, ips: list[IpConfig], config: Config, undo: Undo) -> None:
    """A table for each address, filled with the interface's routes, which leave the main table."""
    moved = inside.routes(table=_MAIN, oif=link.index)
    for ip, table in zip(ips, _free_tables(inside), strict=False):
        _add_rule(inside, ip, table, undo)
        gateway = config.gateways.get(ip.address.version, ip.gateway)
        if gateway is not None:
            everywhere = ip_network("0.0.0.0/0" if gateway.version == 4 else "::/0")
            default = Route(everywhere, oif=link.index, gateway=gateway, table=table)
            with saying(f"Failed to add default route to {gateway}"):
                inside.add_route(default, exclusive=True)
            undo(partial(inside.delete_route, default))
        for route in moved:
            if _belongs(route, ip):
                copy = replace(route, table=table, flags=0)
                with saying("failed to add route"):
                    inside.add_route(copy, replace=True)
                undo(partial(inside.delete_route, copy))
    if config.hints:
        for ip in ips:
            hint = Route(ip.address.network, oif=link.index, src=ip.address.ip, scope=_SCOPE_LINK)
            with saying(f"failed to add the route to {ip.address.network}"):
                inside.add_route(hint, replace=True)
            undo(partial(inside.delete_route, hint))
    for route in moved:
        if config.hints and route.scope == _SCOPE_LINK:
            continue  # The hint stands in its place.
        with saying(f"failed to delete the route to {route.dst} from the main table"):
            inside.delete_route(route)
        undo(partial(inside.append_route, route))


def _free_tables(inside: Namespace) -> Iterator[int]:
    """Tables that no rule leads to and no route is in, from the first on."""
    used = {rule.table for family in _FAMILIES.values() for rule in inside.rules(family)}
    used |= {route.table for route in inside.routes(table=0)}
    table = _FIRST_TABLE
    while True:
        if table not in used:
            yield table
        table += 1


def _belongs(route: Route, ip: IpConfig) -> bool:
    """Whether a route is for this address: its source or gateway lies in the address's network, or it has neither."""
    network = ip.address.network
    known = [one for one in (route.src, route.gateway) if one is not None]
    return not known or any(one.version == network.version and one in network for one in known)


@answering
def _check(kernel: Kernel, call: Call) -> None:
    config = read(call)
    result = _previous(call)
    inside = container(kernel, call)
    link = _link(inside, call.env.ifname)
    for ip in _own(call, result):
        address = ip.address.ip
        tables = [rule.table for rule in inside.rules(_FAMILIES[address.version]) if rule.src == ip_network(address)]
        if config.table is not None:
            if config.table not in tables:
                raise failure(f"no rule leads what comes from {address} to table {config.table}")
            continue
        gateway = config.gateways.get(address.version, ip.gateway)
        wanted = gateway if gateway is not None and gateway.version == address.version else None
        if not any(_is_filled(inside, table, link, wanted) for table in tables):
            through = f" with a default route via {wanted}" if wanted else ""
            raise failure(f"no rule leads what comes from {address} to a table of {call.env.ifname}{through}")


def _is_filled(inside: Namespace, table: int, link: Link, gateway: Ip | None) -> bool:
    routes = inside.routes(table=table, oif=link.index)
    return any(gateway is None or (route.dst.prefixlen == 0 and route.gateway == gateway) for route in routes)


@answering
def _delete(kernel: Kernel, call: Call) -> None:
    """Delete the addresses' rules; what is in their tables goes with the interface."""
    config = read(call)
    inside = container_if_there(kernel, call)
    if inside is None or inside is kernel.here():
        return
    sources = {ip_network(address.ip) for address in known_addresses(inside, call) or ()}
    with _locked(inside), saying("failed to delete rules"):
        _delete_rules(inside, sources, config.table)


def _delete_rules(inside: Namespace, sources: Collection[object], table: int | None) -> None:
    for family in _FAMILIES.values():
        for rule in inside.rules(family):
            if rule.src in sources and table in (None, rule.table):
                try:
                    inside.delete_rule(rule)
                except KernelError as error:
                    if not error.is_missing():
                        raise


def _status(call: Call) -> None:
    read(call)


def handlers(kernel: Kernel) -> Handlers:
    """sbr as a plugin. It has nothing to collect: the namespace takes everything along."""
    return Handlers(
        add=partial(_add, kernel),
        check=partial(_check, kernel),
        delete=partial(_delete, kernel),
        status=_status,
        about="CNI sbr plugin of netc",
    )
