"""What vrf refuses, and what it makes unreachable."""

from __future__ import annotations

from collections.abc import Iterator

from netc.diagnostics import Severity
from netc.model import Network, Plugin
from netc.rules import Violation, plugin_rule

_RESERVED = {253: "default", 254: "main", 255: "local"}


@plugin_rule("NC490", "vrf-table-reserved", Severity.WARNING, plugin="vrf")
def table_reserved(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """A VRF has one of the kernel's own routing tables.

    Why:
        Traffic outside of the VRF is looked up in these tables as well, so that the VRF keeps nothing apart: its routes
        are everybody's.

    Bad:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin vrf { vrfname = "blue", table = 254 }
        }

    Good:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin vrf { vrfname = "blue", table = 1001 }
        }

    Source:
        ip-rule(8): tables 253, 254 and 255 are looked up by the rules that every namespace starts with.
    """
    table = plugin.body.get("table")
    if table in _RESERVED:
        yield Violation(
            "/table", f"table {table} is the kernel's table {_RESERVED[table]}", "choose another, such as table = 1001"
        )


@plugin_rule("NC491", "vrf-twice", Severity.ERROR, plugin="vrf")
def twice(plugin: Plugin, network: Network) -> Iterator[Violation]:
    """Two vrf plugins stand in one chain.

    Why:
        Both put the same interface into a VRF, and it can be in one only: ADD fails at the second.

    Bad:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin vrf { vrfname = "blue" }
          plugin vrf { vrfname = "red" }
        }

    Good:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin vrf { vrfname = "blue" }
        }

    Source:
        vrf, ADD: `interface eth0 has already a master set: blue`.
    """
    first = next(other for other in network.plugins if other.type == "vrf")
    if first.index < plugin.index:
        yield Violation(
            "/type",
            f"the interface is in the VRF {first.body.get('vrfname')} already, by the vrf before",
            "leave one of the two out",
        )


@plugin_rule("NC492", "vrf-after-sbr", Severity.WARNING, plugin="vrf")
def after_sbr(plugin: Plugin, network: Network) -> Iterator[Violation]:
    """vrf comes after sbr.

    Why:
        sbr moves the interface's routes into a table of its own. vrf takes along those of the main table, and there
        are none left: the VRF has no way out.

    Bad:
        network n {
          plugin bridge { isDefaultGateway = true, ipam host-local { subnet = 10.1.0.0/16 } }
          plugin sbr { }
          plugin vrf { vrfname = "blue" }
        }

    Good:
        network n {
          plugin bridge { isDefaultGateway = true, ipMasq = true, ipam host-local { subnet = 10.1.0.0/16 } }
          plugin vrf { vrfname = "blue" }
        }

    Source:
        vrf remembers routes of the main table only, and the kernel drops all others when the interface enters the VRF.
    """
    if any(other.type == "sbr" and other.index < plugin.index for other in network.plugins):
        yield Violation(
            "/type",
            "vrf finds no routes to take along: sbr has moved them before",
            "leave sbr out: a VRF has a routing table of its own",
        )


@plugin_rule("NC493", "vrf-named-like-interface", Severity.ERROR, plugin="vrf")
def named_like_interface(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """A VRF is to be called `lo`.

    Why:
        Each container has an interface of that name, and it is no VRF: ADD fails.

    Bad:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin vrf { vrfname = "lo" }
        }

    Good:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin vrf { vrfname = "blue" }
        }

    Source:
        vrf: `Netlink lo is not a VRF`.
    """
    if plugin.body.get("vrfname") == "lo":
        yield Violation("/vrfname", "lo is the loopback interface of every container", 'choose another: "blue"')
