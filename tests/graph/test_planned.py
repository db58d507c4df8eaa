"""What a picture shows of a configuration."""

from __future__ import annotations

from netc.graph import Picture


def told(picture: Picture) -> tuple[list[str], set[str]]:
    """Boxes as `kind title: line; line`, and lines as `from -label- to` by their titles."""
    boxes, lines = [], set()
    for host in picture.hosts:
        title = {node.id: node.title for node in host.nodes}
        boxes += [f"{node.kind} {node.title}: {'; '.join(map(str.strip, node.lines))}" for node in host.nodes]
        lines |= {f"{title[edge.source]} -{edge.label}- {title[edge.target]}" for edge in host.edges}
    return boxes, lines


def test_a_gateway_bridge_leads_out_by_the_host(picture) -> None:
    boxes, lines = told(
        picture(
            "network n { plugin bridge { isDefaultGateway = true, ipMasq = true, ipam host-local "
            "{ subnet = 10.1.0.0/24 } }\n plugin bandwidth { ingressRate = 64mbit, ingressBurst = 8MB } }"
        )
    )
    assert boxes == [
        "container a container: eth0  10.1.0.0/24; default via 10.1.0.1",
        "network n: 1 bridge; host-local 10.1.0.0/24; 2 bandwidth: ingressRate 64M, ingressBurst 64M",
        "bridge cni0: 10.1.0.1/24",
        "host host: masquerades 10.1.0.0/24",
        "outside outside: ",
    ]
    assert lines == {
        "a container -eth0- n",
        "n -veth- cni0",
        "cni0 -gateway- host",
        "host -uplink- outside",
    }


def test_a_bridge_that_is_no_gateway_leads_nowhere(picture) -> None:
    _, lines = told(picture('network n { plugin bridge { bridge = "br1", vlan = 7 } }'))
    assert lines == {"a container -eth0- n", "n -veth VLAN 7- br1"}


def test_networks_of_one_bridge_meet_there(picture) -> None:
    body = "plugin bridge { isGateway = true, ipam host-local { subnet = %s } }"
    boxes, lines = told(picture(f"network a {{ {body % '10.1.0.0/24'} }}\nnetwork b {{ {body % '10.2.0.0/24'} }}"))
    assert "bridge cni0: 10.1.0.1/24; 10.2.0.1/24" in boxes
    assert {"a -veth- cni0", "b -veth- cni0"} <= lines


def test_a_master_is_on_its_own_wire(picture) -> None:
    _, lines = told(
        picture('network lan { plugin macvlan { master = "eth1", mode = "private" } }\n'
                'network tagged { plugin vlan { master = "eth1", vlanId = 5 } }')
    )  # fmt: skip
    assert {"lan -macvlan private- eth1", "tagged -vlan VLAN 5- eth1", "eth1 -its wire- outside"} <= lines


def test_a_pod_has_its_interfaces_and_port_maps(picture) -> None:
    boxes, lines = told(
        picture(
            "network n { plugin ptp { ipam host-local { subnet = 10.1.0.0/24 } }\n"
            " plugin portmap { capabilities { portMappings = true } } }\n"
            "network m { plugin loopback { } }\n"
            "pod p { attach eth0 = n { runtimeConfig { portMappings = "
            '[{ hostPort = 80, containerPort = 8080, protocol = "tcp" }] } }\n attach net1 = m }'
        )
    )
    assert boxes[0] == "container p: eth0  10.1.0.0/24; net1  no address"
    assert "host host: routes 10.1.0.0/24; tcp 80 to 8080 of n" in boxes
    assert {"p -eth0- n", "p -net1- m", "n -veth- host"} <= lines
    assert not any(line.startswith("a container") for line in lines)


def test_each_node_is_a_host(picture) -> None:
    found = picture('network n for k in ["x", "y"] key k { meta { node = k }, plugin loopback { } }')
    assert [host.title for host in found.hosts] == ["x", "y"]
