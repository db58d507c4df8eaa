"""What an attach saw, as far as a picture shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netc.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Interface:
    """An interface as it was between ADD and DEL."""

    name: str
    kind: str
    mac: str
    mtu: int
    addresses: tuple[str, ...]
    master: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was there between ADD and DEL.

    `inside` are the container's interfaces by name, `outside` the host's that ADD made. `ends` are the names of the
    host's ends of an attachment, by the interface in the container. `routes` are the container's, `host` what the host
    does with packets, each in words.
    """

    inside: Mapping[str, Interface]
    outside: Mapping[str, Interface]
    ends: Mapping[str, tuple[str, ...]]
    routes: tuple[str, ...]
    host: tuple[str, ...]


def seen(report: Mapping[str, Any]) -> Seen:
    """Of the document that docs/attach.schema.json describes; raises `ValueError` where ADD failed."""
    if report["container"] is None:
        error = report["error"] or {}
        raise ValueError(str(error.get("msg") or "ADD failed"))
    inside = {one["name"]: _interface(one) for one in report["container"]["interfaces"] if one["kind"] != "loopback"}
    host = report["host"]
    outside = {one["name"]: _interface(one) for one in host["interfaces"]}
    ends = {
        one["ifname"]: tuple(
            each["name"]
            for each in (one["result"] or {}).get("interfaces", ())
            if not each.get("sandbox") and getattr(outside.get(each["name"]), "kind", "") != "bridge"
        )
        for one in report["attachments"]
    }
    return Seen(inside, outside, ends, tuple(report["container"]["routes"]), tuple(_host(host)))


def _interface(one: Mapping[str, Any]) -> Interface:
    return Interface(one["name"], one["kind"], one["mac"], one["mtu"], tuple(one["addresses"]), one.get("master") or "")


def _host(host: Mapping[str, Any]) -> list[str]:
    """Forwarding, masquerading and port maps."""
    on = {"net.ipv4.ip_forward": "IPv4", "net.ipv6.conf.all.forwarding": "IPv6"}
    forwarded = [family for name, family in on.items() if host["sysctls"].get(name) == "1"]
    lines = [f"forwards {' and '.join(forwarded)}"] if forwarded else []
    if any("masquerade" in rule.lower() and "portmap" not in rule and "hostport" not in rule.lower()
           for rule in host["rules"]):  # fmt: skip
        lines.append("masquerades")
    for one in host["port_maps"]:
        line = f"{one['protocol']} {_joined(one['host_ip'], one['host_port'])} to {_joined(one['ip'], one['port'])}"
        if line not in lines:
            lines.append(line)
    return lines


def _joined(ip: str, port: int) -> str:
    return f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}" if ip else str(port)
