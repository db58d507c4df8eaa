"""Kubernetes manifests: valid by Kubernetes' own schemas, and the JSON inside is exactly the conflist."""

from __future__ import annotations

import io
import json
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from netc.emit import conflist, kinds
from netc.emit.kubernetes import literal, object_name, scalar

#: What the CustomResourceDefinition of the Network Plumbing Working Group asks for, and netc's own promises on top.
NAD_SCHEMA = {
    "type": "object",
    "required": ["apiVersion", "kind", "metadata", "spec"],
    "additionalProperties": False,
    "properties": {
        "apiVersion": {"const": "k8s.cni.cncf.io/v1"},
        "kind": {"const": "NetworkAttachmentDefinition"},
        "metadata": {
            "type": "object",
            "required": ["name"],
            "additionalProperties": False,
            "properties": {
                "name": {"type": "string", "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", "maxLength": 253},
                "namespace": {"type": "string", "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", "maxLength": 63},
                "annotations": {"type": "object", "additionalProperties": {"type": "string"}},
            },
        },
        "spec": {
            "type": "object",
            "required": ["config"],
            "additionalProperties": False,
            "properties": {"config": {"type": "string"}},
        },
    },
}
#: Strings that a template, YAML or a shell might take for their own.
ODD = st.one_of(
    st.text(max_size=30),
    st.lists(
        st.sampled_from(
            [
                '"',
                "'",
                "\\",
                "\n",
                "\r\n",
                "\t",
                "---",
                "...",
                "${HOME}",
                "$(x)",
                "$$",
                "{{ x }}",
                "{% raw %}",
                "{#",
                "  lead",
                " #",
                ": ",
                "- ",
                "|",
                ">",
                "%YAML",
                "\u2028",
                "\x85",
                "\ufeff",
                "\x7f",
                "\x00",
                "ü",
                "🦀",
                "yes",
            ]
        ),
        max_size=6,
    ).map("".join),
)
JSON = st.recursive(
    st.one_of(ODD, st.integers(), st.booleans(), st.none(), st.floats(allow_nan=False, allow_infinity=False)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(ODD, inner, max_size=3)),
    max_leaves=8,
)
odd_values = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def documents(text: str, version: str = "1.2") -> list[Any]:
    """The documents of a YAML stream, read as YAML 1.2 or, as Kubernetes does, 1.1."""
    yaml = YAML(typ="safe", pure=True)
    yaml.version = version  # type: ignore[assignment]
    return list(yaml.load_all(io.StringIO(text)))


def manifests(kind: str, request: Any) -> dict[str, list[Any]]:
    """Path to documents."""
    files, findings = kinds.make([kind], request)
    assert not findings
    return {path: documents(text) for path, (_, text) in files.items()}


def valid(document: Any) -> None:
    """By the newest of Kubernetes' own schemas that are installed, without keys that it does not have."""
    kubernetes_validate.validate(document, kubernetes_validate.latest_version(), strict=True)


def test_the_schema_check_finds_what_is_wrong() -> None:
    valid({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"a": "b"}})
    with pytest.raises(kubernetes_validate.ValidationError):
        valid({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "dta": {"a": "b"}})


@odd_values
@given(value=JSON, description=st.none() | ODD)
def test_a_nad_holds_the_conflist_as_it_is(value: Any, description: str | None, network, request_for) -> None:
    net = network("dbnet", [{"type": "bridge", "odd": value}], description=description)
    files, _ = kinds.make(["nad"], request_for(net))
    for version in ("1.2", "1.1"):
        (document,) = documents(files["dbnet.nad.yaml"][1], version)
        jsonschema.validate(document, NAD_SCHEMA)
        assert document["spec"]["config"] == conflist.text(net)
        assert json.loads(document["spec"]["config"]) == net.conflist
        assert document["metadata"].get("annotations", {}).get("kubernetes.io/description") == description


@odd_values
@given(value=JSON)
def test_a_configmap_holds_the_conflists_as_they_are(value: Any, network, request_for) -> None:
    nets = (network("a", [{"type": "x", "odd": value}]), network("b", [{"type": "x", "odd": [value]}], node="n1"))
    for document, key, net in zip(
        manifests("configmap", request_for(*nets))["fleet.configmap.yaml"],
        ("a.conflist", "n1_b.conflist"),
        nets,
        strict=True,
    ):
        valid(document)
        assert document["data"] == {key: conflist.text(net)}
        assert json.loads(document["data"][key]) == net.conflist


@odd_values
@given(text=ODD)
def test_a_scalar_is_the_string_in_either_yaml(text: str) -> None:
    for version in ("1.1", "1.2"):
        assert documents(f"key: {scalar(text)}\n", version) == [{"key": text}]


@pytest.mark.parametrize("text", ["", "no line end", " space\n", "tab\there\n", "two ends\n\n", "é\n", "---\r\n"])
def test_only_what_a_block_scalar_keeps_is_put_in_one(text: str) -> None:
    with pytest.raises(ValueError, match="no plain block scalar"):
        literal(text, 2)


def test_a_nad_says_only_what_is_asked(network, request_for) -> None:
    plain = manifests("nad", request_for(network("dbnet")))["dbnet.nad.yaml"][0]
    assert plain["metadata"] == {"name": "dbnet"}
    told = manifests("nad", request_for(network("dbnet"), namespace="apps", resources={"dbnet": "intel.com/nic"}))
    assert told["dbnet.nad.yaml"][0]["metadata"] == {
        "name": "dbnet",
        "namespace": "apps",
        "annotations": {"k8s.v1.cni.cncf.io/resourceName": "intel.com/nic"},
    }


