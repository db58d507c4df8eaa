"""Two interfaces of a pod with one name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netc.diagnostics import Severity
from netc.rules import Asked, Gathered, Remark, pod_rule


@pod_rule("NC660", "interface-name-twice", Severity.ERROR)
def interface_name_twice(pods: Sequence[Gathered]) -> Iterator[Remark]:
    """Two networks of a pod are to have one interface.

    Why:
        The second can't be made: the pod does not start. `eth0` is the cluster's own, and an interface without a name
        is called by its place in the list: `net1`, `net2`.

    Bad:
        -- pod.yaml --
        kind: Pod
        metadata: { name: web, annotations: { k8s.v1.cni.cncf.io/networks: "a@net2, b" } }

    Good:
        -- pod.yaml --
        kind: Pod
        metadata: { name: web, annotations: { k8s.v1.cni.cncf.io/networks: "a@net1, b" } }

    Source:
        Multus names interfaces by their place; plugins answer that the interface exists already.
    """
    for pod in pods:
        taken: dict[str, Asked | None] = {"eth0": None} if pod.cluster else {}
        for one in pod.asked:
            if one.ifname not in taken:
                taken[one.ifname] = one
                continue
            before = taken[one.ifname]
            if before is None:
                yield Remark(one.span, f"{one.ifname} is the interface in the cluster's network", "choose another name")
                continue
            place = "" if one.named else ", which has no name of its own and is called by its place"
            yield Remark(
                one.span,
                f"{one.title} and {before.title} are both {one.ifname}{place}",
                "give each a name of its own",
                ((before.span, f"{before.title} is {before.ifname} here"),),
            )
