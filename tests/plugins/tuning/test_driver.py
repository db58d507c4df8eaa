"""tuning's driver: sysctls and link attributes are set in the container, and DEL sets the attributes back."""

from __future__ import annotations

import json

import pytest

from netc.cni.errors import CniError, Code

pytestmark = pytest.mark.lab

MAC = "c2:11:22:33:44:55"
ATTRIBUTES = {"mac": MAC, "mtu": 1400, "promisc": True, "allmulti": True, "txQLen": 5}


@pytest.fixture
def keep(tmp_path) -> dict:
    """Where the attributes are kept until DEL."""
    return {"dataDir": str(tmp_path / "tuning")}


@pytest.fixture
def allowlist(tmp_path, monkeypatch):
    """The node's list of allowed sysctls, which is not there until it is written."""
    from netc.plugins.tuning import driver

    path = tmp_path / "allowlist.conf"
    monkeypatch.setattr(driver, "ALLOWLIST", str(path))
    return path


def attributes(node, box) -> tuple:
    link = node.namespace(box).link(box.ifname)
    return link.mac, link.mtu, link.promisc, link.allmulti, link.txqlen


def test_sysctls_are_written_in_the_container_alone(node, allowlist):
    box = node.container(2)
    outside = node.host.sysctl("net/core/somaxconn")

    sysctls = {
        "net.core.somaxconn": "77",
        "net/ipv4/conf/IFNAME/arp_filter": "1",
        "net.ipv4.conf.IFNAME.arp_ignore": "2",
    }
    answer = node.call("tuning", "ADD", box, {"sysctl": sysctls})

    assert answer == box.prev_result
    inside = node.namespace(box)
    assert inside.sysctl("net/core/somaxconn") == "77"
    assert inside.sysctl("net/ipv4/conf/eth0/arp_filter") == "1"
    assert inside.sysctl("net/ipv4/conf/eth0/arp_ignore") == "2"
    assert node.host.sysctl("net/core/somaxconn") == outside


def test_attributes_are_set_kept_and_set_back(node, keep, allowlist):
    box = node.container(2)
    before = attributes(node, box)

    answer = node.call("tuning", "ADD", box, ATTRIBUTES | keep)

    assert attributes(node, box) == (MAC, 1400, True, True, 5)
    assert [item["mac"] for item in answer["interfaces"]][2] == MAC
    node.call("tuning", "CHECK", box, ATTRIBUTES | keep)
    for _ in range(2):
        node.call("tuning", "DEL", box, ATTRIBUTES | keep)
    assert attributes(node, box) == before


def test_only_what_is_asked_for_is_kept(node, keep, allowlist, tmp_path):
    box = node.container(2)

    node.call("tuning", "ADD", box, {"mtu": 1400, "txQLen": 0, **keep})

    (file,) = (tmp_path / "tuning").iterdir()
    assert file.name == "c2_eth0.json"
    assert json.loads(file.read_text()) == {"mtu": 1500, "txQLen": 1000}
    assert file.stat().st_mode & 0o777 == 0o600
    node.call("tuning", "DEL", box, keep)
    assert list((tmp_path / "tuning").iterdir()) == []


def test_a_second_add_does_not_forget_the_first_values(node, keep, allowlist):
    box = node.container(2)
    before = attributes(node, box)
    node.call("tuning", "ADD", box, {"mtu": 1400, **keep})

    node.call("tuning", "ADD", box, {"mtu": 1300, "mac": MAC, **keep})

    assert attributes(node, box)[:2] == (MAC, 1300)
    node.call("tuning", "DEL", box, keep)
    assert attributes(node, box) == before


def test_two_attachments_of_one_container_are_two(node, keep, allowlist):
    first = node.container(2)
    second = node.container(3, ifname="eth1", of=first)
    node.call("tuning", "ADD", first, {"mtu": 1400, **keep})
    node.call("tuning", "ADD", second, {"mtu": 1300, **keep})

    node.call("tuning", "DEL", first, keep)

    assert (attributes(node, first)[1], attributes(node, second)[1]) == (1500, 1300)


@pytest.mark.parametrize("gone", ["the namespace", "the link", "the path"])
def test_delete_after_the_container_is_gone_leaves_no_file(node, keep, allowlist, in_namespace, tmp_path, gone):
    box = node.container(2)
    node.call("tuning", "ADD", box, {"mtu": 1400, **keep})
    if gone == "the namespace":
        in_namespace.vanish(box.path)
    elif gone == "the link":
        node.host.delete_link(node.host.link(box.veth).index)

    node.call("tuning", "DEL", box, keep, **({"netns": ""} if gone == "the path" else {}))

    assert list((tmp_path / "tuning").iterdir()) == []


