"""What portmap is asked to do: the configuration, and the mappings that the runtime hands it."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Interface, IPv6Interface
from typing import Literal

from netc.cni.addresses import parse_ip
from netc.cni.decode import Keys, base_config
from netc.cni.errors import failure
from netc.cni.gojson import quote
from netc.cni.plugin import Call, Verb
from netc.cni.results import Address, Ip, Result
from netc.dataclass import dataclass

Backend = Literal["nftables", "iptables"]
Version = Literal[4, 6]

_ENTRY = "main.PortMapEntry"
_RUNTIME_TYPE = f'struct {{ PortMaps []{_ENTRY} "json:\\"portMappings,omitempty\\"" }}'
DEFAULT_MARK_BIT = 13


@dataclass(frozen=True, slots=True)
class Mapping:
    """One port of the host that leads to the container. `host_ip` "" is any address; `protocol` as it was given."""

    host_port: int
    container_port: int
    protocol: str
    host_ip: str = ""

    @property
    def address(self) -> Ip | None:
        """The one host address that the mapping is for; None for any (of a family: see `fits`).

        Raises `CniError` for a text that is no address.
        """
        if not self.host_ip:
            return None
        try:
            ip = parse_ip(self.host_ip)
        except ValueError as error:
            raise failure(f"Invalid host IP of host port {self.host_port}: {error}") from None
        return None if ip.is_unspecified else ip

    def fits(self, version: int) -> bool:
        """Whether the mapping is for container addresses of this family. One without a host address is for both."""
        return not self.host_ip or (6 if ":" in self.host_ip else 4) == version

    def __str__(self) -> str:
        host = f"[{self.host_ip}]:" if ":" in self.host_ip else f"{self.host_ip}:" if self.host_ip else ""
        return f"{host}{self.host_port}/{self.protocol}"


@dataclass(frozen=True, slots=True)
class Config:
    """The configuration with its defaults filled in."""

    backend: Backend
    snat: bool
    masq_all: bool
    mark_bit: int
    external_chain: str
    conditions: dict[int, tuple[str, ...]]
    mappings: tuple[Mapping, ...]


def read(call: Call) -> Config:
    """The configuration of a call; raises `CniError` with the reference's texts for what it refuses.

    netc's backend is nftables. iptables it is where the configuration says so, or has what only iptables can do:
    `markMasqBit`, `externalSetMarkChain`, conditions in its syntax.
    """
    wrap = "" if call.verb is Verb.CHECK else "failed to parse config: "
    keys = Keys(call.config, prefix=f"{wrap}failed to parse network configuration: ", struct="PortMapConf")
    base_config(keys)
    backend = keys.optional_string("backend")
    snat, masq_all = keys.boolean("snat", True), keys.boolean("masqAll")
    mark_bit, external = keys.optional_integer("markMasqBit"), keys.optional_string("externalSetMarkChain")
    conditions = {4: keys.strings("conditionsV4"), 6: keys.strings("conditionsV6")}
    entries = keys.object("runtimeConfig", go=_RUNTIME_TYPE).objects("portMappings", "PortMapEntry", go=_ENTRY)
    mappings = tuple(
        Mapping(item.integer("hostPort"), item.integer("containerPort"), item.string("protocol"), item.string("hostIP"))
        for item in entries
    )

    if backend not in (None, "nftables", "iptables"):
        raise failure(f"{wrap}unrecognized backend {quote(str(backend))}")
    if external is not None and mark_bit is not None:
        raise failure(f"{wrap}Cannot specify externalSetMarkChain and markMasqBit")
    if mark_bit is not None and not 0 <= mark_bit <= 31:
        raise failure(f"{wrap}MasqMarkBit must be between 0 and 31")
    # What ADD refuses and the reference doesn't must not keep DEL from passing: there may be more to take away.
    largest = None if call.verb is Verb.DEL else 65535
    for mapping in mappings:
        for what, port in (("container", mapping.container_port), ("host", mapping.host_port)):
            if port <= 0 or (largest is not None and port > largest):
                raise failure(f"{wrap}Invalid {what} port number: {port}")
    return Config(
        backend=_backend(backend, wrap, mark_bit is not None, external is not None, conditions),
        snat=snat,
        masq_all=masq_all,
        mark_bit=DEFAULT_MARK_BIT if mark_bit is None else mark_bit,
        external_chain=external or "",
        conditions=conditions,
        mappings=mappings,
    )


def _backend(
    wanted: str | None, wrap: str, marks: bool, external: bool, conditions: dict[int, tuple[str, ...]]
) -> Backend:
    styles = {f"conditionsV{version}": _style(tokens) for version, tokens in conditions.items()}
    iptables = (["externalSetMarkChain"] if external else []) + [key for key in styles if styles[key] == "iptables"]
    nftables = [key for key in styles if styles[key] == "nftables"]
    chosen: Backend = "iptables" if wanted == "iptables" or (wanted is None and (iptables or marks)) else "nftables"
    foreign, kind = (nftables, "nftables") if chosen == "iptables" else (iptables, "iptables")
    if foreign:
        listed = " ".join(foreign)
        raise failure(
            f"{wrap}{chosen} backend was requested but configuration contains {kind}-specific options [{listed}]"
        )
    return chosen


def _style(tokens: tuple[str, ...]) -> Backend | None:
    """Which program's syntax the conditions are in, told by the first; None where there is nothing to tell."""
    if not tokens or not tokens[0]:
        return None
    return "iptables" if tokens[0][0] in "-!" else "nftables"


def container_addresses(call: Call, result: Result) -> tuple[Address, ...]:
    """The addresses that ports lead to: the container's first IPv4 and its first IPv6 one, of those it has."""
    found: dict[int, Address] = {}
    for item in result.ips:
        if item.interface is not None and 0 <= item.interface < len(result.interfaces):
            interface = result.interfaces[item.interface]
            if interface.name != call.env.ifname or not interface.sandbox:
                continue
        found.setdefault(item.address.version, item.address)
    return tuple(found[version] for version in sorted(found))


def pairs(
    config: Config, addresses: tuple[IPv4Interface | IPv6Interface, ...]
) -> Iterator[tuple[Mapping, IPv4Interface | IPv6Interface]]:
    """Each mapping with each container address that it is for, addresses outermost."""
    for address in addresses:
        for mapping in config.mappings:
            if mapping.fits(address.version):
                yield mapping, address
