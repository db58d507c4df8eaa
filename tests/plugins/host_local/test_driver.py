"""host-local: addresses in order, leases in the reference's files, nothing given twice."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from ipaddress import ip_address, ip_interface
from pathlib import Path

import pytest

from netc.cni.errors import CniError
from netc.cni.plugin import Environment
from netc.cni.skel import call
from netc.plugins.host_local.driver import handlers

SUBNET = {"subnet": "10.1.0.0/29"}


@pytest.fixture
def store(tmp_path):
    return Leases(tmp_path)


class Leases:
    """A data folder, and host-local on it: netc's driver, or the reference's binary where one is given."""

    def __init__(self, data_dir: Path, binary: Path | None = None) -> None:
        self.folder = data_dir / "net1"
        self.data_dir, self.binary = data_dir, binary

    def run(self, verb, ipam=SUBNET, *, id="c1", ifname="eth0", cni_args="", **more):
        request = {"cniVersion": "1.1.0", "name": "net1", "type": "x"}
        request |= {"ipam": {"type": "host-local", "dataDir": str(self.data_dir), **ipam}, **more}
        env = Environment(verb, id, "/no/netns", ifname, cni_args, "/nowhere")
        if self.binary is None:
            return call(handlers(None), env, request)
        done = subprocess.run(
            [self.binary], input=json.dumps(request), env=env.variables(), capture_output=True, text=True, check=False
        )
        answer = json.loads(done.stdout) if done.stdout.strip() else None
        if done.returncode:
            raise CniError(answer["code"], answer["msg"])
        return answer

    def add(self, ipam=SUBNET, **kwargs) -> list[str]:
        """The addresses that ADD hands out."""
        return [ip["address"] for ip in self.run("ADD", ipam, **kwargs)["ips"]]

    def files(self) -> dict[str, bytes]:
        """The leases: name and content of every file but the two kinds that are none."""
        names = [p for p in self.folder.iterdir() if p.name != "lock" and not p.name.startswith("last_")]
        return {p.name: p.read_bytes() for p in names}


def test_an_address_its_gateway_and_its_lease(store):
    result = store.run("ADD", {**SUBNET, "routes": [{"dst": "0.0.0.0/0"}]})

    assert result == {
        "cniVersion": "1.1.0",
        "ips": [{"address": "10.1.0.2/29", "gateway": "10.1.0.1"}],
        "routes": [{"dst": "0.0.0.0/0"}],
    }
    assert store.files() == {"10.1.0.2": b"c1\r\neth0"}
    assert (store.folder / "last_reserved_ip.0").read_bytes() == b"10.1.0.2"
    assert (store.folder / "lock").read_bytes() == b""
    modes = {name: os.stat(store.folder / name).st_mode & 0o777 for name in ("10.1.0.2", "last_reserved_ip.0", "lock")}
    assert modes == {"10.1.0.2": 0o600, "last_reserved_ip.0": 0o600, "lock": 0o750}


def test_addresses_go_round_and_run_out(store):
    assert [store.add(id=f"c{n}") for n in range(5)] == [[f"10.1.0.{n}/29"] for n in (2, 3, 4, 5, 6)]
    with pytest.raises(CniError) as full:
        store.run("ADD", id="c9")
    assert full.value.msg == "failed to allocate for range 0: no IP addresses available in range set: 10.1.0.1-10.1.0.6"
    store.run("DEL", id="c1")
    assert store.add(id="c9") == ["10.1.0.3/29"]
    store.run("DEL", id="c0")
    store.run("DEL", id="c4")
    assert store.add(id="c10") == ["10.1.0.6/29"], "the walk goes on behind the last one given"


def test_one_address_of_each_set_and_the_pools_of_a_set_in_turn(store):
    sets = {
        "ranges": [
            [
                {"subnet": "10.1.0.0/24", "rangeStart": "10.1.0.9", "rangeEnd": "10.1.0.10"},
                {"subnet": "10.2.0.0/24", "rangeStart": "10.2.0.9", "rangeEnd": "10.2.0.9", "gateway": "10.2.0.254"},
            ],
            [{"subnet": "fd00::/64"}],
        ]
    }
    given = [store.add(sets, id=f"c{n}") for n in range(3)]
    assert given == [["10.1.0.9/24", "fd00::2/64"], ["10.1.0.10/24", "fd00::3/64"], ["10.2.0.9/24", "fd00::4/64"]]
    with pytest.raises(CniError, match=r"range set: 10\.1\.0\.9-10\.1\.0\.10,10\.2\.0\.9-10\.2\.0\.9$"):
        store.run("ADD", sets, id="c9")
    assert "c9" not in str(store.files())


def test_an_attachment_has_one_lease_a_set_and_another_interface_its_own(store):
    store.add()
    with pytest.raises(CniError) as twice:
        store.run("ADD")
    assert twice.value.msg == (
        "failed to allocate for range 0: 10.1.0.2 has been allocated to c1, duplicate allocation is not allowed"
    )
    assert store.add(ifname="eth1") == ["10.1.0.3/29"]
    assert store.files() == {"10.1.0.2": b"c1\r\neth0", "10.1.0.3": b"c1\r\neth1"}


def test_requested_addresses(store):
    assert store.add(cni_args="IP=10.1.0.5") == ["10.1.0.5/29"]
    assert store.add(id="c2", runtimeConfig={"ips": ["10.1.0.4/29"]}) == ["10.1.0.4/29"]
    assert store.add(id="c3", cni_args="IP=10.1.0.6", runtimeConfig={"ips": ["10.1.0.6"]}) == ["10.1.0.6/29"]
    for ip, text in (
        ("10.1.0.1", "failed to allocate for range 0: requested ip 10.1.0.1 is subnet's gateway"),
        ("10.1.0.5", "failed to allocate for range 0: requested IP address 10.1.0.5 is not available in range set "
         "10.1.0.1-10.1.0.6"),
        ("10.1.0.7", "failed to allocate all requested IPs: 10.1.0.7"),
    ):  # fmt: skip
        before = store.files()
        with pytest.raises(CniError) as refused:
            store.run("ADD", id="c9", cni_args=f"IP={ip}")
        assert refused.value.msg == text
        assert store.files() == before


def test_ranges_of_the_runtime_come_first(store):
    given = store.add(runtimeConfig={"ipRanges": [[{"subnet": "10.9.0.0/24"}]]})
    assert given == ["10.9.0.2/24", "10.1.0.2/29"]


@pytest.mark.parametrize(
    ("ipam", "message"),
    [
        ({}, "no IP ranges specified"),
        ({"ranges": [[]]}, "invalid range set 0: empty range set"),
        ({"ranges": [[{}]]}, "invalid range set 0: IP <nil> not v4 nor v6"),
        ({"subnet": "foo"}, "invalid CIDR address: foo"),
        ({"subnet": "10.0.0.0/31"}, "invalid range set 0: Network 10.0.0.0/31 too small to allocate from"),
        ({"subnet": "fd00::/127"}, "invalid range set 0: Network fd00::/127 too small to allocate from"),
        ({"subnet": "::ffff:10.0.0.0/120"}, "invalid range set 0: IPNet IP and Mask version mismatch"),
        ({"subnet": "10.0.0.5/24"}, "invalid range set 0: Network has host bits set. For a subnet mask of length 24 "
         "the network address is 10.0.0.0"),
        ({"subnet": "10.0.0.0/24", "rangeStart": "10.0.1.1"},
         "invalid range set 0: RangeStart 10.0.1.1 not in network 10.0.0.0/24"),
        ({"subnet": "10.0.0.0/24", "rangeEnd": "10.0.1.1"},
         "invalid range set 0: RangeEnd 10.0.1.1 not in network 10.0.0.0/24"),
        ({"subnet": "10.0.0.0/24", "rangeStart": "10.0.0.9", "rangeEnd": "10.0.0.8"},
         "invalid range set 0: RangeStart 10.0.0.9 not in network 10.0.0.0/24"),
        ({"ranges": [[{"subnet": "10.0.0.0/25"}, {"subnet": "fd00::/64"}]]},
         "invalid range set 0: mixed address families"),
        ({"ranges": [[{"subnet": "10.0.0.0/25"}, {"subnet": "10.0.0.0/24"}]]},
         "invalid range set 0: subnets 10.0.0.1-10.0.0.126 and 10.0.0.1-10.0.0.254 overlap"),
        ({"subnet": "10.0.0.0/24", "ranges": [[{"subnet": "10.0.0.0/25"}]]}, "range set 0 overlaps with 1"),
        ({"subnet": 5}, "json: cannot unmarshal number into Go struct field IPAMConfig.ipam.Range.subnet of type string"),
        ({"subnet": "10.0.0.0/24", "resolvConf": "/no/such"}, "open /no/such: no such file or directory"),
    ],
)  # fmt: skip
def test_what_is_refused(store, ipam, message):
    with pytest.raises(CniError) as refused:
        store.run("ADD", ipam)
    assert (refused.value.code, refused.value.msg) == (999, message)


def test_two_sets_of_a_family_need_a_version_that_can_say_so(store):
    sets = {"ranges": [[{"subnet": "10.0.0.0/24"}], [{"subnet": "10.1.0.0/24"}]]}
    with pytest.raises(CniError, match=r"^CNI version 0\.2\.0 does not support more than 1 address per family$"):
        store.run("ADD", sets, cniVersion="0.2.0")


def test_dns_of_a_resolv_conf(store, tmp_path):
    path = tmp_path / "resolv.conf"
    path.write_text(
        "# x\nnameserver 10.0.0.1\nnameserver 10.0.0.2\nsearch a b\nsearch c\ndomain d\noptions x y\njunk\n"
    )
    assert store.run("ADD", {**SUBNET, "resolvConf": str(path)})["dns"] == {
        "nameservers": ["10.0.0.1", "10.0.0.2"],
        "domain": "d",
        "search": ["a", "b", "c"],
        "options": ["x", "y"],
    }


def test_check_and_del(store):
    with pytest.raises(CniError, match=r"^host-local: Failed to find address added by container c1$"):
        store.run("CHECK")
    store.add()
    store.add(id="c2")
    assert store.run("CHECK") is None
    for _ in range(2):
        assert store.run("DEL") is None
        assert store.files() == {"10.1.0.3": b"c2\r\neth0"}
    with pytest.raises(CniError):
        store.run("CHECK")


def test_leases_of_very_old_releases_name_the_container_only(store):
    store.add(id="c2")
    (store.folder / "10.1.0.6").write_text("c1\n")
    assert store.run("CHECK") is None
    with pytest.raises(CniError, match=r"10\.1\.0\.6 has been allocated to c1"):
        store.run("ADD")
    store.run("DEL")
    assert store.files() == {"10.1.0.2": b"c2\r\neth0"}


def test_a_container_named_like_an_address_does_not_confuse_the_bookkeeping(store):
    store.add(id="c2")
    store.run("DEL", id="10.1.0.2")
    assert (store.folder / "last_reserved_ip.0").exists()
    with pytest.raises(CniError):
        store.run("CHECK", id="10.1.0.2")


def test_a_failed_add_gives_back_what_it_took_and_nothing_else(store):
    sets = {"ranges": [[{"subnet": "10.1.0.0/29"}], [{"subnet": "10.2.0.0/30"}]]}
    store.add(sets, id="c2")
    before = store.files()
    with pytest.raises(CniError, match="failed to allocate for range 1"):
        store.run("ADD", sets)
    assert store.files() == before
    with pytest.raises(CniError, match=r"failed to allocate for range 1: .* duplicate allocation is not allowed"):
        store.run("ADD", sets, id="c2", cni_args="IP=10.1.0.5")
    assert store.files() == before, "what the attachment had from before stays its own"


def test_gc_removes_the_leases_of_whoever_is_not_valid(store):
    for id, ifname in (("c1", "eth0"), ("c1", "eth1"), ("c2", "eth0")):
        store.add(id=id, ifname=ifname)
    (store.folder / "10.1.0.6").write_text("c3")
    (store.folder / "stray").write_text("keep me")

    store.run("GC")
    assert len(store.files()) == 5, "without a list nothing is known to be stale"
    store.run("GC", **{"cni.dev/valid-attachments": [{"containerID": "c1", "ifname": "eth1"}]})

    assert store.files() == {"10.1.0.3": b"c1\r\neth1", "stray": b"keep me"}


def test_threads_get_addresses_of_their_own(store):
    given: list[str] = []
    threads = [
        threading.Thread(target=lambda n=n: given.extend(store.add({"subnet": "10.1.0.0/24"}, id=f"c{n}")))
        for n in range(40)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(given)) == 40
    assert {ip_interface(text).ip for text in given} == {ip_address(name) for name in store.files()}


@pytest.mark.parity
def test_the_reference_and_netc_share_a_store(tmp_path, reference_plugins):
    ours, theirs = Leases(tmp_path), Leases(tmp_path, reference_plugins / "host-local")
    assert ours.add(id="c1") == ["10.1.0.2/29"]
    assert theirs.add(id="c2") == ["10.1.0.3/29"]
    assert ours.add(id="c3") == ["10.1.0.4/29"]
    theirs.run("CHECK", id="c1")
    ours.run("CHECK", id="c2")
    for one, id in ((ours, "c2"), (theirs, "c1")):
        with pytest.raises(CniError, match=f"has been allocated to {id}, duplicate allocation is not allowed"):
            one.run("ADD", id=id)
    theirs.run("DEL", id="c1")
    ours.run("DEL", id="c2")
    assert theirs.files() == {"10.1.0.4": b"c3\r\neth0"}


@pytest.mark.parity
def test_the_reference_writes_the_same_files(tmp_path, reference_plugins):
    sets = {"ranges": [[{"subnet": "10.1.0.0/29"}], [{"subnet": "fd00::/64", "rangeStart": "fd00::aaaa"}]]}
    ours = Leases(tmp_path / "ours")
    theirs = Leases(tmp_path / "theirs", reference_plugins / "host-local")
    script = [("ADD", "c1"), ("ADD", "c2"), ("DEL", "c1"), ("ADD", "c3"), ("ADD", "c3"), ("DEL", "c9"), ("ADD", "c4")]

    def play(store):
        answers = []
        for verb, id in script:
            try:
                answers.append(store.run(verb, sets, id=id))
            except CniError as error:
                answers.append(error.msg)
        return answers, {p.name: (p.read_bytes(), p.stat().st_mode) for p in store.folder.iterdir()}

    assert play(ours) == play(theirs)
