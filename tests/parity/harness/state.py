"""The state of namespaces and state files, as lines that are the same whenever the state is.

Everything is read attribute by attribute from the kernel's own messages, not from netc's values: an attribute that
netc doesn't know may differ, too. What changes from run to run is named by its part: `port of c1 eth0` for the veth
end with a random name, `<mac>` for a MAC that nobody asked for.
"""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from harness import nat
from netc.kernel import Namespace, addresses, links, routes
from netc.kernel.rtnetlink import NLM_F_DUMP
from netc.lab import ruleset

#: What is counted, timed or numbered by the kernel.
_VOLATILE = re.compile(
    r"STATS|TIMER|CACHEINFO|CARRIER|OPERSTATE|LINKMODE|EVENT|NETNSID|ROOT_ID|BRIDGE_ID|GROUP_ADDR|DESIGNATED|_MAP\b|"
    r"PERM_ADDRESS|IFLA_BROADCAST|AF_SPEC|IFLA_PAD|TSO_MAX|GSO_|GRO_|NUM_[RT]X|XDP|PARENT_DEV|PROTO_DOWN|"
    r"BRPORT_(ID|NO|STATE|MESSAGE_AGE|TOPOLOGY|CONFIG|FORWARD|MULTICAST_ROUTER|MCAST_N_GROUPS)|HASH_|FDB_N|TOPOLOGY|QDISC|"
    r"MAX_MTU|MIN_MTU|NDA_PROBES|IFLA_LINK$|IFLA_MASTER$|IFLA_IFNAME$|IFLA_ADDRESS$|UNKNOWN|HEADROOM|TAILROOM|NETNS_IMM"
)
_volatile = cache(_VOLATILE.search)
_FLAGS = {0x1: "up", 0x8: "loopback", 0x80: "noarp", 0x100: "promisc", 0x200: "allmulti", 0x1000: "multicast"}
_TENTATIVE = 0x40 | 0x04
_ONLINK, _PERMANENT = 0x4, 0x80
_SETTLE_S = 10.0
_V4 = ("arp_notify", "arp_filter", "forwarding", "proxy_arp", "route_localnet", "rp_filter")
_V6 = (
    *("accept_dad", "accept_ra", "autoconf", "disable_ipv6", "enhanced_dad", "forwarding"),
    *("keep_addr_on_down", "ndisc_notify"),
)
_RANDOM = re.compile(r"\bveth[0-9a-f]{8}\b")
_MAC = re.compile(r"(?<![0-9a-f:])(?:[0-9a-f]{2}:){5}[0-9a-f]{2}(?![0-9a-f:])")
_LINK_LOCAL = re.compile(r"\bfe80::(?:[0-9a-f]{1,4}:){0,3}[0-9a-f]{1,4}\b")


class Roles:
    """What the names and MACs of one run stand for."""

    def __init__(self, given: str) -> None:
        self._given = given
        self._names: dict[str, str] = {}

    def learn(self, random_name: str, role: str) -> None:
        """From now on this is what the link is called."""
        self._names[random_name] = role

    def name(self, name: str) -> str:
        """The link's name, or its part in the run if the name is random."""
        return self._names.get(name, _RANDOM.sub("<veth>", name))

    def text(self, text: str) -> str:
        """A text with its random names and MACs replaced."""
        text = _RANDOM.sub(lambda found: self.name(found[0]), text)
        text = _LINK_LOCAL.sub("fe80::<mac>", text)
        return _MAC.sub(lambda found: found[0] if self.is_given(found[0]) else "<mac>", text)

    def is_given(self, mac: str) -> bool:
        """Whether somebody asked for this MAC, or every link of its kind has it."""
        return mac in self._given or mac.startswith("02:00:5e:00:00:") or mac in ("00:00:00:00:00:00", "ff" + ":ff" * 5)


