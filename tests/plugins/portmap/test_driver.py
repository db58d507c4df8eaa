"""portmap's driver: packets go where the port map says, from everywhere they may come from, and DEL takes it back."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from ipaddress import ip_address

import pytest

from netc.cni.errors import CniError, Code
from netc.lab import probes

pytestmark = pytest.mark.lab

UPLINK4, UPLINK6 = ip_address("192.0.2.1"), ip_address("2001:db8::1")
HOST4, HOST6 = ip_address("10.1.0.1"), ip_address("fd00:1::1")
LOCALHOST = ip_address("127.0.0.1")


def mapping(host: int, container: int, protocol: str = "tcp", ip: str = "") -> dict:
    entry = {"hostPort": host, "containerPort": container, "protocol": protocol}
    return entry | ({"hostIP": ip} if ip else {})


def config(*mappings: dict, **keys) -> dict:
    return {"runtimeConfig": {"portMappings": list(mappings)}, **keys}


WEB = mapping(8080, 80)
DNS = mapping(5353, 53, "udp")


def test_the_result_is_the_previous_one(node):
    web = node.container(2)

    assert node.call("portmap", "ADD", web, config(WEB)) == web.prev_result


@pytest.mark.parametrize("address", [UPLINK4, UPLINK6], ids=str)
def test_a_peer_outside_reaches_the_container_through_the_host(node, address):
    web, outside = node.container(2), node.outside()
    inside = node.namespace(web)
    assert not probes.tcp(outside, inside, address, 8080, listen=80, seconds=0.5)

    node.call("portmap", "ADD", web, config(WEB, DNS))

    tcp = probes.tcp(outside, inside, address, 8080, listen=80)
    assert tcp, tcp.why
    assert tcp.seen_from in ("192.0.2.9", "2001:db8::9"), "the peer's own address is to be seen"
    udp = probes.udp(outside, inside, address, 5353, listen=53)
    assert udp, udp.why
    assert not probes.tcp(outside, inside, address, 8081, listen=80, seconds=0.3)


@pytest.mark.parametrize("address", [HOST4, UPLINK4, LOCALHOST, HOST6, UPLINK6], ids=str)
def test_the_host_reaches_it_by_each_of_its_addresses(node, address):
    web = node.container(2)
    inside = node.namespace(web)

    node.call("portmap", "ADD", web, config(WEB, DNS))

    assert (reach := probes.tcp(node.host, inside, address, 8080, listen=80)), reach.why
    assert (reach := probes.udp(node.host, inside, address, 5353, listen=53)), reach.why


@pytest.mark.parametrize("address", [HOST4, HOST6], ids=str)
def test_a_container_reaches_itself_and_its_neighbour_by_the_hosts_address(node, address):
    web, neighbour = node.container(2), node.container(3)
    inside = node.namespace(web)

    node.call("portmap", "ADD", web, config(WEB, DNS))

    for source in (inside, node.namespace(neighbour)):
        reach = probes.tcp(source, inside, address, 8080, listen=80)
        assert reach, reach.why
        assert ip_address(reach.seen_from) == address, "masqueraded: the answer must come back through the host"
        assert (reach := probes.udp(source, inside, address, 5353, listen=53)), reach.why


def test_neighbours_that_talk_to_the_container_itself_are_not_masqueraded(node):
    web, neighbour = node.container(2), node.container(3)

    node.call("portmap", "ADD", web, config(WEB))

    reach = probes.tcp(node.namespace(neighbour), node.namespace(web), web.addresses[0], 80)
    assert reach.seen_from == "10.1.0.3", reach.why


def test_without_snat_a_container_does_not_reach_itself(node):
    web = node.container(2)

    node.call("portmap", "ADD", web, config(WEB, snat=False))

    inside = node.namespace(web)
    assert not probes.tcp(inside, inside, HOST4, 8080, listen=80, seconds=0.5)
    assert (reach := probes.tcp(node.outside(), inside, UPLINK4, 8080, listen=80)), reach.why


@pytest.mark.parametrize("address", [UPLINK4, UPLINK6], ids=str)
def test_masq_all_hides_the_peer(node, address):
    web = node.container(2)

    node.call("portmap", "ADD", web, config(WEB, masqAll=True))

    reach = probes.tcp(node.outside(), node.namespace(web), address, 8080, listen=80)
    assert reach, reach.why
    assert ip_address(reach.seen_from) in (HOST4, HOST6)
    assert (reach := probes.tcp(node.host, node.namespace(web), LOCALHOST, 8080, listen=80)), reach.why


def test_a_mapping_of_one_host_address_beats_that_of_any(node):
    everywhere, here = node.container(2), node.container(3)

    node.call("portmap", "ADD", everywhere, config(WEB))
    node.call("portmap", "ADD", here, config(mapping(8080, 81, ip=str(UPLINK4))))

    outside = node.outside()
    assert (reach := probes.tcp(outside, node.namespace(here), UPLINK4, 8080, listen=81)), reach.why
    assert (reach := probes.tcp(outside, node.namespace(everywhere), UPLINK6, 8080, listen=80)), reach.why
    assert (reach := probes.tcp(node.host, node.namespace(everywhere), HOST4, 8080, listen=80)), reach.why


def test_an_unspecified_host_address_is_any_of_its_family(node):
    web = node.container(2)

    node.call("portmap", "ADD", web, config(mapping(8080, 80, ip="0.0.0.0"), mapping(8081, 80, ip="::")))

    outside, inside = node.outside(), node.namespace(web)
    assert probes.tcp(outside, inside, UPLINK4, 8080, listen=80)
    assert probes.tcp(outside, inside, UPLINK6, 8081, listen=80)
    assert not probes.tcp(outside, inside, UPLINK6, 8080, listen=80, seconds=0.3)
    assert not probes.tcp(outside, inside, UPLINK4, 8081, listen=80, seconds=0.3)


def test_addresses_of_other_interfaces_are_not_mapped_to(node):
    web = node.container(2)
    elsewhere = web.prev_result | {"ips": [{"address": "10.9.0.2/24", "interface": 0}]}

    node.call("portmap", "ADD", web, config(WEB, prevResult=elsewhere))

    assert node.host.nft.list_table("inet", "netc_portmap") is None


def elements(node) -> list[str]:
    from netc.plugins.portmap.elements import listed_elements

    return [str(element) for element in listed_elements(node.host.nft)]


@pytest.mark.parametrize("again", [config(WEB, DNS), {}], ids=["same request", "no port mappings"])
def test_delete_needs_no_mappings_and_no_result_and_can_be_repeated(node, again):
    web, other = node.container(2), node.container(3)
    node.call("portmap", "ADD", other, config(mapping(8081, 80)))
    before = elements(node)
    node.call("portmap", "ADD", web, config(WEB, DNS))

    for _ in range(2):
        node.call("portmap", "DEL", web, again | {"prevResult": None}, netns="")

    assert elements(node) == before
    assert not probes.tcp(node.outside(), node.namespace(web), UPLINK4, 8080, listen=80, seconds=0.3)
    assert probes.tcp(node.outside(), node.namespace(other), UPLINK4, 8081, listen=80)


def test_delete_where_nothing_was_ever_added(node):
    node.call("portmap", "DEL", node.container(2), config(WEB))


def test_two_attachments_of_one_container_are_two(node):
    first = node.container(2)
    second = node.container(3, ifname="eth1", of=first)
    node.call("portmap", "ADD", first, config(WEB))
    node.call("portmap", "ADD", second, config(mapping(8081, 80)), ifname="eth1")

    node.call("portmap", "DEL", first, {})

    assert (reach := probes.tcp(node.host, node.namespace(first), HOST4, 8081, listen=80)), reach.why
    node.call("portmap", "DEL", second, {}, ifname="eth1")
    assert elements(node) == []


def test_the_first_to_ask_for_a_port_has_it(node):
    first, second = node.container(2), node.container(3)
    node.call("portmap", "ADD", first, config(WEB))
    before = elements(node)

    with pytest.raises(CniError) as refusal:
        node.call("portmap", "ADD", second, config(mapping(8443, 443), WEB))

    assert refusal.value.msg == ("host port 8080/tcp is already mapped to 10.1.0.2:80 (net: net1, if: eth0, id: c2)")
    assert elements(node) == before, "all or nothing"
    node.call("portmap", "DEL", second, config(mapping(8443, 443), WEB))
    assert elements(node) == before, "the loser's DEL leaves the winner alone"
    node.call("portmap", "DEL", first, {})
    node.call("portmap", "ADD", second, config(WEB))
    assert probes.tcp(node.outside(), node.namespace(second), UPLINK4, 8080, listen=80)


def test_adding_again_replaces_what_an_earlier_add_left(node):
    web = node.container(2)
    node.call("portmap", "ADD", web, config(WEB, DNS))

    node.call("portmap", "ADD", web, config(mapping(8080, 81), masqAll=True))

    assert probes.tcp(node.outside(), node.namespace(web), UPLINK4, 8080, listen=81)
    assert not [element for element in elements(node) if "5353" in element]
    node.call("portmap", "DEL", web, {})
    assert elements(node) == []


def test_a_dead_owner_gives_way_to_the_new_owner_of_its_address(node):
    dead = node.container(2)
    node.call("portmap", "ADD", dead, config(WEB))

    node.call("portmap", "ADD", dead, config(WEB), container_id="reborn")

    node.call("portmap", "DEL", dead, {})
    assert probes.tcp(node.outside(), node.namespace(dead), UPLINK4, 8080, listen=80)
    node.call("portmap", "DEL", dead, {}, container_id="reborn")
    assert elements(node) == []


def test_an_address_on_another_network_is_another_address(node):
    """Two networks may use one subnet: what leads to the address there is not given up here."""
    web = node.container(2)
    node.call("portmap", "ADD", web, config(WEB, name="net2"))
    before = elements(node)

    with pytest.raises(CniError, match=r"already there \(net: net2, if: eth0, id: c2\)|already mapped to .*net2"):
        node.call("portmap", "ADD", web, config(WEB), container_id="other")

    assert elements(node) == before


def test_conditions_hold_for_their_attachment_alone(node):
    choosy, easy = node.container(2), node.container(3)
    conditional = config(WEB, conditionsV4=["ip", "saddr", "!=", "192.0.2.9"])
    node.call("portmap", "ADD", choosy, conditional)
    node.call("portmap", "ADD", easy, config(mapping(8081, 80)))

    outside = node.outside()
    assert not probes.tcp(outside, node.namespace(choosy), UPLINK4, 8080, listen=80, seconds=0.3)
    assert probes.tcp(outside, node.namespace(choosy), UPLINK6, 8080, listen=80)
    assert probes.tcp(node.host, node.namespace(choosy), HOST4, 8080, listen=80)
    assert probes.tcp(outside, node.namespace(easy), UPLINK4, 8081, listen=80)
    node.call("portmap", "CHECK", choosy, conditional)
    node.call("portmap", "DEL", choosy, {})
    assert not probes.tcp(node.host, node.namespace(choosy), HOST4, 8080, listen=80, seconds=0.3)
    with pytest.raises(CniError, match="is not in ports6"):
        node.call("portmap", "CHECK", choosy, conditional)


@pytest.mark.parametrize("token", ["; flush ruleset", "# rest", "tcp\nflush ruleset"])
def test_a_condition_can_not_smuggle_another_command_in(node, token):
    web, other = node.container(2), node.container(3)
    node.call("portmap", "ADD", other, config(mapping(8081, 80)))
    before = elements(node)

    with pytest.raises(CniError, match="must each be one nftables expression"):
        node.call("portmap", "ADD", web, config(WEB, conditionsV4=["ip", "saddr", "10.0.0.0/8", token]))

    assert elements(node) == before


def test_a_condition_that_nft_does_not_understand_leaves_nothing(node):
    web = node.container(2)

    with pytest.raises(CniError, match="unable to set up nftables rules for port mappings: syntax error"):
        node.call("portmap", "ADD", web, config(WEB, conditionsV4=["ip", "sadr", "}"]))

    assert elements(node) == []


def test_stale_udp_translations_are_forgotten(node):
    """A client that keeps sending from one port would otherwise go on being answered by nobody."""
    web = node.container(2)
    inside, outside = node.namespace(web), node.outside()
    with (
        outside.socket(socket.AF_INET, socket.SOCK_DGRAM) as client,
        inside.socket(socket.AF_INET, socket.SOCK_DGRAM) as server,
    ):
        server.bind(("", 53))
        server.settimeout(2)
        client.connect((str(UPLINK4), 5353))
        client.send(b"before")
        with suppress(ConnectionRefusedError):
            client.send(b"again")

        node.call("portmap", "ADD", web, config(DNS))

        client.send(b"after")
        assert server.recv(100) == b"after"


def test_check_compares_what_is_there(node):
    web, other = node.container(2), node.container(3)
    with pytest.raises(CniError, match="there is no nftables table inet netc_portmap"):
        node.call("portmap", "CHECK", web, config(WEB))
    node.call("portmap", "ADD", web, config(WEB, DNS))

    node.call("portmap", "CHECK", web, config(WEB, DNS))
    node.call("portmap", "CHECK", web, {})
    with pytest.raises(CniError, match=r"host port 8080/tcp leads to 10\.1\.0\.2:80, not to 10\.1\.0\.2:81"):
        node.call("portmap", "CHECK", web, config(mapping(8080, 81)))
    with pytest.raises(CniError, match="host port 8443/tcp is not in ports4"):
        node.call("portmap", "CHECK", web, config(WEB, mapping(8443, 443)))
    with pytest.raises(
        CniError, match=r"host port 8080/tcp belongs to another attachment \(net: net1, if: eth0, id: c2\)"
    ):
        node.call("portmap", "CHECK", other, config(WEB))
    node.host.nft.run({"flush": {"chain": {"family": "inet", "table": "netc_portmap", "name": "prerouting"}}})
    with pytest.raises(CniError, match="chain prerouting of nftables table inet netc_portmap is empty"):
        node.call("portmap", "CHECK", web, config(WEB))


@pytest.mark.parametrize("backend", ["nftables", "iptables"])
def test_gc_collects_what_is_not_valid_any_more(node, backend):
    kept, stale, foreign = node.container(2), node.container(3), node.container(4)
    node.call("portmap", "ADD", kept, config(WEB, backend=backend))
    node.call("portmap", "ADD", stale, config(mapping(8081, 80), DNS, backend=backend))
    node.call("portmap", "ADD", foreign, config(mapping(8082, 80), backend=backend, name="net2"))

    valid = [{"containerID": kept.id, "ifname": kept.ifname}]
    node.call("portmap", "GC", None, {"cni.dev/valid-attachments": valid, "backend": backend})

    outside = node.outside()
    assert probes.tcp(outside, node.namespace(kept), UPLINK4, 8080, listen=80)
    assert not probes.tcp(outside, node.namespace(stale), UPLINK4, 8081, listen=80, seconds=0.3)
    assert probes.tcp(outside, node.namespace(foreign), UPLINK4, 8082, listen=80)


def test_many_at_once(node):
    """Twenty attachments, the first on this machine: the table is made once, and everybody's ports are there."""
    boxes = [node.container(number) for number in range(2, 22)]
    requests = [config(mapping(8000 + number, 80), DNS | {"hostPort": 5000 + number}) for number in range(20)]

    def everywhere(verb: str) -> None:
        with ThreadPoolExecutor(20) as pool:
            list(pool.map(lambda box, request: node.call("portmap", verb, box, request), boxes, requests))

    everywhere("ADD")
    everywhere("CHECK")
    assert len([element for element in elements(node) if element.startswith("host port")]) == 20 * 2 * 2
    everywhere("DEL")
    assert elements(node) == []


