"""The attributes of network values, keys of objects, elements of lists: `c.network`, `n.name`, `list[0]`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from netc.lang.refusal import Refusal, a, wrong_type
from netc.lang.values import Cidr, Data, Ip, IpRange, List, Object, Val, type_name
from netc.sources import Span


def first_host(cidr: Cidr) -> Ip:
    """The first usable address: not the network address, but of a /31, /32, /127 and /128 the first of all."""
    network = cidr.network
    return network[0] if network.prefixlen >= network.max_prefixlen - 1 else network[1]


def last_host(cidr: Cidr) -> Ip:
    """The last usable address: not IPv4's broadcast address, where there is one."""
    network = cidr.network
    return network[-2] if network.version == 4 and network.prefixlen < 31 else network[-1]


def _broadcast(cidr: Cidr) -> Ip | None:
    network = cidr.network
    return network[-1] if network.version == 4 and network.prefixlen < 31 else None


_CIDR: dict[str, Callable[[Cidr], Data]] = {
    "ip": lambda c: c.ip,
    "network": lambda c: Cidr(c.network[0], c.prefix),
    "first": first_host,
    "last": last_host,
    "broadcast": _broadcast,
    "prefix": lambda c: c.prefix,
    "family": lambda c: c.ip.version,
    "size": lambda c: c.network.num_addresses,
    "netmask": lambda c: c.network.netmask,
}
_IP: dict[str, Callable[[Ip], Data]] = {"family": lambda ip: ip.version}
_RANGE: dict[str, Callable[[IpRange], Data]] = {
    "first": lambda r: r.first,
    "last": lambda r: r.last,
    "size": lambda r: int(r.last) - int(r.first) + 1,
    "family": lambda r: r.first.version,
}
_BY_TYPE: dict[type, dict[str, Callable[[Any], Data]]] = {
    Cidr: _CIDR,
    IPv4Address: _IP,
    IPv6Address: _IP,
    IpRange: _RANGE,
}


def attribute(base: Data, name: str, span: Span) -> Val:
    """`base.name`, an expression that stands at `span`; raises `Refusal`."""
    if isinstance(base, Object):
        return key(base, name)
    table = _BY_TYPE.get(type(base))
    if table is None:
        if base is None:
            raise wrong_type(f"null has no {name!r}", f"test it before: x == null ? ... : x.{name}")
        help = "len(x) is its length" if isinstance(base, (List, str)) and name in ("length", "len", "size") else None
        raise wrong_type(f"{a(type_name(base))} has no attributes", help)
    if name not in table:
        raise _unknown(f"{a(type_name(base))} has no attribute {name!r}", name, table)
    return Val(table[name](base), span)


def index(base: Data, at: Data) -> Val:
    """`base[at]`; raises `Refusal`."""
    if isinstance(base, List):
        if isinstance(at, bool) or not isinstance(at, int):
            raise wrong_type(f"a list's index is an int, not {a(type_name(at))}")
        if not 0 <= at < len(base.items):
            count = len(base.items)
            having = f"has {count} element{'s' if count != 1 else ''}: 0 to {count - 1}" if count else "is empty"
            raise Refusal(f"no element {at}: the list {having}")
        return base.items[at]
    if isinstance(base, Object):
        if not isinstance(at, str):
            raise wrong_type(f"a key is a string, not {a(type_name(at))}")
        return key(base, at)
    raise wrong_type(f"only lists and objects have elements, not {a(type_name(base))}")


def key(base: Object, name: str) -> Val:
    """The value of a key; raises `Refusal`."""
    field = base.fields.get(name)
    if field is None:
        raise _unknown(f"no key {name!r} in this object", name, base.fields)
    return field.value


def _unknown(message: str, name: str, known: Iterable[str]) -> Refusal:
    from netc.lang.codes import UNKNOWN_NAME
    from netc.spelling import suggest

    return Refusal(message, suggest(name, known), code=UNKNOWN_NAME.code)
