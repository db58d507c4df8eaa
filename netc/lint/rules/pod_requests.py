"""What pods ask of their networks: addresses twice, for several pods at once, or of nobody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv6Address

from netc import plugins
from netc.diagnostics import Severity
from netc.model import Network, escape
from netc.plugins.kinds import parse_address, parse_ip
from netc.rules import Asked, Gathered, Remark, pod_rule
from netc.sources import Span

#: Who reads an address or MAC that Multus hands over in CNI_ARGS too.
_FROM_ARGS = {"mac": frozenset({"bridge", "macvlan", "tap", "tuning"}), "ips": frozenset({"host-local", "static"})}


def addresses(one: Asked) -> Iterator[IPv4Address | IPv6Address]:
    """The addresses that are asked of a network, those that can be read."""
    listed = one.wanted.get("ips")
    for text in listed if isinstance(listed, list) else ():
        try:
            yield parse_address(text).ip if "/" in text else parse_ip(text)
        except (TypeError, ValueError):
            continue


def _mac(one: Asked) -> str | None:
    value = one.wanted.get("mac")
    return value.lower().replace("-", ":") if isinstance(value, str) else None


def _same_network(pod: Gathered, one: Asked) -> tuple[int, str]:
    """What is equal for requests to one network; of one that is not known, two pods may mean two."""
    return (id(one.network), "") if one.network is not None else (id(pod), one.title)


def place(one: Asked, capability: str) -> Span:
    """Where the value for a capability stands."""
    return one.places.get(capability, one.span)


@pod_rule("NC664", "mac-asked-for-twice", Severity.WARNING)
def mac_asked_for_twice(pods: Sequence[Gathered]) -> Iterator[Remark]:
    """Two interfaces are to have the same MAC address.

    Why:
        On one wire, switches send the frames of both to the one that spoke last.

    Bad:
        -- pod.yaml --
        kind: Pod
        metadata:
          name: web
          annotations:
            k8s.v1.cni.cncf.io/networks: |
              [{ "name": "a", "mac": "02:00:00:00:00:01" }, { "name": "b", "mac": "02:00:00:00:00:01" }]

    Good:
        -- pod.yaml --
        kind: Pod
        metadata:
          name: web
          annotations:
            k8s.v1.cni.cncf.io/networks: |
              [{ "name": "a", "mac": "02:00:00:00:00:01" }, { "name": "b", "mac": "02:00:00:00:00:02" }]

    Source:
        IEEE 802.1D: a bridge learns the port of an address from the last frame that came from it.
    """
    seen: dict[tuple[int, str], tuple[Gathered, Asked]] = {}
    for pod in pods:
        own: dict[str, Asked] = {}
        for one in pod.asked:
            mac = _mac(one)
            if mac is None:
                continue
            before = own.setdefault(mac, one)
            who = pod
            if before is one and one.network is not None:
                who, before = seen.setdefault((id(one.network), mac), (pod, one))
            if before is not one:
                yield Remark(
                    place(one, "mac"),
                    f"{mac} is asked for twice",
                    "give each interface a MAC address of its own",
                    ((place(before, "mac"), f"{who.name} asks for it here"),),
                )


@pod_rule("NC665", "address-asked-for-twice", Severity.ERROR)
def address_asked_for_twice(pods: Sequence[Gathered]) -> Iterator[Remark]:
    """Two pods, or two interfaces of a pod, ask one network for the same address.

    Why:
        host-local refuses the second one; static gives it to both, and they disturb each other.

    Bad:
        network lan {
          plugin bridge { capabilities { ips = true }, ipam host-local { subnet = 10.1.0.0/24 } }
        }
        pod a { attach eth0 = lan { runtimeConfig { ips = ["10.1.0.9"] } } }
        pod b { attach eth0 = lan { runtimeConfig { ips = ["10.1.0.9"] } } }

    Good:
        network lan {
          plugin bridge { capabilities { ips = true }, ipam host-local { subnet = 10.1.0.0/24 } }
        }
        pod a { attach eth0 = lan { runtimeConfig { ips = ["10.1.0.9"] } } }
        pod b { attach eth0 = lan { runtimeConfig { ips = ["10.1.0.10"] } } }

    Source:
        host-local: `requested IP address 10.1.0.9 is not available in range set`.
    """
    seen: dict[tuple[int, str, IPv4Address | IPv6Address], tuple[Gathered, Asked]] = {}
    for pod in pods:
        for one in pod.asked:
            for address in dict.fromkeys(addresses(one)):
                who, before = seen.setdefault((*_same_network(pod, one), address), (pod, one))
                if before is not one:
                    yield Remark(
                        place(one, "ips"),
                        f"{address} of {one.title} is asked for twice",
                        "ask for another one",
                        ((place(before, "ips"), f"{who.name} asks for it here"),),
                    )


@pod_rule("NC666", "one-address-for-many", Severity.ERROR)
def one_address_for_many(pods: Sequence[Gathered]) -> Iterator[Remark]:
    """What makes several pods asks for one address, or one MAC address, for all of them.

    Why:
        The first pod gets it. The others are refused, or answer for the same address.

    Bad:
        -- web.yaml --
        kind: Deployment
        metadata: { name: web }
        spec:
          replicas: 3
          template:
            metadata:
              annotations: { k8s.v1.cni.cncf.io/networks: '[{ "name": "lan", "ips": ["10.1.0.9/24"] }]' }

    Good:
        -- web.yaml --
        kind: Deployment
        metadata: { name: web }
        spec:
          replicas: 1
          template:
            metadata:
              annotations: { k8s.v1.cni.cncf.io/networks: '[{ "name": "lan", "ips": ["10.1.0.9/24"] }]' }

    Source:
        host-local: `requested IP address 10.1.0.9 is not available in range set`; static looks at nothing.
    """
    for pod in pods:
        for one in pod.asked if pod.copies > 1 else ():
            for capability, what in (("ips", "address"), ("mac", "MAC address")):
                if one.wanted.get(capability) and (
                    one.network is None or _taken(one.network, capability, by_args=True)
                ):
                    yield Remark(
                        place(one, capability),
                        f"{pod.name} makes several pods, and all of them ask {one.title} for this {what}",
                        "leave it to the IPAM plugin" if capability == "ips" else "leave it out",
                    )


@pod_rule("NC667", "static-address-for-many", Severity.WARNING)
def static_address_for_many(pods: Sequence[Gathered]) -> Iterator[Remark]:
    """Several pods are in a network whose addresses are written down.

    Why:
        static keeps no record: each pod gets the same addresses.

    Bad:
        network lan { plugin bridge { ipam static { addresses = [{ address = 10.1.0.9/24 }] } } }
        pod a { attach eth0 = lan }
        pod b { attach eth0 = lan }

    Good:
        network lan { plugin bridge { ipam host-local { subnet = 10.1.0.0/24 } } }
        pod a { attach eth0 = lan }
        pod b { attach eth0 = lan }

    Source:
        Seen with static 1.9.1: ADD of a second container returns the address of the first.
    """
    first: dict[int, tuple[Gathered, Asked]] = {}
    for pod in pods:
        for one in pod.asked:
            written = _written_down(one)
            if written is None or one.network is None:
                continue
            who, before = first.setdefault(id(one.network), (pod, one))
            if before is not one:
                yield Remark(
                    one.span,
                    f"{one.title} gives {pod.name} the same address as {who.name}",
                    "let host-local, or another IPAM plugin, choose; or ask for `ips` in each pod",
                    ((written, "it is written here"), (before.span, f"{who.name} has it here")),
                )
            elif pod.copies > 1:
                yield Remark(
                    one.span,
                    f"{one.title} gives all pods that {pod.name} makes the same address",
                    "let an IPAM plugin that keeps a record choose",
                    ((written, "it is written here"),),
                )


def _written_down(one: Asked) -> Span | None:
    """Where a network's addresses are written, if each of its containers gets those."""
    for plugin in one.network.plugins if one.network is not None else ():
        ipam = plugin.ipam or {}
        if ipam.get("type") == "static" and ipam.get("addresses") and not one.wanted.get("ips"):
            assert one.network is not None
            return one.network.origin(f"{plugin.pointer}/ipam/addresses").value
    return None