class Links:
    """The links of all namespaces by index, to name them in other messages."""

    def __init__(self, namespaces: Mapping[str, Namespace], roles: Roles) -> None:
        self.messages = {place: _dump(it, links.RTM_GETLINK, links.query()) for place, it in namespaces.items()}
        self._roles = roles
        self._raw = {
            (place, message["index"]): message for place, listed in self.messages.items() for message in listed
        }
        for (place, index), message in self._raw.items():
            name = message.get_attr("IFLA_IFNAME")
            if place == "host" and _RANDOM.fullmatch(name):
                inner = self._inner(index)
                partner = self._raw.get(("host", message.get_attr("IFLA_LINK")))
                if inner is not None:
                    roles.learn(name, f"<port of {inner[0]} {inner[1]}>")
                elif partner is not None and message.get_attr("IFLA_LINK_NETNSID") is None:
                    roles.learn(name, f"<port of {partner.get_attr('IFLA_IFNAME')}>")

    def _inner(self, index: int) -> tuple[str, str] | None:
        """The veth in a container whose other end has this index in the host."""
        for (place, _), message in self._raw.items():
            if place != "host" and message.get_attr("IFLA_LINK") == index and _kind(message) == "veth":
                return place, message.get_attr("IFLA_IFNAME")
        return None

    @property
    def settled(self) -> bool:
        """Whether the kernel has acted upon every carrier that is there: only then does it give link-local addresses."""
        return all(
            message.get_attr("IFLA_OPERSTATE") in ("UP", "UNKNOWN")
            for message in self._raw.values()
            if message["flags"] & 0x1 and message.get_attr("IFLA_CARRIER")
        )

    def name(self, place: str, index: int | None) -> str:
        """The link's name or part."""
        message = self._raw.get((place, index or 0))
        return "-" if message is None else self._roles.name(message.get_attr("IFLA_IFNAME"))

    def parent(self, place: str, message: Any) -> str:
        """What a link is stacked on, or the other end of a veth."""
        parent = message.get_attr("IFLA_LINK")
        if not parent:
            return ""
        if message.get_attr("IFLA_LINK_NETNSID") is None:
            return self.name(place, parent)
        if place != "host":
            return f"host {self.name('host', parent)}"
        inner = self._inner(message["index"])
        return " ".join(inner) if inner else "elsewhere"

    def mac(self, place: str, name: str) -> str:
        """The link's MAC now; "" if there is no such link."""
        for message in self.messages.get(place, ()):
            if message.get_attr("IFLA_IFNAME") == name:
                return str(message.get_attr("IFLA_ADDRESS") or "")
        return ""


def _kind(message: Any) -> str:
    info = message.get_attr("IFLA_LINKINFO")
    return str(info.get_attr("IFLA_INFO_KIND") or "") if info is not None else ""


def _dump(namespace: Namespace, kind: int, query: Any) -> list[Any]:
    return namespace.read("dump", kind, query, NLM_F_DUMP)


def take(
    namespaces: Mapping[str, Namespace], roles: Roles, folders: Iterable[str], sysctls: Sequence[str]
) -> list[str]:
    """The state now, a line a fact, sorted. `sysctls` are further paths below /proc/sys/net to look at."""
    deadline = time.monotonic() + _SETTLE_S
    while not (found := Links(namespaces, roles)).settled and time.monotonic() < deadline:
        time.sleep(0.01)
    lines: list[str] = []
    for place, namespace in namespaces.items():
        for about in (_links, _vlans, _addresses, _routes, _rules, _neighbours, _qdiscs):
            lines += (f"{place} {line}" for line in about(place, namespace, found))
        lines += (f"{place} {line}" for line in _sysctls(place, namespace, found, sysctls))
    lines += (f"host {line}" for line in _firewall(namespaces["host"]))
    lines += _files(folders)
    return sorted(roles.text(line) for line in lines)


