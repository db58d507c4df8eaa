"""Which network Multus takes for a pod's eth0."""

from __future__ import annotations

from collections.abc import Iterator

from netc.diagnostics import Severity
from netc.model import Network, Plugin
from netc.rules import Violation, plugin_rule


@plugin_rule("NC496", "multus-without-network", Severity.ERROR, plugin="multus")
def without_network(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """Multus has neither `clusterNetwork` nor `delegates`.

    Why:
        It does not know what to make a pod's eth0 with, and refuses every call: no pod of the node starts.

    Bad:
        network n { plugin multus { kubeconfig = "/etc/cni/net.d/multus.d/multus.kubeconfig" } }

    Good:
        network n {
          plugin multus { kubeconfig = "/etc/cni/net.d/multus.d/multus.kubeconfig", clusterNetwork = "default" }
        }

    Source:
        Multus: `at least one delegate/clusterNetwork must be specified`.
    """
    if not plugin.body.get("clusterNetwork") and not plugin.body.get("delegates"):
        yield Violation("/type", "multus has no network for a pod's eth0", "write `clusterNetwork`, or `delegates`")


@plugin_rule("NC497", "multus-delegates-ignored", Severity.WARNING, plugin="multus")
def delegates_ignored(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """Multus has `delegates` beside `clusterNetwork`.

    Why:
        With a clusterNetwork nobody looks at the delegates: pods come up without what they configure.

    Bad:
        network n {
          plugin multus {
            clusterNetwork = "default"
            delegates = [{ cniVersion = "0.3.1", type = "bridge", name = "pods" }]
          }
        }

    Good:
        network n { plugin multus { delegates = [{ cniVersion = "0.3.1", type = "bridge", name = "pods" }] } }

    Source:
        Multus decodes the delegates only where clusterNetwork is empty (LoadNetConf).
    """
    if plugin.body.get("clusterNetwork") and plugin.body.get("delegates"):
        yield Violation("/delegates", "delegates have no effect beside clusterNetwork", "leave one of them out", "key")