@pytest.mark.parametrize(
    ("given", "env", "mac"),
    [
        ({"mac": "C2-00-00-00-00-01"}, {}, "c2:00:00:00:00:01"),
        ({"mac": "c2:00:00:00:00:01"}, {"args": "MAC=c200.0000.0002"}, "c2:00:00:00:00:02"),
        ({"runtimeConfig": {"mac": "c2:00:00:00:00:03"}}, {"args": "MAC=c2:00:00:00:00:02"}, "c2:00:00:00:00:03"),
        (
            {"runtimeConfig": {"mac": "c2:00:00:00:00:03"}, "args": {"cni": {"mac": "c2:00:00:00:00:04"}}},
            {},
            "c2:00:00:00:00:04",
        ),
    ],
    ids=["config", "CNI_ARGS", "runtime", "args"],
)
def test_where_the_mac_comes_from(node, keep, allowlist, given, env, mac):
    box = node.container(2)

    node.call("tuning", "ADD", box, given | keep, **env)

    assert attributes(node, box)[0] == mac
    node.call("tuning", "CHECK", box, given | keep, **env)


def test_arguments_for_this_container_go_over_the_config(node, keep, allowlist):
    box = node.container(2)
    given = {"mtu": 1400, "promisc": True, "sysctl": {"net.core.somaxconn": "7"}}
    own = {"mtu": 1300, "promisc": False, "txQLen": 3, "sysctl": {"net.core.somaxconn": "8"}}

    node.call("tuning", "ADD", box, given | {"args": {"cni": own}} | keep)

    assert attributes(node, box)[1:] == (1300, False, False, 3)
    assert node.namespace(box).sysctl("net/core/somaxconn") == "8"


def test_check_takes_the_kernels_spelling_for_the_configs(node, keep, allowlist):
    box = node.container(2)
    spelt = {"mac": "C2-11-22-33-44-55", "sysctl": {"net.ipv4.ip_local_port_range": "1024 65000"}}

    node.call("tuning", "ADD", box, spelt | keep)

    assert node.namespace(box).sysctl("net/ipv4/ip_local_port_range") == "1024\t65000"
    node.call("tuning", "CHECK", box, spelt | keep)


def test_check_says_what_differs(node, keep, allowlist):
    box = node.container(2)
    node.call("tuning", "ADD", box, ATTRIBUTES | {"sysctl": {"net.core.somaxconn": "77"}} | keep)

    for other, text in (
        (
            {"mac": "c2:11:22:33:44:56"},
            f"Error: Tuning configured Ethernet of eth0 is c2:11:22:33:44:56, current value is {MAC}",
        ),
        ({"mtu": 1401}, "Error: Tuning configured MTU of eth0 is 1401, current value is 1400"),
        ({"allmulti": False}, "Error: Tuning configured all-multicast mode of eth0 is false, current value is true"),
        ({"txQLen": 4}, "Error: Tuning configured Transmit Queue Length of eth0 is 4, current value is 5"),
        (
            {"sysctl": {"net.core.somaxconn": "78"}},
            "Error: Tuning configured value of /proc/sys/net/core/somaxconn is 78, current value is 77",
        ),
    ):
        with pytest.raises(CniError) as difference:
            node.call("tuning", "CHECK", box, other | keep)
        assert difference.value.msg == text
    inside = node.namespace(box)
    inside.set_link(inside.link("eth0").index, promisc=False)
    with pytest.raises(CniError, match="Error: Tuning link eth0 configured promisc is true, current value is 0"):
        node.call("tuning", "CHECK", box, ATTRIBUTES | keep)
    with pytest.raises(CniError, match="Cannot find container link nope"):
        node.call("tuning", "CHECK", box, {"mtu": 1400} | keep, ifname="nope")


def test_a_listening_tcpdump_is_no_difference(node, keep, allowlist):
    box = node.container(2)
    node.call("tuning", "ADD", box, {"mtu": 1400, **keep})
    inside = node.namespace(box)
    inside.set_link(inside.link("eth0").index, promisc=True)

    node.call("tuning", "CHECK", box, {"mtu": 1400, **keep})


def test_a_failed_add_sets_everything_back(node, keep, allowlist, tmp_path):
    box = node.container(2)
    before = attributes(node, box), node.namespace(box).sysctl("net/core/somaxconn")

    with pytest.raises(CniError, match="invalid argument"):
        node.call("tuning", "ADD", box, {"sysctl": {"net.core.somaxconn": "7"}, "mac": MAC, "mtu": 10, **keep})
    with pytest.raises(CniError, match="write /proc/sys/net/core/somaxconn: invalid argument"):
        node.call("tuning", "ADD", box, {"sysctl": {"net.ipv4.conf.eth0.arp_filter": "1", "net.core.somaxconn": "x"}})

    assert (attributes(node, box), node.namespace(box).sysctl("net/core/somaxconn")) == before
    assert node.namespace(box).sysctl("net/ipv4/conf/eth0/arp_filter") == "0"
    assert list((tmp_path / "tuning").iterdir()) == []


def test_a_failed_second_add_leaves_the_first_as_it_was(node, keep, allowlist):
    box = node.container(2)
    before = attributes(node, box)
    node.call("tuning", "ADD", box, {"mtu": 1400, **keep})

    with pytest.raises(CniError):
        node.call("tuning", "ADD", box, {"mac": MAC, "mtu": -1, **keep})

    assert attributes(node, box)[:2] == (before[0], 1400)
    node.call("tuning", "DEL", box, keep)
    assert attributes(node, box) == before