def _links(place: str, _: Namespace, found: Links) -> Iterator[str]:
    for message in found.messages[place]:
        name = found.name(place, message["index"])
        flags = " ".join(word for bit, word in _FLAGS.items() if message["flags"] & bit)
        yield f"link {name}: flags {flags}"
        yield f"link {name}: mac {message.get_attr('IFLA_ADDRESS')}"
        yield f"link {name}: master {found.name(place, message.get_attr('IFLA_MASTER'))}"
        yield f"link {name}: parent {found.parent(place, message)}"
        for path, value in _flat(message):
            yield f"link {name}: {path} {value}"
        if place == "host" and _kind(message) == "bridge":
            # 3: somebody has set the MAC, so that it doesn't follow the ports.
            yield f"link {name}: addr_assign_type {_read(f'/sys/class/net/{name}/addr_assign_type')}"


def _vlans(place: str, namespace: Namespace, found: Links) -> Iterator[str]:
    for message in found.messages[place]:
        if _kind(message) == "bridge" or message.get_attr("IFLA_MASTER"):
            for vlan in namespace.port_vlans(message["index"]):
                words = [word for word, set_ in (("pvid", vlan.pvid), ("untagged", vlan.untagged)) if set_]
                yield f"vlan {vlan.vid} on {found.name(place, message['index'])}: {' '.join(words) or 'tagged'}"


def _flat(message: Any, prefix: str = "") -> Iterator[tuple[str, object]]:
    """The lasting attributes of a message, nested ones by their path."""
    for slot in message["attrs"]:
        name = slot[0]
        if _volatile(name):
            continue
        path, value = f"{prefix}{name}".removeprefix("IFLA_LINKINFO."), slot[1]  # decoded only when it is looked at
        if isinstance(value, dict) and "attrs" in value:
            yield from _flat(value, f"{path}.")
        elif isinstance(value, dict):
            yield path, json.dumps({k: v for k, v in value.items() if k != "header"}, sort_keys=True, default=str)
        else:
            yield path, value


def _addresses(place: str, namespace: Namespace, found: Links) -> Iterator[str]:
    for message in _dump(namespace, addresses.RTM_GETADDR, addresses.message(0)):
        flags = message.get_attr("IFA_FLAGS")
        words = [f"scope {message['scope']}", f"flags {(message['flags'] if flags is None else flags) & ~_TENTATIVE}"]
        for path, value in _flat(message):
            if path in ("IFA_LOCAL", "IFA_BROADCAST", "IFA_ANYCAST", "IFA_PROTO"):
                words.append(f"{path} {value}")
            elif path == "IFA_LABEL":
                words.append(f"label {value}")
        address = f"{message.get_attr('IFA_ADDRESS')}/{message['prefixlen']}"
        yield f"address {address} on {found.name(place, message['index'])}: {', '.join(words)}"


def _routes(place: str, namespace: Namespace, found: Links) -> Iterator[str]:
    for message in _dump(namespace, routes.RTM_GETROUTE, routes.query(0, 0)):
        words = [f"{message.get_attr('RTA_DST') or ('default' if message['family'] == 2 else 'default6')}"]
        words[0] += f"/{message['dst_len']}"
        for field in ("proto", "scope", "type"):
            words.append(f"{field} {message[field]}")
        words.append("onlink" if message["flags"] & _ONLINK else "")
        for name, value in sorted(message["attrs"], key=lambda pair: str(pair[0])):
            if name in ("RTA_DST", "RTA_CACHEINFO"):
                continue
            if name == "RTA_OIF":
                words.append(f"dev {found.name(place, value)}")
            elif name == "RTA_METRICS":
                words += [f"{key} {number}" for key, number in value["attrs"]]
            elif name == "RTA_MULTIPATH":
                hops = [f"{hop.get_attr('RTA_GATEWAY')} dev {found.name(place, hop['oif'])}" for hop in value]
                words.append(f"hops {sorted(hops)}")
            else:
                words.append(f"{name.removeprefix('RTA_').lower()} {value}")
        yield f"route {' '.join(word for word in words if word)}"


