"""Networks and pods as a picture, by what their configurations say and, after an attach, by what was seen."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from netc.dataclass import dataclass, field
from netc.graph.picture import COLUMNS, Edge, Host, Node, Picture
from netc.graph.seen import Seen
from netc.lint.addresses import assigned, is_gateway, own_default_routes, routes
from netc.model import Json, Network, Plugin, Pod

#: Keys that a chain's line leaves out: they are said elsewhere in the picture, or to nobody.
_ELSEWHERE = frozenset(
    [
        *("type", "ipam", "bridge", "master", "mtu", "capabilities", "dns", "mode", "vlan"),
        *("isGateway", "isDefaultGateway", "ipMasq"),
    ]
)
_MOST_KEYS, _LONGEST = 3, 28


@dataclass(frozen=True, slots=True)
class Subject:
    """What is drawn on one host: `pods`, and the `networks` that none of them is in.

    `name` is empty for the one host that nobody named; `title` says more where it stands for others as well.
    """

    name: str
    title: str
    networks: tuple[Network, ...] = ()
    pods: tuple[Pod, ...] = ()


def draw(title: str, subjects: Sequence[Subject], seen: Seen | None = None) -> Picture:
    """A picture of each host. `seen` is what an attach of the only pod of the only host saw."""
    return Picture(title, tuple(_Drawing(f"h{number}", one, seen).host() for number, one in enumerate(subjects)))


@dataclass(slots=True)
class _Drawing:
    """One host, box by box."""

    id: str
    subject: Subject
    seen: Seen | None
    nodes: dict[str, Node] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    networks: dict[int, str] = field(default_factory=dict)
    forwarding: list[str] = field(default_factory=list)

    def host(self) -> Host:
        for pod in self.subject.pods:
            lines = [line for one in pod.attachments for line in self.interface(one.network, one.ifname)]
            box = self.box("container", pod.selector, lines, always=True)
            for one in pod.attachments:
                self.edges.append(Edge(box, self.network(one.network, one.ifname), one.ifname))
                self.publish(one.network, one.runtime_config)
        for network in self.subject.networks:
            box = self.box("container", "a container", list(self.interface(network, "eth0")), always=True)
            self.edges.append(Edge(box, self.network(network, "eth0"), "eth0"))
        self.finish()
        ordered = sorted(self.nodes.values(), key=lambda node: COLUMNS[node.kind])
        return Host(self.id, self.subject.title, tuple(ordered), tuple(dict.fromkeys(self.edges)))

    def box(self, kind: str, title: str, lines: Sequence[str], *, always: bool = False) -> str:
        """The id of a box of this kind and title, made where there is none yet; `always` makes one more."""
        for node in self.nodes.values():
            if not always and (node.kind, node.title) == (kind, title):
                merged = (*node.lines, *(line for line in lines if line not in node.lines))
                self.nodes[node.id] = Node(node.id, node.kind, title, merged)
                return node.id
        id = f"{self.id}n{len(self.nodes)}"
        self.nodes[id] = Node(id, kind, title, tuple(lines))  # type: ignore[arg-type]  # one of `Kind`, by its callers
        return id

    def interface(self, network: Network, ifname: str) -> Iterator[str]:
        """What a container has by an attachment: addresses and the way out."""
        found = self.seen.inside.get(ifname) if self.seen is not None else None
        if found is not None and self.seen is not None:
            yield f"{ifname}  {', '.join(found.addresses) or found.mac}"
            yield f"  {found.kind}, MTU {found.mtu}, {found.mac}"
            for route in self.seen.routes:
                words = route.split()
                if route.startswith("default") and words[words.index("dev") + 1] == ifname:
                    yield f"  {route.replace(f' dev {ifname}', '')}"
            return
        first = network.plugins[0] if network.plugins else None
        if first is None:
            return
        given = list(dict.fromkeys(str(one.subnet) for one in assigned(first)))
        ipam = str((first.ipam or {}).get("type") or "")
        yield f"{ifname}  {', '.join(given) or (f'by {ipam}' if ipam else 'no address')}"
        for family in sorted({4, 6} & _ways_out(first).keys()):
            gateway = _ways_out(first)[family]
            yield f"  default{' (v6)' if family == 6 else ''}{f' via {gateway}' if gateway else ''}"

    def network(self, network: Network, ifname: str) -> str:
        """The box of a network's chain, with lines to what it puts containers on."""
        known = self.networks.get(id(network))
        if known is None:
            lines = [line for number, plugin in enumerate(network.plugins, 1) for line in _chain(number, plugin)]
            known = self.networks[id(network)] = self.box("network", network.name, lines, always=True)
        if network.plugins:
            self.wire(network, network.plugins[0], known, self.ends(ifname))
        return known

    def ends(self, ifname: str) -> str:
        return " ".join(self.seen.ends.get(ifname, ())) if self.seen is not None else ""

    def wire(self, network: Network, plugin: Plugin, box: str, ends: str) -> None:
        """What the interface plugin connects a container to."""
        body = plugin.body
        match plugin.type:
            case "bridge":
                name = str(body.get("bridge") or "cni0")
                bridge = self.box("bridge", name, self.bridge(name, plugin))
                vlan = f" VLAN {body['vlan']}" if body.get("vlan") else ""
                self.edges.append(Edge(box, bridge, (ends or "veth") + vlan))
                if is_gateway(plugin):
                    self.edges.append(Edge(bridge, self.forward(plugin), "gateway"))
            case "ptp":
                self.edges.append(Edge(box, self.forward(plugin), ends or "veth"))
            case "macvlan" | "ipvlan" | "vlan":
                name = str(body.get("master") or "the default route's interface")
                master = self.box("master", name, [])
                detail = f"VLAN {body.get('vlanId', 0)}" if plugin.type == "vlan" else str(body.get("mode") or "")
                self.edges.append(Edge(box, master, f"{plugin.type} {detail}".strip()))
                self.edges.append(Edge(master, self.outside(), "its wire"))
            case "host-device":
                named = (str(body[key]) for key in ("device", "hwaddr", "kernelpath", "pciBusID") if body.get(key))
                device = next(named, "a device of the host")
                master = self.box("master", device, ["moves into the container"])
                self.edges.append(Edge(box, master, "host-device"))
                self.edges.append(Edge(master, self.outside(), "its wire"))
            case "tap" if body.get("bridge"):
                self.edges.append(Edge(box, self.box("bridge", str(body["bridge"]), []), "tap"))
            case "loopback" | "dummy" | "tap":
                pass
            case other:
                self.edges.append(Edge(box, self.box("host", self.here(), []), other))

    def bridge(self, name: str, plugin: Plugin) -> list[str]:
        """What a bridge has: its addresses as the gateway of its networks."""
        if self.seen is not None and name in self.seen.outside:
            found = self.seen.outside[name]
            return [*found.addresses, f"MTU {found.mtu}, {found.mac}"]
        lines = []
        if is_gateway(plugin):
            lines = [f"{one.gateway}/{one.subnet.prefixlen}" for one in assigned(plugin) if one.gateway is not None]
        if plugin.body.get("mtu"):
            lines.append(f"MTU {plugin.body['mtu']}")
        return list(dict.fromkeys(lines))

    def forward(self, plugin: Plugin) -> str:
        """The host, which forwards for this plugin's containers."""
        box = self.box("host", self.here(), [])
        if self.seen is None:
            subnets = list(dict.fromkeys(str(one.subnet) for one in assigned(plugin)))
            if plugin.body.get("ipMasq") is True:
                self.forwarding.append(f"masquerades {', '.join(subnets) or 'its containers'}")
            else:
                self.forwarding.append(f"routes {', '.join(subnets) or 'to its containers'}")
        self.edges.append(Edge(box, self.outside(), "uplink"))
        return box

    def publish(self, network: Network, given: Mapping[str, Json]) -> None:
        """Port maps that a pod asks for."""
        if self.seen is not None:
            return
        listed = given.get("portMappings")
        if any("portMappings" in plugin.capabilities for plugin in network.plugins) and isinstance(listed, list):
            for one in listed:
                if isinstance(one, dict):
                    at = f"{one.get('protocol') or 'tcp'} {one.get('hostPort')}"
                    self.forwarding.append(f"{at} to {one.get('containerPort')} of {network.name}")

    def finish(self) -> None:
        """The host's lines, when all that it does is known."""
        lines = self.seen.host if self.seen is not None else tuple(dict.fromkeys(self.forwarding))
        if lines and any(node.kind == "host" for node in self.nodes.values()):
            self.box("host", self.here(), lines)

    def here(self) -> str:
        return self.subject.name or "host"

    def outside(self) -> str:
        return self.box("outside", "outside", [])


