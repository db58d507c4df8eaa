"""What firewall takes without a word and does not do."""

from __future__ import annotations

from collections.abc import Iterator

from netc.diagnostics import Severity
from netc.model import Network, Plugin
from netc.rules import Violation, plugin_rule

#: Plugins whose first interface in the result is no bridge.
_NO_BRIDGE = ("ptp", "macvlan", "ipvlan", "vlan", "host-device", "tap", "dummy", "loopback")


@plugin_rule("NC470", "firewall-unknown-backend", Severity.WARNING, plugin="firewall")
def unknown_backend(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """`backend` is a word that the plugin does not know.

    Why:
        It is taken for none at all: firewalld where that runs, else iptables. There is no nftables backend, though
        bridge and portmap have one.

    Bad:
        network n {
          cniVersion = "1.0.0"
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin firewall { backend = "nftables" }
        }

    Good:
        network n {
          cniVersion = "1.0.0"
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin firewall { backend = "iptables" }
        }

    Source:
        Seen with firewall 1.9.1: any other word is silently the automatic choice.
    """
    backend = plugin.body.get("backend")
    if backend not in (None, "", "iptables", "firewalld"):
        yield Violation(
            "/backend",
            f'firewall has no backend "{backend}", and chooses one as if nothing was written',
            'write `backend = "iptables"` or "firewalld", or leave it out',
        )


@plugin_rule("NC471", "firewall-no-effect", Severity.WARNING, plugin="firewall")
def no_effect(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """An option of the backend that is not chosen.

    Why:
        The plugin takes it without a word.

    Bad:
        network n {
          cniVersion = "1.0.0"
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin firewall { backend = "iptables", firewalldZone = "trusted" }
        }

    Good:
        network n {
          cniVersion = "1.0.0"
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin firewall { backend = "firewalld", firewalldZone = "trusted" }
        }

    Source:
        The firewall plugin's documentation.
    """
    for key, backend in (("firewalldZone", "firewalld"), ("iptablesAdminChainName", "iptables")):
        chosen = plugin.body.get("backend")
        if plugin.body.get(key) and chosen in ("iptables", "firewalld") and chosen != backend:
            yield Violation(
                f"/{key}",
                f"{key} has no effect: the backend is {chosen}",
                "leave it out",
                "key",
                related=(("/backend", "the backend"),),
            )


@plugin_rule("NC472", "firewall-admin-chain", Severity.ERROR, plugin="firewall")
def admin_chain(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """The administrator's chain has the name of one of iptables' own chains, or of the plugin's.

    Why:
        iptables jumps to none of its own chains, and refuses a loop, so every ADD fails.

    Bad:
        network n {
          cniVersion = "1.0.0"
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin firewall { iptablesAdminChainName = "CNI-FORWARD" }
        }

    Good:
        network n {
          cniVersion = "1.0.0"
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin firewall { iptablesAdminChainName = "SITE-FORWARD" }
        }

    Source:
        Seen with firewall: iptables answers `Too many links` or `Operation not supported`.
    """
    name = plugin.body.get("iptablesAdminChainName")
    if name in ("INPUT", "FORWARD", "OUTPUT", "CNI-FORWARD"):
        yield Violation(
            "/iptablesAdminChainName",
            f"the chain {name} can't be jumped to from CNI-FORWARD, as the administrator's chain is",
            "choose another name, or leave it out for CNI-ADMIN",
        )


@plugin_rule("NC473", "firewall-policy-without-bridge", Severity.WARNING, plugin="firewall")
def policy_without_bridge(plugin: Plugin, network: Network) -> Iterator[Violation]:
    """`ingressPolicy` stands in a chain without a bridge.

    Why:
        The plugin takes the first interface of the result for the bridge, without a look at it. After any other
        interface plugin its rules name an interface that they do not fit, and nothing is isolated.

    Bad:
        network n {
          cniVersion = "1.0.0"
          plugin ptp { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin firewall { ingressPolicy = "same-bridge" }
        }

    Good:
        network n {
          cniVersion = "1.0.0"
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin firewall { ingressPolicy = "same-bridge" }
        }

    Source:
        firewall uses the name of `interfaces[0]` of the result before it.
    """
    policy = plugin.body.get("ingressPolicy")
    if policy not in ("same-bridge", "isolated") or plugin.index == 0:
        return
    first = network.plugins[0]
    if first.type in _NO_BRIDGE:
        yield Violation(
            "/ingressPolicy",
            f'ingressPolicy "{policy}" needs a bridge, and {first.type} makes none: nothing is isolated',
            'leave it out, or write `ingressPolicy = "open"`',
        )


@plugin_rule("NC474", "firewall-isolated-needs-br-netfilter", Severity.INFO, plugin="firewall")
def isolated_needs_br_netfilter(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """`isolated` keeps containers of one bridge apart only where the host filters bridged frames.

    Why:
        Frames between two ports of a bridge do not pass iptables, unless the module br_netfilter is loaded and
        `net.bridge.bridge-nf-call-iptables` is 1. The plugin does not look.

    Bad:
        network n {
          cniVersion = "1.0.0"
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin firewall { ingressPolicy = "isolated" }
        }

    Good:
        network n {
          cniVersion = "1.0.0"
          plugin bridge { portIsolation = true, ipam host-local { subnet = 10.1.0.0/16 } }
          plugin firewall { ingressPolicy = "same-bridge" }
        }

    Source:
        firewall adds `-i BRIDGE -o BRIDGE -j DROP` to the FORWARD path; the kernel's bridge-nf-call-iptables.
    """
    if plugin.body.get("ingressPolicy") == "isolated":
        yield Violation(
            "/ingressPolicy",
            "isolated keeps containers of one bridge apart only on hosts with br_netfilter",
            "load br_netfilter there, or write `portIsolation = true` in bridge",
        )