def _rules(_: str, namespace: Namespace, __: Links) -> Iterator[str]:
    for family in (2, 10):
        for message in _dump(namespace, routes.RTM_GETRULE, routes.rule_query(family)):
            words = [f"{name} {value}" for name, value in message["attrs"]]
            yield f"rule v{4 if family == 2 else 6} {message['src_len']} {message['dst_len']} {' '.join(words)}"


def _neighbours(place: str, namespace: Namespace, found: Links) -> Iterator[str]:
    for entry in namespace.neighbours():
        if entry.state & _PERMANENT and not entry.ip.is_multicast:
            yield f"neighbour {entry.ip} is {entry.mac} on {found.name(place, entry.index)}"


def _qdiscs(place: str, namespace: Namespace, found: Links) -> Iterator[str]:
    for message in found.messages[place]:
        name = found.name(place, message["index"])
        for qdisc in namespace.qdiscs.on(message["index"]):
            if not qdisc.handle:  # the kernel's own
                continue
            yield f"qdisc {qdisc.kind} {qdisc.handle:x}: on {name}: parent {qdisc.parent:x} {qdisc.tbf or ''}"
            if qdisc.kind == "ingress":
                for one in namespace.qdiscs.filters_on(message["index"]):
                    to = [found.name(place, index) for index in one.redirects]
                    yield f"filter {one.kind} on {name}: priority {one.priority}, protocol {one.protocol}, to {to}"


def _sysctls(place: str, namespace: Namespace, found: Links, further: Sequence[str]) -> Iterator[str]:
    names = ["all", "default", *(message.get_attr("IFLA_IFNAME") for message in found.messages[place])]
    shown = {message.get_attr("IFLA_IFNAME"): found.name(place, message["index"]) for message in found.messages[place]}
    with namespace.entered():
        yield f"sysctl ipv4/ip_forward {_read('/proc/sys/net/ipv4/ip_forward')}"
        for path in further:
            yield f"sysctl {path} {_read(f'/proc/sys/net/{path}')}"
        for version, keys in ((4, _V4), (6, _V6)):
            for name in names:
                for key in keys:
                    value = _read(f"/proc/sys/net/ipv{version}/conf/{name}/{key}")
                    yield f"sysctl ipv{version}/conf/{shown.get(name, name)}/{key} {value}"


def _read(path: str) -> str | None:
    try:
        fd = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        return " ".join(os.read(fd, 4096).decode().split())
    except OSError:
        return None
    finally:
        os.close(fd)


def _firewall(host: Namespace) -> Iterator[str]:
    """What the rules mean; and those of iptables, and of bridges, as they stand."""
    listing = host.nft.listing("ruleset") or []
    saved = {}
    for family, program in (("ip", "iptables-save"), ("ip6", "ip6tables-save")):
        if family in ruleset.iptables_families(listing):
            with host.entered():
                saved[family] = subprocess.run([program], capture_output=True, text=True, check=True).stdout
    yield from nat.meaning(listing, saved)
    for family, text in saved.items():
        table = ""
        for line in text.splitlines():
            table = line[1:] if line.startswith("*") else table
            if line.startswith("-A") or (line.startswith(":") and line.split()[1] == "-"):
                yield f"iptables {family} {table} {line.split(' [')[0]}"
    for kind, name, detail in ruleset.facts(listing):
        if name.startswith("bridge "):
            yield f"{kind} {name} {detail}".rstrip()


def _files(folders: Iterable[str]) -> Iterator[str]:
    for folder in dict.fromkeys(folders):
        for root, _, names in os.walk(folder):
            for name in names:
                path = os.path.join(root, name)
                if path == "/var/lib/cni/.lock" or path.startswith("/var/lib/cni/results/"):
                    continue
                with open(path, "rb") as file:
                    yield f"file {path} {stat.S_IMODE(os.stat(path).st_mode):o} {file.read()!r}"
