"""VLANs of bridge ports (`vlan`, `vlanTrunk`), and the gateway that a VLAN has of its own."""

from __future__ import annotations

from contextlib import suppress

from netc.cni.errors import failure
from netc.kernel import KernelError, Link, Namespace
from netc.plugins.interface import random_veth_name, saying

_DEFAULT_VLAN = 1


def assign(host: Namespace, port: Link, *, vlan: int, trunk: tuple[int, ...], preserve: bool) -> None:
    """Put a bridge port into VLANs: `vlan` untagged, those of `trunk` tagged; the default one goes unless preserved."""
    if not vlan and not trunk:
        return
    with saying(f"failed to setup vlan on interface {port.name}"):
        if not preserve:
            for entry in host.port_vlans(port.index):
                host.delete_port_vlan(port.index, entry.vid)
        native = vlan or _DEFAULT_VLAN
        host.add_port_vlan(port.index, native, pvid=True, untagged=True)
        for vid in trunk:
            if vid != native:
                host.add_port_vlan(port.index, vid)


def ensure_gateway(host: Namespace, bridge: Link, vlan: int, *, preserve: bool) -> Link:
    """The link `BRIDGE.VLAN` that holds the gateway's addresses of a VLAN, up; made if it isn't there.

    It is a veth whose other end is a port of the bridge in that VLAN.
    """
    name = f"{bridge.name}.{vlan}"
    link = host.link(name)
    if link is None:
        peer = random_veth_name()
        with saying(f"failed to create vlan gateway {name!r}"):
            host.add_veth(name, peer, mtu=bridge.mtu)
            port = host.link(peer)
            if port is None:
                raise failure(f"failed to lookup {peer!r}: Link not found")
            host.set_link(port.index, up=True, master=bridge.index)
            host.set_port(port.index, hairpin=False, isolated=False)
        with suppress(KernelError):  # A kernel without IPv6 has no accept_ra.
            host.set_sysctl(f"net/ipv6/conf/{peer}/accept_ra", "0")
        assign(host, port, vlan=vlan, trunk=(), preserve=preserve)
        link = host.link(name)
    if link is None:
        raise failure(f"failed to lookup {name!r}: Link not found")
    with saying(f"failed to set {name!r} up"):
        host.set_link(link.index, up=True)
    return link
