"""Routes and policy rules, as values and as messages."""

from __future__ import annotations

from ipaddress import IPv4Interface, IPv4Network, IPv6Interface, IPv6Network, ip_address, ip_network
from typing import Any

from netc.dataclass import dataclass
from netc.kernel.addresses import AF_INET, AF_INET6, Ip
from netc.kernel.rtnetlink import Message

RTM_NEWROUTE, RTM_DELROUTE, RTM_GETROUTE = 24, 25, 26
RTM_NEWRULE, RTM_DELRULE, RTM_GETRULE = 32, 33, 34
TABLE_MAIN, TABLE_LOCAL = 254, 255
SCOPE_UNIVERSE, SCOPE_LINK, SCOPE_HOST, SCOPE_NOWHERE = 0, 253, 254, 255
PROTO_UNSPEC, PROTO_KERNEL, PROTO_BOOT = 0, 2, 3
UNICAST = 1
_ONLINK = 0x4
_RULE_TO_TABLE = 1

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Hop:
    """One next hop of a multipath route."""

    gateway: Ip | None
    oif: int
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Route:
    """A route. `dst` is the all-zero network for a default route; `oif` a link's index; numbers are the kernel's.

    `mtu` and `advmss` are 0 where the route doesn't set them; `hops` is empty but for multipath routes.
    """

    dst: Network
    oif: int = 0
    gateway: Ip | None = None
    src: Ip | None = None
    table: int = TABLE_MAIN
    scope: int = SCOPE_UNIVERSE
    priority: int = 0
    protocol: int = PROTO_BOOT
    type: int = UNICAST
    mtu: int = 0
    advmss: int = 0
    flags: int = 0
    hops: tuple[Hop, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """A policy rule (`ip rule`): traffic that matches is looked up in `table`."""

    family: int
    priority: int
    table: int
    src: Network | None = None
    dst: Network | None = None
    fwmark: int = 0
    iif: str = ""
    oif: str = ""
    action: int = _RULE_TO_TABLE


def network(value: IPv4Interface | IPv6Interface) -> Network:
    """The network of an address with a prefix length, host bits cleared."""
    return value.network


def message(route: Route) -> Message:
    """The message about a route."""
    built = _blank(AF_INET if route.dst.version == 4 else AF_INET6, route.table)
    built["dst_len"], built["scope"] = route.dst.prefixlen, route.scope
    built["proto"], built["type"], built["flags"] = route.protocol, route.type, route.flags
    attrs = built["attrs"]
    attrs.append(["RTA_DST", str(route.dst.network_address)])
    for key, ip in (("RTA_GATEWAY", route.gateway), ("RTA_PREFSRC", route.src)):
        if ip is not None:
            attrs.append([key, str(ip)])
    for key, number in (("RTA_OIF", route.oif), ("RTA_PRIORITY", route.priority)):
        if number:
            attrs.append([key, number])
    metrics = [[key, value] for key, value in (("RTAX_MTU", route.mtu), ("RTAX_ADVMSS", route.advmss)) if value]
    if metrics:
        attrs.append(["RTA_METRICS", {"attrs": metrics}])
    return built


def query(family: int, table: int) -> Message:
    """The question for the routes of a family (0 for both) in one table (0 for all)."""
    return _blank(family, table)


def lookup(destination: Ip) -> Message:
    """The question which route traffic to `destination` takes."""
    built = _blank(AF_INET if destination.version == 4 else AF_INET6, 0)
    built["dst_len"] = destination.max_prefixlen
    built["attrs"].append(["RTA_DST", str(destination)])
    return built


def _blank(family: int, table: int) -> Message:
    from pyroute2.netlink.rtnl.rtmsg import rtmsg

    built = rtmsg()
    built["family"] = family
    # The header's field is a byte; the attribute holds any table.
    built["table"] = table if table < 256 else 252
    built["attrs"] = [["RTA_TABLE", table]] if table else []
    return built


def route(reply: Message) -> Route:
    """The route that a reply describes."""
    destination = reply.get_attr("RTA_DST") or ("0.0.0.0" if reply["family"] == AF_INET else "::")
    metrics = reply.get_attr("RTA_METRICS")
    gateway, src = reply.get_attr("RTA_GATEWAY"), reply.get_attr("RTA_PREFSRC")
    return Route(
        dst=ip_network(f"{destination}/{reply['dst_len']}"),
        oif=reply.get_attr("RTA_OIF") or 0,
        gateway=ip_address(gateway) if gateway else None,
        src=ip_address(src) if src else None,
        table=reply.get_attr("RTA_TABLE") or reply["table"],
        scope=reply["scope"],
        priority=reply.get_attr("RTA_PRIORITY") or 0,
        protocol=reply["proto"],
        type=reply["type"],
        mtu=(metrics.get_attr("RTAX_MTU") if metrics is not None else 0) or 0,
        advmss=(metrics.get_attr("RTAX_ADVMSS") if metrics is not None else 0) or 0,
        flags=reply["flags"] & _ONLINK,  # The other bits are the state of the link.
        hops=tuple(_hop(hop) for hop in reply.get_attr("RTA_MULTIPATH") or ()),
    )


def _hop(part: Message) -> Hop:
    gateway = part.get_attr("RTA_GATEWAY")
    return Hop(ip_address(gateway) if gateway else None, part["oif"], part["hops"] + 1)


def rule_message(rule: Rule, *, priority: bool = True) -> Message:
    """The message about a policy rule; without `priority` the kernel chooses it, below that of all but the first."""
    built = rule_query(rule.family)
    built["action"] = rule.action
    built["table"] = rule.table if rule.table < 256 else 252
    attrs: list[list[Any]] = [["FRA_TABLE", rule.table]]
    if priority:
        attrs.append(["FRA_PRIORITY", rule.priority])
    for key, length, net in (("FRA_SRC", "src_len", rule.src), ("FRA_DST", "dst_len", rule.dst)):
        if net is not None:
            built[length] = net.prefixlen
            attrs.append([key, str(net.network_address)])
    if rule.fwmark:
        attrs.append(["FRA_FWMARK", rule.fwmark])
    for key, name in (("FRA_IIFNAME", rule.iif), ("FRA_OIFNAME", rule.oif)):
        if name:
            attrs.append([key, name])
    built["attrs"] = attrs
    return built


def rule_query(family: int) -> Message:
    """The question for the policy rules of a family."""
    from pyroute2.netlink.rtnl.fibmsg import fibmsg

    built = fibmsg()
    built["family"] = family
    return built


def rule(reply: Message) -> Rule:
    """The policy rule that a reply describes."""

    def net(key: str, length: str) -> Network | None:
        value = reply.get_attr(key)
        return ip_network(f"{value}/{reply[length]}") if value else None

    return Rule(
        family=reply["family"],
        priority=reply.get_attr("FRA_PRIORITY") or 0,
        table=reply.get_attr("FRA_TABLE") or reply["table"],
        src=net("FRA_SRC", "src_len"),
        dst=net("FRA_DST", "dst_len"),
        fwmark=reply.get_attr("FRA_FWMARK") or 0,
        iif=reply.get_attr("FRA_IIFNAME") or "",
        oif=reply.get_attr("FRA_OIFNAME") or "",
        action=reply["action"],
    )
