"""Two addresses of a ptp link behind one gateway."""

from __future__ import annotations

from collections.abc import Iterator

from netc.diagnostics import Severity
from netc.lint.addresses import Assigned, assigned
from netc.model import Network, Plugin
from netc.rules import Violation, plugin_rule


@plugin_rule("NC433", "ptp-shared-gateway", Severity.ERROR, plugin="ptp")
def ptp_shared_gateway(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """Two addresses of one ptp link have the same gateway.

    Why:
        ptp adds a route to the gateway for each address, and the second one exists already: ADD fails.

    Bad:
        network n {
          plugin ptp {
            ipam static {
              addresses = [{ address = 10.1.0.5/24, gateway = 10.1.0.1 }, { address = 10.1.0.6/24, gateway = 10.1.0.1 }]
            }
          }
        }

    Good:
        network n {
          plugin ptp {
            ipam static {
              addresses = [{ address = 10.1.0.5/24, gateway = 10.1.0.1 }, { address = fd00::5/64, gateway = fd00::1 }]
            }
          }
        }

    Source:
        ptp, ADD: `failed to add route ... file exists`.
    """
    if plugin.type != "ptp":
        return
    seen: dict[str, Assigned] = {}
    for one in assigned(plugin):
        first = seen.setdefault(str(one.gateway), one) if one.gateway is not None else one
        if first.group != one.group:
            yield Violation(
                one.gateway_at,
                f"the gateway {one.gateway} serves two addresses of the container, ptp takes it for one",
                "give each address a gateway of its own, or use a bridge",
                related=((first.gateway_at, "the first one"),),
            )
