"""Two networks of one name."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from netc.diagnostics import Severity
from netc.model import Network
from netc.rules import Clash, project_rule


def _order(network: Network) -> tuple[bool, bytes]:
    """Lists first, then single configurations, each sorted by the bytes of their names: so libcni looks for a name."""
    path = network.span.source.path
    return (not path.endswith(".conflist"), os.fsencode(path))


@project_rule("NC646", "network-name-twice", Severity.ERROR)
def network_name_twice(networks: Sequence[Network]) -> Iterator[Clash]:
    """Two different networks of one host have the same name.

    Why:
        A runtime that goes by the name finds one of them; one that attaches both makes a second interface of the first
        one's name. Leases and cached results are kept under the name, so the two hand out each other's addresses.

    Bad:
        -- net.d/10-a.conflist --
        { "cniVersion": "1.0.0", "name": "pods", "plugins": [ { "type": "bridge", "bridge": "br0",
            "ipam": { "type": "host-local", "subnet": "10.1.0.0/24" } } ] }
        -- net.d/20-b.conflist --
        { "cniVersion": "1.0.0", "name": "pods", "plugins": [ { "type": "bridge", "bridge": "br1",
            "ipam": { "type": "host-local", "subnet": "10.2.0.0/24" } } ] }

    Good:
        -- net.d/10-a.conflist --
        { "cniVersion": "1.0.0", "name": "pods", "plugins": [ { "type": "bridge", "bridge": "br0",
            "ipam": { "type": "host-local", "subnet": "10.1.0.0/24" } } ] }

    Source:
        libcni: the first file with the name is loaded. nerdctl takes the last.
    """
    first: dict[str, Network] = {}
    for network in sorted(networks, key=_order):
        before = first.setdefault(network.name, network)
        if before is network or not isinstance(network.conflist.get("name"), str):
            continue
        if before.meta.node != network.meta.node:
            continue  # what every node has, and what one has instead
        apart = before.span.source.path != network.span.source.path
        if not apart and before.conflist == network.conflist:
            continue  # one network that several namespaces define
        where = f" in {before.span.source.path}" if apart else ""
        unread = ": libcni takes that one" if _order(before)[0] != _order(network)[0] or apart else ""
        yield Clash(
            network,
            "/name",
            f"there is a network {network.name}{where} already{unread}",
            "give each network a name of its own",
            related=((before, "/name", "the other one"),),
        )
