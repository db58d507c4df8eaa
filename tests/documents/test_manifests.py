"""Kubernetes objects: which of them hold networks, and that findings stand at the JSON inside."""

from __future__ import annotations

import json

import pytest

from netc.documents import document as documents
from netc.documents.document import Document
from netc.lint.project import checked_document
from netc.sources import Source

CONFIG = '{ "cniVersion": "1.0.0", "name": "lo", "type": "loopback" }'


def reading(text: str, name: str = "x.yaml") -> Document:
    """The document in a manifest."""
    return documents.read(Source(name, text))


def said(document: Document) -> list[str]:
    """What is wrong, as `LINE:COLUMN CODE message`."""
    places = [(one.primary.begin, one) for one in document.findings if one.primary is not None]
    return [f"{begin.line}:{begin.column} {one.code} {one.message}" for begin, one in places]


def definition(config: str, head: str = "apiVersion: k8s.cni.cncf.io/v1\nkind: NetworkAttachmentDefinition") -> str:
    """A manifest of a definition called edge, the text of its `spec` given."""
    return f"{head}\nmetadata:\n  name: edge\n{config}"


STYLES = {
    "literal": 'spec:\n  config: |\n    { "cniVersion": "1.0.0", "name": "n",\n      "type": "bridge", "mtux": 1 }\n',
    "folded": 'spec:\n  config: >-\n    { "cniVersion": "1.0.0", "name": "n",\n    "type": "bridge", "mtux": 1 }\n',
    "single": 'spec:\n  config: \'{ "cniVersion": "1.0.0",\n   "name": "n", "type": "bridge", "mtux": 1 }\'\n',
    "double": 'spec:\n  config: "{ \\"cniVersion\\": \\"1.0.0\\", \\"name\\": \\"n\\",\n\\"type\\": \\"bridge\\", \\"mtux\\": 1 }"\n',
    "flow": 'spec: { config: \'{ "cniVersion": "1.0.0", "name": "n", "type": "bridge", "mtux": 1 }\' }\n',
}


@pytest.mark.parametrize("style", STYLES)
def test_a_finding_stands_at_the_key_inside_the_string(style: str) -> None:
    text = definition(STYLES[style])
    (found,) = [one for one in checked_document(Source("x.yaml", text)).findings if one.code == "NC401"]
    assert found.primary is not None
    assert found.primary.text.strip('\\"') == "mtux"
    assert found.pointer == "/mtux"


def test_a_finding_stands_at_the_key_inside_a_json_manifest() -> None:
    config = '{"cniVersion": "1.0.0", "name": "n", "type": "bridge", "mtux": 1}'
    text = json.dumps({"kind": "NetworkAttachmentDefinition", "spec": {"config": config}})
    (found,) = [one for one in checked_document(Source("x.json", text)).findings if one.code == "NC401"]
    assert found.primary is not None
    assert found.primary.text == '\\"mtux\\"'


def test_one_without_a_name_gets_the_definitions() -> None:
    document = reading(definition('spec:\n  config: \'{ "cniVersion": "1.0.0", "type": "loopback" }\'\n'))
    assert document.written[0].network.conflist["name"] == "edge"
    assert said(document) == ["6:12 NC644 the configuration has no name: Multus takes the definition's"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (definition(f"config: '{CONFIG}'\n"), "`config` stands beside `spec`: nobody reads it there"),
        (
            definition(f"spec:\n  spec:\n    config: '{CONFIG}'\n"),
            "`config` stands in another `spec` inside of `spec`: nobody reads it there",
        ),
        (
            definition(f"spec:\n  config: {CONFIG}\n"),
            "`config` takes the JSON as one string, not an object",
        ),
        (
            definition(
                f"spec:\n  config: '{CONFIG}'\n", "apiVersion: k8s.cni.cncf.io/v1\nkind: NetworkAttachementDefinition"
            ),
            "there is no kind NetworkAttachementDefinition",
        ),
        (
            definition(f"spec:\n  config: '{CONFIG}'\n", "apiVersion: v1\nkind: NetworkAttachmentDefinition"),
            "NetworkAttachmentDefinition is no kind of v1",
        ),
    ],
)
def test_envelopes_are_looked_at_and_what_is_inside_all_the_same(text: str, message: str) -> None:
    document = reading(text)
    assert [one.message for one in document.findings] == [message]
    assert [written.network.name for written in document.written] == ["lo"]


