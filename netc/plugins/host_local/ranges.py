"""The ranges of a host-local configuration, read as the plugin reads them: defaults filled in, in its order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from netc.dataclass import dataclass
from netc.model import Json
from netc.plugins.kinds import parse_ip, parse_network

Ip = IPv4Address | IPv6Address
Subnet = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Window:
    """One range: the addresses `first` to `last` of `subnet`, both included, `gateway` never among those handed out.

    `pointer` is its object's place in the `ipam` object; `given` are the keys that the author wrote himself, the
    others being defaults.
    """

    pointer: str
    subnet: Subnet
    first: Ip
    last: Ip
    gateway: Ip
    given: frozenset[str]

    @property
    def family(self) -> int:
        """4 or 6."""
        return self.subnet.version

    @property
    def size(self) -> int:
        """How many addresses it can hand out, the gateway not counted; 0 or less if its ends are reversed."""
        return int(self.last) - int(self.first) + 1 - self.holds(self.gateway)

    def holds(self, address: Ip) -> bool:
        """Whether an address of its family lies between its ends."""
        return address.version == self.family and int(self.first) <= int(address) <= int(self.last)

    def overlaps(self, other: Window) -> bool:
        """Whether one holds an end of the other: that is the plugin's test, of the ends and not of the subnets."""
        mine, others = (self.first, self.last), (other.first, other.last)
        return any(self.holds(end) for end in others) or any(other.holds(end) for end in mine)

    def __str__(self) -> str:
        return f"{self.first}-{self.last}"


#: The objects that were read last, with their range sets: many rules ask for those of the one network at hand.
_READ: dict[int, tuple[Mapping[str, Json], tuple[tuple[Window, ...], ...]]] = {}
_MOST = 4_096


def range_sets(ipam: Mapping[str, Json]) -> tuple[tuple[Window, ...], ...]:
    """The range sets of an `ipam` object: the single range written in it first, then each element of `ranges`.

    A container gets one address from each. Ranges that can't be read (no subnet, an address that is none, host bits)
    are left out: what is wrong with them is said elsewhere. The object is not to change afterwards.
    """
    known = _READ.get(id(ipam))
    if known is not None and known[0] is ipam:
        return known[1]
    if len(_READ) >= _MOST:
        _READ.clear()
    found = tuple(_range_sets(ipam))
    _READ[id(ipam)] = ipam, found
    return found


def _range_sets(ipam: Mapping[str, Json]) -> list[tuple[Window, ...]]:
    sets = []
    if ipam.get("subnet") is not None:
        sets.append(tuple(_windows([ipam], "", flat=True)))
    listed = ipam.get("ranges")
    for index, members in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(members, list):
            sets.append(tuple(_windows(members, f"/ranges/{index}", flat=False)))
    return [found for found in sets if found]


def _windows(members: list[Json] | list[Mapping[str, Json]], pointer: str, *, flat: bool) -> Iterator[Window]:
    for index, member in enumerate(members):
        if isinstance(member, Mapping):
            found = _window(member, pointer if flat else f"{pointer}/{index}")
            if found is not None:
                yield found


def _window(member: Mapping[str, Json], pointer: str) -> Window | None:
    try:
        subnet = parse_network(str(member.get("subnet")))
        second = subnet.network_address + 1 if subnet.num_addresses > 1 else subnet.network_address
        last = subnet.broadcast_address - (1 if subnet.version == 4 and subnet.num_addresses > 1 else 0)
        ends = [_address(member, key, usual) for key, usual in (("rangeStart", second), ("rangeEnd", last))]
        gateway = _address(member, "gateway", second)
    except ValueError:
        return None
    given = frozenset(key for key in ("rangeStart", "rangeEnd", "gateway") if member.get(key))
    return Window(pointer, subnet, ends[0], ends[1], gateway, given)


def _address(member: Mapping[str, Json], key: str, usual: Ip) -> Ip:
    """The address under `key`; the usual one where it is absent or empty, as for the plugin."""
    value = member.get(key)
    return parse_ip(str(value)) if value else usual
