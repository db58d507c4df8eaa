"""One bridge in several networks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv6Address

from netc.diagnostics import Severity
from netc.lint.addresses import Assigned, assigned, is_gateway
from netc.model import Network, Plugin
from netc.rules import Clash, project_rule


def bridges(networks: Sequence[Network]) -> dict[str, list[tuple[Network, Plugin]]]:
    """The networks that use each bridge, by its name."""
    found: dict[str, list[tuple[Network, Plugin]]] = {}
    for network in networks:
        for plugin in network.plugins:
            if plugin.type == "bridge":
                found.setdefault(str(plugin.body.get("bridge") or "cni0"), []).append((network, plugin))
    return found


@project_rule("NC649", "bridge-gateways-differ", Severity.WARNING)
def bridge_gateways_differ(networks: Sequence[Network]) -> Iterator[Clash]:
    """Two networks give one bridge different IPv4 addresses.

    Why:
        A bridge is the gateway of one IPv4 subnet. Where one host uses both networks, each ADD of the second fails.

    Bad:
        network a { plugin bridge { isDefaultGateway = true, ipam host-local { subnet = 10.1.0.0/24 } } }
        network b { plugin bridge { isDefaultGateway = true, ipam host-local { subnet = 10.2.0.0/24 } } }

    Good:
        network a {
          plugin bridge {
            bridge = "br0", isDefaultGateway = true, ipMasq = true
            ipam host-local { subnet = 10.1.0.0/24 }
          }
        }
        network b {
          plugin bridge {
            bridge = "br1", isDefaultGateway = true, ipMasq = true
            ipam host-local { subnet = 10.2.0.0/24 }
          }
        }

    Source:
        bridge: `"cni0" already has an IP address different from 10.2.0.1/24`.
    """
    yield from clashing_gateways(networks)


def clashing_gateways(networks: Sequence[Network]) -> Iterator[Clash]:
    """Networks that give a bridge another IPv4 address than one before them."""
    for name, users in bridges(networks).items():
        first: dict[str, tuple[Network, Plugin, Assigned]] = {}
        for network, plugin in users:
            if not is_gateway(plugin) or plugin.body.get("forceAddress") is True:
                continue
            # A VLAN's gateway has an interface of its own beside the bridge.
            vlan = str(plugin.body.get("vlan") or 0)
            for one in assigned(plugin):
                if one.family != 4 or one.gateway is None:
                    continue
                before = first.setdefault(vlan, (network, plugin, one))
                if before[0] is network or _address(before[2]) == _address(one):
                    continue
                yield Clash(
                    network,
                    plugin.pointer + one.gateway_at,
                    f"the bridge {name} would be {one.gateway} here and {before[2].gateway} in {before[0].name}",
                    "name another bridge, or use one subnet with different ranges",
                    related=((before[0], before[1].pointer + before[2].gateway_at, f"{before[0].name} sets it here"),),
                )
                break


def _address(one: Assigned) -> tuple[IPv4Address | IPv6Address | None, int]:
    return one.gateway, one.subnet.prefixlen


@project_rule("NC650", "bridge-mtu-differs", Severity.WARNING)
def bridge_mtu_differs(networks: Sequence[Network]) -> Iterator[Clash]:
    """Two networks use one bridge with different MTUs.

    Why:
        They are one layer 2: a container with the larger MTU sends frames that one with the smaller drops, and no ICMP
        tells it so.

    Bad:
        network a { disableCheck = true, plugin bridge { bridge = "br0", mtu = 9000 } }
        network b { disableCheck = true, plugin bridge { bridge = "br0", mtu = 1500 } }

    Good:
        network a { disableCheck = true, plugin bridge { bridge = "br0", mtu = 9000 } }
        network b { disableCheck = true, plugin bridge { bridge = "br0", mtu = 9000 } }

    Source:
        The kernel's bridge: a frame larger than the port's MTU is dropped. Without `mtu` the container's end has 1500,
        whatever the bridge has.
    """
    for name, users in bridges(networks).items():
        first: tuple[Network, Plugin, int] | None = None
        for network, plugin in users:
            given = plugin.body.get("mtu")
            mtu = given if isinstance(given, int) and given > 0 else 1500
            if first is None:
                first = (network, plugin, mtu)
            elif first[2] != mtu:
                at, other = ("mtu" if one.body.get("mtu") else "type" for one in (plugin, first[1]))
                yield Clash(
                    network,
                    f"{plugin.pointer}/{at}",
                    f"the bridge {name} has an MTU of {mtu} here and of {first[2]} in {first[0].name}",
                    "give both the same MTU, or another bridge",
                    related=((first[0], f"{first[1].pointer}/{other}", f"{first[2]} in {first[0].name}"),),
                )
