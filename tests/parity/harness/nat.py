"""What NAT rules mean, whoever made them and with which program: lines that can be compared.

Masquerading is told as a source and the networks that it excludes; a port map as the host's side and the container's,
and the sources whose traffic through it is masqueraded.
"""

from __future__ import annotations

import re
import shlex
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_network
from typing import Any

Listing = Iterable[Mapping[str, Any]]
_PROTOCOLS = {6: "tcp", 17: "udp", 33: "dccp", 132: "sctp"}


def meaning(listing: Listing, saved: Mapping[str, str]) -> Iterator[str]:
    """The lines for an nftables ruleset (`nft -j list ruleset`) and the texts of iptables-save by family."""
    tables: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for item in listing:
        for kind, body in item.items():
            if kind in ("rule", "set", "map"):
                tables[body["family"], body["table"]].append(item)
    found: set[str] = set()
    found |= set(_netc_masquerade(tables["inet", "netc"]))
    found |= set(_netc_ports(tables["inet", "netc_portmap"]))
    found |= set(_reference_masquerade(tables["inet", "cni_plugins_masquerade"]))
    for family in ("ip", "ip6"):
        found |= set(_reference_ports(tables[family, "cni_hostport"]))
        found |= set(_iptables(family, saved.get(family, "")))
    yield from sorted(found)


def _masquerade(source: str, excluded: Iterable[str]) -> str:
    return f"masquerade from {source}, except to {', '.join(sorted(set(excluded)))}"


def _port(host: str, protocol: str, port: object, to: str, condition: str) -> str:
    return f"port {host or 'any'} {protocol} {port} -> {to}" + (f" if {condition}" if condition else "")


def _hairpin(source: str, container: str) -> str:
    return f"port masquerade from {ip_network(source)} to {container}"


# iptables -------------------------------------------------------------------------------------------------------------


def _iptables(family: str, text: str) -> Iterator[str]:
    chains: dict[str, list[list[str]]] = defaultdict(list)
    table = ""
    for line in text.splitlines():
        table = line[1:] if line.startswith("*") else table
        if table == "nat" and line.startswith("-A"):
            words = shlex.split(line)
            chains[words[1]].append(words[2:])
    for rule in chains["POSTROUTING"]:
        target = _option(rule, "-j")
        if "-s" in rule and re.fullmatch("CNI-[0-9a-f]{24}", target):
            excluded = [_option(one, "-d") for one in chains[target]]
            yield _masquerade(_option(rule, "-s").split("/")[0], excluded)
    for rule in chains["CNI-HOSTPORT-DNAT"]:
        condition = _condition(rule)
        for one in chains[_option(rule, "-j")]:
            container = next(
                _target(other)
                for other in chains[_option(rule, "-j")]
                if _option(other, "-j") == "DNAT" and _option(other, "--dport") == _option(one, "--dport")
            )
            if _option(one, "-j") == "DNAT":
                host = _option(one, "-d").split("/")[0] or ("any4" if family == "ip" else "any6")
                yield _port(host, _option(one, "-p"), _option(one, "--dport"), "{}:{}".format(*container), condition)
            else:
                yield _hairpin(_option(one, "-s") or ("0.0.0.0/0" if family == "ip" else "::/0"), container[0])


def _option(rule: list[str], name: str) -> str:
    return rule[rule.index(name) + 1] if name in rule else ""


def _target(rule: list[str]) -> tuple[str, str]:
    address, _, port = _option(rule, "--to-destination").rpartition(":")
    return address.strip("[]"), port


def _condition(rule: list[str]) -> str:
    words = []
    for name in ("-s", "-i", "-d"):
        if name in rule:
            at = rule.index(name)
            words.append(("! " if rule[at - 1] == "!" else "") + f"{name} {rule[at + 1]}")
    return " ".join(words)


# nftables, the reference ----------------------------------------------------------------------------------------------


def _rules(table: list[Mapping[str, Any]], chain: str) -> Iterator[list[Mapping[str, Any]]]:
    for item in table:
        if "rule" in item and item["rule"]["chain"] == chain:
            yield item["rule"]["expr"]


def _matches(rule: list[Mapping[str, Any]]) -> Iterator[tuple[str, str, Any]]:
    """(field, operator, value) of what a rule compares."""
    for expression in rule:
        if "match" in expression:
            match = expression["match"]
            left = match["left"]
            field = left.get("payload", left.get("meta", left.get("fib", {}))) if isinstance(left, dict) else {}
            yield field.get("field", field.get("key", "?")), match["op"], _value(match["right"])


