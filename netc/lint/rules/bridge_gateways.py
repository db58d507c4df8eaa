"""Several IPv4 gateways for one bridge."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from netc.diagnostics import Severity
from netc.lint.addresses import Assigned, assigned, is_gateway
from netc.model import Network, Plugin
from netc.rules import Violation, plugin_rule


def _gateways(plugin: Plugin) -> list[Assigned]:
    """The IPv4 gateways that the bridge is to have."""
    return [one for one in assigned(plugin) if one.family == 4] if is_gateway(plugin) else []


def _address(one: Assigned) -> str:
    """What the bridge gets: the gateway with the prefix length of the container's address."""
    return f"{one.gateway}/{one.subnet.prefixlen}"


@plugin_rule("NC233", "bridge-two-gateways", Severity.ERROR, plugin="bridge")
def bridge_two_gateways(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """A bridge is to be the gateway of two IPv4 subnets.

    Why:
        The plugin gives a bridge one IPv4 address. The second gateway makes ADD fail; with `forceAddress` it takes the
        place of the first, in silence.

    Bad:
        network n {
          plugin bridge {
            isDefaultGateway = true
            ipam host-local { ranges = [[{ subnet = 10.1.0.0/16 }], [{ subnet = 10.2.0.0/16 }]] }
          }
        }

    Good:
        network n {
          plugin bridge {
            isDefaultGateway = true, ipMasq = true
            ipam host-local { ranges = [[{ subnet = 10.1.0.0/16 }], [{ subnet = fd00:1::/64 }]] }
          }
        }

    Source:
        Seen with bridge: `"cni0" already has an IP address different from 10.2.0.1/16`.
    """
    firsts = list({one.group: one for one in reversed(_gateways(plugin))}.values())[::-1]
    for one, other in pairwise(firsts):
        if _address(one) != _address(other):
            yield Violation(
                other.gateway_at,
                f"the bridge can't have {_address(other)} beside {_address(one)}: it gets one IPv4 address",
                "make it two networks with a bridge each, or let something else be the second gateway",
                related=((one.gateway_at, "the first gateway"),),
            )


@plugin_rule("NC234", "bridge-pool-gateways", Severity.WARNING, plugin="bridge")
def bridge_pool_gateways(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """A pool of a gateway bridge has IPv4 ranges with different gateways.

    Why:
        As long as the first range has addresses, all is well. The first container of the second range needs another
        address on the bridge, and its ADD fails.

    Bad:
        network n {
          plugin bridge {
            isDefaultGateway = true
            ipam host-local { ranges = [[{ subnet = 10.1.0.0/24 }, { subnet = 10.2.0.0/24 }]] }
          }
        }

    Good:
        network n {
          plugin bridge {
            isDefaultGateway = true, ipMasq = true
            ipam host-local {
              ranges = [[
                { subnet = 10.1.0.0/16, rangeStart = 10.1.0.2, rangeEnd = 10.1.0.254 },
                { subnet = 10.1.0.0/16, rangeStart = 10.1.9.1, rangeEnd = 10.1.9.254 },
              ]]
            }
          }
        }

    Source:
        Seen with bridge: `"cni0" already has an IP address different from 10.2.0.1/24`.
    """
    for one, other in pairwise(_gateways(plugin)):
        if one.group == other.group and _address(one) != _address(other):
            yield Violation(
                other.gateway_at,
                f"when {one.subnet} is used up, the bridge would need {_address(other)} beside {_address(one)}",
                "give the ranges of a pool one subnet and one gateway",
                related=((one.gateway_at, "the first gateway"),),
            )