def test_the_nodes_allowlist(node, allowlist):
    box = node.container(2)
    sysctl = {"sysctl": {"net.core.somaxconn": "7"}}
    node.call("tuning", "ADD", box, sysctl)

    allowlist.write_text("\n^net\\.ipv4\\.\n  somaxconn  \n")
    node.call("tuning", "ADD", box, sysctl)
    node.call("tuning", "ADD", box, {"sysctl": {"net.ipv4.conf.IFNAME.arp_filter": "1"}})
    with pytest.raises(CniError) as refusal:
        node.call("tuning", "ADD", box, {"sysctl": {"net.ipv6.conf.all.forwarding": "1"}})
    assert refusal.value.msg == (
        "Sysctl net.ipv6.conf.all.forwarding is not allowed. "
        "Only the following sysctls are allowed: [^net\\.ipv4\\. somaxconn]"
    )
    allowlist.write_text("")
    with pytest.raises(CniError, match="is not allowed"):
        node.call("tuning", "ADD", box, sysctl)
    node.call("tuning", "CHECK", box, sysctl)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"prevResult": None}, "Required prevResult missing"),
        (
            {"sysctl": {"net.core.somaxconn": 5}},
            "json: cannot unmarshal number into Go struct field sysctlCheck.sysctl of type string",
        ),
        (
            {"mtu": "x"},
            "failed to load netconf: json: cannot unmarshal string into Go struct field TuningConf.mtu of type int",
        ),
        ({"sysctl": {"kernel.shmmax": "1"}}, 'invalid net sysctl key: "kernel/shmmax"'),
        ({"sysctl": {"net": "1"}}, 'invalid net sysctl key: "net"'),
        ({"sysctl": {"net.core.nope": "1"}}, "open /proc/sys/net/core/nope: no such file or directory"),
        ({"sysctl": {"net/../kernel/shmmax": "1"}}, "open /proc/sys/net/kernel/shmmax: no such file or directory"),
        ({"mac": "zz"}, "invalid args zz for MAC addr: address zz: invalid MAC address"),
        ({"mac": "ff:ff:ff:ff:ff:ff"}, "cannot assign requested address"),
    ],
)
def test_what_add_refuses(node, keep, allowlist, given, text):
    with pytest.raises(CniError) as refusal:
        node.call("tuning", "ADD", node.container(2), given | keep)

    assert (refusal.value.code, refusal.value.msg) == (Code.INTERNAL, text)


def test_a_missing_link_matters_only_to_what_is_about_it(node, keep, allowlist):
    box = node.container(2)

    node.call("tuning", "ADD", box, {"sysctl": {"net.core.somaxconn": "7"}, **keep}, ifname="nope")
    with pytest.raises(CniError, match='failed to get "nope": Link not found'):
        node.call("tuning", "ADD", box, {"mtu": 1400, **keep}, ifname="nope")
    with pytest.raises(CniError, match='failed to Statfs "/nowhere": no such file or directory'):
        node.call("tuning", "ADD", box, {"mtu": 1400, **keep}, netns="/nowhere")
    with pytest.raises(CniError) as refusal:
        node.call("tuning", "ADD", box, {"mtu": 1400, **keep}, args="FOO=1")
    assert refusal.value.msg == 'ARGS: unknown args ["FOO=1"]'


@pytest.mark.parity
@pytest.mark.parametrize(
    "given",
    [
        ATTRIBUTES,
        {"mtu": 1400, "sysctl": {"net.ipv4.conf.IFNAME.arp_filter": "1"}},
        {"mac": "C2-11-22-33-44-55"},
        {"allmulti": False, "txQLen": 0},
        {"args": {"cni": {"mtu": 1300}}, "mtu": 1400},
    ],
    ids=str,
)
def test_the_same_as_the_reference_plugin(node, keep, allowlist, reference_plugins, tmp_path, given):
    box = node.container(2)
    (tmp_path / "tuning").mkdir()
    seen = []

    for run in (node.call, lambda *args: node.reference(reference_plugins, *args)):
        answer = run("tuning", "ADD", box, given | keep)
        files = {file.name: file.read_text() for file in (tmp_path / "tuning").iterdir()}
        inside = node.namespace(box)
        during = attributes(node, box), inside.sysctl("net/ipv4/conf/eth0/arp_filter")
        run("tuning", "DEL", box, given | keep)
        seen.append((answer, files, during, attributes(node, box)))
        inside.set_sysctl("net/ipv4/conf/eth0/arp_filter", "0")

    assert seen[0] == seen[1]


@pytest.mark.parity
def test_each_sets_back_what_the_other_kept(node, keep, allowlist, reference_plugins):
    box = node.container(2)
    before = attributes(node, box)

    node.call("tuning", "ADD", box, ATTRIBUTES | keep)
    node.reference(reference_plugins, "tuning", "DEL", box, ATTRIBUTES | keep)
    assert attributes(node, box) == before
    node.reference(reference_plugins, "tuning", "ADD", box, ATTRIBUTES | keep)
    node.call("tuning", "DEL", box, ATTRIBUTES | keep)
    assert attributes(node, box) == before
