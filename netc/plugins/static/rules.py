"""What static hands out without a look at it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Interface, IPv6Interface, ip_interface

from netc.diagnostics import Severity
from netc.model import Json, Network, Plugin
from netc.plugins.kinds import is_address
from netc.rules import Violation, plugin_rule


def _entries(plugin: Plugin) -> Iterator[tuple[str, Mapping[str, Json]]]:
    """The elements of `addresses` that are objects, with their pointers."""
    listed = (plugin.ipam or {}).get("addresses")
    for index, entry in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(entry, Mapping):
            yield f"/ipam/addresses/{index}", entry


def _addresses(plugin: Plugin) -> Iterator[tuple[str, IPv4Interface | IPv6Interface]]:
    """Each address that can be read, with the pointer of its object."""
    for pointer, entry in _entries(plugin):
        text = entry.get("address")
        if isinstance(text, str) and is_address(text):
            yield pointer, ip_interface(text)


def _requested(plugin: Plugin) -> Json:
    """The addresses of `args.cni`, if it has any."""
    found: Json = plugin.body
    for key in ("args", "cni", "ips"):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


@plugin_rule("NC219", "no-addresses", Severity.ERROR, plugin="static")
def no_addresses(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """static has no address, and none can come from the runtime.

    Why:
        The plugin answers without an address, and the plugin that called it then fails. Addresses come from `addresses`
        or, where the capability `ips` is declared, from the runtime.

    Bad:
        network n { plugin bridge { ipam static { routes = [{ dst = 0.0.0.0/0, gw = 10.1.0.1 }] } } }

    Good:
        network n { plugin bridge { capabilities { ips = true }, ipam static { } } }

    Source:
        The interface plugins: `IPAM plugin returned missing IP config`.
    """
    written = (plugin.ipam or {}).get("addresses") or _requested(plugin)
    if not written and "ips" not in plugin.capabilities:
        yield Violation(
            "/ipam",
            "static has no addresses to hand out",
            "write `addresses = [{ address = 10.1.0.5/16 }]`, or declare `capabilities { ips = true }`",
        )


@plugin_rule("NC220", "network-as-address", Severity.WARNING, plugin="static")
def network_as_address(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """A container's address is the network's own, or its broadcast address.

    Why:
        The plugin and the kernel take it, and many hosts will not talk to it. Mostly the subnet was written where an
        address belongs: static takes single addresses, it hands out nothing from a range.

    Bad:
        network n { plugin bridge { ipam static { addresses = [{ address = 10.1.0.0/16 }] } } }

    Good:
        network n { plugin bridge { ipam static { addresses = [{ address = 10.1.0.5/16 }] } } }

    Source:
        RFC 1122, section 3.2.1.3. Seen with static: 10.1.0.0/16 is set on the interface as it stands.
    """
    for pointer, address in _addresses(plugin):
        network = address.network
        if address.version != 4 or network.prefixlen > 30:
            continue
        for special, words in (
            (network.network_address, "the network's own address"),
            (network.broadcast_address, "the broadcast address"),
        ):
            if address.ip == special:
                yield Violation(
                    f"{pointer}/address",
                    f"{address} is {words} of {network}, no host's",
                    "write the container's own address; to hand out addresses of a subnet use `ipam host-local`",
                )


@plugin_rule("NC221", "duplicate-address", Severity.ERROR, plugin="static")
def duplicate_address(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """The same address is given twice.

    Why:
        The kernel takes an address once per interface: the second one makes ADD fail, with half of the work done.

    Bad:
        network n {
          plugin bridge { ipam static { addresses = [{ address = 10.1.0.5/16 }, { address = 10.1.0.5/16 }] } }
        }

    Good:
        network n {
          plugin bridge { ipam static { addresses = [{ address = 10.1.0.5/16 }, { address = 10.1.0.6/16 }] } }
        }

    Source:
        Seen with bridge: `failed to add IP addr ... file exists`.
    """
    seen: dict[str, str] = {}
    for pointer, address in _addresses(plugin):
        first = seen.setdefault(str(address), pointer)
        if first != pointer:
            yield Violation(
                f"{pointer}/address",
                f"the address {address} is given twice",
                "leave one of them out",
                related=((f"{first}/address", "first here"),),
            )


@plugin_rule("NC226", "gateway-lost", Severity.INFO, plugin="static")
def gateway_lost(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """Addresses from the runtime replace the written ones, gateways included.

    Why:
        With the capability `ips` declared, a runtime that asks for an address makes static drop `addresses` whole. The
        runtime has no way to name a gateway, so routes that relied on one lose it.

    Bad:
        network n {
          plugin bridge {
            capabilities { ips = true }
            ipam static { addresses = [{ address = 10.1.0.5/16, gateway = 10.1.0.1 }], routes = [{ dst = 0.0.0.0/0 }] }
          }
        }

    Good:
        network n {
          plugin bridge {
            capabilities { ips = true }
            ipam static { addresses = [{ address = 10.1.0.5/16 }], routes = [{ dst = 0.0.0.0/0, gw = 10.1.0.1 }] }
          }
        }

    Source:
        The static plugin's documentation, on the order of its sources.
    """
    if "ips" not in plugin.capabilities:
        return
    for pointer, entry in _entries(plugin):
        if entry.get("gateway"):
            yield Violation(
                f"{pointer}/gateway",
                f"the gateway {entry['gateway']} goes when the runtime asks for an address of its own",
                f"name the next hop in the routes: gw = {entry['gateway']}",
                related=(("/capabilities/ips", "the runtime may ask"),),
            )
