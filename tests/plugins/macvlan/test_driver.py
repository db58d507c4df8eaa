"""macvlan's driver: an interface with a MAC address of its own on the host's uplink."""

from __future__ import annotations

import json
from ipaddress import ip_address

import pytest

from netc.cni.errors import CniError, Code
from netc.cni.plugin import Environment
from netc.lab import probes

pytestmark = pytest.mark.lab

OUTSIDE4, OUTSIDE6 = ip_address("192.0.2.9"), ip_address("2001:db8::9")
STATIC = {
    "type": "static",
    "addresses": [
        {"address": "192.0.2.77/24", "gateway": "192.0.2.1"},
        {"address": "2001:db8::77/64", "gateway": "2001:db8::1"},
    ],
    "routes": [{"dst": "0.0.0.0/0"}, {"dst": "::/0"}],
    "dns": {"nameservers": ["192.0.2.53"]},
}


class Runtime:
    """Runs macvlan with IPAM plugins beside it, as a runtime would, on the node's uplink `up0`."""

    def __init__(self, node) -> None:
        self.node = node
        node.outside()
        self.path = node._sandbox.container()
        self.inside = node.kernel.at(self.path)

    def __call__(self, verb: str, config: dict | None = None, **env: str):
        from netc.lab.builtin import Builtin

        request = {"cniVersion": "1.1.0", "name": "net1", "type": "macvlan", "master": "up0"} | (config or {})
        request = {key: value for key, value in request.items() if value is not None}
        fields = {"command": verb, "container_id": "c1", "netns": self.path, "ifname": "eth0", "path": "/nowhere"}
        return Builtin(self.node.kernel).run("macvlan", Environment(**(fields | env)), request)


@pytest.fixture
def macvlan(node):
    """A function that makes a `Runtime` in the test's own process."""
    return lambda: Runtime(node)


def test_the_container_is_a_machine_of_its_own_on_the_masters_wire(node, macvlan):
    run = macvlan()

    answer = run("ADD", {"ipam": STATIC})

    link = run.inside.link("eth0")
    assert (link.kind, link.up, link.mtu) == ("macvlan", True, 1500)
    assert answer == {
        "cniVersion": "1.1.0",
        "interfaces": [{"mac": link.mac, "name": "eth0", "sandbox": run.path}],
        "ips": [{**address, "interface": 0} for address in STATIC["addresses"]],
        "routes": STATIC["routes"],
    }
    assert run.inside.sysctl("net/ipv4/conf/eth0/arp_notify") == "1"
    assert run.inside.sysctl("net/ipv6/conf/eth0/ndisc_notify") == "1"
    for address in (OUTSIDE4, OUTSIDE6):
        assert (reach := probes.ping(run.inside, address)), reach.why
        assert (reach := probes.tcp(run.inside, node.outside(), address, 80)), reach.why
    run("CHECK", {"ipam": STATIC, "prevResult": answer})
    for _ in range(2):
        run("DEL", {"ipam": STATIC, "prevResult": answer})
    assert run.inside.link("eth0") is None


def test_without_ipam_it_is_a_link_and_no_more(macvlan):
    run = macvlan()

    answer = run("ADD", {"dns": {"domain": "example.org"}})

    link = run.inside.link("eth0")
    assert link.up
    assert answer == {
        "cniVersion": "1.1.0",
        "interfaces": [{"mac": link.mac, "name": "eth0", "sandbox": run.path}],
        "dns": {"domain": "example.org"},
    }
    run("CHECK", {"prevResult": answer})


@pytest.mark.parametrize("mode", ["bridge", "private", "vepa", "passthru"])
def test_what_the_link_is_made_with(node, macvlan, mode):
    run = macvlan()

    answer = run("ADD", {"mode": mode, "mtu": 1400, "bcqueuelen": 555})

    link = run.inside.link("eth0")
    attributes = run.inside.kind_attributes(link.index)
    assert (link.mtu, attributes["IFLA_MACVLAN_MODE"]) == (1400, mode)
    assert attributes["IFLA_MACVLAN_BC_QUEUE_LEN"] == 555
    assert link.parent == node.host.link("up0").index
    run("CHECK", {"mode": mode, "mtu": 1400, "prevResult": answer})
    other = "vepa" if mode != "vepa" else "private"
    with pytest.raises(CniError) as difference:
        run("CHECK", {"mode": other, "prevResult": answer})
    assert difference.value.msg == f"container macvlan mode {mode} does not match expected value: {other}"


