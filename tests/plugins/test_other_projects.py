"""Plugins that are none of the reference ones: what is known of them is checked, what is not passes with a word."""

from __future__ import annotations

import pytest

from netc import plugins
from netc.compiler import compile_source
from netc.lint import lint
from netc.plugins import schemas
from netc.sources import Source


def findings(chain: str) -> list[str]:
    """Code, pointer and message of all that is said of a network with this chain."""
    compiled = compile_source(Source("n.netc", f"network n {{ {chain} }}"))
    found = [*compiled.findings, *lint(compiled.networks[0])] if compiled.networks else compiled.findings
    return [f"{one.code} {(one.pointer or '').removeprefix('/plugins/0')}: {one.message}" for one in found]


OTHERS = [name for name in plugins.names() if not plugins.is_reference(name)]


def test_they_are_known_by_the_project_that_makes_them() -> None:
    assert {"calico", "cilium-cni", "flannel", "multus", "whereabouts"} <= set(OTHERS)
    assert [name for name in OTHERS if plugins.has(name, "driver")] == []


@pytest.mark.parametrize(
    "chain",
    [
        'plugin calico { datastore_type = "kubernetes", ipam calico-ipam { assign_ipv4 = "true" }, mtu = 1440 }',
        # Calico puts the host's pod network in the place of the word.
        'plugin calico { ipam host-local { subnet = "usePodCidr" } }',
        'plugin calico { ipam host-local { ranges = [[{ subnet = "usePodCidr" }], [{ subnet = "usePodCidrIPv6" }]] } }',
        "plugin flannel { delegate { hairpinMode = true, isDefaultGateway = true } }",
        'plugin flannel { delegate { type = "ptp", mtu = 1400 } }',
        'plugin macvlan { master = "eth0", ipam whereabouts { range = "192.168.2.225-192.168.2.230/24" } }',
        'plugin macvlan { master = "eth0", ipam kube-ovn { server_socket = "/run/x.sock", provider = "a.b" } }',
        'plugin antrea { networkType = "vlan", vlan = 100, ipam antrea { ippools = ["v4"] } }',
        "plugin sriov { vlan = 100, vlanQoS = 3, capabilities { mac = true } }",
        # Numbers that their makers decode from strings.
        "plugin aws-cni { mtu = 9001 }",
        'plugin bond { mode = "active-backup", miimon = 100, links = [{ name = "net1" }, { name = "net2" }] }',
        "plugin bridge { ipam host-local { subnet = 10.1.0.0/24 } }, plugin tc-redirect-tap { }",
    ],
)
def test_what_works_is_silent(chain: str) -> None:
    assert findings(chain) == []


@pytest.mark.parametrize(
    ("chain", "said"),
    [
        (
            'plugin macvlan { master = "eth0", ipam whereabouts { range = 10.1.0.0/16, excludes = [] } }',
            "NC409 /ipam/excludes: netc has not heard that whereabouts reads `excludes`",
        ),
        ('plugin calico { mtu = "1440" }', 'NC402 /mtu: `mtu` of calico takes an integer, not the string "1440"'),
        ('plugin aws-cni { vethPrefix = "azure" }', "NC404 /vethPrefix: `vethPrefix` of aws-cni is 5 characters long"),
        ("plugin sriov { vlanQoS = 3 }", "NC403 /vlanQoS: sriov has `vlanQoS` without `vlan`"),
        (
            "plugin flannel { delegate { isDefaultGatway = true } }",
            "NC401 /delegate/isDefaultGatway: bridge does not read",
        ),
        ('plugin flannel { delegate { mtu = "1400" } }', "NC402 /delegate/mtu: `mtu` of bridge takes an integer"),
        (
            'plugin multus { delegates = [{ name = "l", plugins = [{ type = "bridge", isGatway = true }] }] }',
            "NC401 /delegates/0/plugins/0/isGatway: bridge does not read `isGatway`",
        ),
        ("plugin kube-ovn { }", "NC403 : kube-ovn needs `server_socket`"),
        ('plugin calico { name = "k8s-pod-network" }', "NC409 /name: `name` of calico is written over"),
        ('plugin macvlan { master = "eth0", ipam calico { } }', "NC404 /ipam/type: calico is no IPAM plugin"),
    ],
)
def test_what_does_not_work_is_said(chain: str, said: str) -> None:
    (found,) = findings(chain)
    assert found.startswith(said)


def test_a_key_of_tomorrow_may_be_written() -> None:
    conflist = {
        "cniVersion": "1.0.0",
        "name": "n",
        "plugins": [{"type": "multus", "clusterNetwork": "a", "tomorrow": {"x": 1}, "logOptions": {"new": True}}],
    }
    assert schemas.validate(conflist) == []
    conflist["plugins"] = [{"type": "multus", "logOptions": {"maxAge": "5"}}]
    assert [problem.pointer for problem in schemas.validate(conflist)] == ["/plugins/0/logOptions/maxAge"]


def test_a_version_that_one_of_them_does_not_speak() -> None:
    chain = 'cniVersion = "1.1.0", plugin macvlan { master = "eth0", ipam spiderpool { } }'
    assert [found for found in findings(chain) if found.startswith("NC304")]
