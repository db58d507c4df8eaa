"""A plugin that changes an interface, with none before it."""

from __future__ import annotations

from collections.abc import Iterator

from netc.diagnostics import Severity
from netc.lint.chain import is_meta
from netc.model import Network
from netc.rules import Violation, network_rule


@network_rule("NC301", "chained-plugin-first", Severity.ERROR)
def chained_plugin_first(network: Network) -> Iterator[Violation]:
    """The chain starts with a plugin that works on the result of another one.

    Why:
        portmap, bandwidth, tuning, firewall and their like need the interface and the addresses of a plugin before
        them. At the start of a chain there is nothing: ADD fails.

    Bad:
        network n {
          plugin portmap { capabilities { portMappings = true } }
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
        }

    Good:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin portmap { capabilities { portMappings = true } }
        }

    Source:
        portmap: `must be called as chained plugin`; firewall: `missing prevResult from earlier plugin`.
    """
    chain = network.plugins
    if chain and chain[0].index == 0 and is_meta(chain[0].type):
        maker = next((plugin for plugin in chain if not is_meta(plugin.type)), None)
        yield Violation(
            f"{chain[0].pointer}/type",
            f"{chain[0].type} can't start a chain: it works on the interface of a plugin before it",
            f"move it behind {maker.type}" if maker else "put an interface plugin such as bridge before it",
            related=((f"{maker.pointer}/type", "makes the interface"),) if maker else (),
        )
