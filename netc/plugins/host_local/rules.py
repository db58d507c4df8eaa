"""What host-local refuses or does in silence with its ranges."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from netc.diagnostics import Severity
from netc.model import Network, Plugin
from netc.plugins.host_local.ranges import Window, range_sets
from netc.rules import Violation, plugin_rule


def _sets(plugin: Plugin) -> tuple[tuple[Window, ...], ...]:
    return range_sets(plugin.ipam) if plugin.ipam is not None else ()


def _windows(plugin: Plugin) -> Iterator[Window]:
    return (window for members in _sets(plugin) for window in members)


def _usable(window: Window) -> bool:
    """Whether host-local takes the window by itself: its ends lie in its subnet, in order.

    A start at the broadcast address comes after the usual end, and is taken nevertheless.
    """
    ordered = int(window.first) <= int(window.last) or "rangeEnd" not in window.given
    return ordered and window.first in window.subnet and window.last in window.subnet


def _at(window: Window, *keys: str) -> str:
    """The pointer of the first of these keys that the author wrote; of the subnet if none."""
    key = next((key for key in keys if key in window.given), "subnet")
    return f"/ipam{window.pointer}/{key}"


def _hosts(window: Window) -> str:
    """The addresses that the plugin hands out by default."""
    network = window.subnet
    last = network.broadcast_address - (1 if network.version == 4 else 0)
    return f"{network.network_address + 1} to {last}"


@plugin_rule("NC202", "range-outside-subnet", Severity.ERROR, plugin="host-local")
def range_outside_subnet(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """`rangeStart` or `rangeEnd` lies outside of the range's subnet.

    Why:
        host-local refuses the configuration, at DEL as well: no container starts, and none can be taken down.

    Bad:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16, rangeStart = 10.2.0.10, rangeEnd = 10.2.0.99 } }
        }

    Good:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16, rangeStart = 10.1.0.10, rangeEnd = 10.1.0.99 } }
        }

    Source:
        host-local: `RangeStart 10.2.0.10 not in network 10.1.0.0/16`.
    """
    for window in _windows(plugin):
        for key, end in (("rangeStart", window.first), ("rangeEnd", window.last)):
            if key in window.given and end not in window.subnet:
                yield Violation(
                    _at(window, key),
                    f"{key} {end} lies outside of the subnet {window.subnet}",
                    f"the subnet's addresses are {_hosts(window)}",
                    related=((f"/ipam{window.pointer}/subnet", "the subnet"),),
                )


@plugin_rule("NC204", "reversed-range", Severity.ERROR, plugin="host-local")
def reversed_range(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """`rangeStart` comes after `rangeEnd`.

    Why:
        host-local refuses the configuration, and says that the start is not in the subnet, which is not the reason.

    Bad:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16, rangeStart = 10.1.0.99, rangeEnd = 10.1.0.10 } }
        }

    Good:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16, rangeStart = 10.1.0.10, rangeEnd = 10.1.0.99 } }
        }

    Source:
        host-local tests that the start lies between the subnet's first address and `rangeEnd`.
    """
    for window in _windows(plugin):
        inside = window.first in window.subnet and window.last in window.subnet
        if "rangeEnd" not in window.given:
            continue  # only the broadcast address comes after the usual end, and host-local takes it for a start
        if inside and window.subnet.num_addresses >= 4 and int(window.first) > int(window.last):
            both = "rangeStart" in window.given
            yield Violation(
                _at(window, "rangeStart", "rangeEnd"),
                f"the range starts at {window.first}{'' if both else ' by default'}, after its end {window.last}",
                "exchange the two" if both else f"write a rangeStart too, or an end after {window.first}",
                related=((_at(window, "rangeEnd"), "the end"),) if both else (),
            )


@plugin_rule("NC205", "subnet-too-small", Severity.ERROR, plugin="host-local")
def subnet_too_small(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """A subnet with fewer than four addresses.

    Why:
        host-local sets aside the network's own address, the gateway and the broadcast address, so it refuses whatever
        is smaller than a /30, or a /126 for IPv6.

    Bad:
        network n { plugin bridge { ipam host-local { subnet = 10.1.0.8/31 } } }

    Good:
        network n { plugin bridge { ipam host-local { subnet = 10.1.0.8/29 } } }

    Source:
        host-local: `Network 10.1.0.8/31 too small to allocate from`.
    """
    for window in _windows(plugin):
        if window.subnet.num_addresses < 4:
            least = 30 if window.family == 4 else 126
            yield Violation(
                _at(window),
                f"{window.subnet} is too small to hand out addresses from",
                f"the smallest that host-local takes is a /{least}; for one fixed address use `ipam static`",
            )


@plugin_rule("NC206", "mixed-families", Severity.ERROR, plugin="host-local")
def mixed_families(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """IPv4 and IPv6 ranges stand in one range set.

    Why:
        A set is one pool: a container gets one address of it. host-local refuses a pool of two families. For an address
        of each, each family needs a set of its own.

    Bad:
        network n {
          plugin bridge { ipam host-local { ranges = [[{ subnet = 10.1.0.0/16 }, { subnet = fd00:1::/64 }]] } }
        }

    Good:
        network n {
          plugin bridge { ipam host-local { ranges = [[{ subnet = 10.1.0.0/16 }], [{ subnet = fd00:1::/64 }]] } }
        }

    Source:
        host-local: `mixed address families`.
    """
    for members in _sets(plugin):
        for window in members[1:]:
            if window.family != members[0].family:
                yield Violation(
                    _at(window),
                    f"{window.subnet} is IPv{window.family}, but the pool it stands in starts with "
                    f"{members[0].subnet}, IPv{members[0].family}",
                    "put each family into a list of its own: [[{ subnet = ... }], [{ subnet = ... }]]",
                    related=((_at(members[0]), "the pool's first range"),),
                )
                break


@plugin_rule("NC203", "overlapping-ranges", Severity.ERROR, plugin="host-local")
def overlapping_ranges(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """Two ranges of a network hold the same addresses.

    Why:
        host-local refuses the configuration. Often a subnet is written twice, once alone and once in `ranges`: the two
        add up, they do not replace each other. The same subnet may stand twice if the ranges in it are apart.

    Bad:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16, ranges = [[{ subnet = 10.1.128.0/17 }]] } }
        }

    Good:
        network n { plugin bridge { ipam host-local { ranges = [[{ subnet = 10.1.0.0/16 }]] } } }

    Source:
        host-local: `range set 0 overlaps with 1`, `subnets ... overlap`.
    """
    windows = [window for window in _windows(plugin) if _usable(window)]
    for one, other in combinations(windows, 2):
        if one.overlaps(other):
            first, last = max(int(one.first), int(other.first)), min(int(one.last), int(other.last))
            both = f": both hold {type(one.first)(first)} to {type(one.first)(last)}" if first <= last else ""
            yield Violation(
                _at(other, "rangeStart"),
                f"the range {other} overlaps with {one}{both}",
                "leave one of them out, or keep them apart with rangeStart and rangeEnd",
                related=((_at(one, "rangeStart"), "the other range"),),
            )


@plugin_rule("NC207", "no-ranges", Severity.ERROR, plugin="host-local")
def no_ranges(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """host-local has no range to hand out addresses from.

    Why:
        Without `subnet` and without `ranges` the plugin refuses every call, unless the runtime hands ranges over for
        each container, which it does only where the capability `ipRanges` is declared. kube-router writes the node's
        range into the file of its bridge, `kube-bridge`; of that one nothing is said.

    Bad:
        network n { plugin bridge { ipam host-local { gateway = 10.1.0.1 } } }

    Good:
        network n { plugin bridge { ipam host-local { subnet = 10.1.0.0/16, gateway = 10.1.0.1 } } }

    Source:
        host-local: `no IP ranges specified`. kube-router, pkg/controllers/routing: `InsertPodCidrInCniSpec`.
    """
    ipam = plugin.ipam or {}
    if plugin.body.get("bridge") == "kube-bridge":
        return
    if not ipam.get("subnet") and not ipam.get("ranges") and "ipRanges" not in plugin.capabilities:
        yield Violation("/ipam", "host-local has no addresses to hand out", "write `subnet = 10.1.0.0/16` or `ranges`")


@plugin_rule("NC210", "range-without-addresses", Severity.ERROR, plugin="host-local")
def range_without_addresses(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """A range whose only address is the gateway.

    Why:
        The gateway is never handed out, so the range is exhausted before the first container. The plugin loads it all
        the same.

    Bad:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16, rangeStart = 10.1.0.1, rangeEnd = 10.1.0.1 } }
        }

    Good:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16, rangeStart = 10.1.0.2, rangeEnd = 10.1.0.99 } }
        }

    Source:
        host-local, ADD: `no IP addresses available in range set`.
    """
    for members in _sets(plugin):
        if all(_usable(window) and window.first == window.last == window.gateway for window in members):
            window = members[0]
            usual = "" if "gateway" in window.given else ", by default"
            yield Violation(
                _at(window, "rangeEnd", "rangeStart"),
                f"the range {window} holds the gateway {window.gateway} alone{usual}: there is nothing to hand out",
                "let the range go further, or name another gateway",
            )


@plugin_rule("NC211", "gateway-handed-out", Severity.WARNING, plugin="host-local")
def gateway_handed_out(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """One range's gateway lies in another range, which hands it out.

    Why:
        host-local keeps back the gateway of the range that it allocates from, and of no other. Some container gets
        the gateway's address sooner or later, and all others lose their way out.

    Bad:
        network n {
          plugin bridge {
            ipam host-local {
              ranges = [[
                { subnet = 10.1.0.0/24, rangeStart = 10.1.0.10, rangeEnd = 10.1.0.19, gateway = 10.1.0.25 },
                { subnet = 10.1.0.0/24, rangeStart = 10.1.0.20, rangeEnd = 10.1.0.29 },
              ]]
            }
          }
        }

    Good:
        network n {
          plugin bridge {
            ipam host-local {
              ranges = [[
                { subnet = 10.1.0.0/24, rangeStart = 10.1.0.10, rangeEnd = 10.1.0.19, gateway = 10.1.0.25 },
                { subnet = 10.1.0.0/24, rangeStart = 10.1.0.20, rangeEnd = 10.1.0.29, gateway = 10.1.0.25 },
              ]]
            }
          }
        }

    Source:
        host-local's allocator skips the gateway of the range that it stands in.
    """
    windows = [window for window in _windows(plugin) if _usable(window)]
    for one in windows:
        for other in windows:
            if one is other or one.overlaps(other):
                continue
            if other.holds(one.gateway):
                if one.gateway == other.gateway:
                    continue
                usual = "" if "gateway" in other.given else " (by default)"
                yield Violation(
                    _at(one, "gateway"),
                    f"the gateway {one.gateway} lies in the range {other}, whose own gateway is "
                    f"{other.gateway}{usual}: it will be handed out",
                    f"write gateway = {one.gateway} in that range too, or end it before",
                    related=((_at(other, "rangeStart"), "the range that hands it out"),),
                )


@plugin_rule("NC212", "network-address-handed-out", Severity.WARNING, plugin="host-local")
def network_address_handed_out(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """A range starts at the network's own address, or ends at the broadcast address.

    Why:
        host-local leaves both out by default only: a `rangeStart` or `rangeEnd` that names one is obeyed, and the
        container that gets the address can't be reached by many hosts.

    Bad:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/24, rangeStart = 10.1.0.0, rangeEnd = 10.1.0.255 } }
        }

    Good:
        network n { plugin bridge { ipam host-local { subnet = 10.1.0.0/24 } } }

    Source:
        Seen with host-local: the first lease of such a range is 10.1.0.0/24.
    """
    for window in _windows(plugin):
        network = window.subnet
        if window.family != 4 or network.num_addresses < 4 or not _usable(window):
            continue
        for key, end in (("rangeStart", window.first), ("rangeEnd", window.last)):
            if key in window.given and end in (network.network_address, network.broadcast_address):
                lowest = end == network.network_address
                words = "the network's own address" if lowest else "the broadcast address"
                yield Violation(
                    _at(window, key),
                    f"{key} {end} is {words} of {network}, it will be handed out",
                    f"write {key} = {end + (1 if lowest else -1)}, or leave it out",
                )


@plugin_rule("NC421", "host-local-no-effect", Severity.WARNING, plugin="host-local")
def host_local_no_effect(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """`rangeStart`, `rangeEnd` or `gateway` stand beside `ranges`, without a `subnet`.

    Why:
        Beside `ranges` they belong to nothing and are dropped in silence. Each range has keys of its own for them.

    Bad:
        network n {
          plugin bridge { ipam host-local { ranges = [[{ subnet = 10.1.0.0/16 }]], gateway = 10.1.0.254 } }
        }

    Good:
        network n {
          plugin bridge { ipam host-local { ranges = [[{ subnet = 10.1.0.0/16, gateway = 10.1.0.254 }]] } }
        }

    Source:
        host-local reads the range in `ipam` itself only if it has a `subnet`.
    """
    ipam = plugin.ipam or {}
    if ipam.get("ranges") and not ipam.get("subnet"):
        for key in ("rangeStart", "rangeEnd", "gateway"):
            if ipam.get(key):
                yield Violation(
                    f"/ipam/{key}",
                    f"{key} {ipam[key]} has no effect: it stands beside `ranges`, not in one of them",
                    f"move it into the range that it is meant for: {{ subnet = ..., {key} = {ipam[key]} }}",
                    "key",
                )


@plugin_rule("NC224", "several-addresses", Severity.INFO, plugin="host-local")
def several_addresses(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """Several range sets of one family: each container gets an address of each.

    Why:
        The outer list of `ranges` adds addresses, the inner one makes a pool larger. Two subnets meant as one pool are
        easily written as two sets.

    Bad:
        network n {
          plugin bridge { ipam host-local { ranges = [[{ subnet = 10.1.0.0/16 }], [{ subnet = 10.2.0.0/16 }]] } }
        }

    Good:
        network n {
          plugin bridge { ipam host-local { ranges = [[{ subnet = 10.1.0.0/16 }, { subnet = 10.2.0.0/16 }]] } }
        }

    Source:
        The host-local plugin's documentation, on `ranges`.
    """
    sets = _sets(plugin)
    for family in (4, 6):
        of_family = [members for members in sets if members[0].family == family]
        for members in of_family[1:]:
            yield Violation(
                _at(members[0]),
                f"each container gets {len(of_family)} IPv{family} addresses, one of {members[0].subnet} and one of "
                f"{of_family[0][0].subnet}",
                "if one was meant, put the ranges into one inner list",
                related=((_at(of_family[0][0]), "the other set"),),
            )


@plugin_rule("NC225", "ip-ranges-add-up", Severity.WARNING, plugin="host-local")
def ip_ranges_add_up(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """The runtime is to hand over ranges, and the configuration has ranges too.

    Why:
        Ranges from the runtime do not replace those written down: a container gets an address of each. Where they
        overlap, the plugin refuses the call, and not before a container starts.

    Bad:
        network n {
          plugin bridge { capabilities { ipRanges = true }, ipam host-local { subnet = 10.1.0.0/16 } }
        }

    Good:
        network n { plugin bridge { capabilities { ipRanges = true }, ipam host-local { dataDir = "/run/leases" } } }

    Source:
        host-local puts the ranges of `runtimeConfig.ipRanges` before those of the configuration.
    """
    sets = _sets(plugin)
    if sets and "ipRanges" in plugin.capabilities:
        yield Violation(
            "/capabilities/ipRanges",
            f"ranges of the runtime come on top of {sets[0][0].subnet}: each container gets an address of both",
            "leave out the ranges here, or the capability",
            related=((_at(sets[0][0]), "the range written down"),),
        )
