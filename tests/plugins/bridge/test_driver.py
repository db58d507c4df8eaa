"""bridge: what ADD answers and leaves in the kernel, what CHECK notices, and that DEL leaves nothing."""

from __future__ import annotations

import os
import signal
import threading
from ipaddress import ip_interface, ip_network

import pytest

from netc.cni.errors import CniError
from netc.kernel import KernelError

pytestmark = pytest.mark.lab

ANY = "0.0.0.0/0"


@pytest.fixture
def node(in_namespace, tmp_path):
    return Node(in_namespace, tmp_path)


class Node:
    """A host whose containers are attached by the bridge driver, addresses by host-local."""

    def __init__(self, sandbox, data_dir):
        self.sandbox, self.data_dir = sandbox, data_dir

    @property
    def host(self):
        return self.sandbox.kernel.here()

    def ipam(self, *subnets: str, **more) -> dict:
        ranges = [[{"subnet": subnet}] for subnet in subnets or ("10.1.0.0/24",)]
        return {"type": "host-local", "dataDir": str(self.data_dir), "ranges": ranges, **more}

    def run(self, verb, netns, **config):
        options = {key: config.pop(key) for key in ("id", "ifname", "prev") if key in config}
        return self.sandbox.run("bridge", verb, {"bridge": "br0", **config}, netns, **options)

    def refused(self, verb, netns, **config) -> CniError:
        with pytest.raises(CniError) as refusal:
            self.run(verb, netns, **config)
        return refusal.value

    def leases(self) -> set[str]:
        folder = self.data_dir / "net1"
        return {n for n in os.listdir(folder) if n != "lock" and n[:4] != "last"} if folder.exists() else set()

    def left(self) -> dict:
        """All that attachments make outside of containers, the bridge itself not counted."""
        host = self.host
        found = {"links": [x.name for x in host.links() if x.name not in ("lo", "br0")], "leases": self.leases()}
        for name in ("masquerade4", "masquerade6", "subnets4", "subnets6"):
            for item in host.nft.listing("set", family="inet", table="netc", name=name) or ():
                found[name] = item.get("set", {}).get("elem", [])
        chains = host.nft.listing("table", family="bridge", name="nat") or ()
        found["spoof"] = [item for item in chains if "rule" in item]
        found["spoof"] += [x for x in chains if x.get("chain", {}).get("name", "PREROUTING") != "PREROUTING"]
        return {key: value for key, value in found.items() if value}


def test_a_gateway_for_both_families(node):
    netns = node.sandbox.container()
    config = {
        "isDefaultGateway": True,
        "mtu": 1400,
        "ipam": node.ipam(
            "10.1.0.0/24", "fd00:1::/64", routes=[{"dst": "192.168.0.0/16", "priority": 77, "mtu": 1200}]
        ),
        "dns": {"nameservers": ["10.1.0.1"]},
    }

    result = node.run("ADD", netns, **config)

    host, inside = node.host, node.sandbox.kernel.at(netns)
    bridge, eth0 = host.link("br0"), inside.link("eth0")
    port = host.link_at(eth0.parent)
    assert result == {
        "cniVersion": "1.1.0",
        "dns": {"nameservers": ["10.1.0.1"]},
        "interfaces": [
            {"mac": bridge.mac, "name": "br0"},
            {"mac": port.mac, "name": port.name},
            {"mac": eth0.mac, "name": "eth0", "sandbox": netns},
        ],
        "ips": [
            {"address": "10.1.0.2/24", "gateway": "10.1.0.1", "interface": 2},
            {"address": "fd00:1::2/64", "gateway": "fd00:1::1", "interface": 2},
        ],
        "routes": [
            {"dst": "192.168.0.0/16", "mtu": 1200, "priority": 77},
            {"dst": ANY, "gw": "10.1.0.1"},
            {"dst": "::/0", "gw": "fd00:1::1"},
        ],
    }
    assert (bridge.mtu, port.mtu, eth0.mtu) == (1400, 1400, 1400)
    assert (port.master, port.txqlen, port.up, port.operstate) == (bridge.index, 0, True, "up")
    assert {str(a.address) for a in inside.addresses(eth0.index)} >= {"10.1.0.2/24", "fd00:1::2/64"}
    assert {str(a.address) for a in host.addresses(bridge.index)} >= {"10.1.0.1/24", "fd00:1::1/64"}
    routes = {(str(r.dst), str(r.gateway), r.priority, r.mtu) for r in inside.routes() if r.gateway}
    assert routes == {
        (ANY, "10.1.0.1", 0, 0),
        ("192.168.0.0/16", "10.1.0.1", 77, 0),
        ("::/0", "fd00:1::1", 1024, 0),
    }
    sysctls = {
        "ipv6/conf/eth0/accept_dad": "0",
        "ipv6/conf/eth0/keep_addr_on_down": "1",
        "ipv4/conf/eth0/arp_notify": "1",
    }
    assert {name: inside.sysctl(f"net/{name}") for name in sysctls} == sysctls
    assert host.sysctl("net/ipv4/ip_forward") == host.sysctl("net/ipv6/conf/all/forwarding") == "1"
    assert host.sysctl(f"net/ipv6/conf/{port.name}/accept_ra") == host.sysctl("net/ipv6/conf/br0/accept_ra") == "0"

    assert node.run("CHECK", netns, prev=result, **config) is None
    for _ in range(2):
        assert node.run("DEL", netns, prev=result, **config) is None
        assert node.left() == {}
        assert inside.link("eth0") is None