@pytest.mark.parametrize(
    ("given", "env", "mac"),
    [
        ({"mac": "C2-00-00-00-00-01"}, {}, "c2:00:00:00:00:01"),
        ({"mac": "c2:00:00:00:00:01"}, {"args": "MAC=c2:00:00:00:00:02"}, "c2:00:00:00:00:02"),
        ({"runtimeConfig": {"mac": "c2:00:00:00:00:03"}}, {"args": "MAC=c2:00:00:00:00:02"}, "c2:00:00:00:00:03"),
    ],
    ids=["config", "CNI_ARGS", "runtime"],
)
def test_where_the_mac_comes_from(macvlan, given, env, mac):
    run = macvlan()

    answer = run("ADD", given, **env)

    assert run.inside.link("eth0").mac == answer["interfaces"][0]["mac"] == mac


def test_without_a_master_it_is_the_link_of_the_default_route(node, macvlan):
    from netc.kernel import Route

    run = macvlan()
    with pytest.raises(CniError, match="no default route interface found"):
        run("ADD", {"master": None})
    uplink = node.host.link("up0")
    node.host.add_route(Route(_everywhere(), oif=uplink.index, gateway=OUTSIDE4))

    run("ADD", {"master": None})

    assert run.inside.link("eth0").parent == uplink.index


def _everywhere():
    from ipaddress import ip_network

    return ip_network("0.0.0.0/0")


def test_the_master_may_be_in_the_container(node, macvlan):
    run = macvlan()
    run.inside.add_veth("below", "x0", peer_netns=node.host)

    run("ADD", {"master": "below", "linkInContainer": True})

    assert run.inside.link("eth0").parent == run.inside.link("below").index


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"master": "nope"}, "Link not found"),
        ({"mtu": 1501}, "invalid MTU 1501, must be [0, master MTU(1500)]"),
        ({"mtu": -1}, "invalid MTU -1, must be [0, master MTU(1500)]"),
        ({"mode": "Bridge"}, 'unknown macvlan mode: "Bridge"'),
        ({"mac": "zz"}, "invalid args zz for MAC addr: address zz: invalid MAC address"),
        (
            {"master": 5},
            "failed to load netconf: json: cannot unmarshal number into Go struct field NetConf.master of type string",
        ),
        (
            {"bcqueuelen": -1},
            "failed to load netconf: json: cannot unmarshal number -1 into Go struct field NetConf.bcqueuelen of type uint32",
        ),
        ({"ipam": {"type": "static", "addresses": []}}, "IPAM plugin returned missing IP config"),
    ],
)
def test_what_add_refuses(macvlan, given, text):
    run = macvlan()

    with pytest.raises(CniError) as refusal:
        run("ADD", given)

    assert (refusal.value.code, refusal.value.msg) == (Code.INTERNAL, text)
    assert [link.name for link in run.inside.links()] == ["lo"]


def test_a_name_that_is_taken_is_left_alone(macvlan):
    run = macvlan()
    run("ADD")
    before = run.inside.link("eth0")

    with pytest.raises(CniError) as refusal:
        run("ADD", {"ipam": STATIC})

    assert refusal.value.msg == 'failed to rename macvlan to "eth0": file exists'
    assert [link.name for link in run.inside.links()] == ["lo", "eth0"]
    assert run.inside.link("eth0") == before


def test_a_second_child_of_a_passthru_master_is_refused(macvlan):
    run = macvlan()
    run("ADD", {"mode": "passthru"})

    with pytest.raises(CniError) as refusal:
        run("ADD", {"mode": "passthru"}, ifname="eth1")
    assert refusal.value.msg == "failed to create macvlan: invalid argument"


