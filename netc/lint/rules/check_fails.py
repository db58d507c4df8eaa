"""Addresses and routes that CHECK does not find again."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv6Network

from netc.diagnostics import Severity
from netc.lint.addresses import assigned, routes
from netc.lint.chain import INTERFACE_MAKERS
from netc.model import Network, Plugin
from netc.rules import Violation, plugin_rule


@plugin_rule("NC238", "host-address-check", Severity.WARNING)
def host_address_check(plugin: Plugin, network: Network) -> Iterator[Violation]:
    """An IPv4 address with a prefix length of 32 makes every CHECK fail.

    Why:
        CHECK looks for a route to the address's network in the main table, and of a single address the kernel has none
        there.

    Bad:
        network n { plugin bridge { ipam static { addresses = [{ address = 10.1.0.9/32 }] } } }

    Good:
        network n { plugin bridge { ipam static { addresses = [{ address = 10.1.0.9/24 }] } } }

    Source:
        Seen with bridge 1.9.1: `Failed to find Gateway`.
    """
    if network.conflist.get("disableCheck") is True or plugin.type == "ptp":
        return
    for one in assigned(plugin):
        if one.family == 4 and one.subnet.prefixlen == 32:
            yield Violation(
                one.at,
                f"CHECK always fails with {one.subnet}: it looks for a route to a network",
                "write the prefix length of the network, or `disableCheck = true`",
            )


@plugin_rule("NC239", "ipv6-routes-merge", Severity.WARNING)
def ipv6_routes_merge(plugin: Plugin, network: Network) -> Iterator[Violation]:
    """Two IPv6 routes to one destination through different next hops make every CHECK fail.

    Why:
        The kernel makes one route of both, with two next hops, and CHECK finds neither of the two.

    Bad:
        network n {
          plugin bridge {
            ipam host-local {
              subnet = fd00::/64
              routes = [{ dst = fd08::/64, gw = fd00::8 }, { dst = fd08::/64, gw = fd00::9 }]
            }
          }
        }

    Good:
        network n {
          plugin bridge {
            ipam host-local {
              subnet = fd00::/64
              routes = [{ dst = fd08::/64, gw = fd00::8 }, { dst = fd08::/64, gw = fd00::9, priority = 2000 }]
            }
          }
        }

    Source:
        Seen with bridge 1.9.1: CHECK answers that the expected route was not found.
    """
    if network.conflist.get("disableCheck") is True:
        return
    seen: dict[tuple[str, ...], tuple[str, object]] = {}
    for route in routes(plugin):
        if not isinstance(route.dst.network, IPv6Network) or route.gw is None or route.default:
            continue  # of default routes there is a finding of its own
        key = (str(route.dst.network), str(route.entry.get("priority") or 0), str(route.entry.get("table") or 254))
        at, gw = seen.setdefault(key, (route.at, route.gw))
        if gw != route.gw:
            yield Violation(
                f"{route.at}/gw",
                f"the routes to {route.dst.network} through {gw} and {route.gw} become one, which CHECK does not find",
                "leave one out, or give one a `priority`",
                related=((f"{at}/gw", "the other one"),),
            )


@plugin_rule("NC320", "sbr-fails-check", Severity.WARNING)
def fails_check(plugin: Plugin, network: Network) -> Iterator[Violation]:
    """sbr makes every CHECK of the plugin before it fail.

    Why:
        sbr moves the routes of the interface to a table of its own. The plugin that made the interface looks for the
        route to its network in the main table, at CHECK, and does not find it: a runtime that calls CHECK takes every
        healthy container for broken. With `table` sbr moves nothing.

    Bad:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin sbr { }
        }

    Good:
        network n {
          disableCheck = true
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin sbr { }
        }

    Source:
        Seen with bridge, macvlan, ptp, tap and host-device 1.9.1: `Failed to find Gateway 10.1.0.1 for interface eth0`.
    """
    if plugin.type != "sbr" or plugin.body.get("table") is not None or not network.is_checked:
        return
    before = [
        one for one in network.plugins[: plugin.index] if one.type in INTERFACE_MAKERS and (one.ipam or {}).get("type")
    ]
    if before:
        yield Violation(
            "/type",
            f"sbr moves the routes that {before[-1].type} looks for: every CHECK fails",
            "write `disableCheck = true` in the network",
            related=((f"{before[-1].pointer}/type", "this plugin's CHECK fails"),),
        )
