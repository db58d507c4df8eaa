"""One bridge in networks that want it to be different things."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netc.diagnostics import Severity
from netc.lint.addresses import assigned, is_gateway
from netc.lint.rules.bridge_shared import bridges
from netc.model import Network, Plugin
from netc.rules import Clash, project_rule


def _tagged(plugin: Plugin) -> bool:
    return bool(plugin.body.get("vlan")) or plugin.body.get("vlanTrunk") is not None


@project_rule("NC658", "bridge-filters-vlans-or-not", Severity.WARNING)
def bridge_filters_vlans_or_not(networks: Sequence[Network]) -> Iterator[Clash]:
    """One network uses a bridge with VLANs, another without.

    Why:
        Whoever comes first makes the bridge, with a VLAN filter or without one, and it is never switched on later.
        Without the filter, VLANs are stored and do nothing: containers of all of them see each other.

    Bad:
        network a { disableCheck = true, plugin bridge { bridge = "br0" } }
        network b { disableCheck = true, plugin bridge { bridge = "br0", vlan = 100 } }

    Good:
        network a { disableCheck = true, plugin bridge { bridge = "br0", vlan = 1 } }
        network b { disableCheck = true, plugin bridge { bridge = "br0", vlan = 100 } }

    Source:
        bridge makes a new bridge with `vlan_filtering 1` where it has VLANs, and leaves an existing one as it is.
    """
    for name, users in bridges(networks).items():
        plain = next((one for one in users if not _tagged(one[1])), None)
        for network, plugin in users if plain is not None else ():
            if plain is None or not _tagged(plugin) or plain[0] is network:
                continue
            key = "vlan" if plugin.body.get("vlan") else "vlanTrunk"
            yield Clash(
                network,
                f"{plugin.pointer}/{key}",
                f"VLANs of {name} do nothing where {plain[0].name} makes the bridge, which filters none then",
                "give both a `vlan`, or each a bridge of its own",
                "key",
                related=((plain[0], f"{plain[1].pointer}/type", f"{plain[0].name} uses it without VLANs"),),
            )


@project_rule("NC655", "bridge-address-evicted", Severity.WARNING)
def bridge_address_evicted(networks: Sequence[Network]) -> Iterator[Clash]:
    """A network with `forceAddress` takes a bridge's address away that another network gives it.

    Why:
        The address is replaced at each ADD, and containers of the other network lose their gateway without a word.

    Bad:
        network a { plugin bridge { isDefaultGateway = true, ipam host-local { subnet = 10.1.0.0/24 } } }
        network b {
          plugin bridge { isDefaultGateway = true, forceAddress = true, ipam host-local { subnet = 10.2.0.0/24 } }
        }

    Good:
        network a { plugin bridge { isDefaultGateway = true, ipMasq = true, ipam host-local { subnet = 10.1.0.0/24 } } }
        network b {
          plugin bridge {
            bridge = "br1"
            isDefaultGateway = true, ipMasq = true
            forceAddress = true
            ipam host-local { subnet = 10.2.0.0/24 }
          }
        }

    Source:
        Seen with bridge 1.9.1: every other IPv4 address of the bridge is removed.
    """
    for name, users in bridges(networks).items():
        gateways = [
            (network, plugin, one)
            for network, plugin in users
            for one in assigned(plugin)
            if is_gateway(plugin) and not plugin.body.get("vlan") and one.family == 4 and one.gateway is not None
        ]
        first = {one.gateway: (network, plugin, one) for network, plugin, one in reversed(gateways)}
        for network, plugin, one in gateways:
            if plugin.body.get("forceAddress") is not True:
                continue
            other = next((first[each] for each in list(first)[-2:] if each != one.gateway), None)
            if other is not None and other[0] is not network:
                yield Clash(
                    network,
                    f"{plugin.pointer}/forceAddress",
                    f"{name} loses {other[2].gateway}, the gateway of {other[0].name}, at each ADD",
                    "name another bridge",
                    "key",
                    related=((other[0], other[1].pointer + other[2].gateway_at, f"{other[0].name} sets it here"),),
                )


@project_rule("NC656", "firewall-policies-differ", Severity.WARNING)
def firewall_policies_differ(networks: Sequence[Network]) -> Iterator[Clash]:
    """Two networks of one bridge have different policies of firewall.

    Why:
        The rules of both stay, whoever adds them: the stricter one holds for all containers of the bridge, also after
        its network is gone.

    Bad:
        network a {
          plugin bridge { bridge = "br0", ipam host-local { subnet = 10.1.0.0/24, rangeEnd = 10.1.0.99 } }
          plugin firewall { ingressPolicy = "same-bridge" }
        }
        network b {
          plugin bridge { bridge = "br0", ipam host-local { subnet = 10.1.0.0/24, rangeStart = 10.1.0.100 } }
          plugin firewall { }
        }

    Good:
        network a {
          plugin bridge { bridge = "br0", ipam host-local { subnet = 10.1.0.0/24, rangeEnd = 10.1.0.99 } }
          plugin firewall { ingressPolicy = "same-bridge" }
        }
        network b {
          plugin bridge { bridge = "br0", ipam host-local { subnet = 10.1.0.0/24, rangeStart = 10.1.0.100 } }
          plugin firewall { ingressPolicy = "same-bridge" }
        }

    Source:
        Seen with firewall 1.9.1: rules of `CNI-ISOLATION-STAGE-1` name the bridge, and DEL leaves them.
    """
    for name, users in bridges(networks).items():
        first: tuple[Network, Plugin, str] | None = None
        for network, _ in users:
            for plugin in network.plugins:
                if plugin.type != "firewall":
                    continue
                policy = str(plugin.body.get("ingressPolicy") or "open")
                first = first or (network, plugin, policy)
                if first[2] != policy and first[0] is not network:
                    at = f"{plugin.pointer}/{'ingressPolicy' if plugin.body.get('ingressPolicy') else 'type'}"
                    yield Clash(
                        network,
                        at,
                        f"the policy of {name} is {policy} here and {first[2]} in {first[0].name}: the stricter holds",
                        "give both the same `ingressPolicy`",
                        related=((first[0], f"{first[1].pointer}/type", f"{first[2]} here"),),
                    )
