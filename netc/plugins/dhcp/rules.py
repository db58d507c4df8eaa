"""What does not come of a DHCP lease, though one might think so."""

from __future__ import annotations

from collections.abc import Iterator

from netc.diagnostics import Severity
from netc.model import Network, Plugin
from netc.rules import Violation, plugin_rule

_SUBNET_MASK, _CLIENT_ID, _STATIC_ROUTES, _CLASSLESS_ROUTES = 1, 61, 33, 121
_NAMES = {
    "dhcp-client-identifier": _CLIENT_ID,
    "subnet-mask": _SUBNET_MASK,
    "routers": 3,
    "host-name": 12,
    "user-class": 77,
    "vendor-class-identifier": 60,
}
#: What the plugin makes something of in its result.
_READ = frozenset({_SUBNET_MASK, 3, _STATIC_ROUTES, _CLASSLESS_ROUTES})
_TIMES = frozenset({51, 58, 59})
_DNS = {6: "name servers", 15: "the domain", 119: "the search list", 26: "the MTU"}


def _number(option: object) -> int | None:
    if not isinstance(option, str):
        return None
    return _NAMES.get(option) if not option.isdecimal() else int(option)


@plugin_rule("NC422", "dhcp-option-too-large", Severity.ERROR, plugin="dhcp")
def option_too_large(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """An option's number is above 255.

    Why:
        The number is one byte in a DHCP message. The plugin refuses the configuration, in DEL as well.

    Bad:
        network n { plugin macvlan { master = "eth0", ipam dhcp { request = [{ option = "300" }] } } }

    Good:
        network n { plugin macvlan { master = "eth0", ipam dhcp { request = [{ option = "121" }] } } }

    Source:
        RFC 2132, 2; dhcp: `Can not parse option "300"`.
    """
    for key in ("request", "provide"):
        for index, entry in enumerate((plugin.ipam or {}).get(key) or ()):
            number = _number(entry.get("option"))
            if number is not None and number > 255:
                yield Violation(f"/ipam/{key}/{index}/option", f"a DHCP option has a number up to 255, not {number}")


@plugin_rule("NC423", "dhcp-option-unused", Severity.WARNING, plugin="dhcp")
def option_unused(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """An option is asked for that the plugin makes nothing of.

    Why:
        The plugin reads the subnet mask (1), the routers (3), static and classless routes (33, 121) and the times of
        the lease. Name servers, domains and the MTU that a server sends are dropped: the result never has them.

    Bad:
        network n { plugin macvlan { master = "eth0", ipam dhcp { request = [{ option = "6" }] } } }

    Good:
        network n {
          plugin macvlan {
            master = "eth0"
            dns { nameservers = [10.1.0.1] }
            ipam dhcp { request = [{ option = "121" }] }
          }
        }

    Source:
        Seen with dhcp 1.9.1: the result has no `dns`, whatever the server sends.
    """
    for index, entry in enumerate((plugin.ipam or {}).get("request") or ()):
        number = _number(entry.get("option"))
        if number is not None and number not in _READ | _TIMES:
            what = f" ({_DNS[number]})" if number in _DNS else ""
            yield Violation(
                f"/ipam/request/{index}/option",
                f"dhcp makes nothing of option {number}{what}: the result does not have it",
                "leave it out" + (", and write `dns { }` in the plugin" if number in (6, 15, 119) else ""),
            )


@plugin_rule("NC424", "dhcp-without-subnet-mask", Severity.WARNING, plugin="dhcp")
def without_subnet_mask(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """`skipDefault` is set, and nobody asks for the subnet mask.

    Why:
        Without the mask of the network (option 1) the plugin can make no address of what the server offers, and fails;
        many servers send only what is asked for.

    Bad:
        network n {
          plugin macvlan { master = "eth0", ipam dhcp { request = [{ option = "121", skipDefault = true }] } }
        }

    Good:
        network n {
          plugin macvlan {
            master = "eth0"
            ipam dhcp { request = [{ option = "121", skipDefault = true }, { option = "subnet-mask" }] }
          }
        }

    Source:
        dhcp: `DHCP option Subnet Mask not found in DHCPACK`.
    """
    entries = [entry for entry in (plugin.ipam or {}).get("request") or () if isinstance(entry, dict)]
    skipping = [index for index, entry in enumerate(entries) if entry.get("skipDefault") is True]
    if skipping and not any(_number(entry.get("option")) == _SUBNET_MASK for entry in entries):
        yield Violation(
            f"/ipam/request/{skipping[0]}/skipDefault",
            "nobody asks the server for the subnet mask, without which there is no address",
            'write `{ option = "subnet-mask" }` in request as well',
        )


@plugin_rule("NC425", "dhcp-nothing-to-send", Severity.WARNING, plugin="dhcp")
def nothing_to_send(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """An entry of `provide` has neither `value` nor `fromArg`.

    Why:
        There is nothing to send, and the plugin skips the entry.

    Bad:
        network n { plugin macvlan { master = "eth0", ipam dhcp { provide = [{ option = "host-name" }] } } }

    Good:
        network n {
          plugin macvlan { master = "eth0", ipam dhcp { provide = [{ option = "host-name", value = "web" }] } }
        }

    Source:
        The dhcp plugin's documentation.
    """
    for index, entry in enumerate((plugin.ipam or {}).get("provide") or ()):
        if not entry.get("value") and not entry.get("fromArg"):
            yield Violation(
                f"/ipam/provide/{index}",
                "this option is not sent: it has neither value nor fromArg",
                'write `value = "..."`, or `fromArg` with a key of CNI_ARGS',
            )


@plugin_rule("NC426", "dhcp-lease-not-given-back", Severity.INFO, plugin="dhcp")
def not_given_back(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """bridge has its addresses from dhcp: the server is not told when a container goes.

    Why:
        In DEL, bridge takes the container's interface away before it asks dhcp to give the lease back, and the daemon
        can send nothing without the interface. The server keeps each address until its lease runs out: with many
        containers that live for a short time and leases of a day, there are soon none left. macvlan asks dhcp first.

    Bad:
        network n { plugin bridge { ipam dhcp { } } }

    Good:
        network n { plugin macvlan { master = "eth0", ipam dhcp { } } }

    Source:
        Seen with bridge and dhcp 1.9.1: `failed to release DHCP lease: unable to get interface information`.
    """
    if plugin.type == "bridge":
        yield Violation(
            "/ipam",
            "bridge takes the interface away before dhcp can give its lease back: the server keeps the address until"
            " the lease runs out",
            "have the server lend for a short time, or use macvlan",
        )