@pytest.mark.parametrize("backend", ["nftables", "iptables"])
def test_whatever_fails_leaves_nothing_of_the_attachment(node, backend):
    """Each change that ADD makes is refused in turn, once; the next ADD then succeeds."""
    from netc.kernel import KernelError
    from netc.kernel.iptables import Iptables

    web, other = node.container(2), node.container(3)
    node.call("portmap", "ADD", other, config(mapping(8081, 80), backend=backend))
    tool = Iptables(node.host, "ipv4")

    def state() -> tuple:
        chains = [line for line in tool.run("nat", "-S") if "CNI-DN-" in line]
        return sorted(elements(node)), sorted(chains)

    before, refused = state(), 0
    conditions = [] if backend == "iptables" else ["ip6", "hoplimit", "> 1"]
    request = config(WEB, DNS, backend=backend, conditionsV6=conditions)
    while True:
        calls: list[str] = []

        def refuse(operation: str, calls: list[str] = calls, last: int = refused) -> None:
            calls.append(operation)
            if len(calls) == last + 1:
                raise KernelError(5, operation)

        node.kernel.before_call = refuse
        with suppress(CniError):
            node.call("portmap", "ADD", web, request)
        node.kernel.before_call = None
        if len(calls) <= refused:  # Nothing was left to refuse: this ADD went through.
            break
        if calls[refused] == "forget connections":  # Not worth failing for.
            node.call("portmap", "DEL", web, request)
        assert state() == before, f"after refusing change {refused}, {calls[refused]}"
        refused += 1
    assert refused >= 2
    node.call("portmap", "CHECK", web, request)


