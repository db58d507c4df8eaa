"""What of the machine a configuration names."""

from __future__ import annotations

import pytest

from netc.lab import named


def test_state_folders_are_found_at_any_depth_in_any_case():
    document = {
        "plugins": [
            {"type": "bridge", "ipam": {"dataDir": "/var/a"}},
            {"type": "tuning", "DATADIR": "/run/b"},
            {"type": "x", "dataDir": "relative", "deep": [{"datadir": "/c"}]},
        ]
    }
    assert named.state_folders(document) == ["/var/a", "/run/b", "/c"]


def test_files_are_those_that_exist(tmp_path):
    there = tmp_path / "resolv.conf"
    there.write_text("")
    document = {"ipam": {"resolvConf": str(there)}, "other": [str(tmp_path), "/no/such/file", "resolv.conf"]}
    assert named.files(document) == [str(there)]


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("net.core.somaxconn", "net/core/somaxconn"),
        ("net/core/somaxconn", "net/core/somaxconn"),
        ("net.ipv4.conf.eth0/1.proxy_arp", "net/ipv4/conf/eth0.1/proxy_arp"),
        ("net/ipv4/conf/eth0.1/proxy_arp", "net/ipv4/conf/eth0.1/proxy_arp"),
        ("net.ipv4.conf.IFNAME.arp_filter", "net/ipv4/conf/eth7/arp_filter"),
    ],
)
def test_sysctls_are_read_as_sysctl_reads_them(key, path):
    assert named.sysctls({"plugins": [{"sysctl": {key: "1"}}]}, "eth7") == [path]


@pytest.mark.parametrize("key", ["kernel.panic", "netc", "net/../kernel/panic", "network.x"])
def test_what_is_no_sysctl_of_a_network_is_none(key):
    assert named.sysctls({"sysctl": {key: "1"}}, "eth0") == []
