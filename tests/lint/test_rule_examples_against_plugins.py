"""The examples of the rules' own documentation, run by the real reference plugins: each claim is seen to be so.

A rule says that a plugin refuses something, that its CHECK can't pass, or that a key does nothing; its bad example shows
it. So the bad example is attached, and what happens is what the rule says; the good example is attached, and it works.
Where a kernel lacks what an example needs, it is skipped.
"""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import time
from typing import Any

import pytest

from netc.compiler import compile_source
from netc.diagnostics.rule import sections
from netc.lint.catalogue import all_rules
from netc.model import Network
from netc.sources import Source

pytestmark = [pytest.mark.parity, pytest.mark.lab]

RULES = {rule.code: sections(rule.doc) for rule in all_rules()}

#: What ADD of the bad example answers.
REFUSED = {
    "NC201": "Network has host bits set",
    "NC202": "RangeStart 10.2.0.10 not in network 10.1.0.0/16",
    "NC203": "range set 0 overlaps with 1",
    "NC204": "invalid range set 0",
    "NC205": "too small to allocate from",
    "NC206": "mixed address families",
    "NC207": "no IP ranges specified",
    "NC210": "no IP addresses available in range set",
    "NC214": "invalid argument",
    "NC216": "network is unreachable",
    "NC217": "file exists",
    "NC218": "network is unreachable",
    "NC219": "IPAM plugin returned missing IP config",
    "NC221": "file exists",
    "NC222": "does not support more than 1 address per family",
    "NC223": "",  # the kernel's own words
    "NC229": "are not the same IP family",
    "NC232": "file exists",
    "NC233": "already has an IP address different from",
    "NC301": "must be called as chained plugin",
    "NC304": "incompatible CNI versions",
    "NC306": "no valid IP addresses",
    "NC307": "file exists",
    "NC309": "has no veth peer",
    "NC402": "cannot unmarshal string",
    "NC404": "invalid VLAN ID 4095",
    "NC410": "cannot set hairpin mode and promiscuous mode at the same time",
    "NC411": "cannot use IPAM when DisableContainerInterface flag is set",
    "NC412": "minID is greater than maxID",
    "NC413": "name",
    "NC418": "invalid argument",
    "NC419": "no such file or directory",
    "NC430": "no plugin name provided",
    "NC431": "numerical result out of range",
    "NC432": "no such process",
    "NC433": "file exists",
    "NC436": 'specify either "device", "hwaddr", "kernelpath" or "pciBusID"',
    "NC442": "",
    "NC450": "Cannot specify externalSetMarkChain and markMasqBit",
    "NC451": "configuration contains iptables-specific options",
    "NC452": "configuration contains nftables-specific options",  # where iptables works, as here
    "NC458": "KUBE-MARK-MASQ",
    "NC460": "if rate is set, burst must also be set",
    "NC462": "invalid argument",
    "NC472": "CNI-FORWARD",
    "NC481": "invalid net sysctl key",
    "NC482": "no such file or directory",
    "NC487": "nil map",  # the plugin crashes
    "NC491": "",
    "NC493": "lo is not a VRF",
}

#: What CHECK of the bad example answers, right after its ADD.
CHECK_FAILS = {
    "NC228": "not found in routing table",
    "NC237": "not found in routing table",
    "NC238": "Failed to find Gateway",
    "NC239": "not found in routing table",
    "NC320": "Failed to find Gateway",
    "NC414": "no plugin name provided",
    "NC480": "current value is",
    "NC483": "doesn't match",
    "NC484": "current value is",
}

