"""Addresses that a pod asks for and its network can't give."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netc.diagnostics import Severity
from netc.lint.rules.pod_requests import addresses, place
from netc.model import Network, Plugin
from netc.plugins.host_local.ranges import Window, range_sets
from netc.rules import Asked, Gathered, Remark, pod_rule


def _readers(one: Asked, type_: str) -> Iterator[tuple[Network, Plugin]]:
    """The plugins of a network whose IPAM plugin is of this type and is handed the addresses."""
    for plugin in one.network.plugins if one.network is not None else ():
        capabilities = set(plugin.capabilities)
        if (plugin.ipam or {}).get("type") == type_ and "ips" in capabilities and "ipRanges" not in capabilities:
            assert one.network is not None
            yield one.network, plugin


@pod_rule("NC672", "address-outside-network", Severity.ERROR)
def address_outside_network(pods: Sequence[Gathered]) -> Iterator[Remark]:
    """A pod asks host-local for an address outside of its ranges, or for the gateway's.

    Why:
        host-local refuses it: the pod gets no address at all.

    Bad:
        network lan { plugin bridge { capabilities { ips = true }, ipam host-local { subnet = 10.1.0.0/24 } } }
        pod a { attach eth0 = lan { runtimeConfig { ips = ["10.2.0.9"] } } }

    Good:
        network lan { plugin bridge { capabilities { ips = true }, ipam host-local { subnet = 10.1.0.0/24 } } }
        pod a { attach eth0 = lan { runtimeConfig { ips = ["10.1.0.9"] } } }

    Source:
        host-local: `failed to allocate all requested IPs: 10.2.0.9`; `requested ip 10.1.0.1 is subnet's gateway`.
    """
    for pod in pods:
        for one in pod.asked:
            for network, plugin in _readers(one, "host-local"):
                windows = [window for windows in range_sets(plugin.ipam or {}) for window in windows]
                for address in addresses(one) if windows and not network.unwritten else ():
                    inside = [
                        window for window in windows if window.family == address.version and window.holds(address)
                    ]
                    if inside and any(window.gateway != address for window in inside):
                        continue
                    what = "is its gateway" if inside else "lies in none of its ranges"
                    yield Remark(
                        place(one, "ips"),
                        f"{address}, which {pod.name} asks {one.title} for, {what}",
                        f"ask for one of {_some(windows, address.version)}",
                        ((network.origin(f"{plugin.pointer}/ipam").value, "the ranges"),),
                    )


def _some(windows: Sequence[Window], family: int) -> str:
    return ", ".join(str(window) for window in windows if window.family == family) or ", ".join(map(str, windows))


@pod_rule("NC673", "static-address-without-prefix", Severity.ERROR)
def static_address_without_prefix(pods: Sequence[Gathered]) -> Iterator[Remark]:
    """A pod asks static for an address without a prefix length.

    Why:
        static takes no bare address: the pod does not start.

    Bad:
        network lan { plugin bridge { capabilities { ips = true }, ipam static { } } }
        pod a { attach eth0 = lan { runtimeConfig { ips = ["10.1.0.9"] } } }

    Good:
        network lan { plugin bridge { capabilities { ips = true }, ipam static { } } }
        pod a { attach eth0 = lan { runtimeConfig { ips = ["10.1.0.9/24"] } } }

    Source:
        static: `an entry in the 'ips' field is NOT in CIDR notation`.
    """
    for pod in pods:
        for one in pod.asked:
            listed = one.wanted.get("ips")
            for text in listed if isinstance(listed, list) and any(_readers(one, "static")) else ():
                if isinstance(text, str) and "/" not in text:
                    yield Remark(
                        place(one, "ips"),
                        f"static takes {text} with its prefix length only",
                        f"write {text}/{64 if ':' in text else 24}, or another length",
                    )
