"""`macspoofchk`: nftables rules of the bridge family that drop what a container sends with another MAC than its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netc.cni.plugin import Call
from netc.kernel import KernelError, Namespace
from netc.plugins.interface import saying

_TABLE = {"family": "bridge", "table": "nat"}
_HOOK = "PREROUTING"

Command = dict[str, Any]


def _name(call: Call) -> str:
    return f"{call.env.container_id}-{call.env.ifname}"


def add(host: Namespace, call: Call, port: str, mac: str) -> None:
    """Let only packets from `mac` in through the bridge port `port`. Rules that an earlier try left are replaced."""
    remove(host, call)
    name = _name(call)
    chain = f"cni-br-iface-{name}"
    comment = f"macspoofchk-{name}"
    hook = {"type": "filter", "hook": "prerouting", "prio": -300, "policy": "accept"}
    commands: list[Command] = [{"add": {"table": {"family": "bridge", "name": "nat"}}}]
    # Declaring a base chain that is there makes the kernel wait: look first.
    if host.nft.listing("chain", family="bridge", table="nat", name=_HOOK) is None:
        commands.append({"add": {"chain": {**_TABLE, "name": _HOOK, **hook}}})
    commands += [{"add": {"chain": {**_TABLE, "name": one}}} for one in (chain, f"{chain}-mac")]
    iifname = {"match": {"op": "==", "left": {"meta": {"key": "iifname"}}, "right": port}}
    source = {"match": {"op": "==", "left": {"payload": {"protocol": "ether", "field": "saddr"}}, "right": mac}}
    for where, rule in (
        (_HOOK, [iifname, {"jump": {"target": chain}}]),
        (chain, [{"jump": {"target": f"{chain}-mac"}}]),
        (f"{chain}-mac", [source, {"return": None}]),
        (f"{chain}-mac", [{"drop": None}]),
    ):
        commands.append({"add": {"rule": {**_TABLE, "chain": where, "expr": rule, "comment": comment}}})
    with saying("failed to set up the MAC spoof check"):
        host.nft.run(*commands)


def remove(host: Namespace, call: Call) -> None:
    """Take away the rules and chains of this attachment; none is fine."""
    comment = f"macspoofchk-{_name(call)}"
    with saying("failed to tear down the MAC spoof check"):
        _remove(host, lambda rule: rule.get("comment") == comment, {f"cni-br-iface-{_name(call)}"})


def collect(host: Namespace) -> None:
    """Take away the rules of bridge ports that no longer exist: nothing can come in through them."""
    ports = {link.name for link in host.links()}

    def gone(rule: Command) -> bool:
        port = next((part["match"]["right"] for part in rule["expr"] if "match" in part), None)
        return str(rule.get("comment", "")).startswith("macspoofchk-") and port not in ports

    with saying("failed to collect MAC spoof checks"):
        _remove(host, gone, set())


def _remove(host: Namespace, whose: Callable[[Command], bool], chains: set[str]) -> None:
    """Delete the hook's rules that `whose` says yes to, with the chains they jump to and those named in `chains`."""
    listed = host.nft.listing("chains", family="bridge")
    present = {item["chain"]["name"] for item in listed or () if item.get("chain", {}).get("table") == "nat"}
    if _HOOK not in present:
        return
    commands: list[Command] = []
    for item in host.nft.listing("chain", family="bridge", table="nat", name=_HOOK) or ():
        rule = item.get("rule")
        if rule is not None and whose(rule):
            commands.append({"delete": {"rule": {**_TABLE, "chain": _HOOK, "handle": rule["handle"]}}})
            chains |= {part["jump"]["target"] for part in rule["expr"] if "jump" in part}
    own = [name for chain in sorted(chains) for name in (chain, f"{chain}-mac") if name in present]
    commands += [{"flush": {"chain": {**_TABLE, "name": name}}} for name in own]
    commands += [{"delete": {"chain": {**_TABLE, "name": name}}} for name in own]
    if commands:
        try:
            host.nft.run(*commands)
        except KernelError as error:
            if not error.is_missing():
                raise
