"""Capabilities that are missing, or that nobody reads."""

from __future__ import annotations

from collections.abc import Iterator

from netc import plugins
from netc.diagnostics import Severity
from netc.lint.chain import read_by
from netc.model import Network, Plugin, escape
from netc.plugins import owners
from netc.rules import Violation, plugin_rule
from netc.spelling import nearest


@plugin_rule("NC302", "missing-capability", Severity.WARNING)
def missing_capability(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """A plugin does nothing, because what it works with is never handed over.

    Why:
        A runtime hands the ports of a container to portmap, and its limits to bandwidth, only if the capability is
        declared. Without it everything looks right and nothing happens.

    Bad:
        network n { plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }, plugin portmap { snat = true } }

    Good:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin portmap { capabilities { portMappings = true }, snat = true }
        }

    Source:
        The CNI specification, section 3, on `runtimeConfig`.
    """
    limits = ("ingressRate", "ingressBurst", "egressRate", "egressBurst")
    wanted = {"portmap": "portMappings", "bandwidth": "bandwidth"}.get(plugin.type)
    idle = plugin.type == "portmap" or not any(plugin.body.get(key) is not None for key in limits)
    if wanted is not None and wanted not in plugin.capabilities and idle:
        what = "port" if plugin.type == "portmap" else "limit"
        yield Violation(
            "/capabilities" if "capabilities" in plugin.body else "/type",
            f"{plugin.type} never hears of any {what}: the capability {wanted} is not declared",
            f"write `capabilities {{ {wanted} = true }}`"
            + ("" if plugin.type == "portmap" else ", or the limits themselves"),
        )


@plugin_rule("NC303", "unread-capability", Severity.WARNING)
def unread_capability(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """A capability is declared for a plugin that does not read it.

    Why:
        The runtime hands the value over, and it is ignored. Some other plugin was meant, or it is no capability at
        all but a key of the plugin.

    Bad:
        network n {
          plugin bridge { capabilities { portMappings = true }, ipam host-local { subnet = 10.1.0.0/16 } }
        }

    Good:
        network n {
          plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }
          plugin portmap { capabilities { portMappings = true } }
        }

    Source:
        The plugins' documentation names what each reads of `runtimeConfig`.
    """
    read = read_by(plugin)
    if read is None:
        return
    for name in plugin.capabilities:
        if name not in read:
            ipam = (plugin.ipam or {}).get("type")
            who = f"neither {plugin.type} nor {ipam} reads" if ipam else f"{plugin.type} does not read"
            known = nearest(name, read)
            help = f"did you mean `{known}`?" if known else owners.hint(name, "capabilities", plugin.type)
            if help is None:
                help = f"{plugin.type} reads {', '.join(sorted(read))}" if read else "leave it out"
            yield Violation(f"/capabilities/{escape(name)}", f"{who} the capability {name}", help, "key")


@plugin_rule("NC315", "args-outside-cni", Severity.WARNING)
def args_outside_cni(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """An argument stands in `args` itself instead of `args.cni`.

    Why:
        `args` has a part for each convention; the plugins look into `cni` only.

    Bad:
        network n { plugin bridge { args { ips = ["10.1.0.9"] }, ipam host-local { subnet = 10.1.0.0/16 } } }

    Good:
        network n { plugin bridge { args { cni { ips = ["10.1.0.9"] } }, ipam host-local { subnet = 10.1.0.0/16 } } }

    Source:
        The CNI conventions, on `args`.
    """
    args = plugin.body.get("args")
    if not isinstance(args, dict) or plugins.find(plugin.type) is None:
        return
    known = plugins.schema(plugin.type)["properties"].get("args", {}).get("properties", {}).get("cni", {})
    for key in args:
        if key != "cni" and key in known.get("properties", {}):
            yield Violation(
                f"/args/{escape(key)}",
                f"args.{key} is read by nobody: the plugins look into args.cni",
                f"write args {{ cni {{ {key} = ... }} }}",
                "key",
            )
