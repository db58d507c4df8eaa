"""What is known of the plugins of a chain, those outside of the catalogue included."""

from __future__ import annotations

from netc import plugins
from netc.model import Network, Plugin

#: Interface plugins that make the container's interface, under the name that the runtime asks for.
INTERFACE_MAKERS = frozenset({"bridge", "ptp", "macvlan", "ipvlan", "vlan", "host-device", "tap", "dummy"})

#: Interface plugins whose interface is no end of a veth pair.
NO_VETH = frozenset({"macvlan", "ipvlan", "vlan", "host-device", "tap", "dummy", "loopback"})


def is_meta(type_: str) -> bool:
    """Whether a plugin of this type needs a result before it."""
    info = plugins.find(type_)
    return info is not None and info.kind == "meta"


def read_by(plugin: Plugin) -> frozenset[str] | None:
    """The capabilities that the plugin and its IPAM plugin read; None where one of them is not in the catalogue."""
    types = [plugin.type]
    ipam = (plugin.ipam or {}).get("type")
    if isinstance(ipam, str) and ipam:
        types.append(ipam)
    found = [plugins.find(type_) for type_ in types]
    if any(info is None for info in found):
        return None
    return frozenset().union(*(info.capabilities for info in found if info is not None))


def versions(network: Network) -> list[tuple[str, str]]:
    """Each version of the specification that a runtime may choose, with its pointer."""
    named = []
    version = network.conflist.get("cniVersion")
    if isinstance(version, str):
        named.append(("/cniVersion", version))
    listed = network.conflist.get("cniVersions")
    for index, other in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(other, str) and other != version:
            named.append((f"/cniVersions/{index}", other))
    return named
