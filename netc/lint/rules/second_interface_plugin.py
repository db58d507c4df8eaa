"""Plugins that can't follow another interface plugin."""

from __future__ import annotations

from collections.abc import Iterator

from netc.diagnostics import Severity
from netc.lint.chain import INTERFACE_MAKERS
from netc.model import Network
from netc.rules import Violation, network_rule


@network_rule("NC307", "second-interface-plugin", Severity.ERROR)
def second_interface_plugin(network: Network) -> Iterator[Violation]:
    """Two plugins of a chain make the container's interface.

    Why:
        All plugins of a chain get the same interface name, and the second finds it taken: ADD fails. A second interface
        is a second network.

    Bad:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin macvlan { master = "eth0" }
        }

    Good:
        network n { plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } } }

        network storage { plugin macvlan { master = "eth0" } }

    Source:
        bridge: `container veth name ("eth0") peer provided already exists`; macvlan: `file exists`.
    """
    makers = [plugin for plugin in network.plugins if plugin.type in INTERFACE_MAKERS]
    for plugin in makers[1:]:
        if plugin.type in ("bridge", "ptp", "macvlan", "ipvlan", "vlan", "dummy"):
            yield Violation(
                f"{plugin.pointer}/type",
                f"{plugin.type} would make the interface that {makers[0].type} has made already",
                "put it into a network of its own",
                related=((f"{makers[0].pointer}/type", "makes the interface"),),
            )


@network_rule("NC308", "loopback-not-first", Severity.WARNING)
def loopback_not_first(network: Network) -> Iterator[Violation]:
    """loopback stands behind another plugin.

    Why:
        Up to release 0.8.2 it put its own result in the place of the one before, so that plugins behind it saw no
        addresses. Runtimes set the loopback interface up themselves, or by a network of its own.

    Bad:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin loopback { }
        }

    Good:
        network lo { plugin loopback { } }

    Source:
        loopback passes an earlier result on since release 0.8.3.
    """
    for plugin in network.plugins:
        if plugin.type == "loopback" and plugin.index > 0:
            yield Violation(
                f"{plugin.pointer}/type",
                "loopback stands behind another plugin, whose result old releases of it replace",
                "leave it out, or put it into a network of its own",
            )