def test_status(node):
    node.call("portmap", "STATUS", None)


def test_a_node_without_nftables_says_which_package_it_lacks(node, monkeypatch):
    from netc.kernel import nft

    monkeypatch.setattr(nft, "LIBRARY", "libnone.so.1")
    monkeypatch.setattr(nft, "find_program", lambda name: None)

    with pytest.raises(CniError, match="install the package nftables") as error:
        node.call("portmap", "STATUS", None)
    assert error.value.code == Code.PLUGIN_NOT_AVAILABLE
    with pytest.raises(CniError, match="install the package nftables"):
        node.call("portmap", "ADD", node.container(2), config(WEB))
    node.call("portmap", "DEL", node.container(3), config(WEB))
    node.call("portmap", "GC", None, {"cni.dev/valid-attachments": []})


def test_a_kernel_that_refuses_the_table_is_asked_for_its_modules(node):
    from netc.kernel import KernelError

    calls: list[str] = []

    def refuse(operation: str) -> None:
        calls.append(operation)
        if len(calls) == 2:
            raise KernelError(2, operation)

    web = node.container(2)
    node.kernel.before_call = refuse
    with pytest.raises(CniError) as refusal:
        node.call("portmap", "ADD", web, config(WEB))

    assert refusal.value.msg == "unable to set up nftables rules for port mappings: no such file or directory"
    assert "nft_chain_nat" in refusal.value.details


