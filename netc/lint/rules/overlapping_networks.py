"""Networks that hand out, or route, the same addresses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netc.diagnostics import Severity
from netc.lint.claims import Claim, handed_out, overlaps, subnets
from netc.lint.rules import bridge_shared
from netc.model import Network
from netc.rules import Clash, project_rule


@project_rule("NC652", "overlapping-networks", Severity.WARNING)
def overlapping_networks(networks: Sequence[Network]) -> Iterator[Clash]:
    """Two networks of a host hand out the same addresses, or route the same subnet.

    Why:
        Each network keeps its leases to itself: on one wire two containers get one address. Of two bridges with one
        subnet the host sends to the first only. Networks on different wires may use the same addresses, as may macvlan
        on its parent's subnet.

    Bad:
        network a { plugin bridge { bridge = "br0", ipam host-local { subnet = 10.1.0.0/16 } } }
        network b { plugin bridge { bridge = "br1", ipam host-local { subnet = 10.1.2.0/24 } } }

    Good:
        network a { plugin bridge { bridge = "br0", ipam host-local { subnet = 10.1.0.0/16 } } }
        network b { plugin bridge { bridge = "br1", ipam host-local { subnet = 10.2.0.0/24 } } }
        network c { plugin macvlan { master = "lan", ipam host-local { subnet = 10.1.0.0/16, rangeEnd = 10.1.0.99 } } }
        network d { plugin macvlan { master = "lan", ipam host-local { subnet = 10.1.0.0/16, rangeStart = 10.1.1.0 } } }

    Source:
        host-local keeps leases in a folder of the network's name; a host has one route to a subnet.
    """
    for before, claim in overlaps(subnets(networks)):
        if before.wire != claim.wire and not _same_name(before, claim):
            yield _clash(before, claim, f"the host routes {before.shown} for {before.network.name} already")
    # Of a bridge that can't have both addresses that has been said.
    bridges = {id(clash.network) for clash in bridge_shared.clashing_gateways(networks)}
    for before, claim in _on_one_wire(networks):
        if before.owner == claim.owner and not (claim.wire[0] == "bridge" and id(claim.network) in bridges):
            yield _clash(before, claim, f"{before.network.name} hands out {before.shown} on the same wire")


@project_rule("NC653", "two-ipam-owners", Severity.WARNING)
def two_ipam_owners(networks: Sequence[Network]) -> Iterator[Clash]:
    """Two IPAM plugins hand out the same addresses on one wire.

    Why:
        Neither knows of the other's leases, and sooner or later two containers have one address.

    Bad:
        network a { plugin macvlan { master = "lan", ipam host-local { subnet = 10.1.0.0/24 } } }
        network b { plugin macvlan { master = "lan", ipam static { addresses = [{ address = 10.1.0.9/24 }] } } }

    Good:
        network a { plugin macvlan { master = "lan", ipam host-local { subnet = 10.1.0.0/24, rangeEnd = 10.1.0.8 } } }
        network b { plugin macvlan { master = "lan", ipam static { addresses = [{ address = 10.1.0.9/24 }] } } }

    Source:
        host-local, static and whereabouts: each looks at its own store.
    """
    for before, claim in _on_one_wire(networks):
        if before.owner != claim.owner:
            owners = f"{before.owner} of {before.network.name} hands out {before.shown}, and {claim.owner} here"
            yield _clash(before, claim, f"{owners} {claim.shown}, on the same wire")


def _on_one_wire(networks: Sequence[Network]) -> Iterator[tuple[Claim, Claim]]:
    wires: dict[tuple[str, ...], list[Claim]] = {}
    for claim in handed_out(networks):
        wires.setdefault(claim.wire, []).append(claim)
    for claims in wires.values():
        for before, claim in overlaps(claims):
            shared = before.owner == claim.owner == "whereabouts"  # one pool, by its design
            if not shared and not _same_name(before, claim):
                yield before, claim


def _same_name(before: Claim, claim: Claim) -> bool:
    return before.network.name == claim.network.name


def _clash(before: Claim, claim: Claim, message: str) -> Clash:
    return Clash(
        claim.network,
        claim.pointer,
        message,
        "give each its own addresses",
        related=((before.network, before.pointer, f"in {before.network.name}"),),
    )
