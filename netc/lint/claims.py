"""Which addresses each network hands out, and on what wire: what overlaps with what, found by sorting."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import ip_network

from netc.dataclass import dataclass
from netc.model import Network, Plugin
from netc.plugins.host_local.ranges import range_sets
from netc.plugins.kinds import parse_address

#: Plugins whose subnet is routed by the host.
ROUTED = frozenset({"bridge", "ptp"})
#: Plugins whose containers stand on the wire of a host's interface.
ON_MASTER = frozenset({"macvlan", "ipvlan"})


@dataclass(frozen=True, slots=True)
class Claim:
    """The addresses `first` to `last` that the IPAM plugin `owner` hands out; `pointer` is from the conflist's root.

    `wire` is the layer 2 that they are used on: two networks with the same one see each other's addresses. `routed`
    says that the host has a route to them.
    """

    network: Network
    pointer: str
    owner: str
    family: int
    first: int
    last: int
    wire: tuple[str, ...]
    routed: bool
    shown: str


def handed_out(networks: Sequence[Network]) -> list[Claim]:
    """The addresses that IPAM plugins hand out, as far as the configurations say."""
    return [claim for network in networks for plugin in network.plugins[:1] for claim in _claims(network, plugin)]


def subnets(networks: Sequence[Network]) -> list[Claim]:
    """The subnets that the host routes to, one claim each, `first` and `last` its ends."""
    found = {}
    for network in networks:
        for plugin in network.plugins[:1]:
            if plugin.type in ROUTED and plugin.ipam is not None and plugin.ipam.get("type") == "host-local":
                for windows in range_sets(plugin.ipam):
                    for window in windows:
                        first, last = window.subnet.network_address, window.subnet.broadcast_address
                        at = f"{plugin.pointer}/ipam{window.pointer}/subnet"
                        found[id(network), str(window.subnet)] = Claim(
                            network, at, "host-local", window.family, int(first), int(last), wire(network, plugin),
                            True, str(window.subnet),
                        )  # fmt: skip
    return list(found.values())


def wire(network: Network, plugin: Plugin) -> tuple[str, ...]:
    """The layer 2 that a plugin's containers are on; a network of its own where nothing says that it is shared."""
    body = plugin.body
    if plugin.type == "bridge":
        return ("bridge", str(body.get("bridge") or "cni0"), str(body.get("vlan") or 0))
    if plugin.type in ON_MASTER:
        return ("master", str(body.get("master") or ""))
    return ("alone", str(id(network)))


def overlaps(claims: Sequence[Claim]) -> Iterator[tuple[Claim, Claim]]:
    """Pairs of claims of different networks that share addresses: each claim with one that starts before it."""
    reaching: dict[int, Claim] = {}
    order = sorted(claims, key=lambda one: (one.family, one.first, -one.last))
    for claim in order:
        before = reaching.get(claim.family)
        if before is not None and before.last >= claim.first and before.network is not claim.network:
            yield before, claim
        if before is None or claim.last > before.last:
            reaching[claim.family] = claim


def _claims(network: Network, plugin: Plugin) -> Iterator[Claim]:
    ipam = plugin.ipam or {}
    place, routed = wire(network, plugin), plugin.type in ROUTED
    at = f"{plugin.pointer}/ipam"
    match ipam.get("type"):
        case "host-local":
            for windows in range_sets(ipam):
                for one in windows:
                    if one.size > 0:
                        yield Claim(network, f"{at}{one.pointer}/subnet", "host-local", one.family, int(one.first),
                                    int(one.last), place, routed, str(one))  # fmt: skip
        case "static":
            addresses = ipam.get("addresses")
            for index, entry in enumerate(addresses if isinstance(addresses, list) else ()):
                text = entry.get("address") if isinstance(entry, dict) else None
                try:
                    address = parse_address(str(text)).ip
                except ValueError:
                    continue
                yield Claim(network, f"{at}/addresses/{index}/address", "static", address.version, int(address),
                            int(address), place, routed, str(address))  # fmt: skip
        case "whereabouts":
            try:
                subnet = ip_network(str(ipam.get("range")), strict=False)
            except ValueError:
                return
            yield Claim(network, f"{at}/range", "whereabouts", subnet.version, int(subnet.network_address),
                        int(subnet.broadcast_address), place, routed, str(subnet))  # fmt: skip