@pod_rule("NC668", "asked-for-in-vain", Severity.WARNING)
def asked_for_in_vain(pods: Sequence[Gathered]) -> Iterator[Remark]:
    """A pod asks its network for what no plugin of the chain takes.

    Why:
        A runtime hands values over only to plugins that declare the capability. The pod starts without, and nothing
        says so.

    Bad:
        network lan { plugin bridge { ipam host-local { subnet = 10.1.0.0/24 } } }
        pod a { attach eth0 = lan { runtimeConfig { ips = ["10.1.0.9"] } } }

    Good:
        network lan { plugin bridge { capabilities { ips = true }, ipam host-local { subnet = 10.1.0.0/24 } } }
        pod a { attach eth0 = lan { runtimeConfig { ips = ["10.1.0.9"] } } }

    Source:
        The CNI specification, section 3, on `runtimeConfig`. Multus hands an address and a MAC address over in CNI_ARGS
        too, which bridge, macvlan, tap, tuning, host-local and static read.
    """
    for pod in pods:
        for one in pod.asked:
            for capability in one.wanted if one.network is not None else ():
                assert one.network is not None
                if not one.wanted[capability] or _taken(one.network, capability, by_args=pod.cluster):
                    continue
                yield Remark(
                    place(one, capability),
                    f"no plugin of {one.title} declares the capability {capability}: {pod.name} asks in vain",
                    _advice(one.network, capability),
                )


def _taken(network: Network, capability: str, *, by_args: bool) -> bool:
    if any(capability in plugin.capabilities for plugin in network.plugins):
        return True
    if not by_args or capability not in _FROM_ARGS:
        return False
    types = [type_ for one in network.plugins for type_ in (one.type, (one.ipam or {}).get("type")) if type_]
    unknown = any(not isinstance(type_, str) or plugins.find(type_) is None for type_ in types)
    return unknown or not _FROM_ARGS[capability].isdisjoint(str(type_) for type_ in types)


def _advice(network: Network, capability: str) -> str:
    for plugin in network.plugins:
        for type_ in (plugin.type, (plugin.ipam or {}).get("type")):
            info = plugins.find(type_) if isinstance(type_, str) else None
            if info is not None and capability in info.capabilities:
                return f"write `capabilities {{ {escape(capability)} = true }}` in {plugin.type}"
    return "leave it out, or use a plugin that reads it"