PARSING = "failed to parse config: "
JSON = f"{PARSING}failed to parse network configuration: json: cannot unmarshal "


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"snat": 5}, f"{JSON}number into Go struct field PortMapConf.snat of type bool"),
        ({"backend": "foo"}, f'{PARSING}unrecognized backend "foo"'),
        (
            {"markMasqBit": 3, "externalSetMarkChain": "X"},
            f"{PARSING}Cannot specify externalSetMarkChain and markMasqBit",
        ),
        ({"markMasqBit": 32}, f"{PARSING}MasqMarkBit must be between 0 and 31"),
        (
            {"backend": "nftables", "externalSetMarkChain": "X", "conditionsV4": ["-x"], "conditionsV6": ["!"]},
            f"{PARSING}nftables backend was requested but configuration contains iptables-specific options "
            "[externalSetMarkChain conditionsV4 conditionsV6]",
        ),
        (
            {"backend": "iptables", "conditionsV4": ["ip", "daddr"]},
            f"{PARSING}iptables backend was requested but configuration contains nftables-specific options [conditionsV4]",
        ),
        (config(mapping(0, 80)), f"{PARSING}Invalid host port number: 0"),
        (config(mapping(1, -1)), f"{PARSING}Invalid container port number: -1"),
        (config(mapping(70000, 80)), f"{PARSING}Invalid host port number: 70000"),
        ({"prevResult": None}, "must be called as chained plugin"),
        (
            config(mapping(80, 80, "")),
            'Invalid protocol of host port 80: "", not one of tcp, udp, dccp, sctp',
        ),
        (config(mapping(80, 80, ip="1.2.3")), "Invalid host IP of host port 80: invalid IP address: 1.2.3"),
    ],
)
def test_what_add_refuses(node, given, text):
    with pytest.raises(CniError) as refusal:
        node.call("portmap", "ADD", node.container(2), given)

    assert (refusal.value.code, refusal.value.msg) == (Code.INTERNAL, text)
    assert node.host.nft.list_table("inet", "netc_portmap") is None


