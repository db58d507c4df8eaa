"""ptp: a pair of interfaces with routes, what CHECK notices, and that DEL leaves nothing."""

from __future__ import annotations

import os

import pytest

from netc.cni.errors import CniError
from netc.kernel import KernelError

pytestmark = pytest.mark.lab


@pytest.fixture
def node(in_namespace, tmp_path):
    return Node(in_namespace, tmp_path)


class Node:
    """A host whose containers are attached by the ptp driver."""

    def __init__(self, sandbox, data_dir):
        self.sandbox, self.data_dir = sandbox, data_dir

    @property
    def host(self):
        return self.sandbox.kernel.here()

    def ipam(self, *subnets: str, **more) -> dict:
        ranges = [[{"subnet": subnet}] for subnet in subnets or ("10.1.0.0/24",)]
        return {"type": "host-local", "dataDir": str(self.data_dir), "ranges": ranges, **more}

    def run(self, verb, netns, **config):
        options = {key: config.pop(key) for key in ("id", "prev") if key in config}
        return self.sandbox.run("ptp", verb, config, netns, **options)

    def refused(self, verb, netns, **config) -> CniError:
        with pytest.raises(CniError) as refusal:
            self.run(verb, netns, **config)
        return refusal.value

    def left(self) -> dict:
        host, folder = self.host, self.data_dir / "net1"
        found: dict = {"links": [link.name for link in host.links() if link.name != "lo"]}
        if folder.exists():
            found["leases"] = [name for name in os.listdir(folder) if name != "lock" and name[:4] != "last"]
        found["routes"] = host.routes()
        for name in ("masquerade4", "masquerade6"):
            for item in host.nft.listing("set", family="inet", table="netc", name=name) or ():
                found[name] = item.get("set", {}).get("elem", [])
        return {key: value for key, value in found.items() if value}


def shown(namespace, *, oif) -> set[str]:
    """The routes of a namespace over one link that somebody put there."""
    return {
        f"{r.dst} via {r.gateway} src {r.src} scope {r.scope}"
        for r in namespace.routes(oif=oif)
        if not str(r.dst).startswith("fe80")
    }


def test_a_life_in_both_families(node):
    netns = node.sandbox.container()
    config = {
        "mtu": 1300,
        "ipMasq": True,
        "ipam": node.ipam("10.1.0.0/24", "fd00:1::/64", routes=[{"dst": "0.0.0.0/0"}, {"dst": "::/0"}]),
    }

    result = node.run("ADD", netns, **config)

    host, inside = node.host, node.sandbox.kernel.at(netns)
    eth0 = inside.link("eth0")
    outer = host.link_at(eth0.parent)
    assert result == {
        "cniVersion": "1.1.0",
        "interfaces": [
            {"mac": outer.mac, "name": outer.name},
            {"mac": eth0.mac, "name": "eth0", "sandbox": netns},
        ],
        "ips": [
            {"address": "10.1.0.2/24", "gateway": "10.1.0.1", "interface": 1},
            {"address": "fd00:1::2/64", "gateway": "fd00:1::1", "interface": 1},
        ],
        "routes": [{"dst": "0.0.0.0/0"}, {"dst": "::/0"}],
    }
    assert (eth0.mtu, outer.mtu, outer.txqlen) == (1300, 1300, 0)
    assert shown(inside, oif=eth0.index) == {
        "0.0.0.0/0 via 10.1.0.1 src None scope 0",
        "10.1.0.0/24 via 10.1.0.1 src 10.1.0.2 scope 0",
        "10.1.0.1/32 via None src 10.1.0.2 scope 253",
        "::/0 via fd00:1::1 src None scope 0",
        "fd00:1::/64 via fd00:1::1 src fd00:1::2 scope 0",
        "fd00:1::1/128 via None src fd00:1::2 scope 0",
    }
    assert shown(host, oif=outer.index) >= {
        "10.1.0.2/32 via None src None scope 254",
        "fd00:1::2/128 via None src None scope 0",
    }
    assert {str(a.address) for a in host.addresses(outer.index)} >= {"10.1.0.1/32", "fd00:1::1/128"}
    assert host.sysctl("net/ipv4/ip_forward") == host.sysctl("net/ipv6/conf/all/forwarding") == "1"
    assert node.run("CHECK", netns, prev=result, **config) is None
    for _ in range(2):
        assert node.run("DEL", netns, prev=result, **config) is None
        assert node.left() == {}


@pytest.mark.parametrize("addresses", [
    [{"address": "10.1.0.2/32", "gateway": "10.1.0.1"}],
    [{"address": "10.1.0.2/24", "gateway": "10.1.0.1"}, {"address": "10.1.0.3/24", "gateway": "10.1.0.1"}],
    [{"address": "10.1.0.7/31", "gateway": "10.1.0.6"}, {"address": "fd00::7/128", "gateway": "fd00::1"}],
])  # fmt: skip
def test_single_addresses_and_shared_gateways(node, addresses):
    netns = node.sandbox.container()
    config = {"ipam": {"type": "static", "addresses": addresses, "routes": [{"dst": "0.0.0.0/0"}]}}
    result = node.run("ADD", netns, **config)
    assert node.run("CHECK", netns, prev=result, **config) is None
    node.run("DEL", netns, **config)
    assert node.left() == {}