@pytest.mark.parametrize(
    ("name", "node", "expected"),
    [
        ("dbnet", None, "dbnet"),
        ("DB_net.v2", None, "db-net-v2"),
        ("a-", None, "a"),
        ("pods", "n1.rack", "pods-n1-rack"),
    ],
)
def test_names_of_objects(name: str, node: str | None, expected: str, network, request_for) -> None:
    assert list(manifests("nad", request_for(network(name, node=node)))) == [f"{expected}.nad.yaml"]


def test_names_that_can_not_be(network, request_for) -> None:
    _, found = kinds.make(
        ["nad"], request_for(network("Pods_A"), network("pods-a"), network("___"), network("x" * 254))
    )
    assert [one.message for one in found] == [
        "networks Pods_A and pods-a are both NetworkAttachmentDefinition pods-a",
        "network ___ leaves no name for a Kubernetes object",
        "the name of the object of this network has 254 characters; Kubernetes takes 253",
    ]
    assert found[0].labels[0].span.text == "Pods_A"


@given(st.text(max_size=40))
def test_a_name_is_one_of_rfc_1123_or_nothing(text: str) -> None:
    jsonschema.validate(object_name(text) or "x", NAD_SCHEMA["properties"]["metadata"]["properties"]["name"])  # type: ignore[index]


def test_the_installer_is_valid_and_mounts_what_the_configmaps_are_called(network, request_for) -> None:
    made = manifests("installer", request_for(network("a"), network("b", node="n1"), network("b", node="n2")))
    assert list(made) == ["fleet.configmap.yaml", "fleet.installer.yaml"]
    (daemon_set,) = made["fleet.installer.yaml"]
    for document in (*made["fleet.configmap.yaml"], daemon_set):
        valid(document)
    volumes = daemon_set["spec"]["template"]["spec"]["volumes"]
    mounted = [source["configMap"]["name"] for one in volumes for source in one.get("projected", {}).get("sources", ())]
    assert mounted == [one["metadata"]["name"] for one in made["fleet.configmap.yaml"]]
    assert [list(one["data"]) for one in made["fleet.configmap.yaml"]] == [
        ["a.conflist"],
        ["n1_b.conflist", "n2_b.conflist"],
    ]


@pytest.mark.parametrize("nodes", [(None,), ("n1",), (None, "n1")])
def test_the_installer_asks_for_no_more_than_it_needs(nodes: tuple[str | None, ...], network, request_for) -> None:
    nets = [network(f"net-{node or 'all'}", node=node) for node in nodes]
    (daemon_set,) = manifests("installer", request_for(*nets))["fleet.installer.yaml"]
    pod = daemon_set["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    names = {one["name"] for one in container["env"]}
    assert ("NODE_NAME" in names) == ("NETC_NODES" in names) == ("n1" in nodes)
    assert ("NETC_ALL" in names) == (None in nodes)
    assert {one["name"] for one in container["volumeMounts"]} == {one["name"] for one in pod["volumes"]}
    assert pod["automountServiceAccountToken"] is False
    assert "serviceAccountName" not in pod
    assert pod["hostNetwork"] is True
    assert pod["tolerations"] == [{"operator": "Exists"}]
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert container["resources"]["limits"]
    assert daemon_set["spec"]["updateStrategy"]["type"] == "RollingUpdate"


def test_kubernetes_finds_none_of_its_variables_in_the_script(network, request_for) -> None:
    """`$(NAME)` and `$$` in a container's command are Kubernetes' own."""
    (daemon_set,) = manifests("installer", request_for(network("a")))["fleet.installer.yaml"]
    script = daemon_set["spec"]["template"]["spec"]["containers"][0]["command"][2]
    assert "$(" not in script
    assert "$$" not in script


def test_another_text_is_another_map(network, request_for) -> None:
    def name(value: int) -> str:
        made = manifests("configmap", request_for(network("a", [{"type": "x", "v": value}])))
        return made["fleet.configmap.yaml"][0]["metadata"]["name"]

    assert name(1) == name(1) != name(2)


def test_many_files_are_split_over_maps_that_kubectl_can_apply(network, request_for) -> None:
    nets = [network("pods", [{"type": "x", "v": "y" * 5000}], node=f"n{number:03}") for number in range(200)]
    made = manifests("configmap", request_for(*nets))["fleet.configmap.yaml"]
    assert len(made) == 5
    assert sorted(key for one in made for key in one["data"]) == [
        f"n{number:03}_pods.conflist" for number in range(200)
    ]
    assert all(len(json.dumps(one)) < 256 * 1024 for one in made)
    assert len({one["metadata"]["name"] for one in made}) == len(made)


def test_a_file_that_no_map_holds(network, request_for) -> None:
    almost = manifests("configmap", request_for(network("a", [{"type": "x", "v": "y" * 1_000_000}])))
    valid(almost["fleet.configmap.yaml"][0])
    _, found = kinds.make(["configmap"], request_for(network("a", [{"type": "x", "v": "y" * 1_048_576}])))
    assert "a ConfigMap holds 1048576" in found[0].message


@pytest.mark.parametrize("node", ["N1", "n_1", "-n", "n..1", "", "n" * 254])
def test_a_node_that_kubernetes_can_not_have(node: str, network, request_for) -> None:
    _, found = kinds.make(["configmap"], request_for(network("a", node=node)))
    assert "is no name that a Kubernetes node can have" in found[0].message


def test_a_nodes_file_and_one_of_all_nodes_must_differ(network, request_for) -> None:
    _, found = kinds.make(["installer"], request_for(network("pods"), network("pods", node="n1")))
    assert found[0].message == "on node n1, two networks would be the file pods.conflist"
