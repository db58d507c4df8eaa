"""Arguments in `args.cni` that no plugin reads there."""

from __future__ import annotations

from collections.abc import Iterator

from netc import plugins
from netc.diagnostics import Severity
from netc.model import Network, Plugin, escape
from netc.rules import Violation, plugin_rule

#: Who reads what of `args.cni`. Labels are for any plugin that wants them.
_READ = {"mac": ("bridge", "tuning"), "ips": ("host-local", "static")}


@plugin_rule("NC317", "argument-not-read", Severity.WARNING)
def argument_not_read(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """An argument of `args.cni` stands in a plugin that does not read it.

    Why:
        The container gets another address, or another MAC address, and nothing says so.

    Bad:
        network n {
          plugin macvlan { args { cni { mac = 02:00:00:00:00:09 } }, ipam host-local { subnet = 10.1.0.0/16 } }
        }

    Good:
        network n { plugin macvlan { mac = 02:00:00:00:00:09, ipam host-local { subnet = 10.1.0.0/16 } } }

    Source:
        The plugins' sources: bridge and tuning decode `mac` there, host-local and static `ips`. Seen with macvlan
        1.9.1.
    """
    args = plugin.body.get("args")
    given = args.get("cni") if isinstance(args, dict) else None
    ipam = (plugin.ipam or {}).get("type")
    called = [name for name in (plugin.type, ipam) if isinstance(name, str)]
    if not isinstance(given, dict) or any(plugins.find(name) is None for name in called):
        return
    for key, readers in _READ.items():
        if given.get(key) and not set(readers) & set(called):
            yield Violation(
                f"/args/cni/{escape(key)}",
                f"{' and '.join(called)} {'do' if ipam else 'does'} not read args.cni.{key}, "
                f"{' and '.join(readers)} do",
                "write `mac` in the plugin" if key == "mac" and plugin.type in ("macvlan", "tap") else "leave it out",
                "key",
            )