def test_what_is_refused(node):
    netns = node.sandbox.container()
    for verb in ("ADD", "CHECK", "DEL", "STATUS"):
        assert node.refused(verb, netns).msg == "no plugin name provided"
    config = {"ipam": {"type": "static", "addresses": [{"address": "10.1.0.2/24"}]}}
    assert "the address has no gateway, and ptp needs one" in node.refused("ADD", netns, **config).msg
    assert node.refused("ADD", netns, ipam={"type": "static"}).msg == "IPAM plugin returned missing IP config"
    assert node.refused("ADD", netns, ipMasq=True, ipMasqBackend="x", ipam=node.ipam()).msg == (
        'unknown ipmasq backend "x"'
    )
    assert node.left() == {}
    assert [link.name for link in node.sandbox.kernel.at(netns).links()] == ["lo"]


def test_an_unknown_backend_does_not_keep_del_from_passing(node):
    netns = node.sandbox.container()
    node.run("ADD", netns, ipMasq=True, ipam=node.ipam())
    node.run("DEL", netns, ipMasq=True, ipMasqBackend="x", ipam=node.ipam())
    assert node.left() == {}


def test_an_attachment_that_stands_keeps_its_address_when_it_is_asked_for_again(node):
    netns = node.sandbox.container()
    result = node.run("ADD", netns, ipam=node.ipam())
    assert "duplicate allocation is not allowed" in node.refused("ADD", netns, ipam=node.ipam()).msg
    assert node.run("CHECK", netns, prev=result, ipam=node.ipam()) is None


def test_check_notices(node):
    netns = node.sandbox.container()
    result = node.run("ADD", netns, ipam=node.ipam())
    inside = node.sandbox.kernel.at(netns)
    index = inside.link("eth0").index
    assert node.refused("CHECK", netns, ipam=node.ipam()).msg == "ptp: Required prevResult missing"
    inside.set_link(index, mac="02:00:00:00:00:09")
    assert "doesn't match container Mac: 02:00:00:00:00:09" in (
        node.refused("CHECK", netns, prev=result, ipam=node.ipam()).msg
    )
    inside.delete_link(index)
    assert node.refused("CHECK", netns, prev=result, ipam=node.ipam()).msg == (
        "ptp: Container Interface name in prevResult: eth0 not found"
    )


def test_a_container_that_is_gone(node):
    netns = node.sandbox.container()
    config = {"ipMasq": True, "ipam": node.ipam()}
    node.run("ADD", netns, **config)
    node.sandbox.vanish(netns)
    node.run("DEL", netns, **config)
    assert node.left() == {}


def test_gc_keeps_the_valid_and_nothing_else(node):
    config = {"ipMasq": True, "ipam": node.ipam()}
    paths = [node.sandbox.container() for _ in range(2)]
    for number, path in enumerate(paths):
        node.run("ADD", path, id=f"c{number}", **config)
    node.sandbox.vanish(paths[0])
    node.run("GC", "", **config, **{"cni.dev/valid-attachments": [{"containerID": "c1", "ifname": "eth0"}]})
    left = node.left()
    assert left["leases"] == ["10.1.0.3"]
    assert [element["elem"]["val"] for element in left["masquerade4"]] == ["10.1.0.3"]


def test_a_failure_at_any_kernel_call_leaves_nothing(node):
    kernel = node.sandbox.kernel
    config = {"ipMasq": True, "ipam": node.ipam("10.1.0.0/24", routes=[{"dst": "0.0.0.0/0"}])}
    netns = node.sandbox.container()
    node.run("ADD", netns, **config)  # What is made once for all, forwarding and tables, is there from here on.
    node.run("DEL", netns, **config)
    calls: list[str] = []
    kernel.before_call = calls.append
    node.run("ADD", netns, **config)
    kernel.before_call = None
    node.run("DEL", netns, **config)

    for number in range(len(calls)):
        netns, heard = node.sandbox.container(), iter(range(1000))

        def fail(operation, number=number, heard=heard):
            if next(heard) == number:
                raise KernelError(5, operation)

        kernel.before_call = fail
        if calls[number].endswith("accept_ra=0"):
            node.run("ADD", netns, id="c9", **config)
        else:
            assert "input/output error" in node.refused("ADD", netns, id="c9", **config).msg
            assert node.left() == {}, f"after a failure of: {calls[number]}"
        kernel.before_call = None
        node.run("DEL", netns, id="c9", **config)
        assert node.left() == {}, f"after DEL after a failure of: {calls[number]}"
