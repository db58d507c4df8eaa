"""What tuning changes of an interface, against what the plugin before it relies on."""

from __future__ import annotations

from collections.abc import Iterator

from netc.diagnostics import Severity
from netc.model import Network, Plugin
from netc.rules import Violation, network_rule


def _tuned(network: Network) -> Iterator[tuple[Plugin, Plugin]]:
    """The plugin that makes the interface, with each tuning behind it."""
    chain = network.plugins
    for plugin in chain[1:]:
        if plugin.type == "tuning":
            yield chain[0], plugin


@network_rule("NC318", "spoof-check-and-mac", Severity.WARNING)
def spoof_check_and_mac(network: Network) -> Iterator[Violation]:
    """tuning changes the MAC address behind a bridge with `macspoofchk`.

    Why:
        The bridge lets through the address that the interface had when it was made. With another one, all that the
        container sends is dropped.

    Bad:
        network n {
          plugin bridge { macspoofchk = true, ipam host-local { subnet = 10.1.0.0/16 } }
          plugin tuning { capabilities { mac = true } }
        }

    Good:
        network n {
          plugin bridge { macspoofchk = true, capabilities { mac = true }, ipam host-local { subnet = 10.1.0.0/16 } }
          plugin tuning { sysctl { "net.core.somaxconn" = 500 } }
        }

    Source:
        bridge writes the address into its rules at ADD; tuning comes later.
    """
    for maker, tuning in _tuned(network):
        if maker.type != "bridge" or maker.body.get("macspoofchk") is not True:
            continue
        at = "/mac" if tuning.body.get("mac") else "/capabilities/mac" if "mac" in tuning.capabilities else None
        if at is not None:
            yield Violation(
                tuning.pointer + at,
                "the bridge drops frames of any MAC address but the first, and tuning changes it",
                "let bridge set it, by its capability `mac`, or switch `macspoofchk` off",
                "key",
                related=((f"{maker.pointer}/macspoofchk", "checks the address"),),
            )


@network_rule("NC319", "tuning-mtu-above-link", Severity.WARNING)
def tuning_mtu_above_link(network: Network) -> Iterator[Violation]:
    """tuning sets an MTU above the one that the plugin before it gives to both ends of the link.

    Why:
        Only the container's end changes. Larger frames are dropped at the other end, or at the bridge. With macvlan
        and ipvlan the kernel may refuse it.

    Bad:
        network n {
          plugin bridge { mtu = 1450, ipam host-local { subnet = 10.1.0.0/16 } }
          plugin tuning { mtu = 9000 }
        }

    Good:
        network n {
          plugin bridge { mtu = 9000, ipam host-local { subnet = 10.1.0.0/16 } }
          plugin tuning { mtu = 1450 }
        }

    Source:
        Seen with bridge and tuning 1.9.1: the end on the host keeps its MTU.
    """
    for maker, tuning in _tuned(network):
        given, wanted = maker.body.get("mtu"), tuning.body.get("mtu")
        default = 1500 if maker.type in ("bridge", "ptp") else None
        limit = given if isinstance(given, int) and given > 0 else default
        if isinstance(wanted, int) and limit is not None and wanted > limit:
            yield Violation(
                f"{tuning.pointer}/mtu",
                f"mtu {wanted} is above the {limit} that {maker.type} gives to the link: larger frames are dropped",
                f"write `mtu = {wanted}` in {maker.type}",
                related=((f"{maker.pointer}/{'mtu' if maker.body.get('mtu') else 'type'}", f"{limit} here"),),
            )