def test_a_switch_without_addresses_can_be_checked(node):
    netns = node.sandbox.container()
    result = node.run("ADD", netns)
    assert [entry["name"] for entry in result["interfaces"]][::2] == ["br0", "eth0"]
    assert "ips" not in result
    inside = node.sandbox.kernel.at(netns)
    assert inside.link("eth0").up
    assert inside.sysctl("net/ipv4/conf/eth0/arp_notify") == "0"
    assert node.host.sysctl("net/ipv4/ip_forward") == "0"
    assert node.run("CHECK", netns, prev=result) is None
    node.run("DEL", netns)
    assert node.left() == {}


def test_port_and_bridge_flags(node):
    netns = node.sandbox.container()
    node.run("ADD", netns, hairpinMode=True, portIsolation=True)
    port = node.host.link_at(node.sandbox.kernel.at(netns).link("eth0").parent)
    assert (port.port.hairpin, port.port.isolated) == (True, True)
    node.run("ADD", node.sandbox.container(), id="c2", bridge="br1", promiscMode=True)
    assert node.host.link("br1").promisc


def test_duplicate_address_detection_on_request(node):
    netns = node.sandbox.container()
    node.run("ADD", netns, enabledad=True, ipam=node.ipam("fd00:1::/64"))
    inside = node.sandbox.kernel.at(netns)
    assert inside.sysctl("net/ipv6/conf/eth0/accept_dad") == inside.sysctl("net/ipv6/conf/eth0/enhanced_dad") == "1"
    assert not any(a.tentative for a in inside.addresses(inside.link("eth0").index))


def test_a_disabled_interface_stays_down(node):
    netns = node.sandbox.container()
    node.run("ADD", netns, disableContainerInterface=True)
    assert not node.sandbox.kernel.at(netns).link("eth0").up


