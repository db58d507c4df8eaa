"""MAC addresses that no interface can have."""

from __future__ import annotations

from collections.abc import Iterator

from netc.diagnostics import Severity
from netc.model import Network, Plugin
from netc.rules import Violation, plugin_rule


@plugin_rule("NC223", "mac-not-unicast", Severity.ERROR)
def mac_not_unicast(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """A MAC address that is a group's, or all zeros.

    Why:
        The kernel gives no interface such an address: ADD fails. In a group's address the first byte is odd.

    Bad:
        network n { plugin macvlan { mac = 03:42:0a:00:00:01, ipam host-local { subnet = 10.1.0.0/16 } } }

    Good:
        network n { plugin macvlan { mac = 02:42:0a:00:00:01, ipam host-local { subnet = 10.1.0.0/16 } } }

    Source:
        The kernel's is_valid_ether_addr: `cannot assign requested address`.
    """
    mac = plugin.body.get("mac")
    if plugin.type not in ("macvlan", "tuning") or not isinstance(mac, str):
        return
    digits = "".join(character for character in mac if character.isalnum())
    if len(digits) != 12:
        return
    first = int(digits[:2], 16)
    if first & 1:
        yield Violation(
            "/mac",
            f"{mac} is the address of a group, no interface can have it",
            f"make the first byte even: {(first & 0xFE) | 0x02:02x}{mac[2:]}",
        )
    elif int(digits, 16) == 0:
        yield Violation("/mac", f"{mac} is no address of an interface", "leave it out for a random one")
