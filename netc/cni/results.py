"""Results of ADD (SPEC.md, section 5, "Success"): one shape inside netc, whatever version is spoken outside.

In netc a result has the 1.1.0 shape; `netc.cni.result_json` reads any version into it and writes any version out.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface

from netc.dataclass import dataclass

#: An address with its prefix length, host bits kept.
Address = IPv4Interface | IPv6Interface
Ip = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class Interface:
    """An interface that a plugin made. `sandbox` is the netns path for one inside the container, "" for the host."""

    name: str
    mac: str = ""
    sandbox: str = ""
    mtu: int = 0
    socket_path: str = ""
    pci_id: str = ""


@dataclass(frozen=True, slots=True)
class IpConfig:
    """An address of the container; `interface` is an index into the result's interfaces."""

    address: Address
    gateway: Ip | None = None
    interface: int | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """A route of the container. `dst` may carry host bits (plugins pass them through); `table` and `scope` may be 0."""

    dst: Address
    gw: Ip | None = None
    mtu: int = 0
    advmss: int = 0
    priority: int = 0
    table: int | None = None
    scope: int | None = None


@dataclass(frozen=True, slots=True)
class Dns:
    """Resolver settings."""

    nameservers: tuple[str, ...] = ()
    domain: str = ""
    search: tuple[str, ...] = ()
    options: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.nameservers or self.domain or self.search or self.options)


@dataclass(frozen=True, slots=True)
class Result:
    """What an ADD answers."""

    interfaces: tuple[Interface, ...] = ()
    ips: tuple[IpConfig, ...] = ()
    routes: tuple[Route, ...] = ()
    dns: Dns = Dns()