@pytest.mark.parametrize(
    ("args", "config", "mac"),
    [
        ("MAC=02:00:00:00:00:01", {}, "02:00:00:00:00:01"),
        ("MAC=02:00:00:00:00:01", {"args": {"cni": {"mac": "02:00:00:00:00:02"}}}, "02:00:00:00:00:02"),
        ("", {"args": {"cni": {"mac": "02:00:00:00:00:02"}}, "runtimeConfig": {"mac": "02-00-00-00-00-03"}},
         "02:00:00:00:00:03"),
    ],
)  # fmt: skip
def test_the_runtime_has_the_last_word_on_the_mac(node, args, config, mac):
    result = node.sandbox.run("bridge", "ADD", {"bridge": "br0", **config}, node.sandbox.container(), args=args)
    assert result["interfaces"][2]["mac"] == mac


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"vlan": 4095}, "invalid VLAN ID 4095 (must be between 0 and 4094)"),
        ({"vlanTrunk": [{"id": 0}]}, "incorrect trunk id parameter"),
        ({"vlanTrunk": [{"minID": 0, "maxID": 5}]}, "incorrect trunk minID parameter"),
        ({"vlanTrunk": [{"minID": 5, "maxID": 4095}]}, "incorrect trunk maxID parameter"),
        ({"vlanTrunk": [{"minID": 6, "maxID": 5}]}, "minID is greater than maxID in trunk parameter"),
        ({"vlanTrunk": [{"minID": 6}]}, "minID and maxID should be configured simultaneously, maxID is missing"),
        ({"vlanTrunk": [{"maxID": 6}]}, "minID and maxID should be configured simultaneously, minID is missing"),
        ({"mtu": "1400"}, "failed to load netconf: json: cannot unmarshal string into Go struct field NetConf.mtu "
         "of type int"),
        ({"hairpinMode": True, "promiscMode": True}, "cannot set hairpin mode and promiscuous mode at the same time"),
        ({"disableContainerInterface": True, "ipam": {"type": "static"}},
         "cannot use IPAM when DisableContainerInterface flag is set"),
        ({"ipMasq": True, "ipMasqBackend": "x", "ipam": {"type": "static"}}, 'unknown ipmasq backend "x"'),
        ({"bridge": ""}, 'failed to create bridge "": could not add "": LinkAttrs.Name cannot be empty'),
        ({"bridge": "a" * 16}, f'failed to create bridge "{"a" * 16}": could not add "{"a" * 16}": '
         "numerical result out of range"),
        ({"bridge": "lo"}, 'failed to create bridge "lo": "lo" already exists but is not a bridge'),
        ({"cniVersion": "0.2.0"}, "cannot convert: no valid IP addresses"),
        ({"args": {"cni": {"mac": "zz"}}}, "failed to make veth pair: address zz: invalid MAC address"),
        ({"args": {"cni": {"mac": "01:00:5e:00:00:01"}}},
         "failed to make veth pair: cannot assign requested address"),
        ({"ipam": {"type": "static"}}, "IPAM plugin returned missing IP config"),
        ({"ipam": {"type": "static", "addresses": [{"address": "10.1.0.2/24"}], "routes": [
            {"dst": ANY, "gw": "9.9.9.9"}]}},
         "failed to add route '{0.0.0.0 00000000} via 9.9.9.9 dev eth0 metric 0 (Scope: universe, Table: 0)': "
         "network is unreachable"),
        ({"isGateway": True, "ipam": {"type": "static", "addresses": [
            {"address": "10.1.0.2/24"}, {"address": "10.2.0.2/24"}]}},
         'failed to set bridge addr: "br0" already has an IP address different from 10.2.0.1/24'),
    ],
)  # fmt: skip
def test_what_is_refused_leaves_nothing_in_the_container(node, config, message):
    netns = node.sandbox.container()
    refusal = node.refused("ADD", netns, **config)
    assert (refusal.code, refusal.msg) == (999, message)
    assert [link.name for link in node.sandbox.kernel.at(netns).links()] == ["lo"]
    assert node.left() == {}


def test_cni_args_are_read_strictly(node):
    with pytest.raises(CniError, match=r'^ARGS: unknown args \["K8S=1"\]$'):
        node.sandbox.run("bridge", "ADD", {}, node.sandbox.container(), args="K8S=1")


def test_vlans_need_a_kernel_that_can_filter_them(node):
    try:
        node.host.add_bridge("probe", vlan_filtering=True)
    except KernelError:
        refusal = node.refused("ADD", node.sandbox.container(), vlan=5)
        assert refusal.msg == 'failed to create bridge "br0": could not add "br0": operation not supported'
        assert "CONFIG_BRIDGE_VLAN_FILTERING" in refusal.details
    else:
        pytest.skip("this kernel can: the VLANs themselves are looked at on full kernels")


def test_an_interface_of_that_name_is_left_alone(node):
    netns = node.sandbox.container()
    first = node.run("ADD", netns, ipam=node.ipam())
    refusal = node.refused("ADD", netns, ipam=node.ipam())
    assert refusal.msg.startswith('container veth name ("eth0") peer provided ("veth')
    assert refusal.msg.endswith('") already exists')
    assert node.run("CHECK", netns, prev=first, ipam=node.ipam()) is None