def _value(value: Any) -> Any:
    if isinstance(value, dict) and "prefix" in value:
        return f"{value['prefix']['addr']}/{value['prefix']['len']}"
    return value


def _reference_masquerade(table: list[Mapping[str, Any]]) -> Iterator[str]:
    multicast = {4: [], 6: []}
    for rule in _rules(table, "postrouting"):
        for _, _, value in _matches(rule):
            multicast[6 if ":" in value else 4].append(value)
    for rule in _rules(table, "masq_checks"):
        values = {field: value for field, _, value in _matches(rule)}
        yield _masquerade(values["saddr"], [values["daddr"], *multicast[6 if ":" in values["saddr"] else 4]])


def _reference_ports(table: list[Mapping[str, Any]]) -> Iterator[str]:
    condition = ""
    for rule in _rules(table, "prerouting"):
        condition = _nft_condition(rule)
    for rule in _rules(table, "hostports"):
        host = protocol = port = ""
        for expression in rule:
            if "match" in expression:
                field = expression["match"]["left"]["payload"]
                if field["field"] == "dport":
                    protocol, port = field["protocol"], expression["match"]["right"]
                else:
                    host = expression["match"]["right"]
            elif "dnat" in expression:
                to = expression["dnat"]
        host = host or ("any6" if ":" in to["addr"] else "any4")
        yield _port(host, protocol, port, f"{to['addr']}:{to['port']}", condition)
    for rule in _rules(table, "masquerading"):
        values = {field: value for field, _, value in _matches(rule)}
        yield _hairpin(values["saddr"], values["daddr"])


def _nft_condition(rule: list[Mapping[str, Any]]) -> str:
    names = {"saddr": "-s", "iifname": "-i"}
    return " ".join(
        ("! " if operator == "!=" else "") + f"{names[field]} {value}"
        for field, operator, value in _matches(rule)
        if field in names
    )


# nftables, netc -------------------------------------------------------------------------------------------------------


def _elements(table: list[Mapping[str, Any]]) -> Iterator[tuple[str, list[Any], list[Any]]]:
    """(set or map, the parts of the key, the parts of what it leads to) of each element."""
    for item in table:
        body = item.get("map") or item.get("set") or {}
        for entry in body.get("elem", ()):
            key, data = (entry[0], entry[1]["concat"]) if "map" in item else (entry, [])
            key = key.get("elem", {"val": key})["val"] if isinstance(key, dict) else key
            yield body["name"], [_value(part) for part in key["concat"]] if isinstance(key, dict) else [key], data


def _netc_masquerade(table: list[Mapping[str, Any]]) -> Iterator[str]:
    returned: dict[int, list[str]] = {4: [], 6: []}
    active = set()
    for rule in _rules(table, "masquerade"):
        for field, _, value in _matches(rule):
            if field == "daddr" and not str(value).startswith("@"):
                returned[6 if ":" in value else 4].append(value)
            elif {"masquerade": None} in rule:
                active.add(value)
    excluded = defaultdict(list)
    listed = list(_elements(table))
    for name, key, _ in listed:
        if name.startswith("subnets"):
            excluded[key[0]].append(key[1])
    for name, key, _ in listed:
        if name.startswith("masquerade") and f"@{name}" in active:
            yield _masquerade(key[0], [*excluded[key[0]], *returned[int(name[-1])]])


def _netc_ports(table: list[Mapping[str, Any]]) -> Iterator[str]:
    for name, key, data in _elements(table):
        if name.startswith("masquerade"):
            yield _hairpin(key[0], key[1])
        else:
            *host, protocol, port = key
            where = host[0] if host else f"any{name[-1]}"
            yield _port(where, _PROTOCOLS.get(protocol, protocol), port, f"{data[0]}:{data[1]}", "")
    for rule in _rules(table, "conditional"):
        values = {field: value for field, _, value in _matches(rule)}
        payloads = (one["match"]["left"].get("payload", {}) for one in rule if "match" in one)
        values.setdefault("l4proto", next((one["protocol"] for one in payloads if one.get("field") == "dport"), None))
        to = next(one["dnat"] for one in rule if "dnat" in one)
        host = values.get("daddr", "any6" if ":" in to["addr"] else "any4")
        protocol = _PROTOCOLS.get(values["l4proto"], values["l4proto"])
        yield _port(host, protocol, values["dport"], f"{to['addr']}:{to['port']}", _nft_condition(rule))
