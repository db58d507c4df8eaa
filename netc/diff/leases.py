"""Addresses that pods hold, as host-local keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

Ip = IPv4Address | IPv6Address
Leases = Mapping[str, tuple[Ip, ...]]


def read(folder: Path) -> Leases:
    """Network to the addresses that are taken in it, in order; the folder is host-local's or a copy of it.

    Each network is a folder, each lease a file named by its address. Raises `OSError` where it can't be read.
    """
    return {one.name: tuple(_addresses(one)) for one in sorted(folder.iterdir()) if one.is_dir()}


def _addresses(folder: Path) -> list[Ip]:
    found: list[Ip] = []
    for one in folder.iterdir():
        try:
            found.append(ip_address(one.name.replace("_", ":")))
        except ValueError:
            continue  # the lock, and where to go on
    return sorted(found, key=lambda address: (address.version, int(address)))