def test_the_hosts_own_namespace_is_no_container(node):
    refusal = node.refused("ADD", "/proc/self/ns/net", ipam=node.ipam())
    assert (refusal.code, node.left()) == (8, {})


def test_a_container_that_is_gone(node):
    netns = node.sandbox.container()
    config = {"ipMasq": True, "macspoofchk": True, "ipam": node.ipam()}
    result = node.run("ADD", netns, **config)
    assert set(node.left()) == {"links", "leases", "masquerade4", "subnets4", "spoof"}

    node.sandbox.vanish(netns)
    node.run("DEL", netns, prev=result, **config)

    assert node.left() == {}
    text = f'failed to open netns "{netns}": failed to Statfs "{netns}": no such file or directory'
    assert node.refused("ADD", netns, **config).msg == text


def test_del_without_a_namespace_gives_the_address_back(node):
    netns = node.sandbox.container()
    config = {"ipMasq": True, "ipam": node.ipam()}
    node.run("ADD", netns, **config)
    node.run("DEL", "", **config)
    assert set(node.left()) == {"links"}, "the veth goes with its container"


def test_a_default_route_without_gateway_and_a_default_gateway_agree(node):
    netns = node.sandbox.container()
    node.run("ADD", netns, isDefaultGateway=True, ipam=node.ipam(routes=[{"dst": ANY}]))
    defaults = [r for r in node.sandbox.kernel.at(netns).routes() if r.dst == ip_network(ANY)]
    assert [str(route.gateway) for route in defaults] == ["10.1.0.1"]


def test_the_bridge_takes_an_address_by_force_only(node):
    node.host.add_bridge("br0")
    node.host.add_address(node.host.link("br0").index, ip_interface("192.0.2.1/24"))
    config = {"isGateway": True, "ipam": node.ipam()}
    refusal = node.refused("ADD", node.sandbox.container(), **config)
    assert refusal.msg == 'failed to set bridge addr: "br0" already has an IP address different from 10.1.0.1/24'
    assert node.left() == {}
    node.run("ADD", node.sandbox.container(), forceAddress=True, **config)
    found = node.host.addresses(node.host.link("br0").index)
    assert [str(a.address) for a in found if a.address.version == 4] == ["10.1.0.1/24"]


def test_a_bridge_that_lost_its_mac_with_its_ports_becomes_a_gateway(node):
    netns = node.sandbox.container()
    node.run("ADD", netns)
    node.run("DEL", netns)
    node.run("ADD", node.sandbox.container(), id="c2", isGateway=True, ipam=node.ipam())
    assert node.host.link("br0").mac != "00:00:00:00:00:00"


def test_the_gateways_mac_does_not_change_when_ports_go(node):
    config = {"isGateway": True, "ipam": node.ipam()}
    first, second = node.sandbox.container(), node.sandbox.container()
    node.run("ADD", first, id="c1", **config)
    mac = node.host.link("br0").mac
    node.run("ADD", second, id="c2", **config)
    node.run("DEL", first, id="c1", **config)
    assert node.host.link("br0").mac == mac


