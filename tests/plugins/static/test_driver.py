"""static answers what is written, from the source of highest rank, and keeps nothing."""

from __future__ import annotations

import pytest

from netc.cni.errors import CniError
from netc.cni.plugin import Environment
from netc.cni.skel import call
from netc.plugins.static.driver import handlers


def run(verb: str, ipam: object, cni_args: str = "", **more):
    request = {"cniVersion": "1.1.0", "name": "net1", "ipam": ipam, **more}
    return call(handlers(None), Environment(verb, "c1", "/no/netns", "eth0", cni_args, "/nowhere"), request)


WRITTEN = {"addresses": [{"address": "10.1.0.5/24", "gateway": "10.1.0.1"}, {"address": "fd00::5/64"}]}


def test_addresses_routes_and_dns_as_written():
    ipam = {**WRITTEN, "routes": [{"dst": "0.0.0.0/0", "gw": "10.1.0.9", "mtu": 1300}], "dns": {"domain": "x.y"}}
    assert run("ADD", ipam) == {
        "cniVersion": "1.1.0",
        "dns": {"domain": "x.y"},
        "ips": [{"address": "10.1.0.5/24", "gateway": "10.1.0.1"}, {"address": "fd00::5/64"}],
        "routes": [{"dst": "0.0.0.0/0", "gw": "10.1.0.9", "mtu": 1300}],
    }


@pytest.mark.parametrize(
    ("args", "more", "addresses"),
    [
        ("", {}, ["10.1.0.5/24", "fd00::5/64"]),
        ("IP=10.7.0.2/8,fd00::7/64", {}, ["10.1.0.5/24", "fd00::5/64", "10.7.0.2/8", "fd00::7/64"]),
        ("IP=10.7.0.2/8", {"args": {"cni": {"ips": ["10.8.0.2/8"]}}}, ["10.8.0.2/8"]),
        ("", {"args": {"cni": {"ips": ["10.8.0.2/8"]}}, "runtimeConfig": {"ips": ["10.9.0.2/8"]}}, ["10.9.0.2/8"]),
    ],
)
def test_who_asks_last_wins(args, more, addresses):
    assert [ip["address"] for ip in run("ADD", WRITTEN, args, **more)["ips"]] == addresses


def test_a_gateway_in_cni_args_goes_to_the_addresses_there():
    result = run("ADD", {}, "IP=10.0.0.1/8,11.0.0.1/8;GATEWAY=11.0.0.4;IgnoreUnknown=1;K8S_POD_NAME=x")
    assert result["ips"] == [{"address": "10.0.0.1/8"}, {"address": "11.0.0.1/8", "gateway": "11.0.0.4"}]


@pytest.mark.parametrize(
    ("ipam", "args", "more", "message"),
    [
        (None, "", {}, "IPAM config missing 'ipam' key"),
        ({"addresses": [{"address": "10.0.0.5"}]}, "", {},
         "the 'address' field is expected to be in CIDR notation, got: '10.0.0.5'"),
        ({"addresses": [{"address": "10.0.0.5/24", "gateway": "zz"}]}, "", {}, "invalid IP address: zz"),
        ({}, "IP=foo", {}, "the 'ip' field is expected to be in CIDR notation, got: 'foo'"),
        ({}, "IP=10.0.0.1/8;GATEWAY=zz", {}, "invalid gateway address: zz"),
        ({}, "FOO=1", {}, 'ARGS: unknown args ["FOO=1"]'),
        ({}, "", {"runtimeConfig": {"ips": ["foo"]}}, "an entry in the 'ips' field is NOT in CIDR notation, got: 'foo'"),
        ({"addresses": [{"address": "10.0.0.5/8"}, {"address": "10.0.0.6/8"}]}, "", {"cniVersion": "0.2.0"},
         "CNI version 0.2.0 does not support more than 1 address per family"),
    ],
)  # fmt: skip
def test_what_is_refused(ipam, args, more, message):
    with pytest.raises(CniError) as refused:
        run("ADD", ipam, args, **more)
    assert (refused.value.code, refused.value.msg) == (999, message)


def test_check_compares_gateways_of_addresses_it_finds():
    def check(*ips):
        return run("CHECK", WRITTEN, prevResult={"cniVersion": "1.1.0", "ips": list(ips)})

    assert check({"address": "10.1.0.5/24", "gateway": "10.1.0.1"}) is None
    assert check({"address": "10.1.0.77/24"}) is None
    with pytest.raises(CniError, match=r"static: Failed to match addr 10\.1\.0\.5 on interface eth0"):
        check({"address": "10.1.0.5/24", "gateway": "10.1.0.2"})
    with pytest.raises(CniError, match="Required prevResult missing"):
        run("CHECK", WRITTEN)


def test_del_needs_nothing():
    assert run("DEL", {"addresses": [{"address": "bogus"}]}) is None
