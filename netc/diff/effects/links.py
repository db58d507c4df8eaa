"""Changes of the interface and of the wire that it is on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from netc.diff.effect import Effect, Grade
from netc.diff.effects.both import Both, number
from netc.lint.addresses import assigned, is_gateway
from netc.model import Json, Plugin

#: Plugin to the keys that say on which wire its containers are, each with what it is when it is left out.
_WIRE: Mapping[str, Mapping[str, Json]] = {
    "bridge": {"vlan": 0, "vlanTrunk": None},
    "macvlan": {"master": "", "mode": "bridge"},
    "ipvlan": {"master": "", "mode": "l2"},
    "vlan": {"master": "", "vlanId": 0},
    "host-device": {"device": "", "hwaddr": "", "kernelpath": "", "pciBusID": ""},
    "tap": {"bridge": ""},
}


def bridge_of(plugin: Plugin) -> str:
    """The name of the bridge that a bridge plugin uses."""
    return str(plugin.body.get("bridge") or "cni0")


def interface_plugin(both: Both) -> Iterator[Effect]:
    """Another plugin makes the interface: it also gets the DEL of what the other one made."""
    if not both.old.plugins or not both.new.plugins or both.first is not None:
        return
    before, after = both.old.plugins[0], both.new.plugins[0]
    yield both.effect(
        "interface-plugin-changed",
        Grade.BREAKS,
        f"{after.type} gets CHECK and DEL for running pods whose interface {before.type} made: CHECK fails, and what "
        f"{before.type} set up on the host stays",
        f"give the network with {after.type} a name of its own, and drain the old one's pods",
        old=f"{before.pointer}/type",
        new=f"{after.pointer}/type",
    )


def bridge_renamed(both: Both) -> Iterator[Effect]:
    """Running pods stay on the old bridge."""
    if both.first is None or both.first[0].type != "bridge":
        return
    before, after = both.first
    old, new = bridge_of(before), bridge_of(after)
    if old == new:
        return
    here = (f"{before.pointer}/bridge", f"{after.pointer}/bridge")
    shared = {str(one.subnet) for one in assigned(before)} & {str(one.subnet) for one in assigned(after)}
    if shared and is_gateway(before) and is_gateway(after):
        yield both.effect(
            "bridge-renamed",
            Grade.BREAKS,
            f"running pods stay on {old}, new ones are on {new}, and the host has a route to {min(shared)} by both: it "
            "reaches only those behind one of them",
            f"drain a node and delete {old} there before pods start on {new}, or change the subnet too",
            old=here[0],
            new=here[1],
        )
        return
    yield both.effect(
        "bridge-renamed",
        Grade.DIFFERS,
        f"running pods stay on {old}, new ones are on {new}: they share no wire, and {old} stays for good",
        f"delete {old} on each node when its last pod is gone",
        old=here[0],
        new=here[1],
    )


def wire_changed(both: Both) -> Iterator[Effect]:
    """Another master, VLAN, mode or device: running pods stay where they are."""
    if both.first is None:
        return
    before, after = both.first
    for key, usual in _WIRE.get(before.type, {}).items():
        was, now = before.body.get(key, usual), after.body.get(key, usual)
        if was == now:
            continue
        kept = f"{key} {_shown(was)}" if was not in (None, "", 0) else f"no {key}"
        given = f"{key} {_shown(now)}" if now not in (None, "", 0) else f"no {key}"
        yield both.effect(
            "wire-changed",
            Grade.DIFFERS,
            f"running pods keep {kept}, new ones get {given}: the two may not reach each other by layer 2",
            "recreate the pods of a node together",
            old=f"{before.pointer}/{key}",
            new=f"{after.pointer}/{key}",
        )


def mtu_changed(both: Both) -> Iterator[Effect]:
    """Interfaces keep the MTU that they were made with, and so does a bridge."""
    if both.first is None:
        return
    before, after = both.first
    was, now = max(0, number(before.body.get("mtu"))), max(0, number(after.body.get("mtu")))
    if was == now:
        return
    message = f"running pods keep {_mtu(was)}, new ones get {_mtu(now)}"
    help = "recreate the pods that talk to each other, or large packets between them are lost"
    if before.type == "bridge" and bridge_of(before) == bridge_of(after):
        message += f"; {bridge_of(after)} stays as it was made where it exists"
        help = f"recreate the pods of a node together, and {bridge_of(after)} with them"
    yield both.effect(
        "mtu-changed", Grade.DIFFERS, message, help, old=f"{before.pointer}/mtu", new=f"{after.pointer}/mtu"
    )


def _mtu(value: int) -> str:
    return f"an MTU of {value}" if value else "the default MTU"


def _shown(value: object) -> str:
    return value if isinstance(value, str) else str(value).replace("'", '"')
