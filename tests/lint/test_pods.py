"""Pods as a whole: what is said of them, and where nothing is."""

from __future__ import annotations

import json

import pytest

from netc.compiler import compile_source
from netc.lint.pods import lint_pods
from netc.lint.project import checked, checked_document, checked_together
from netc.sources import Source

WAY_OUT = {"type": "host-local", "subnet": "10.1.0.0/24", "routes": [{"dst": "0.0.0.0/0"}]}


def nad(name: str, *plugins: dict, namespace: str | None = None, **body: object) -> str:
    """A definition with a bridge, or with these plugins."""
    chain = list(plugins) or [{"type": "bridge", **body}]
    config = json.dumps({"cniVersion": "1.0.0", "name": name, "disableCheck": True, "plugins": chain})
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return json.dumps(
        {
            "apiVersion": "k8s.cni.cncf.io/v1",
            "kind": "NetworkAttachmentDefinition",
            "metadata": metadata,
            "spec": {"config": config},
        }
    )


def pod(*networks: dict | str, namespace: str | None = None, name: str = "web") -> str:
    """A pod that asks for networks, in the long form, or in the short one where they are texts."""
    short = all(isinstance(one, str) for one in networks)
    metadata: dict[str, object] = {"name": name} | ({"namespace": namespace} if namespace else {})
    value = ", ".join(map(str, networks)) if short else json.dumps(networks)
    return json.dumps({"kind": "Pod", "metadata": metadata | {"annotations": {"k8s.v1.cni.cncf.io/networks": value}}})


def said(*objects: str) -> list[str]:
    """The codes that are said of these objects, each in a file of its own, that are about pods."""
    checks = [checked_document(Source(f"{number}.yaml", text)) for number, text in enumerate(objects)]
    return [one.code for one in checked_together(checks) if "NC660" <= one.code <= "NC673" and one.code != "NC671"]


def test_a_way_out_is_no_mistake_where_it_is_meant_or_out_of_the_way() -> None:
    lan = nad("lan", ipam=WAY_OUT, isGateway=True)
    assert said(lan, pod("lan")) == ["NC662"]
    assert said(lan, pod({"name": "lan", "default-route": ["10.1.0.1"]})) == []
    routed = nad("lan", {"type": "bridge", "isGateway": True, "ipam": WAY_OUT}, {"type": "sbr"})
    assert said(routed, pod("lan")) == []
    elsewhere = {**WAY_OUT, "routes": [{"dst": "0.0.0.0/0", "table": 100}]}
    assert said(nad("lan", ipam=elsewhere, isGateway=True), pod("lan")) == []
    assert said(nad("lan", isDefaultGateway=True, ipam={**WAY_OUT, "routes": []}), pod("lan")) == ["NC662"]


@pytest.mark.parametrize(
    ("networks", "codes"),
    [
        (("a", "b"), []),
        (("a@eth1", "a@eth2"), []),
        (("a@eth0",), ["NC660"]),
        (("a@net1", "b@net1"), ["NC660"]),
        (("a@net2", "b"), ["NC660"]),
        (("a@net9", "b"), []),
    ],
)
def test_interfaces_without_a_name_are_called_by_their_place(networks: tuple[str, ...], codes: list[str]) -> None:
    assert said(pod(*networks)) == codes


def test_a_network_is_unknown_only_where_others_are_known() -> None:
    assert said(pod("storge")) == []
    assert said(nad("storage"), pod("storge")) == ["NC663"]
    assert said(nad("storage", namespace="a"), pod("storage", namespace="a")) == []
    assert said(nad("storage", namespace="a"), pod("a/storage", namespace="b")) == []
    assert said(nad("storage", namespace="a"), pod("storage")) == []
    assert said(nad("storage"), pod("storage", namespace="b")) == []
    assert said(nad("other", namespace="a"), pod("storage", namespace="b")) == []
    assert said(nad("storage", namespace="a"), pod("storage", namespace="b")) == ["NC663"]
    assert said(nad("storage"), pod("storage", "{{ .Values.network }}")) == []


def test_what_multus_hands_over_in_args_is_asked_for_in_vain_only_of_who_does_not_read_it() -> None:
    lan = {"type": "host-local", "subnet": "10.1.0.0/24"}
    wish = {"name": "lan", "mac": "02:00:00:00:00:01", "ips": ["10.1.0.9"]}
    assert said(nad("lan", ipam=lan), pod(wish)) == []
    assert said(nad("lan", type="ipvlan", master="eth1", ipam=lan), pod(wish)) == ["NC668"]
    assert said(nad("lan"), pod(wish)) == ["NC668"], "there is no IPAM plugin"
    assert said(nad("lan", {"type": "some-plugin"}), pod(wish)) == []
    ports = {"name": "lan", "portMappings": [{"hostPort": 80, "containerPort": 80, "protocol": "tcp"}]}
    assert said(nad("lan", ipam=lan), pod(ports)) == ["NC668"]


def test_requests_of_several_pods_are_seen_together() -> None:
    lan = nad("lan", capabilities={"ips": True, "mac": True}, ipam={"type": "host-local", "subnet": "10.1.0.0/24"})
    first = pod({"name": "lan", "ips": ["10.1.0.9/24"], "mac": "02:00:00:00:00:01"}, name="a")
    assert said(lan, first, pod({"name": "lan", "ips": ["10.1.0.9"]}, name="b")) == ["NC665"]
    assert said(lan, first, pod({"name": "lan", "mac": "02-00-00-00-00-01"}, name="b")) == ["NC664"]
    assert said(lan, first, pod({"name": "lan", "ips": ["10.1.0.10"]}, name="b")) == []
    assert said(first, pod({"name": "lan", "ips": ["10.1.0.9"]}, name="b")) == [], "they may mean two networks"


def test_odd_requests_break_nothing() -> None:
    lan = nad("lan", capabilities={"ips": True}, ipam={"type": "host-local", "subnet": "10.1.0.0/24"})
    for wish in ({"ips": [5, None, {}]}, {"mac": "zz"}, {"ips": []}, {"portMappings": [1, {"hostPort": "x"}]}):
        assert "NC665" not in said(lan, pod({"name": "lan", **wish}))


def test_a_pod_of_netc_is_judged_with_the_file() -> None:
    text = """
    network a { plugin bridge { isDefaultGateway = true, ipMasq = true, ipam host-local { subnet = 10.1.0.0/24 } } }
    network b { plugin bridge { bridge = "br1", isDefaultGateway = true, ipMasq = true, ipam host-local { subnet = 10.2.0.0/24 } } }
    pod app { attach eth0 = a, attach net1 = b }  # netc: allow NC661 b is the way out of this one
    pod other { attach eth0 = a, attach net1 = b }
    """
    found = checked(Source("pods.netc", text), {})
    assert [(one.code, one.primary.begin.line) for one in found.findings if one.primary] == [("NC661", 5)]
    assert [one.code for one in found.allowed] == ["NC661"]


def test_names_of_a_for_are_told_apart() -> None:
    text = """
    network pods for n in ["n1", "n2"] key n {
      meta { node = n }
      plugin bridge { capabilities { ips = true }, ipam host-local { subnet = 10.1.0.0/24 } }
    }
    pod web for n in ["n1", "n2"] key n { attach eth0 = pods[n] { runtimeConfig { ips = ["10.1.0.9"] } } }
    """
    assert lint_pods(compile_source(Source("pods.netc", text)).pods) == []
