"""host-local in a network that all nodes of a cluster have."""

from __future__ import annotations

from collections.abc import Iterator

from netc.diagnostics import Severity
from netc.model import Network, Plugin
from netc.rules import Violation, plugin_rule

#: Plugins whose containers stand on a wire beyond their node.
_SHARED = frozenset({"macvlan", "ipvlan", "vlan", "sriov", "ovs", "host-device"})


@plugin_rule("NC671", "host-local-in-cluster", Severity.WARNING)
def host_local_in_cluster(plugin: Plugin, network: Network) -> Iterator[Violation]:
    """A NetworkAttachmentDefinition has host-local on a wire that the nodes share.

    Why:
        host-local keeps its record on each node: two nodes hand out the same addresses, on one wire. It is right where
        the definition is used on one node only.

    Bad:
        -- nad.yaml --
        apiVersion: k8s.cni.cncf.io/v1
        kind: NetworkAttachmentDefinition
        metadata: { name: lan }
        spec:
          config: |
            { "cniVersion": "1.0.0", "name": "lan", "type": "macvlan", "master": "eth1",
              "ipam": { "type": "host-local", "subnet": "10.1.0.0/24" } }

    Good:
        -- nad.yaml --
        apiVersion: k8s.cni.cncf.io/v1
        kind: NetworkAttachmentDefinition
        metadata: { name: lan }
        spec:
          config: |
            { "cniVersion": "1.0.0", "name": "lan", "type": "macvlan", "master": "eth1", "ipam": { "type": "dhcp" } }

    Source:
        host-local: `dataDir`, by default /var/lib/cni/networks, is a folder of the node.
    """
    if network.cluster and plugin.type in _SHARED and (plugin.ipam or {}).get("type") == "host-local":
        yield Violation(
            "/ipam/type",
            "host-local on each node hands out the same addresses, on a wire that the nodes share",
            "use an IPAM plugin for the whole cluster, such as whereabouts, or a definition for each node",
        )
