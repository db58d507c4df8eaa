"""What IPAM plugins have in common: requested addresses, one address per family in old versions, file errors."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv6Address, ip_address

from netc.cni.errors import CniError, failure
from netc.cni.results import Ip

#: Versions whose results hold one address per family (SPEC.md before 0.3.0).
SINGLE_ADDRESS_VERSIONS = ("", "0.1.0", "0.2.0")


def requested_ip(text: str) -> Ip:
    """A requested address `ip[/prefix]`, its prefix dropped; v4-mapped becomes IPv4. Raises `ValueError`."""
    host, slash, prefix = text.partition("/")
    try:
        ip = ip_address(host)
        if "%" in host or (slash and not (prefix.isascii() and prefix.isdigit() and int(prefix) <= ip.max_prefixlen)):
            raise ValueError
    except ValueError:
        raise ValueError(f"invalid IP address {text}") from None
    return (ip.ipv4_mapped or ip) if isinstance(ip, IPv6Address) else ip


def refuse_several_per_family(version: str, families: Iterable[int]) -> None:
    """Raises `CniError` (999) if `version` is older than 0.3.0 and one of the families comes twice."""
    counted = list(families)
    if version in SINGLE_ADDRESS_VERSIONS and len(counted) != len(set(counted)):
        shown = version or "0.1.0"
        raise failure(f"CNI version {shown} does not support more than 1 address per family")


def file_failure(operation: str, path: str, error: OSError) -> CniError:
    """The error of a file operation as Go prints it: `open /etc/x: permission denied`."""
    return failure(f"{operation} {path}: {(error.strerror or str(error)).lower()}")