def test_an_address_that_can_not_be_set_leaves_no_link(macvlan):
    run = macvlan()
    twice = [{"address": "192.0.2.77/24"}, {"address": "192.0.2.77/24"}]

    with pytest.raises(CniError, match="failed to add IP addr"):
        run("ADD", {"ipam": {"type": "static", "addresses": twice}})

    assert run.inside.link("eth0") is None


def test_delete_asks_for_no_master_and_no_namespace(macvlan, in_namespace):
    run = macvlan()
    run("ADD", {"ipam": STATIC})

    run("DEL", {"master": "gone", "mode": "?", "mtu": -5, "ipam": STATIC})
    assert run.inside.link("eth0") is None
    in_namespace.vanish(run.path)
    run("DEL", {"ipam": STATIC})
    run("DEL", {"ipam": STATIC}, netns="")


def test_check_says_what_differs(macvlan):
    run = macvlan()
    answer = run("ADD", {"ipam": STATIC, "mtu": 1400})
    request = {"ipam": STATIC, "mtu": 1400, "prevResult": answer}

    with pytest.raises(CniError, match="Required prevResult missing"):
        run("CHECK", request | {"prevResult": None})
    forged = json.loads(json.dumps(answer))
    forged["interfaces"][0]["mac"] = "c2:00:00:00:00:10"
    with pytest.raises(CniError, match="interface eth0 Mac c2:00:00:00:00:10 doesn't match container Mac: "):
        run("CHECK", request | {"prevResult": forged})
    with pytest.raises(CniError, match="interface eth0 has MTU 1400, not the configured 1300"):
        run("CHECK", request | {"mtu": 1300})
    run.inside.delete_link(run.inside.link("eth0").index)
    with pytest.raises(CniError, match="container Interface name in prevResult: eth0 not found"):
        run("CHECK", request)
    run.inside.add_veth("eth0", "other")
    with pytest.raises(CniError, match="error: Container interface eth0 not of type macvlan"):
        run("CHECK", request)


def test_status_and_gc_ask_the_ipam_plugin(macvlan):
    run = macvlan()

    for verb in ("STATUS", "GC"):
        run(verb, {"ipam": STATIC})
        run(verb)
        with pytest.raises(CniError, match="nope"):
            run(verb, {"ipam": {"type": "nope"}})


@pytest.mark.parity
@pytest.mark.parametrize(
    "given",
    [
        {"ipam": STATIC},
        {},
        {"mode": "vepa", "mtu": 1400, "bcqueuelen": 77, "mac": "C2:00:00:00:00:01"},
        {"ipam": STATIC, "dns": {"nameservers": ["192.0.2.1"]}},
        {"cniVersion": "0.4.0", "ipam": STATIC},
    ],
    ids=["static", "link only", "options", "dns", "0.4.0"],
)
def test_the_same_as_the_reference_plugin(node, macvlan, reference_plugins, given):
    from netc.cni.process import ProcessExecutor

    run, seen = macvlan(), []
    executor = ProcessExecutor((str(reference_plugins),))

    def reference(verb: str, config: dict, **env: str):
        request = {"cniVersion": "1.1.0", "name": "net1", "type": "macvlan", "master": "up0"} | config
        fields = {
            "command": verb,
            "container_id": "c1",
            "netns": run.path,
            "ifname": "eth0",
            "path": str(reference_plugins),
        }
        return executor.run("macvlan", Environment(**(fields | env)), request)

    for attach in (run, reference):
        answer = attach("ADD", given)
        link = run.inside.link("eth0")
        kind = run.inside.kind_attributes(link.index)
        state = (
            (link.mtu, link.up, link.txqlen, link.parent, link.flags),
            kind["IFLA_MACVLAN_MODE"],
            kind["IFLA_MACVLAN_BC_QUEUE_LEN"],
            [(entry.address, entry.broadcast) for entry in run.inside.addresses(link.index) if entry.scope == 0],
            [(route.dst, route.gateway, route.scope, route.priority) for route in run.inside.routes(family=2)],
        )
        answer["interfaces"][0].pop("mac")
        attach("DEL", given)
        seen.append((answer, state, run.inside.link("eth0")))

    assert seen[0] == seen[1]
