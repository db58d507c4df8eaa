"""A master that belongs to one container."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netc.diagnostics import Severity
from netc.model import Network, Plugin
from netc.rules import Clash, project_rule


@project_rule("NC657", "passthru-master-shared", Severity.WARNING)
def passthru_master_shared(networks: Sequence[Network]) -> Iterator[Clash]:
    """macvlan in mode passthru has a master that another network uses too.

    Why:
        Such a master takes one interface. Where a host runs containers of both networks, the second ADD fails.

    Bad:
        network a {
          plugin macvlan { master = "eth1", mode = "passthru", ipam static { addresses = [{ address = 10.1.0.9/24 }] } }
        }
        network b { plugin macvlan { master = "eth1", ipam static { addresses = [{ address = 10.1.0.8/24 }] } } }

    Good:
        network a {
          plugin macvlan { master = "eth1", mode = "passthru", ipam static { addresses = [{ address = 10.1.0.9/24 }] } }
        }
        network b { plugin macvlan { master = "eth2", ipam static { addresses = [{ address = 10.1.0.8/24 }] } } }

    Source:
        macvlan: `failed to create macvlan: invalid argument`.
    """
    users: dict[str, list[tuple[Network, Plugin]]] = {}
    for network in networks:
        for plugin in network.plugins:
            if plugin.type == "macvlan" and plugin.body.get("linkInContainer") is not True:
                users.setdefault(str(plugin.body.get("master") or ""), []).append((network, plugin))
    for master, found in users.items():
        alone = next((one for one in found if one[1].body.get("mode") == "passthru"), None)
        if alone is None:
            continue
        for network, plugin in found:
            if network is not alone[0]:
                yield Clash(
                    network,
                    f"{plugin.pointer}/{'master' if master else 'type'}",
                    f"{master or 'the master'} is passed through to a container of {alone[0].name}",
                    "use another master, or another mode",
                    related=((alone[0], f"{alone[1].pointer}/mode", "it takes one interface only"),),
                )