def test_delete_passes_where_add_refused_a_port_that_is_too_large(node):
    assert node.call("portmap", "DEL", node.container(2), config(mapping(70000, 80))) is None


def test_check_needs_a_result(node):
    with pytest.raises(CniError, match="Required prevResult missing"):
        node.call("portmap", "CHECK", node.container(2), {"prevResult": None})


@pytest.mark.parametrize(
    "given",
    [{"backend": "iptables"}, {"markMasqBit": 5}, {"conditionsV4": ["!", "-s", "203.0.113.7"]}],
    ids=str,
)
def test_iptables_where_the_config_asks_for_it(node, given):
    web = node.container(2)
    request = config(WEB, DNS, **given)

    node.call("portmap", "ADD", web, request)

    assert node.host.nft.list_table("inet", "netc_portmap") is None
    inside = node.namespace(web)
    assert (reach := probes.tcp(node.outside(), inside, UPLINK4, 8080, listen=80)), reach.why
    assert (reach := probes.tcp(node.outside(), inside, UPLINK6, 8080, listen=80)), reach.why
    assert (reach := probes.tcp(inside, inside, HOST4, 8080, listen=80)), reach.why
    assert (reach := probes.tcp(node.host, inside, LOCALHOST, 8080, listen=80)), reach.why
    assert (reach := probes.udp(node.outside(), inside, UPLINK4, 5353, listen=53)), reach.why
    node.call("portmap", "CHECK", web, request)
    with pytest.raises(CniError, match="could not check ipv4 dnat: rule"):
        node.call("portmap", "CHECK", web, config(mapping(8443, 80), **given))
    for _ in range(2):
        node.call("portmap", "DEL", web, given)
    assert not probes.tcp(node.outside(), inside, UPLINK4, 8080, listen=80, seconds=0.3)
    with pytest.raises(CniError, match=r"could not check ipv4 dnat: chain CNI-DN-[0-9a-f]{21} not found in iptables"):
        node.call("portmap", "CHECK", web, request)


