"""What whereabouts does in silence with its ranges."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from netc.diagnostics import Severity
from netc.model import Json, Network, Plugin
from netc.plugins.kinds import is_address, is_ip, parse_address, parse_ip
from netc.rules import Violation, plugin_rule


@plugin_rule("NC498", "whereabouts-bound-ignored", Severity.WARNING, plugin="whereabouts")
def bound_ignored(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """`range_start` or `range_end` of whereabouts lies outside of `range`.

    Why:
        whereabouts drops such a bound without a word, and hands out addresses of the whole range: those as well that
        the bound was to keep for others.

    Bad:
        network n {
          plugin macvlan {
            master = "eth0"
            ipam whereabouts { range = 192.168.2.0/24, range_start = 192.168.3.10 }
          }
        }

    Good:
        network n {
          plugin macvlan {
            master = "eth0"
            ipam whereabouts { range = 192.168.2.0/24, range_start = 192.168.2.10 }
          }
        }

    Source:
        whereabouts takes a bound only if it lies in the range (GetIPRange).
    """
    ipam = plugin.ipam or {}
    yield from _bounds(ipam, "/ipam")
    listed = ipam.get("ipRanges")
    for index, one in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(one, dict):
            yield from _bounds(one, f"/ipam/ipRanges/{index}")


def _bounds(of: Mapping[str, Json], at: str) -> Iterator[Violation]:
    range_ = of.get("range")
    if not isinstance(range_, str) or not is_address(range_):
        return
    network = parse_address(range_).network
    for key in ("range_start", "range_end"):
        bound = of.get(key)
        if isinstance(bound, str) and is_ip(bound) and parse_ip(bound) not in network:
            yield Violation(
                f"{at}/{key}",
                f"{key} is not in {network}: whereabouts ignores it, and hands out the whole range",
                f"choose an address of {network}",
            )
