"""What portmap refuses, and what its two backends do not share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from netc.diagnostics import Severity
from netc.model import Network, Plugin
from netc.rules import Violation, plugin_rule

_CONDITIONS = ("conditionsV4", "conditionsV6")


def _style(conditions: object) -> Literal["iptables", "nftables"] | None:
    """Which tool the plugin takes conditions to be written for: the first element decides."""
    if not isinstance(conditions, list) or not conditions or not isinstance(conditions[0], str) or not conditions[0]:
        return None
    return "iptables" if conditions[0][0] in "-!" else "nftables"


@plugin_rule("NC450", "portmap-two-marks", Severity.ERROR, plugin="portmap")
def two_marks(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """`markMasqBit` stands beside `externalSetMarkChain`.

    Why:
        Both say how traffic to masquerade is marked. The plugin refuses the configuration, at DEL as well.

    Bad:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin portmap { capabilities { portMappings = true }, markMasqBit = 10, externalSetMarkChain = "SITE-MARK" }
        }

    Good:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin portmap { capabilities { portMappings = true }, markMasqBit = 10 }
        }

    Source:
        portmap: `Cannot specify externalSetMarkChain and markMasqBit`.
    """
    if plugin.body.get("markMasqBit") is not None and plugin.body.get("externalSetMarkChain"):
        yield Violation(
            "/externalSetMarkChain",
            "markMasqBit and externalSetMarkChain can't both be given",
            "leave out externalSetMarkChain: the plugin then makes a chain of its own",
            related=(("/markMasqBit", "also given"),),
        )


@plugin_rule("NC451", "portmap-wrong-backend", Severity.ERROR, plugin="portmap")
def wrong_backend(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """Options of one backend stand beside the other one.

    Why:
        The plugin refuses iptables arguments and `externalSetMarkChain` with nftables, and nftables expressions with
        iptables: every call fails, DEL included.

    Bad:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin portmap {
            capabilities { portMappings = true }
            backend = "nftables"
            conditionsV4 = ["!", "-d", "192.0.2.0/24"]
          }
        }

    Good:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin portmap {
            capabilities { portMappings = true }
            backend = "iptables"
            conditionsV4 = ["!", "-d", "192.0.2.0/24"]
          }
        }

    Source:
        portmap: `nftables backend was requested but configuration contains iptables-specific options`.
    """
    backend = plugin.body.get("backend")
    styles = {key: _style(plugin.body.get(key)) for key in _CONDITIONS}
    if plugin.body.get("externalSetMarkChain"):
        styles["externalSetMarkChain"] = "iptables"
    if not backend:  # chosen on the host: only options that contradict each other surely fail
        kinds = {style: key for key, style in styles.items() if style is not None}
        if len(kinds) == 2:
            yield Violation(
                f"/{kinds['nftables']}",
                f"{kinds['nftables']} is written for nftables, {kinds['iptables']} for iptables",
                "write all of them for one of the two",
                related=((f"/{kinds['iptables']}", "written for iptables"),),
            )
        return
    for key, style in styles.items():
        if style not in (None, backend):
            yield Violation(
                f"/{key}",
                f"{key} is written for {style}, the backend is {backend}",
                f"write it for {backend}" if key in _CONDITIONS else "leave it out, nftables needs no mark",
                related=(("/backend", "the backend"),),
            )


@plugin_rule("NC452", "portmap-backend-unset", Severity.WARNING, plugin="portmap")
def backend_unset(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """Conditions are written for nftables, and the backend is left to the host.

    Why:
        Left out, the backend is iptables wherever iptables works, and the plugin then refuses the conditions.

    Bad:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin portmap { capabilities { portMappings = true }, conditionsV4 = ["ip", "daddr", "!=", "192.0.2.0/24"] }
        }

    Good:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin portmap { capabilities { portMappings = true }, conditionsV4 = ["!", "-d", "192.0.2.0/24"] }
        }

    Source:
        portmap takes conditions that start with `-` or `!` for iptables arguments, all others for nftables.
    """
    if not plugin.body.get("backend"):
        for key in _CONDITIONS:
            if _style(plugin.body.get(key)) == "nftables":
                first = plugin.body[key][0]
                yield Violation(
                    f"/{key}/0",
                    f'{key} starts with "{first}", so it is taken for nftables, and no backend is given',
                    'write `backend = "nftables"`; iptables arguments start with `-` or `!`',
                )


@plugin_rule("NC453", "portmap-no-effect", Severity.WARNING, plugin="portmap")
def no_effect(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """An option that the chosen backend, or `snat = false`, makes void.

    Why:
        nftables needs no mark, and up to release 1.9.1 it ignores `masqAll`; without `snat` nothing is masqueraded. The
        plugin says nothing of it.

    Bad:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin portmap { capabilities { portMappings = true }, backend = "nftables", masqAll = true }
        }

    Good:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin portmap { capabilities { portMappings = true }, backend = "iptables", masqAll = true }
        }

    Source:
        Seen with portmap 1.9.1 and the nftables backend.
    """
    body = plugin.body
    voids = {}
    if body.get("snat") is False:
        voids = dict.fromkeys(("masqAll", "markMasqBit", "externalSetMarkChain"), "snat is off, nothing is masqueraded")
    elif body.get("backend") == "nftables":
        voids = {
            "masqAll": "the nftables backend ignores it up to release 1.9.1",
            "markMasqBit": "the nftables backend uses no mark",
        }
    for key, why in voids.items():
        if body.get(key) not in (None, False, ""):
            yield Violation(
                f"/{key}",
                f"{key} has no effect: {why}",
                'leave it out, or write `backend = "iptables"`'
                if body.get("snat") is not False
                else "leave it out, or snat = false",
                "key",
            )


@plugin_rule("NC454", "portmap-mark-of-kubernetes", Severity.WARNING, plugin="portmap")
def mark_of_kubernetes(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """`markMasqBit` names a bit that Kubernetes uses.

    Why:
        kube-proxy and the kubelet mark packets with bit 14 (masquerade) and bit 15 (drop). Rules of both then act on
        each other's packets.

    Bad:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin portmap { capabilities { portMappings = true }, markMasqBit = 14 }
        }

    Good:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin portmap { capabilities { portMappings = true }, markMasqBit = 13 }
        }

    Source:
        The portmap plugin's documentation, on `markMasqBit`.
    """
    bit = plugin.body.get("markMasqBit")
    if bit in (14, 15):
        yield Violation(
            "/markMasqBit",
            f"bit {bit} of the packet mark means {'masquerade' if bit == 14 else 'drop'} to Kubernetes",
            "leave it out: the plugin's own bit is 13",
        )


@plugin_rule("NC458", "portmap-chain-of-kubernetes", Severity.WARNING, plugin="portmap")
def chain_of_kubernetes(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """`externalSetMarkChain` names a chain that kube-proxy makes, if it does.

    Why:
        The plugin does not make the chain. The kubelet has stopped to, and a kube-proxy that works by nftables, or
        one that eBPF has replaced, makes none: then no pod that publishes a port starts.

    Bad:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin portmap { capabilities { portMappings = true }, externalSetMarkChain = "KUBE-MARK-MASQ" }
        }

    Good:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin portmap { capabilities { portMappings = true } }
        }

    Source:
        Seen: iptables refuses a jump to a chain that is not there. Kubernetes' enhancement 3178 took the chain from the
        kubelet.
    """
    chain = plugin.body.get("externalSetMarkChain")
    if chain == "KUBE-MARK-MASQ" and plugin.body.get("markMasqBit") is None:
        yield Violation(
            "/externalSetMarkChain",
            f"{chain} is kube-proxy's chain: on a node where kube-proxy makes none, publishing a port fails",
            "leave it out: the plugin then makes a chain of its own",
            "key",
        )


@plugin_rule("NC455", "portmap-conditions-for-all", Severity.WARNING, plugin="portmap")
def conditions_for_all(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """With nftables, the conditions of one network apply to all networks of the host.

    Why:
        The nftables backend keeps one chain for all containers and rebuilds it at each ADD with the conditions at hand:
        those of the container started last count for every published port.

    Bad:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin portmap {
            capabilities { portMappings = true }
            backend = "nftables"
            conditionsV4 = ["ip", "daddr", "!=", "192.0.2.0/24"]
          }
        }

    Good:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin portmap {
            capabilities { portMappings = true }
            backend = "iptables"
            conditionsV4 = ["!", "-d", "192.0.2.0/24"]
          }
        }

    Source:
        Seen with portmap 1.9.1: ADD in a network without conditions removes those of another.
    """
    if plugin.body.get("backend") == "nftables":
        for key in _CONDITIONS:
            if _style(plugin.body.get(key)) == "nftables":
                yield Violation(
                    f"/{key}",
                    f"{key} will apply to published ports of every network on the host, until another ADD replaces it",
                    "give all networks of a host the same conditions, or use the iptables backend",
                    "key",
                )
