"""loopback brings `lo` up in ADD, down in DEL, and looks at nothing else."""

from __future__ import annotations

from ipaddress import ip_interface

import pytest

from netc.cni.errors import CniError
from netc.kernel import KernelError

pytestmark = pytest.mark.lab


def test_a_life(in_namespace):
    netns = in_namespace.container()

    result = in_namespace.run("loopback", "ADD", {}, netns, ifname="lo")

    assert result == {
        "cniVersion": "1.1.0",
        "interfaces": [{"name": "lo", "mac": "00:00:00:00:00:00", "sandbox": netns}],
        "ips": [{"address": "127.0.0.1/8", "interface": 0}, {"address": "::1/128", "interface": 0}],
    }
    assert in_namespace.run("loopback", "CHECK", {}, netns, ifname="lo") is None
    for _ in range(2):
        assert in_namespace.run("loopback", "DEL", {}, netns, ifname="lo") is None
        assert not in_namespace.kernel.at(netns).link("lo").up
    with pytest.raises(CniError, match=r"^loopback interface is down$"):
        in_namespace.run("loopback", "CHECK", {}, netns, ifname="lo")


def test_without_ipv6_there_is_one_address(in_namespace):
    netns = in_namespace.container()
    in_namespace.kernel.at(netns).set_sysctl("net/ipv6/conf/all/disable_ipv6", "1")
    result = in_namespace.run("loopback", "ADD", {}, netns, ifname="lo")
    assert [ip["address"] for ip in result["ips"]] == ["127.0.0.1/8"]


def test_a_result_from_before_passes_through(in_namespace):
    before = {"cniVersion": "1.1.0", "ips": [{"address": "10.1.0.2/24"}]}
    netns = in_namespace.container()
    assert in_namespace.run("loopback", "ADD", {}, netns, ifname="lo", prev=before) == before
    assert in_namespace.kernel.at(netns).link("lo").up


def test_another_address_is_refused_and_lo_goes_down_again(in_namespace):
    netns = in_namespace.container()
    container = in_namespace.kernel.at(netns)
    container.add_address(1, ip_interface("10.0.0.1/8"))
    with pytest.raises(CniError, match=r'^loopback interface found with non-loopback address "10\.0\.0\.1"$'):
        in_namespace.run("loopback", "ADD", {}, netns, ifname="lo")
    assert not container.link("lo").up


def test_del_of_a_container_that_is_gone(in_namespace):
    netns = in_namespace.container()
    in_namespace.vanish(netns)
    assert in_namespace.run("loopback", "DEL", {}, netns, ifname="lo") is None
    assert in_namespace.run("loopback", "DEL", {}, "", ifname="lo") is None
    with pytest.raises(CniError, match=f'^failed to Statfs "{netns}": no such file or directory$'):
        in_namespace.run("loopback", "ADD", {}, netns, ifname="lo")


def test_old_versions_get_a_result_in_their_own_form(in_namespace):
    result = in_namespace.run("loopback", "ADD", {"cniVersion": "0.4.0"}, in_namespace.container(), ifname="lo")
    assert result["ips"][0] == {"version": "4", "interface": 0, "address": "127.0.0.1/8"}


def test_a_kernel_refusal_is_a_cni_error(in_namespace):
    netns = in_namespace.container()

    def refuse(operation):
        raise KernelError(5, operation)

    in_namespace.kernel.before_call = refuse
    with pytest.raises(CniError) as refused:
        in_namespace.run("loopback", "ADD", {}, netns, ifname="lo")
    assert (refused.value.code, refused.value.msg) == (999, "input/output error")