#: What the bad example could do without: the kernel is the same, and so is the result.
NO_EFFECT = {
    "NC302": "/plugins/1",
    "NC303": "/plugins/0/capabilities",
    "NC315": "/plugins/0/args",
    "NC401": "/plugins/0/isGatway",
    "NC403": "/plugins/0/ipam",
    "NC406": "/plugins/1/shapedSubnets",
    "NC415": "/plugins/0/ipMasqBackend",
    "NC416": "/plugins/0/isGateway",
    "NC421": "/plugins/0/ipam/gateway",
    "NC435": "/plugins/0/ipMasqBackend",
    "NC437": "/plugins/0/hwaddr",
    "NC438": "/plugins/0/dns",
    "NC440": "/plugins/0/ipam/dns",
    "NC447": "/plugins/0/dns",
    "NC453": "/plugins/1/masqAll",
    "NC456": "/plugins/0/mtu",
    "NC457": "/plugins/0/ipam/dns",
    "NC464": "/plugins/1/capabilities",
    "NC466": "/plugins/1/gateways",
    "NC470": "/plugins/1/backend",
    "NC471": "/plugins/1/firewalldZone",
    "NC485": "/plugins/1/promisc",
}

#: What a container asks for, as far as a plugin declares that it wants to hear of it.
ASKED = {
    "portMappings": [{"hostPort": 8080, "containerPort": 80, "protocol": "tcp"}],
    "ips": ["10.1.0.9/16"],
    "mac": "02:42:0a:00:00:09",
    "bandwidth": {"ingressRate": 8000, "ingressBurst": 80000},
    "ipRanges": [[{"subnet": "10.9.0.0/16"}]],
}


def example(code: str, which: str, *, without: str = "") -> Network:
    """The network of a rule's example, less what stands at a pointer."""
    network = compile_source(Source("example.netc", RULES[code][which])).networks[0]
    if not without:
        return network
    conflist = json.loads(json.dumps(network.conflist))
    *above, last = without.split("/")[1:]
    holder: Any = conflist
    for token in above:
        holder = holder[int(token) if isinstance(holder, list) else token]
    del holder[int(last) if isinstance(holder, list) else last]
    return Network(network.name, conflist, network.origins, network.span)


def uplinks() -> None:
    """The interfaces that examples speak of: eth0 with a default route, and eth1."""
    for words in (
        "link set lo up",
        "link add eth0 type veth peer name peer0",
        "link set eth0 up",
        "link set peer0 up",
        "addr add 192.0.2.2/24 dev eth0",
        "route add default via 192.0.2.1",
        "link add eth1 type veth peer name peer1",
        "link set eth1 address 02:42:0a:00:00:01",
    ):
        subprocess.run(["ip", *words.split()], check=True)


@pytest.mark.parametrize("code", REFUSED)
def test_what_a_rule_calls_refused_is_refused(in_namespace, host, code: str) -> None:
    uplinks()
    said = host.add(example(code, "Bad"), runtime=ASKED)[1]
    assert "msg" in said, "ADD passed"
    assert REFUSED[code] in f"{said['msg']} {said.get('details', '')}"


@pytest.mark.parametrize("code", [*REFUSED, *CHECK_FAILS])
def test_what_a_rule_calls_good_is_attached(in_namespace, host, code: str) -> None:
    uplinks()
    network = example(code, "Good")
    netns, said = host.add(network, runtime=ASKED)
    assert "msg" not in said, said
    if network.is_checked and (network.plugins[0].ipam or {}).get("type"):
        assert host.call("CHECK", network, netns, "c1", previous=said, runtime=ASKED) == {}


@pytest.mark.parametrize("code", CHECK_FAILS)
def test_a_check_that_a_rule_calls_hopeless_fails(in_namespace, host, code: str) -> None:
    uplinks()
    network = example(code, "Bad")
    netns, said = host.add(network, runtime=ASKED)
    assert "msg" not in said, said
    answer = host.call("CHECK", network, netns, "c1", previous=said, runtime=ASKED)
    assert CHECK_FAILS[code] in answer["msg"]