def _nothing(_):
    pass


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda host, inside: host.delete_link(host.link("br0").index), "Interface name br0 not found"),
        (lambda host, inside: host.set_link(host.link("br0").index, promisc=True),
         "Bridge interface br0 configured Promisc Mode false doesn't match current state: true "),
        (lambda host, inside: host.set_link(host.link("br0").index, mac="02:00:00:00:00:09"),
         "Bridge interface br0 Mac doesn't match: "),
        (lambda host, inside: inside.delete_link(inside.link("eth0").index), "Interface name eth0 not found"),
        (lambda host, inside: inside.set_link(inside.link("eth0").index, mac="02:00:00:00:00:09"),
         "doesn't match container Mac: 02:00:00:00:00:09"),
        (lambda host, inside: host.set_link(inside.link("eth0").parent, master=0),
         "CNI veth created for bridge br0 was not found"),
        (lambda host, inside: inside.delete_address(inside.link("eth0").index, ip_interface("10.1.0.2/24")),
         "Failed to match addr 10.1.0.2/24 on interface eth0"),
        (lambda host, inside: inside.set_link(inside.link("eth0").index, up=False),
         "Failed to find Gateway 10.1.0.1 for interface eth0"),
        (lambda host, inside: [inside.delete_route(r) for r in inside.routes() if r.priority == 5],
         "Expected Route {Dst:{IP:10.7.0.0 Mask:ffff0000} GW:<nil> MTU:0 AdvMSS:0 Priority:5 Table:<nil> "
         "Scope:<nil>} not found in routing table"),
    ],
)  # fmt: skip
def test_check_notices(node, damage, message):
    netns = node.sandbox.container()
    config = {"isGateway": True, "ipam": node.ipam(routes=[{"dst": "10.7.0.0/16", "priority": 5}])}
    result = node.run("ADD", netns, **config)
    damage(node.host, node.sandbox.kernel.at(netns))
    assert message in node.refused("CHECK", netns, prev=result, **config).msg


def test_check_wants_the_result_of_this_container(node):
    netns = node.sandbox.container()
    result = node.run("ADD", netns, ipam=node.ipam())
    assert node.refused("CHECK", netns, ipam=node.ipam()).msg == "Required prevResult missing"
    result["interfaces"][2]["sandbox"] = "/elsewhere"
    refusal = node.refused("CHECK", netns, prev=result, ipam=node.ipam())
    assert refusal.msg == f"Sandbox in prevResult  doesn't match configured netns: {netns}"


def test_check_looks_into_the_routes_own_table(node):
    netns = node.sandbox.container()
    config = {"ipam": node.ipam(routes=[{"dst": "10.7.0.0/16", "table": 1000}])}
    result = node.run("ADD", netns, **config)
    assert node.run("CHECK", netns, prev=result, **config) is None
    inside = node.sandbox.kernel.at(netns)
    inside.delete_route(inside.routes(table=1000)[0])
    assert "not found in routing table" in node.refused("CHECK", netns, prev=result, **config).msg


def test_a_single_address_can_be_checked(node):
    netns = node.sandbox.container()
    config = {"isGateway": True, "ipam": {"type": "static", "addresses": [{"address": "10.1.0.7/32"}]}}
    result = node.run("ADD", netns, **config)
    assert result["ips"][0]["gateway"] == "10.1.0.8"
    assert node.run("CHECK", netns, prev=result, **config) is None


def test_gc_keeps_the_valid_and_nothing_else(node):
    config = {"ipMasq": True, "macspoofchk": True, "ipam": node.ipam()}
    paths = [node.sandbox.container() for _ in range(3)]
    for number, path in enumerate(paths):
        node.run("ADD", path, id=f"c{number}", **config)
    node.sandbox.vanish(paths[0])
    node.sandbox.vanish(paths[1])

    node.run("GC", "", **config, **{"cni.dev/valid-attachments": [{"containerID": "c2", "ifname": "eth0"}]})

    left = node.left()
    assert left["leases"] == {"10.1.0.4"}
    assert [element["elem"]["val"] for element in left["masquerade4"]] == ["10.1.0.4"]
    assert len(left["subnets4"]) == 1
    comments = {item["rule"]["comment"] for item in left["spoof"] if "rule" in item}
    assert comments == {"macspoofchk-c2-eth0"}
    node.run("DEL", paths[2], id="c2", **config)
    assert node.left() == {}


def test_status_asks_the_ipam_plugin(node):
    assert node.run("STATUS", "") is None
    assert node.run("STATUS", "", ipam=node.ipam()) is None
    assert "nosuch" in node.refused("STATUS", "", ipam={"type": "nosuch"}).msg


def test_status_looks_at_types_only(node):
    assert node.run("STATUS", "", vlan=9999, vlanTrunk=[{"id": 9999}]) is None
    assert "cannot unmarshal string" in node.refused("STATUS", "", vlanTrunk=[{"id": "1"}]).msg


