"""What a case asks of the kernel, found out by trying."""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping

from netc.kernel import Kernel, KernelError, Namespace
from netc.lab import sandbox
from netc.lab.sandbox import Sandbox
from netc.lab.topology import UPLINK


def _uplink(host: Namespace) -> int:
    link = host.link(UPLINK)
    assert link is not None
    return link.index


#: What `needs` may name: each makes a link that only a kernel with the feature can make.
FEATURES: Mapping[str, Callable[[Namespace], None]] = {
    "dummy": lambda host: host.add_link("try0", "dummy"),
    "vrf": lambda host: host.add_link("try0", "vrf", data={"IFLA_VRF_TABLE": 7}),
    "vlan": lambda host: host.add_link("try0", "vlan", parent=_uplink(host), data={"IFLA_VLAN_ID": 7}),
    "ipvlan": lambda host: host.add_link("try0", "ipvlan", parent=_uplink(host), data={"IFLA_IPVLAN_MODE": 0}),
    "bridge-vlan": lambda host: host.add_bridge("try0", vlan_filtering=True),
}


def missing() -> frozenset[str]:
    """The features that this machine's kernel does not have. Raises `SandboxUnavailable`."""
    return sandbox.run(_tried)


def _tried(_: Sandbox) -> frozenset[str]:
    host, found = Kernel().here(), set()
    for name, attempt in FEATURES.items():
        try:
            attempt(host)
        except KernelError as error:
            if error.errno != errno.EOPNOTSUPP:
                raise
            found.add(name)
        else:
            made = host.link("try0")
            assert made is not None
            host.delete_link(made.index)
    return frozenset(found)
