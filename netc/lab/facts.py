"""The kernel's state and state files as facts, each in words.

A fact has a kind, and a name that tells it from the others of its kind; its details may change while it stays the same
fact. What the kernel makes by itself (local routes, link-local addresses) is left out.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress

from netc.kernel import Address, KernelError, Link, Namespace, Route, Rule
from netc.lab import ruleset
from netc.lab.filesystem import STATE

Details = tuple[tuple[str, str], ...]
#: Kind, name, details.
Fact = tuple[str, str, Details]

_TABLE_MAIN, _TABLE_LOCAL = 254, 255
_PROTO_KERNEL = 2
_STATE_PERMANENT = 0x80
_RULE_PRIORITIES = (0, 32766, 32767)
_ROUTE_TYPES = {1: "", 2: "local", 6: "blackhole", 7: "unreachable", 8: "prohibit"}
#: Sysctls that plugins write: of the namespace, and of each link.
SYSCTLS = ("net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding")
LINK_SYSCTLS = (
    *("net/ipv4/conf/{}/" + name for name in ("arp_notify", "proxy_arp", "route_localnet", "rp_filter")),
    *("net/ipv6/conf/{}/" + name for name in ("accept_dad", "accept_ra", "disable_ipv6", "ndisc_notify")),
)
#: Of a file in a state folder, so much is read.
_FILE_BYTES = 200


def links(namespace: Namespace) -> Iterator[Fact]:
    """The links."""
    found = {link.index: link for link in namespace.links()}
    for link in found.values():
        yield "link", link.name, tuple(_link(link, found))


def on_links(namespace: Namespace) -> Iterator[Fact]:
    """Addresses, routes, policy rules, permanent neighbours, queueing disciplines and their filters."""
    links = {link.index: link for link in namespace.links()}
    for address in namespace.addresses():
        if not (address.address.version == 6 and address.address.ip.is_link_local):
            yield "address", f"{address.address} on {_name(address.index, links)}", _address(address)
    for route in namespace.routes(table=0):
        if not _is_local_noise(route):
            yield "route", _route(route, links), ()
    for family in (2, 10):
        for rule in namespace.rules(family):
            if rule.priority not in _RULE_PRIORITIES:
                yield "rule", _rule(rule), ()
    for entry in namespace.neighbours():
        if entry.state & _STATE_PERMANENT and entry.mac and not entry.ip.is_multicast:
            yield "neighbour", f"{entry.ip} is {entry.mac} on {_name(entry.index, links)}", ()
    for link in links.values():
        yield from _qdiscs(namespace, link, links)


def _name(index: int, links: Mapping[int, Link]) -> str:
    return links[index].name if index in links else f"link {index}"


def _link(link: Link, links: Mapping[int, Link]) -> Iterator[tuple[str, str]]:
    yield "", link.kind
    yield "state", "up" if link.up else "down"
    yield "mtu", str(link.mtu)
    yield "mac", "" if link.loopback else link.mac
    yield "master", _name(link.master, links) if link.master else ""
    flags = {"promisc": link.promisc, "allmulti": link.allmulti}
    if link.port is not None:
        flags |= {"hairpin": link.port.hairpin, "isolated": link.port.isolated}
    yield "flags", " ".join(name for name, on in flags.items() if on)
    yield "alias", link.alias


def _address(address: Address) -> Details:
    return (("peer", str(address.peer) if address.peer else ""), ("", "in use" if address.dad_failed else ""))


def _is_local_noise(route: Route) -> bool:
    if route.table == _TABLE_LOCAL or route.dst.is_multicast:
        return True
    return route.protocol == _PROTO_KERNEL and route.dst.version == 6 and route.dst.is_link_local


def _route(route: Route, links: Mapping[int, Link]) -> str:
    words = [_ROUTE_TYPES.get(route.type, f"type {route.type}"), str(route.dst) if route.dst.prefixlen else "default"]
    words[1] += " (v6)" if not route.dst.prefixlen and route.dst.version == 6 else ""
    words += [f"via {route.gateway}" if route.gateway else "", f"dev {_name(route.oif, links)}" if route.oif else ""]
    words += [f"via {hop.gateway or ''} dev {_name(hop.oif, links)} weight {hop.weight}" for hop in route.hops]
    words += [
        f"{word} {value}"
        for word, value, plain in (
            ("src", str(route.src or ""), ""),
            ("table", route.table, _TABLE_MAIN),
            ("metric", route.priority, 0 if route.dst.version == 4 else 1024),
            ("mtu", route.mtu, 0),
            ("advmss", route.advmss, 0),
        )
        if value != plain and not (word == "metric" and route.protocol == _PROTO_KERNEL)
    ]
    return " ".join(word for word in words if word)


def _rule(rule: Rule) -> str:
    words = [f"{rule.priority}:", f"from {rule.src or 'all'}", f"to {rule.dst}" if rule.dst else ""]
    words += [f"fwmark {rule.fwmark:#x}" if rule.fwmark else "", f"iif {rule.iif}" if rule.iif else ""]
    words += [f"oif {rule.oif}" if rule.oif else "", f"lookup {rule.table}", "(v6)" if rule.family == 10 else ""]
    return " ".join(word for word in words if word)


def _qdiscs(namespace: Namespace, link: Link, links: Mapping[int, Link]) -> Iterator[Fact]:
    for qdisc in namespace.qdiscs.on(link.index):
        if not qdisc.handle:  # the kernel's default
            continue
        details: Details = ()
        if qdisc.tbf is not None:
            details = (("rate", _rate(qdisc.tbf.rate * 8)), ("limit", f"{qdisc.tbf.limit} bytes"))
        yield "qdisc", f"{qdisc.kind} on {link.name}", details
        if qdisc.kind == "ingress":
            for found in namespace.qdiscs.filters_on(link.index):
                to = " ".join(_name(index, links) for index in found.redirects)
                yield "filter", f"{found.kind} on {link.name}" + (f": redirect to {to}" if to else ""), ()


def _rate(bits: int) -> str:
    """`100 Mbit/s`: the largest unit that says it exactly."""
    for unit in ("", "k", "M", "G"):
        if bits % 1000 or not bits or unit == "G":
            return f"{bits} {unit}bit/s"
        bits //= 1000
    raise AssertionError("the loop returns")


def firewall(namespace: Namespace) -> Iterator[Fact]:
    """nftables, and iptables where rules are its own."""
    listing: list[dict[str, object]] = []
    with suppress(KernelError):  # no nft on this machine: then no plugin has used it, either
        listing = namespace.nft.listing("ruleset") or []
    told = {}
    for family in sorted(legacy_families(namespace) | ruleset.iptables_families(listing)):
        saved = _iptables(namespace, "iptables" if family == "ip" else "ip6tables")
        if saved is not None:
            told[family] = saved
    for kind, name, detail in ruleset.facts(listing, without=told):
        yield kind, name, (("", detail),) if detail else ()
    for facts in told.values():
        yield from facts


def legacy_families(namespace: Namespace) -> set[str]:
    """`ip` and `ip6` where iptables-legacy has tables, which nftables knows nothing of."""
    found = set()
    with namespace.entered():
        for family in ("ip", "ip6"):
            if _read(f"/proc/thread-self/net/{family}_tables_names"):
                found.add(family)
    return found


def _iptables(namespace: Namespace, name: str) -> list[Fact] | None:
    """What iptables-save says; None where the machine has no such program."""
    import subprocess

    from netc.kernel.nft import find_program

    program = find_program(f"{name}-save")
    if program is None:
        return None
    with namespace.entered():
        done = subprocess.run([program], capture_output=True, text=True, check=False)
    table = ""
    found: list[Fact] = []
    for line in done.stdout.splitlines():
        if line.startswith("*"):
            table = line[1:]
        elif line.startswith("-A "):
            found.append((f"{name} rule", f"{table} {line[3:]}", ()))
        elif line.startswith(":") and line.split()[1] == "-":
            found.append((f"{name} chain", f"{table} {line[1:].split()[0]}", ()))
    return found


def sysctls(namespace: Namespace, named: Sequence[str], links: Sequence[str]) -> Iterator[Fact]:
    """The named ones; of each link, those that differ from what a new link starts with."""
    with namespace.entered():
        for path in dict.fromkeys((*SYSCTLS, *named)):
            value = _read(f"/proc/sys/{path}")
            if value is not None:
                yield "sysctl", path.replace("/", "."), (("", value),)
        for pattern in LINK_SYSCTLS:
            default = _read(f"/proc/sys/{pattern.format('default')}")
            for path in (pattern.format(link) for link in links if link != "lo"):
                value = _read(f"/proc/sys/{path}")
                if path not in named and value is not None and value != default:
                    yield "sysctl", path.replace("/", "."), (("", value),)


def _read(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return " ".join(file.read(_FILE_BYTES).split())
    except OSError:
        return None


def files(folders: Iterable[str]) -> Iterator[Fact]:
    """The files below the folders, each with the beginning of what is in it."""
    for folder in dict.fromkeys(folders):
        for root, _, names in sorted(os.walk(folder)):
            for name in sorted(names):
                path = os.path.join(root, name)
                if not _is_ours(path) and os.path.isfile(path):
                    yield "file", path, (("", _read(path) or ""),)


def _is_ours(path: str) -> bool:
    """Files of the sandbox itself, names of its namespaces, and what netc's own runtime keeps in its cache's folder."""
    if os.path.dirname(path) in (STATE, f"{STATE}/results"):
        return True
    return path.startswith(("/run/netc/", "/run/netns/", "/run/root/"))
