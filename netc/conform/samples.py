"""A configuration to examine each plugin with whose keys netc knows, and what has to come before it in a chain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_ADDRESSES = {"type": "host-local", "subnet": "10.88.0.0/24"}
#: What a chained plugin works on: a veth pair with an address.
PAIR: Mapping[str, Any] = {"type": "ptp", "ipam": _ADDRESSES}
#: The same on a bridge, for those that ask for one.
BRIDGE: Mapping[str, Any] = {"type": "bridge", "bridge": "br-conform", "isGateway": True, "ipam": _ADDRESSES}

SAMPLES: Mapping[str, tuple[Mapping[str, Any], tuple[Mapping[str, Any], ...]]] = {
    "bridge": ({**BRIDGE, "ipMasq": True}, ()),
    "ptp": ({**PAIR, "ipMasq": True}, ()),
    "macvlan": ({"type": "macvlan", "master": "uplink0", "ipam": _ADDRESSES}, ()),
    "ipvlan": ({"type": "ipvlan", "master": "uplink0", "ipam": _ADDRESSES}, ()),
    "vlan": ({"type": "vlan", "master": "uplink0", "vlanId": 5, "ipam": _ADDRESSES}, ()),
    "dummy": ({"type": "dummy", "ipam": _ADDRESSES}, ()),
    "tap": ({"type": "tap", "ipam": _ADDRESSES}, ()),
    "loopback": ({"type": "loopback"}, ()),
    "host-local": ({"ipam": _ADDRESSES}, ()),
    "static": ({"ipam": {"type": "static", "addresses": [{"address": "10.88.0.9/24"}]}}, ()),
    "portmap": (
        {
            "type": "portmap",
            "capabilities": {"portMappings": True},
            "runtimeConfig": {"portMappings": [{"hostPort": 8080, "containerPort": 80, "protocol": "tcp"}]},
        },
        (PAIR,),
    ),
    "bandwidth": ({"type": "bandwidth", "ingressRate": 8_000_000, "ingressBurst": 8_000_000}, (PAIR,)),
    "firewall": ({"type": "firewall"}, (BRIDGE,)),
    "tuning": ({"type": "tuning", "sysctl": {"net.ipv4.conf.eth0.arp_filter": "1"}}, (PAIR,)),
    "sbr": ({"type": "sbr"}, (PAIR,)),
    "vrf": ({"type": "vrf", "vrfname": "blue"}, (PAIR,)),
}
