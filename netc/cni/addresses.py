"""Addresses in results and configurations, with the grammar and the spelling of Go's net package."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface
from typing import Final

from netc.cni.results import Address, Ip

_PREFIX: Final = re.compile(r"[0-9]{1,6}")
_MAPPED_BITS: Final = 96


def parse_ip(text: str) -> Ip:
    """An IP address without zone; a v4-mapped one becomes IPv4. Raises `ValueError` with Go's text."""
    parsed = _address(text)
    if parsed is None:
        raise ValueError(f"invalid IP address: {text}")
    return (parsed.ipv4_mapped or parsed) if isinstance(parsed, IPv6Address) else parsed


def parse_address(text: str) -> Address:
    """An address with prefix length, host bits kept (`10.0.0.5/8`). Raises `ValueError` with Go's text."""
    host, slash, digits = text.partition("/")
    ip = _address(host)
    if ip is None or not slash or not _PREFIX.fullmatch(digits) or int(digits) > ip.max_prefixlen:
        raise ValueError(f"invalid CIDR address: {text}")
    prefix = int(digits)
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None:
        ip, prefix = ip.ipv4_mapped, max(0, prefix - _MAPPED_BITS)
    return IPv4Interface((ip, prefix)) if isinstance(ip, IPv4Address) else IPv6Interface((ip, prefix))


def _address(text: str) -> Ip | None:
    try:
        if ":" not in text:
            return IPv4Address(text)
        return None if "%" in text else IPv6Address(text)
    except ValueError:
        return None