def state(netns: str, said: dict[str, Any]) -> list[str]:
    """All that a chain leaves behind, and its result, without what differs by chance each time."""
    shown = [json.dumps(said, sort_keys=True)]
    for inside in ([], ["nsenter", f"--net={netns}"]):
        for words in (
            "ip -d link", "ip addr", "ip route show table all", "ip -6 route show table all", "ip rule", "tc qdisc",
            "nft list ruleset", "iptables-legacy-save", "sysctl -a -r ^net.ipv4.conf",
        ):  # fmt: skip
            shown.append(subprocess.run([*inside, *words.split()], capture_output=True, check=False, text=True).stdout)
    chance = (
        (r"([0-9a-f]{2}:){5}[0-9a-f]{2}", "MAC"), (r"\bveth[0-9a-f]{8}\b", "veth"), (r"fe80::[0-9a-f:]+", "fe80"),
        (r"/proc/\d+/fd/\d+", "netns"), (r"link-netns(id)? \S+|altname \S+|valid_lft \S+|id 8000\S+", ""),
        (r"^#.*$|[a-z_]*timer +\S+|\[\d+:\d+\]|packets \d+ bytes \d+|rto_min \S+", ""), (r"@if\d+|^\d+:", "@"),
        (r"(root|designated_bridge|bridge_id|designated_root) \S+|tc qdisc.*|qlen \d+", ""),
        # What IPv6 does by itself on a link that has just come up, and when.
        (r"^.*\bfe80.*\n( +valid_lft.*\n)?|^multicast ff00::/8 .*\n| tentative\b|\bstate [A-Z]+", ""),
    )  # fmt: skip
    for pattern, word in chance:
        shown = [re.sub(pattern, word, text, flags=re.MULTILINE) for text in shown]
    return shown


def left_behind(host: Any, network: Network) -> list[str]:
    """`state` of a host of its own, on which one container has joined the network."""
    host.start_over()
    uplinks()
    netns, said = host.add(network, runtime=ASKED)
    assert "msg" not in said, said
    return state(netns, said)


@pytest.mark.parametrize("code", NO_EFFECT)
def test_what_a_rule_calls_idle_changes_nothing(in_namespace, host, code: str) -> None:
    with_it = left_behind(host, example(code, "Bad"))
    assert left_behind(host, example(code, "Bad", without=NO_EFFECT[code])) == with_it


def test_what_has_an_effect_is_seen(in_namespace, host) -> None:
    """The comparison is no empty one: each of these leaves something else behind."""
    seen = []
    for keys in ("", "isGateway = true", "ipMasq = true", "hairpinMode = true", "mtu = 1400", 'dns { search = ["a"] }'):
        source = f"network n {{ plugin bridge {{ {keys}\n ipam host-local {{ subnet = 10.1.0.0/16 }} }} }}"
        seen.append(left_behind(host, compile_source(Source("n.netc", source)).networks[0]))
    assert len({tuple(one) for one in seen}) == len(seen)


# ---- what is taken, and does something else than its author meant ---------------------------------------------------


def attached(host: Any, network: Network, **keys: Any) -> tuple[str, dict[str, Any]]:
    """A container of a network: its namespace and the result of ADD, which passes."""
    netns, said = host.add(network, **keys)
    assert "msg" not in said, said
    return netns, said


def shown(netns: str | None, *words: str) -> str:
    """What a command prints, in a container's namespace if one is named."""
    inside = ["nsenter", f"--net={netns}"] if netns is not None else []
    return subprocess.run([*inside, *words], capture_output=True, check=True, text=True).stdout


def addresses(said: dict[str, Any]) -> list[str]:
    return [one["address"] for one in said["ips"]]


def test_nc208_a_gateway_outside_is_reached_by_no_route(in_namespace, host) -> None:
    netns, said = attached(host, example("NC208", "Bad"))
    assert said["ips"][0]["gateway"] == "10.2.0.1"
    assert addresses(said) == ["10.1.0.1/16"], "the address that would have been the gateway's"
    way = subprocess.run(
        ["nsenter", f"--net={netns}", "ip", "route", "get", "10.2.0.1"], capture_output=True, check=False
    )
    assert way.returncode


