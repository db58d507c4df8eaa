"""What a configuration names: plugins, and folders, files and sysctls of the machine it runs on."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping

from netc.cni.gojson import Json
from netc.model import Network


def plugin_types(network: Network) -> list[str]:
    """The types of the chain's plugins and of those that they delegate to, each once."""
    found: dict[str, None] = {}
    for plugin in network.plugins:
        delegate = plugin.ipam.get("type") if plugin.ipam else None
        found |= dict.fromkeys([plugin.type, *([delegate] if isinstance(delegate, str) and delegate else [])])
    return list(found)


def state_folders(document: Json) -> list[str]:
    """The absolute folders that a configuration keeps state in: every `dataDir` in it, in any case, at any depth, and
    that of the socket of dhcp's daemon.
    """
    return [
        value if key.lower() == "datadir" else os.path.dirname(value)
        for key, value in _strings(document)
        if key.lower() in ("datadir", "daemonsocketpath") and os.path.isabs(value)
    ]


def files(document: Json) -> list[str]:
    """Files of the machine that the configuration names: they have to be readable wherever they lie."""
    return [value for _, value in _strings(document) if os.path.isabs(value) and os.path.isfile(value)]


def _strings(value: Json, key: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, Mapping):
        for inner_key, inner in value.items():
            yield from _strings(inner, str(inner_key))
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _strings(inner, key)


def _keys(value: Json) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield str(key)
            yield from _keys(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _keys(inner)


def sysctls(document: Json, ifname: str) -> list[str]:
    """Paths below /proc/sys of the sysctls that a configuration names as keys, `IFNAME` in them replaced.

    As for sysctl(8), what separates first in a name separates in all of it: `net.ipv4.conf.eth0/1.proxy_arp`.
    """
    found = []
    for key in _keys(document):
        if re.match(r"net[./]", key):
            path = key.translate(str.maketrans("./", "/.")) if key[3] == "." else key
            if ".." not in path.split("/"):
                found.append(path.replace("IFNAME", ifname))
    return found
