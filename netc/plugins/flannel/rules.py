"""What flannel refuses in its delegate."""

from __future__ import annotations

from collections.abc import Iterator

from netc.diagnostics import Severity
from netc.model import Network, Plugin
from netc.rules import Violation, plugin_rule


@plugin_rule("NC494", "flannel-delegate-keys", Severity.ERROR, plugin="flannel")
def delegate_keys(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """flannel's delegate has keys that flannel writes itself.

    Why:
        flannel fills in `name` and `ipam` from the host's subnet, and refuses every ADD where one of them is there
        already.

    Bad:
        network n {
          plugin flannel { delegate { isDefaultGateway = true, ipam host-local { subnet = 10.1.0.0/24 } } }
        }

    Good:
        network n { plugin flannel { delegate { isDefaultGateway = true } } }

    Source:
        flannel's CNI plugin: `'delegate' dictionary must not have 'ipam' field, it'll be set by flannel`.
    """
    delegate = plugin.body.get("delegate")
    written = [key for key in ("name", "ipam") if key in delegate] if isinstance(delegate, dict) else []
    for key in written:
        help = "leave it out" + (", or write its keys in `ipam` beside `delegate`" if key == "ipam" else "")
        yield Violation(f"/delegate/{key}", f"flannel writes `{key}` of the delegate itself", help, "key")