def _chain(number: int, plugin: Plugin) -> Iterator[str]:
    """A plugin's line in its chain, the keys that tell most behind it, and its IPAM plugin's."""
    shown = [
        f"{key} {text}".rstrip()
        for key, value in plugin.body.items()
        if key not in _ELSEWHERE and (text := _short(value)) is not None
    ]
    more = " …" if len(shown) > _MOST_KEYS else ""
    detail = ", ".join(shown[:_MOST_KEYS]) + more
    yield f"{number} {plugin.type}{': ' if detail else ''}{detail}"
    ipam = (plugin.ipam or {}).get("type")
    if ipam:
        given = list(dict.fromkeys(str(one.subnet) for one in assigned(plugin)))
        yield f"  {ipam}{' ' if given else ''}{', '.join(given)}"


def _short(value: Json) -> str | None:
    """A value in few characters; None for one that has none."""
    if value is None or value is False or value == "":
        return None
    if isinstance(value, dict):
        return ", ".join(value)[:_LONGEST] if value else None
    if value is True:
        return ""
    if isinstance(value, int):
        return _counted(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _counted(number: int) -> str:
    """`100M`: a large number of whole thousands in the largest unit that says it exactly."""
    for unit in ("", "k", "M", "G"):
        if number % 1000 or abs(number) < 10_000 or unit == "G":
            return f"{number}{unit}"
        number //= 1000
    return str(number)


def _ways_out(plugin: Plugin) -> dict[int, str]:
    """The families with a default route, and the gateway where one is known."""
    found: dict[int, str] = {}
    for route in routes(plugin):
        if route.default:
            implied = next(
                (one.gateway for one in assigned(plugin) if one.family == route.family and one.gateway), None
            )
            found.setdefault(route.family, str(route.gw or implied or ""))
    for one in own_default_routes(plugin):
        found.setdefault(one.family, str(one.gateway or ""))
    return found
