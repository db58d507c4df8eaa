"""Changes of the addresses that pods are given, and of the gateway's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv6Address

from netc.diff.effect import Effect, Grade
from netc.diff.effects.both import Both, listed
from netc.diff.effects.links import bridge_of
from netc.diff.leases import Ip
from netc.lint.addresses import assigned, is_gateway
from netc.lint.claims import Claim, handed_out
from netc.model import Plugin

#: Where host-local keeps its leases if nothing is said.
_STORE = "/var/lib/cni/networks"


def leases_forgotten(both: Both) -> Iterator[Effect]:
    """The addresses of running pods are not known any more to what hands them out."""
    before, after = (network.plugins[0] if network.plugins else None for network in (both.old, both.new))
    if before is None or after is None or both.held == ():
        return
    was, now = (_store(plugin, network.name) for plugin, network in ((before, both.old), (after, both.new)))
    if was == now or was is None:
        return
    at = f"{before.pointer}/ipam", f"{after.pointer}/ipam"
    kept = f"the leases of running pods are in {was}, and {now} is where new ones are looked for"
    if now is None or not (was.startswith("/") and now.startswith("/")):
        kept = f"{_ipam(after)} does not know which addresses running pods have of {_ipam(before)}"
    shared = _shared(handed_out([both.old]), handed_out([both.new]), both.held)
    if shared:
        text = f"{kept}: a new pod can be given {shared}, which a running one may have"
        help = "drain the pods first, or hand out addresses that the old network did not have"
        yield both.effect("leases-forgotten", Grade.BREAKS, text, help, old=at[0], new=at[1])
    else:
        files = f"delete {was} when the last of the old pods is gone" if was.startswith("/") else None
        yield both.effect(
            "leases-forgotten", Grade.LEAVES, f"{kept}: DEL frees none of them", files, old=at[0], new=at[1]
        )


def leases_outside(both: Both) -> Iterator[Effect]:
    """Running pods have addresses that are handed out no more."""
    if both.first is None or _store(both.first[0], both.old.name) != _store(both.first[1], both.new.name):
        return
    new = handed_out([both.new])
    for claim in handed_out([both.old]):
        left = _outside(claim, new)
        if both.held is not None:
            held = [
                str(one)
                for one in both.held
                if one.version == claim.family and any(first <= int(one) <= last for first, last in left)
            ]
            who = f"{len(held)} of {len(both.held)} leases {'lies' if len(held) == 1 else 'lie'}" if held else ""
        else:
            held, who = [_spelled(claim.family, first, last) for first, last in left], "running pods may"
        if held:
            yield both.effect(
                "leases-outside",
                Grade.DIFFERS,
                f"{who} outside of what new pods get: {listed(held)}"
                if both.held is not None
                else f"{who} have {listed(held)}, which new pods get no more",
                "see that routes, firewalls and DNS know both until the old pods are gone",
                old=claim.pointer,
                new=f"{both.first[1].pointer}/ipam",
            )


def bridge_address(both: Both) -> Iterator[Effect]:
    """The bridge has a gateway address already, and the plugin wants to give it another one."""
    if both.first is None or both.first[0].type != "bridge":
        return
    before, after = both.first
    if bridge_of(before) != bridge_of(after) or not (is_gateway(before) and is_gateway(after)):
        return
    name, place = bridge_of(after), f"{after.pointer}/ipam"
    was = {(one.gateway, one.subnet) for one in assigned(before) if one.gateway is not None}
    for one in assigned(after):
        if one.gateway is None or (one.gateway, one.subnet) in was:
            continue
        rivals = [
            f"{gateway}/{subnet.prefixlen}"
            for gateway, subnet in was
            if subnet.version == one.family and (one.family == 4 or subnet.overlaps(one.subnet))
        ]
        if not rivals:
            continue
        wanted, had = f"{one.gateway}/{one.subnet.prefixlen}", listed(sorted(rivals))
        if after.body.get("forceAddress") is True:
            yield both.effect(
                "bridge-address",
                Grade.BREAKS,
                f"the first new pod on a node takes {had} off {name} for {wanted}: running pods lose their gateway",
                "drain a node before the file changes there",
                old=f"{before.pointer}/ipam",
                new=place,
            )
        else:
            yield both.effect(
                "bridge-address",
                Grade.BREAKS,
                f"no new pod starts on a node where {name} exists: it has {had}, and bridge adds no {wanted} to it",
                f"drain a node and delete {name} there, or use another bridge",
                old=f"{before.pointer}/ipam",
                new=place,
            )
        return


def family_changed(both: Both) -> Iterator[Effect]:
    """New pods have addresses of a family that running ones have not, or the other way round."""
    if both.first is None or not all(plugin.ipam for plugin in both.first):
        return
    before, after = ({one.family for one in assigned(plugin)} for plugin in both.first)
    if not before or not after:
        return
    for family in sorted(before ^ after):
        verb = "get no address of" if family in before else "get addresses of"
        other = "keep theirs" if family in before else "have none"
        yield both.effect(
            "family-changed",
            Grade.DIFFERS,
            f"new pods {verb} IPv{family}, running ones {other}",
            old=f"{both.first[0].pointer}/ipam",
            new=f"{both.first[1].pointer}/ipam",
        )


def _store(plugin: Plugin, network: str) -> str | None:
    """The folder of host-local's leases; for another IPAM plugin its name, None where there is none to forget."""
    ipam = plugin.ipam or {}
    match ipam.get("type"):
        case "host-local":
            return f"{ipam.get('dataDir') or _STORE}/{network}"
        case None | "static":
            return None
        case other:
            return str(other)


def _ipam(plugin: Plugin) -> str:
    return str((plugin.ipam or {}).get("type") or "the network without ipam")


def _shared(old: Sequence[Claim], new: Sequence[Claim], held: tuple[Ip, ...] | None) -> str | None:
    """Addresses that both hand out, and that somebody holds where that is known, in words."""
    for one in old:
        for other in new:
            first, last = max(one.first, other.first), min(one.last, other.last)
            if one.family != other.family or first > last:
                continue
            if held is None:
                return f"an address of {_spelled(one.family, first, last)}"
            taken = [str(each) for each in held if each.version == one.family and first <= int(each) <= last]
            if taken:
                return listed(taken)
    return None


def _outside(claim: Claim, others: Sequence[Claim]) -> list[tuple[int, int]]:
    """The parts of a claim that no other one of its family has, in order."""
    left, at = [], claim.first
    for other in sorted((one for one in others if one.family == claim.family), key=lambda one: one.first):
        if other.first > claim.last:
            break
        if other.first > at:
            left.append((at, other.first - 1))
        at = max(at, other.last + 1)
    if at <= claim.last:
        left.append((at, claim.last))
    return left


def _spelled(family: int, first: int, last: int) -> str:
    kind = IPv4Address if family == 4 else IPv6Address
    return str(kind(first)) if first == last else f"{kind(first)}-{kind(last)}"
