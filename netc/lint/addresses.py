"""What a plugin's containers will be given: addresses, gateways and routes, as far as the configuration says.

The reference IPAM plugins that say it beforehand are host-local and static; of any other nothing is known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network

from netc.dataclass import dataclass, replace
from netc.model import Json, Plugin
from netc.plugins.host_local.ranges import range_sets
from netc.plugins.kinds import parse_address, parse_ip

Ip = IPv4Address | IPv6Address
Subnet = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Assigned:
    """Addresses of one subnet. `group` counts the addresses of a container: of each group it gets one.

    `at` and `gateway_at` are pointers from the plugin object; the gateway may be the one that host-local takes by
    default, and `gateway_at` then points to the subnet.
    """

    group: int
    subnet: Subnet
    gateway: Ip | None
    at: str
    gateway_at: str

    @property
    def family(self) -> int:
        """4 or 6."""
        return self.subnet.version


@dataclass(frozen=True, slots=True)
class Route:
    """A route of the IPAM plugin: `dst` with its host bits, `gw` as written, `entry` the object itself."""

    at: str
    dst: IPv4Interface | IPv6Interface
    gw: Ip | None
    entry: Mapping[str, Json]

    @property
    def family(self) -> int:
        """4 or 6: the destination's."""
        return self.dst.version

    @property
    def default(self) -> bool:
        """Whether it is a default route."""
        return self.dst.network.prefixlen == 0


def assigned(plugin: Plugin) -> list[Assigned]:
    """The subnets that a container's addresses come from, in the order of the result."""
    ipam = plugin.ipam or {}
    if ipam.get("type") == "host-local":
        return [
            Assigned(
                group,
                window.subnet,
                window.gateway,
                f"/ipam{window.pointer}/subnet",
                f"/ipam{window.pointer}/{'gateway' if 'gateway' in window.given else 'subnet'}",
            )
            for group, windows in enumerate(range_sets(ipam))
            for window in windows
        ]
    if ipam.get("type") == "static":
        found = list(_static(ipam.get("addresses")))
        return [_with_gateway(one) for one in found] if is_gateway(plugin) else found
    return []


def is_gateway(plugin: Plugin) -> bool:
    """Whether the plugin is a bridge that gets the gateway's address."""
    body = plugin.body
    return plugin.type == "bridge" and (body.get("isGateway") is True or body.get("isDefaultGateway") is True)


def _with_gateway(one: Assigned) -> Assigned:
    """The same with the gateway that a gateway bridge makes up where the IPAM plugin names none."""
    if one.gateway is not None:
        return one
    return replace(one, gateway=one.subnet.network_address + 1, gateway_at=one.at)


def _static(addresses: Json) -> Iterator[Assigned]:
    for index, entry in _objects(addresses):
        at = f"/ipam/addresses/{index}"
        try:
            network = parse_address(str(entry.get("address"))).network
            gateway = parse_ip(str(entry["gateway"])) if entry.get("gateway") else None
        except ValueError:
            continue
        yield Assigned(index, network, gateway, f"{at}/address", f"{at}/gateway")


def _objects(listed: Json) -> Iterator[tuple[int, Mapping[str, Json]]]:
    """The objects of a list with their places. An `ipam` inside a plugin that netc does not know may hold anything."""
    for index, entry in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(entry, Mapping):
            yield index, entry


def all_known(plugin: Plugin) -> bool:
    """Whether the configuration alone decides the addresses: no runtime is asked for any."""
    known = (plugin.ipam or {}).get("type") in ("host-local", "static")
    return known and not {"ips", "ipRanges"} & set(plugin.capabilities)


def routes(plugin: Plugin) -> list[Route]:
    """The IPAM plugin's routes, in order; those that can't be read are left out."""
    ipam = plugin.ipam or {}
    found = []
    if ipam.get("type") in ("host-local", "static"):
        for index, entry in _objects(ipam.get("routes")):
            try:
                gw = parse_ip(str(entry["gw"])) if entry.get("gw") else None
                found.append(Route(f"/ipam/routes/{index}", parse_address(str(entry.get("dst"))), gw, entry))
            except ValueError:
                continue
    return found


def implied_gateway(subnets: list[Assigned], family: int) -> Assigned | None:
    """Whose gateway a route without one gets: the first that is of its family, whatever its subnet.

    None where there is none, or no telling.

    The alternatives of one pool may differ in their gateways: then it depends on the container.
    """
    for subnet in subnets:
        if subnet.gateway is not None and subnet.gateway.version == family:
            others = [one.gateway for one in subnets if one.group == subnet.group]
            return subnet if all(other == subnet.gateway for other in others) else None
    return None


def own_default_routes(plugin: Plugin) -> Iterator[Assigned]:
    """Through whose gateways a bridge adds a default route of its own.

    There is one a family, unless the IPAM plugin has one with a `gw`. Alternatives of a pool are all named, since any
    of them may be the container's.
    """
    if plugin.type != "bridge" or plugin.body.get("isDefaultGateway") is not True:
        return
    held = {route.family for route in routes(plugin) if route.default and route.gw is not None}
    groups: dict[int, int] = {}
    for one in assigned(plugin):
        if one.family not in held and groups.setdefault(one.family, one.group) == one.group:
            yield one