def test_nc211_a_container_gets_the_gateway_of_the_others(in_namespace, host) -> None:
    network = example("NC211", "Bad")
    netns = in_namespace.container()
    gateways = set()
    for number in range(20):
        said = host.call("ADD", network, netns, f"c{number}", f"eth{number}")
        gateways |= {said["ips"][0].get("gateway")}
        if addresses(said) == ["10.1.0.25/24"]:
            break
    else:
        pytest.fail("nobody got 10.1.0.25")
    assert "10.1.0.25" in gateways


def test_nc212_the_networks_own_address_is_handed_out(in_namespace, host) -> None:
    assert addresses(attached(host, example("NC212", "Bad"))[1]) == ["10.1.0.0/24"]


def test_nc215_a_route_of_the_other_family_leads_nowhere(in_namespace, host) -> None:
    netns, _ = attached(host, example("NC215", "Bad"))
    (route,) = [line for line in shown(netns, "ip", "-6", "route", "show", "default").splitlines() if "eth0" in line]
    assert "via" not in route


def test_nc220_the_network_is_taken_for_an_address(in_namespace, host) -> None:
    assert addresses(attached(host, example("NC220", "Bad"))[1]) == ["10.1.0.0/16"]


def test_nc224_each_set_gives_an_address(in_namespace, host) -> None:
    assert len(addresses(attached(host, example("NC224", "Bad"))[1])) == 2
    host.start_over()
    assert len(addresses(attached(host, example("NC224", "Good"))[1])) == 1


def test_nc225_ranges_of_the_runtime_come_on_top(in_namespace, host) -> None:
    said = attached(host, example("NC225", "Bad"), runtime={"ipRanges": [[{"subnet": "10.9.0.0/16"}]]})[1]
    assert sorted(one.partition("/")[0] for one in addresses(said)) == ["10.1.0.2", "10.9.0.2"]
    overlapping = {"ipRanges": [[{"subnet": "10.1.0.0/24"}]]}
    assert "overlaps" in host.add(example("NC225", "Bad"), runtime=overlapping)[1]["msg"]


def test_nc226_with_the_addresses_the_gateway_goes(in_namespace, host) -> None:
    network = example("NC226", "Bad")
    assert attached(host, network)[1]["ips"][0]["gateway"] == "10.1.0.1"
    host.start_over()
    said = attached(host, network, runtime={"ips": ["10.1.0.9/16"]})[1]
    assert addresses(said) == ["10.1.0.9/16"]
    assert "gateway" not in said["ips"][0]


def test_nc227_the_last_default_route_wins(in_namespace, host) -> None:
    netns, _ = attached(host, example("NC227", "Bad"), args="IgnoreUnknown=1;IP=10.1.0.9")
    assert shown(netns, "ip", "route", "get", "192.0.2.1").split()[2] == "10.1.0.2"
    assert len(shown(netns, "ip", "route", "show", "default").splitlines()) == 2


def test_nc234_the_first_container_of_the_second_range_fails(in_namespace, host) -> None:
    network = example("NC234", "Bad")
    attached(host, network)
    said = host.add(network, args="IgnoreUnknown=1;IP=10.2.0.9")[1]
    assert "already has an IP address different from" in said["msg"]


def test_nc236_the_kernels_route_has_no_mtu(in_namespace, host) -> None:
    netns, said = attached(host, example("NC236", "Bad"))
    assert said["routes"][0]["mtu"] == 1400
    assert "mtu" not in shown(netns, "ip", "route", "show", "default")


def test_nc454_the_mark_is_that_of_kubernetes(in_namespace, host) -> None:
    uplinks()
    attached(host, example("NC454", "Bad"), runtime=ASKED)
    assert "0x4000" in shown(None, "iptables", "-t", "nat", "-S")