@pytest.mark.parametrize("spec", ["", "spec: {}\n", "spec:\n  config: ''\n"])
def test_one_without_a_configuration_means_a_file(spec: str) -> None:
    document = reading(definition(spec))
    assert (document.written, document.findings) == ((), ())


def test_a_config_map_may_hold_anything_else() -> None:
    text = f"""kind: ConfigMap
metadata: {{ name: x, annotations: {{ about: cniVersion }} }}
data:
  10-lo.conf: |
    {CONFIG}
  net-conf.json: |
    {{ "Network": "10.0.0.0/8", "Backend": {{ "Type": "vxlan" }} }}
  daemon.json: |
    {{ "cniVersion": "1.0.0", "logLevel": "verbose" }}
  fluent.conf: |
    <source>
      type http
    </source>
  10-broken.conflist: |
    {{ "cniVersion": "1.0.0" "name": "b", "plugins": [ {{ "type": "loopback" }} ] }}
"""
    document = reading(text)
    assert [written.network.name for written in document.written] == ["lo", "b"]
    assert said(document) == ["15:27 NC150 a comma is missing"]


def test_documents_are_read_one_by_one() -> None:
    other = "kind: Deployment\nspec: [ {{ this is no YAML"
    lost = "kind: NetworkAttachmentDefinition\n\tspec: 1"
    document = reading(f"{other}\n---\n{definition(f'spec: {{ config: {json.dumps(CONFIG)} }}')}\n--- # end\n{lost}\n")
    assert [written.network.name for written in document.written] == ["lo"]
    assert [one.partition(" ")[2][:5] for one in said(document)] == ["NC152"]
    assert not document.loads


def test_helm_lines_are_passed_over() -> None:
    text = definition(
        '{{- if .Values.edge }}\n  labels:\n    {{- include "labels" . | nindent 4 }}\nspec:\n  config: |\n'
        '    { "cniVersion": "1.0.0", "name": {{ .Values.name | quote }}, "type": "bridge",\n'
        '{{- if .Values.mtu }}\n      "mtu": {{ .Values.mtu }},\n{{- end }}\n'
        '      "isGateway": true }\n{{- end }}\n'
    )
    document = reading(text)
    assert document.findings == ()
    (written,) = document.written
    assert written.network.unwritten >= {"/name", "/plugins/0/mtu"}
    assert written.network.conflist["plugins"] == [{"type": "bridge", "isGateway": True}]


# ---- annotations -----------------------------------------------------------------------------------------------------


def asking(value: str) -> tuple[list[tuple[str, str | None, str | None]], list[str]]:
    """What a pod with this annotation asks for, and what is wrong with it."""
    text = f"kind: Pod\nmetadata:\n  annotations:\n    k8s.v1.cni.cncf.io/networks: {value}\n"
    document = reading(text)
    (found,) = document.asking
    return [(one.name, one.namespace, one.interface) for one in found.selections], said(document)


def test_the_short_form() -> None:
    assert asking("a, other/b@net7 ,c") == ([("a", None, None), ("b", "other", "net7"), ("c", None, None)], [])


def test_the_long_form() -> None:
    value = '\'[{"name": "a", "interface": "net1", "ips": ["10.0.0.1/8"]}, {"name": "b", "namespace": "x"}]\''
    assert asking(value) == ([("a", None, "net1"), ("b", "x", None)], [])


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("a/b/c", "4:34 NC645 a/b/c names no network"),
        ("a@an-interface-with-a-name", "4:34 NC645 an-interface-with-a-name is no name for an interface"),
        ('\'{"name": "a"}\'', "4:35 NC645 the annotation takes a list, not an object"),
        ('\'[{"name": "a",}]\'', "4:48 NC150 a comma before `}`"),
        ('\'[{"name": "a"}] # lan\'', "4:51 NC150 a comment (#): JSON has none"),
        ('\'[{"name": "x/a"}]\'', '4:45 NC645 "x/a" is no name: in JSON the namespace has a key'),
        ('\'[{"name": "a", "vlan": 7}]\'', "4:50 NC645 nobody reads `vlan` of a pod's network"),
        ('\'[{"name": "a", "ips": "10.0.0.1"}]\'', '4:57 NC645 `ips` takes a list, not the string "10.0.0.1"'),
        ('\'[{"interface": "net1"}]\'', "4:36 NC645 an element without a name"),
    ],
)
def test_mistakes_in_it(value: str, message: str) -> None:
    assert asking(value)[1] == [message]