def test_a_failed_add_by_iptables_leaves_no_chain_of_the_container(node):
    from netc.kernel.iptables import Iptables

    web = node.container(2)

    with pytest.raises(CniError, match="unable to setup DNAT: "):
        node.call("portmap", "ADD", web, config(WEB, mapping(81, 81, "nope"), backend="iptables"))

    saved = "\n".join(Iptables(node.host, "ipv4").run("nat", "-S"))
    assert "CNI-DN-" not in saved


@pytest.mark.parity
def test_iptables_rules_are_the_reference_plugins(node, reference_plugins):
    from netc.kernel.iptables import Iptables

    many = [mapping(9000 + number, 80) for number in range(20)]
    request = config(WEB, DNS, mapping(99, 99, ip="10.1.0.1"), mapping(98, 98, ip="::"), *many, backend="iptables")
    web = node.container(2)
    tools = [Iptables(node.host, family) for family in ("ipv4", "ipv6")]

    answers, tables = [], []
    for add in (node.call, lambda *args: node.reference(reference_plugins, *args)):
        answers.append(add("portmap", "ADD", web, request))
        tables.append([tool.run("nat", "-S") for tool in tools])
        for tool in tools:
            for chain in ("PREROUTING", "OUTPUT", "POSTROUTING", "CNI-HOSTPORT-DNAT"):
                tool.run("nat", "-F", chain)
            tool.run("nat", "-F")
            tool.run("nat", "-X")

    assert answers[0] == answers[1]
    assert tables[0] == tables[1]