def test_nc455_conditions_of_the_last_count_for_all(in_namespace, host) -> None:
    uplinks()
    plain = "plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }, plugin portmap { %s }"
    source = plain % 'capabilities { portMappings = true }, backend = "nftables"'
    attached(host, compile_source(Source("n.netc", f"network first {{ {source} }}")).networks[0], runtime=ASKED)
    assert "192.0.2.0/24" not in shown(None, "nft", "list", "table", "ip", "cni_hostport")
    other = {"portMappings": [{"hostPort": 8081, "containerPort": 80, "protocol": "tcp"}]}
    attached(host, example("NC455", "Bad"), runtime=other)
    chain = shown(None, "nft", "list", "chain", "ip", "cni_hostport", "hostports_all")
    rules = [line for line in shown(None, "nft", "list", "table", "ip", "cni_hostport").splitlines() if "jump" in line]
    assert [line for line in rules if "192.0.2.0/24" not in line and "@" not in line and "LOCAL" in line] == [], chain


def test_nc461_a_packet_larger_than_the_burst_is_dropped(in_namespace, host) -> None:
    _, said = attached(host, example("NC461", "Bad"))
    container = addresses(said)[0].partition("/")[0]
    subprocess.run(["ip", "addr", "add", "10.1.0.1/16", "dev", "cni0"], check=True)

    def dropped() -> int:
        (line,) = [one for one in json.loads(shown(None, "tc", "-s", "-j", "qdisc")) if one["kind"] == "tbf"]
        return int(line["drops"])

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for size in (100, 1400):
            before = dropped()
            sender.sendto(b"x" * size, (container, 9))
            time.sleep(0.3)  # its neighbour's address has to be found first
            assert (dropped() > before) == (size == 1400)


@pytest.mark.parametrize(("which", "source"), [("Bad", "10.1.0.2"), ("Good", "192.0.2.2")])
def test_nc241_a_private_address_leaves_the_host(in_namespace, host, which: str, source: str) -> None:
    uplinks()
    shown(None, "ip", "neigh", "add", "192.0.2.1", "lladdr", "02:42:0a:00:00:02", "dev", "eth0")
    netns, _ = attached(host, example("NC241", which))
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800)) as outside:
        outside.bind(("peer0", 0))
        outside.settimeout(5)
        send = "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('198.51.100.9', 9))"
        shown(netns, sys.executable, "-c", send)
        frame = outside.recv(2000)
    assert socket.inet_ntoa(frame[26:30]) == source


def test_nc463_the_burst_starts_again_from_zero(in_namespace, host) -> None:
    attached(host, example("NC463", "Bad"))
    tbf = next(line for line in shown(None, "tc", "-r", "qdisc").splitlines() if " tbf " in line)
    burst = re.search(r"burst (\d+)([KM]?)b", tbf)
    assert burst is not None, tbf
    counted = int(burst[1]) * {"": 1, "K": 1024, "M": 1024**2}[burst[2]]
    assert counted < 4294967295 // 8, "bytes, as the kernel says them"


def test_nc465_the_kernels_table_is_looked_up_anyway(in_namespace, host) -> None:
    netns, _ = attached(host, example("NC465", "Bad"))
    before = shown(netns, "ip", "route", "get", "10.1.0.9").split()[:4]
    rules = shown(netns, "ip", "rule").splitlines()
    (own,) = [line for line in rules if "10.1.0.2" in line]
    assert "lookup main" in own
    subprocess.run(["nsenter", f"--net={netns}", "ip", "rule", "del", "from", "10.1.0.2"], check=True)
    assert shown(netns, "ip", "route", "get", "10.1.0.9").split()[:4] == before


def test_nc473_rules_name_an_interface_that_is_no_bridge(in_namespace, host) -> None:
    _, said = attached(host, example("NC473", "Bad"))
    rules = shown(None, "iptables", "-S", "CNI-ISOLATION-STAGE-1")
    first = said["interfaces"][0]["name"]
    assert f"-i {first}" in rules
    assert json.loads(shown(None, "ip", "-j", "-d", "link", "show", first))[0]["linkinfo"]["info_kind"] == "veth"
