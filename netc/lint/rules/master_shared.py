"""One interface of the host as the master of networks that can't share it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netc.diagnostics import Severity
from netc.lint.claims import ON_MASTER
from netc.model import Network, Plugin
from netc.rules import Clash, project_rule


@project_rule("NC651", "master-shared", Severity.WARNING)
def master_shared(networks: Sequence[Network]) -> Iterator[Clash]:
    """macvlan and ipvlan have the same master.

    Why:
        An interface can carry the one or the other. While a container of the first network runs, each ADD of the second
        fails.

    Bad:
        network a { plugin macvlan { master = "lan", ipam static { addresses = [{ address = 10.1.0.9/24 }] } } }
        network b { plugin ipvlan { master = "lan", ipam static { addresses = [{ address = 10.1.0.8/24 }] } } }

    Good:
        network a { plugin macvlan { master = "lan", ipam static { addresses = [{ address = 10.1.0.9/24 }] } } }
        network b { plugin macvlan { master = "lan", ipam static { addresses = [{ address = 10.1.0.8/24 }] } } }

    Source:
        The kernel: `device or resource busy`, since each takes the device's only receive handler.
    """
    first: dict[str, tuple[Network, Plugin]] = {}
    for network in networks:
        for plugin in network.plugins:
            master = plugin.body.get("master") or ""
            inside = plugin.body.get("linkInContainer") is True
            if plugin.type not in ON_MASTER or not isinstance(master, str) or inside:
                continue
            before, other = first.setdefault(master, (network, plugin))
            if other.type != plugin.type:
                shown = master or "the interface of the default route"
                yield Clash(
                    network,
                    f"{plugin.pointer}/{'master' if master else 'type'}",
                    f"{shown} is the master of {plugin.type} here and of {other.type} in {before.name}",
                    "use one of the two, or a VLAN interface for each",
                    related=((before, f"{other.pointer}/{'master' if master else 'type'}", f"used by {other.type}"),),
                )


@project_rule("NC654", "vlan-shared", Severity.WARNING)
def vlan_shared(networks: Sequence[Network]) -> Iterator[Clash]:
    """Two networks put their containers into one VLAN of one master by the vlan plugin.

    Why:
        The kernel has at most one interface for a VLAN on a master, wherever it has been moved. While a container of
        the first network runs, each ADD of the second fails; and so does a second container of the same network.

    Bad:
        network a {
          plugin vlan { master = "lan", vlanId = 7, ipam static { addresses = [{ address = 10.1.0.9/24 }] } }
        }
        network b {
          plugin vlan { master = "lan", vlanId = 7, ipam static { addresses = [{ address = 10.1.0.8/24 }] } }
        }

    Good:
        network a {
          plugin vlan { master = "lan", vlanId = 7, ipam static { addresses = [{ address = 10.1.0.9/24 }] } }
        }
        network b {
          plugin vlan { master = "lan", vlanId = 8, ipam static { addresses = [{ address = 10.1.0.8/24 }] } }
        }

    Source:
        vlan, ADD: `failed to create vlan: file exists`.
    """
    first: dict[tuple[str, int], tuple[Network, Plugin]] = {}
    for network in networks:
        for plugin in network.plugins:
            master, vlan = plugin.body.get("master"), plugin.body.get("vlanId") or 0
            inside = plugin.body.get("linkInContainer") is True
            if plugin.type != "vlan" or inside or not isinstance(master, str) or not isinstance(vlan, int):
                continue
            before, other = first.setdefault((master, vlan), (network, plugin))
            if before is not network:
                at = "vlanId" if "vlanId" in plugin.body else "master"
                yield Clash(
                    network,
                    f"{plugin.pointer}/{at}",
                    f"VLAN {vlan} of {master} has one interface, for a container of this network or of {before.name}",
                    "use a bridge on a VLAN interface of the host, or macvlan on one, for several containers",
                    related=((before, f"{other.pointer}/master", "used here too"),),
                )