def test_an_unknown_backend_does_not_keep_del_from_passing(node):
    netns = node.sandbox.container()
    node.run("ADD", netns, ipMasq=True, ipam=node.ipam())
    node.run("DEL", netns, ipMasq=True, ipMasqBackend="x", ipam=node.ipam())
    assert node.left() == {}


CONFIGS = {
    "everything": {"isDefaultGateway": True, "ipMasq": True, "macspoofchk": True, "hairpinMode": True},
    "iptables": {"isGateway": True, "ipMasq": True, "ipMasqBackend": "iptables"},
    "switch": {},
}


@pytest.mark.parametrize("name", CONFIGS)
def test_a_failure_at_any_kernel_call_leaves_nothing(node, name):
    config = dict(CONFIGS[name])
    if name != "switch":
        config["ipam"] = node.ipam("10.1.0.0/24", "fd00:1::/64", routes=[{"dst": "10.7.0.0/16"}])
    if name == "iptables" and not _iptables_works(node.host):
        pytest.skip("no working iptables")
    kernel = node.sandbox.kernel
    netns = node.sandbox.container()
    node.run("ADD", netns, **config)  # What is made once for all, forwarding and tables, is there from here on.
    node.run("DEL", netns, **config)
    calls: list[str] = []
    kernel.before_call = calls.append
    node.run("ADD", netns, **config)
    kernel.before_call = None
    node.run("DEL", netns, **config)
    assert node.left() == {}

    survived = []
    for number in range(len(calls)):
        netns, heard = node.sandbox.container(), iter(range(1000))

        def fail(operation, number=number, heard=heard):
            if next(heard) == number:
                raise KernelError(5, operation)

        kernel.before_call = fail
        try:
            node.run("ADD", netns, id="c9", **config)
            survived.append(calls[number])
        except CniError as refusal:
            assert refusal.__cause__ is None or not isinstance(refusal.__cause__, TypeError)  # noqa: PT017
            assert node.left() == {}, f"after a failure of: {calls[number]}"
        finally:
            kernel.before_call = None
        node.run("DEL", netns, id="c9", **config)
        assert node.left() == {}, f"after DEL after a failure of: {calls[number]}"
        assert [link.name for link in kernel.at(netns).links()] == ["lo"]
    # Only settings that not every kernel has may fail without failing the ADD.
    assert all(call.startswith("set sysctl") for call in survived), survived


def test_a_kill_at_any_kernel_call_leaves_nothing_that_del_does_not_find(node):
    config = {**CONFIGS["everything"], "ipam": node.ipam("10.1.0.0/24", "fd00:1::/64")}
    calls: list[str] = []
    netns = node.sandbox.container()
    node.run("ADD", netns, **config)
    node.run("DEL", netns, **config)
    node.sandbox.kernel.before_call = calls.append
    node.run("ADD", netns, **config)
    node.sandbox.kernel.before_call = None
    node.run("DEL", netns, **config)

    for number in range(len(calls)):
        netns = node.sandbox.container()
        child = os.fork()
        if child == 0:
            heard = iter(range(1000))

            def die(operation, heard=heard, number=number):
                if next(heard) == number:
                    os.kill(os.getpid(), signal.SIGKILL)

            node.sandbox.renew(before_call=die)
            node.run("ADD", netns, **config)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status), calls[number]
        node.run("DEL", netns, **config)
        assert node.left() == {}, f"after a kill before: {calls[number]}"


def _iptables_works(host) -> bool:
    from netc.kernel.iptables import Iptables

    return Iptables(host, "ipv4").usable("nat", "POSTROUTING")


def test_many_at_once(node):
    config = {"isGateway": True, "ipMasq": True, "ipam": node.ipam()}
    paths = [node.sandbox.container() for _ in range(20)]
    answers, failures = [], []

    def each(verb):
        def one(number):
            try:
                answers.append(node.run(verb, paths[number], id=f"c{number}", **config))
            except CniError as error:
                failures.append(error)

        threads = [threading.Thread(target=one, args=(number,)) for number in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    each("ADD")
    assert not failures
    assert len({answer["ips"][0]["address"] for answer in answers}) == 20
    assert len({answer["interfaces"][0]["mac"] for answer in answers}) == 1
    each("DEL")
    assert not failures
    assert node.left() == {}
