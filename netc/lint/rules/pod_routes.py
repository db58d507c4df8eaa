"""Several ways out of one pod."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netc.diagnostics import Severity
from netc.lint.addresses import own_default_routes
from netc.model import Network
from netc.rules import Asked, Gathered, Remark, pod_rule
from netc.sources import Span

#: Plugins that move an interface's routes out of the main table.
_OWN_TABLE = frozenset({"sbr", "vrf"})
_DEFAULT = {"0.0.0.0/0": 4, "::/0": 6}


def _ways_out(network: Network | None) -> dict[int, Span]:
    """The families of which a network gives its containers a default route, and where it stands."""
    found: dict[int, Span] = {}
    if network is None or any(plugin.type in _OWN_TABLE for plugin in network.plugins):
        return found
    for plugin in network.plugins:
        listed = (plugin.ipam or {}).get("routes")
        for index, entry in enumerate(listed if isinstance(listed, list) else ()):
            family = _DEFAULT.get(str(entry.get("dst"))) if isinstance(entry, dict) else None
            if family is not None and entry.get("table") in (None, 0, 254):
                found.setdefault(family, network.origin(f"{plugin.pointer}/ipam/routes/{index}").value)
        for one in own_default_routes(plugin):
            found.setdefault(one.family, network.origin(f"{plugin.pointer}/isDefaultGateway").value)
    return found


@pod_rule("NC661", "several-default-routes", Severity.WARNING)
def several_default_routes(pods: Sequence[Gathered]) -> Iterator[Remark]:
    """Two networks of a pod give it a default route of the same family.

    Why:
        The kernel keeps both and uses one, for IPv4 that of the network that is attached last. The other network's way
        out is never taken.

    Bad:
        network a { plugin bridge { isDefaultGateway = true, ipam host-local { subnet = 10.1.0.0/24 } } }
        network b {
          plugin bridge { bridge = "br1", isDefaultGateway = true, ipam host-local { subnet = 10.2.0.0/24 } }
        }
        pod app { attach eth0 = a, attach net1 = b }

    Good:
        network a { plugin bridge { isDefaultGateway = true, ipMasq = true, ipam host-local { subnet = 10.1.0.0/24 } } }
        network b { plugin bridge { bridge = "br1", ipam host-local { subnet = 10.2.0.0/24 } } }
        pod app { attach eth0 = a, attach net1 = b }

    Source:
        Seen with bridge 1.9.1: both routes are there, and the later one comes first.
    """
    for pod in pods:
        if pod.cluster:
            continue
        first: dict[int, tuple[Asked, Span]] = {}
        for one in pod.asked:
            clash = None
            for family, place in _ways_out(one.network).items():
                before = first.setdefault(family, (one, place))
                if before[0] is not one:
                    clash = clash or (family, place, before)
            if clash is not None:
                family, place, (other, others) = clash
                yield Remark(
                    one.span,
                    f"{one.title} gives {pod.name} a second default route of IPv{family}, {other.title} the first",
                    "leave it to one of them",
                    ((place, f"that of {one.title}"), (others, f"that of {other.title}")),
                )


@pod_rule("NC662", "cluster-route-taken", Severity.WARNING)
def cluster_route_taken(pods: Sequence[Gathered]) -> Iterator[Remark]:
    """A further network of a pod takes the default route away from the cluster's network.

    Why:
        What the pod sends to services, to other nodes' pods and to its name server may leave by the further network,
        where nobody knows them. `default-route` in the annotation says that it is meant to be so.

    Bad:
        -- pod.yaml --
        apiVersion: k8s.cni.cncf.io/v1
        kind: NetworkAttachmentDefinition
        metadata: { name: lan }
        spec:
          config: |
            { "cniVersion": "1.0.0", "name": "lan", "type": "macvlan", "master": "eth1",
              "ipam": { "type": "static", "addresses": [{ "address": "10.1.0.9/24", "gateway": "10.1.0.1" }],
                        "routes": [{ "dst": "0.0.0.0/0" }] } }
        ---
        kind: Pod
        metadata: { name: web, annotations: { k8s.v1.cni.cncf.io/networks: lan } }

    Good:
        -- pod.yaml --
        apiVersion: k8s.cni.cncf.io/v1
        kind: NetworkAttachmentDefinition
        metadata: { name: lan }
        spec:
          config: |
            { "cniVersion": "1.0.0", "name": "lan", "type": "macvlan", "master": "eth1",
              "ipam": { "type": "static", "addresses": [{ "address": "10.1.0.9/24", "gateway": "10.1.0.1" }],
                        "routes": [{ "dst": "10.0.0.0/8" }] } }
        ---
        kind: Pod
        metadata: { name: web, annotations: { k8s.v1.cni.cncf.io/networks: lan } }

    Source:
        Multus removes default routes of other interfaces only where the annotation has a `default-route`. The kernel
        puts the later of two before the other.
    """
    for pod in pods:
        if not pod.cluster or any(one.leads for one in pod.asked):
            continue
        for one in pod.asked:
            for family, place in _ways_out(one.network).items():
                yield Remark(
                    one.span,
                    f"{one.title} gives {pod.name} a default route of IPv{family} beside the cluster's own",
                    "leave it out of the network, or say in the annotation that it is meant: `default-route`",
                    ((place, f"the default route of {one.title}"),),
                )
                break
