"""What sbr takes without a word and does not do."""

from __future__ import annotations

from collections.abc import Iterator

from netc.diagnostics import Severity
from netc.model import Network, Plugin
from netc.rules import Violation, plugin_rule

#: The kernel's own tables, by number.
_KERNELS = {0: "unspec", 253: "default", 254: "main", 255: "local"}


@plugin_rule("NC465", "sbr-table-of-the-kernel", Severity.WARNING, plugin="sbr")
def table_of_the_kernel(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """`table` is one of the tables that the kernel itself uses.

    Why:
        Every packet is looked up in those in any case, so that the rule changes nothing; 0 stands for none at all.

    Bad:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin sbr { table = 254 }
        }

    Good:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin sbr { table = 100 }
        }

    Source:
        ip-rule(8): the tables local (255), main (254) and default (253).
    """
    table = plugin.body.get("table")
    if isinstance(table, int) and table in _KERNELS:
        yield Violation(
            "/table",
            f"table {table} is the kernel's own table {_KERNELS[table]}: the addresses are not routed by another",
            "choose a number from 1 to 252, or leave it out for a new table",
        )


@plugin_rule("NC466", "sbr-no-effect", Severity.WARNING, plugin="sbr")
def no_effect(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """`gateways` or `addSourceHints` stands where the plugin does not read it.

    Why:
        Releases up to 1.9.1 read neither; later ones do not read them beside `table`, since the plugin then makes no
        routes. Nothing is said either way.

    Bad:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin sbr { gateways = [10.1.0.1] }
        }

    Good:
        network n {
          disableCheck = true
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16, gateway = 10.1.0.1 } }
          plugin sbr { }
        }

    Source:
        Seen with sbr 1.9.1: the tables have the gateways of the result.
    """
    for key in ("gateways", "addSourceHints"):
        if plugin.body.get(key):
            beside = " beside table" if plugin.body.get("table") is not None else " up to release 1.9.1"
            yield Violation(f"/{key}", f"sbr does not read {key}{beside}", "leave it out", "key")
