"""The strings that stand for network values: which texts a plugin takes under a key of each kind.

A schema's `x-netc.kind` names one of `KINDS`. The tests are those of the plugins: Go's address parsing and the
kernel's rule for interface names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
    ip_address,
    ip_interface,
    ip_network,
)

#: What a schema's `x-netc.unit` may be, in words.
UNITS = {"bit": "bits", "bit/s": "bits per second", "byte": "bytes", "byte/s": "bytes per second"}

_MAC = re.compile(r"[0-9a-f]{2}([:-])[0-9a-f]{2}(?:\1[0-9a-f]{2}){4}|[0-9a-f]{4}(?:\.[0-9a-f]{4}){2}", re.IGNORECASE)
_NOT_IN_IFNAME = re.compile(r"[/:\s]")


@lru_cache(maxsize=4096)
def parse_ip(text: str) -> IPv4Address | IPv6Address:
    """The address; raises `ValueError`. Rules ask for the same few again and again."""
    return ip_address(text)


@lru_cache(maxsize=4096)
def parse_address(text: str) -> IPv4Interface | IPv6Interface:
    """The address with its prefix length; raises `ValueError`."""
    return ip_interface(text)


@lru_cache(maxsize=4096)
def parse_network(text: str) -> IPv4Network | IPv6Network:
    """The prefix; raises `ValueError`, also for host bits."""
    return ip_network(text)


def is_ip(text: str) -> bool:
    """`10.1.0.1`, `fd00::1`; no prefix length, no zone."""
    return "%" not in text and _parses(parse_ip, text)


def is_address(text: str) -> bool:
    """`10.1.0.5/16`: an address with a prefix length, host bits or not."""
    return "%" not in text and text.rpartition("/")[2].isdecimal() and "/" in text and _parses(parse_address, text)


def is_network(text: str) -> bool:
    """`10.1.0.0/16`: a prefix without host bits."""
    return is_address(text) and _parses(parse_network, text)


def is_address_or_range(text: str) -> bool:
    """`10.1.0.5/16`, or `10.1.0.5-10.1.0.9/16`: from the first to the last of one prefix, as whereabouts takes it."""
    first, dash, last = text.rpartition("-")
    if not dash:
        return is_address(last)
    return is_ip(first) and is_address(last) and parse_ip(first) in parse_address(last).network


def is_mac(text: str) -> bool:
    """`02:42:0a:00:00:01`, also with dashes or in Go's form of three groups; six bytes, since a veth has no more."""
    return _MAC.fullmatch(text) is not None


def is_ifname(text: str) -> bool:
    """A name that the kernel gives an interface: 1 to 15 bytes, no `/`, `:` or blank, not `.` or `..`."""
    return 0 < len(text.encode()) <= 15 and text not in (".", "..") and _NOT_IN_IFNAME.search(text) is None


def is_path(text: str) -> bool:
    """Any text that the kernel takes for a path."""
    return "\0" not in text


def _parses(parse: Callable[[str], object], text: str) -> bool:
    try:
        parse(text)
    except ValueError:
        return False
    return True


#: The values of `x-netc.kind`.
KINDS: Mapping[str, Callable[[str], bool]] = {
    "ip": is_ip,
    "network": is_network,
    "address": is_address,
    "cidr": is_address,
    "cidr-or-range": is_address_or_range,
    "ip-or-address": lambda text: is_ip(text) or is_address(text),
    "mac": is_mac,
    "ifname": is_ifname,
    "path": is_path,
}
