"""Repairs: what leaves no choice is done, layout and meaning stay, and everything else is left alone."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netc.documents import EXTENSIONS
from netc.lint.fix import Fixed, fixed
from netc.lint.project import checked, checked_document
from netc.sources import Source, SourceError, Sources

BRIDGE = '{"cniVersion": "1.0.0", "name": "n", "plugins": [%s]}'


def repaired(text: str, name: str = "a.conflist", *, bom: bool = False) -> Fixed:
    source = Source(name, text, bom=bom)
    check = (lambda one: checked(one, {}, final=False)) if name.endswith(".netc") else checked_document
    return fixed(source, check)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{"type": "loopback",}', '{"type": "loopback"}'),
        ('{"type": "loopback"},', '{"type": "loopback"}'),
        ('{"type": “loopback”}', '{"type": "loopback"}'),
        ("{'type': 'loopback'}", '{"type": "loopback"}'),
        ('{type: "loopback"}', '{"type": "loopback"}'),
        ('{"type": "loopback",, "x": 1}', '{"type": "loopback", "x": 1}'),
        ('{"type": "bridge", "ipMasq": True}', '{"type": "bridge", "ipMasq": true}'),
        ('{"type": "loopback" /* why */}', '{"type": "loopback" }'),
        ('{"type": /**/"loopback"}', '{"type": "loopback"}'),
        ('{"type": "bridge", "bridge": "a\tb"}', '{"type": "bridge", "bridge": "a\\tb"}'),
        ('{"type":\u00a0"loopback"}', '{"type": "loopback"}'),
        ('{"type": "bridge", "MTU": 1400}', '{"type": "bridge", "mtu": 1400}'),
        ('{"type": "bridge", "hairpinMod": true}', '{"type": "bridge", "hairpinMode": true}'),
        ('{"type": "loopback", "type": "loopback"}', '{"type": "loopback"}'),
        ('{"type": "bridge", "mtu": 1, "MTU": 1}', '{"type": "bridge", "mtu": 1}'),
        ('{"mtu": 5, "type": "bridge", "mtu": 5, "mtu": 5}', '{"type": "bridge", "mtu": 5}'),
    ],
)
def test_what_leaves_no_choice(before: str, after: str) -> None:
    assert repaired(BRIDGE % before).source.text == BRIDGE % after


@pytest.mark.parametrize(
    "text",
    [
        '{"type": "loopback"',  # what is cut off may be more than a bracket
        '{"type": "bridge", "mtu": 1400, "mtu": 1500}',  # one of the two was meant
        '{"type": "bridge", "mtu": yes}',
        '{"type": bridge}',
        '{"type": "bridge", "mtu": 0x10}',
        '{"type": "bridge", "mtu": 010}',
        '{"type": "bridge", "brdg": "b0"}',  # too short a word, and too far from any
        '{"type": "bridge", "isGatway": true, "isGateway": true}',
        '{"type": "bridge", "isGatway": 3}',  # it would not fit the key
        '{"type": "brigde"}',
        '{"type": "bridge", "vlanid": 4}',  # another plugin's key
    ],
)
def test_what_takes_a_person(text: str) -> None:
    found = repaired(BRIDGE % text)
    assert found.source.text == BRIDGE % text
    assert not found.repaired


def test_layout_stays() -> None:
    before = (
        '// on top\r\n{\r\n\t"cniVersion": "1.0.0",   // says which\r\n\t"name" : "n",\r\n\t"plugins": [\r\n'
        '\t\t// alone\r\n\t\t{ "type":"loopback" },\r\n\t],\r\n}\r\n'
    )
    after = (
        '{\r\n\t"cniVersion": "1.0.0",\r\n\t"name" : "n",\r\n\t"plugins": [\r\n'
        '\t\t{ "type":"loopback" }\r\n\t]\r\n}\r\n'
    )
    found = repaired(before)
    assert found.source.text == after
    assert json.loads(after) == found.checked.networks[0].conflist


def test_a_byte_order_mark_goes() -> None:
    found = repaired(BRIDGE % '{"type": "loopback"}', bom=True)
    assert not found.source.bom
    assert found.source.text == BRIDGE % '{"type": "loopback"}'
    assert [one.code for one in found.repaired] == ["NC150"]


NAD = """apiVersion: k8s.cni.cncf.io/v1
kind: NetworkAttachmentDefinition
metadata: {name: n}  # ours
spec:
  config: %s
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            '|\n    {"cniVersion": "1.0.0", "name": "n", // a\n     // b\n     "type": "bridge", "MTU": 9,}',
            '|\n    {"cniVersion": "1.0.0", "name": "n",\n     "type": "bridge", "mtu": 9}',
        ),
        (
            '\'{"cniVersion": "1.0.0", "name": "n", "type": "bridge", "hairpinMod": true}\'',
            '\'{"cniVersion": "1.0.0", "name": "n", "type": "bridge", "hairpinMode": true}\'',
        ),
        (
            '"{\\"cniVersion\\": \\"1.0.0\\", \\"name\\": \\"n\\", \\"type\\": \\"bridge\\", \\"MTU\\": 9}"',
            '"{\\"cniVersion\\": \\"1.0.0\\", \\"name\\": \\"n\\", \\"type\\": \\"bridge\\", \\"mtu\\": 9}"',
        ),
    ],
)
def test_json_inside_of_yaml(before: str, after: str) -> None:
    assert repaired(NAD % before, "nad.yaml").source.text == NAD % after


def test_netc() -> None:
    before = "network n {\n  plugin bridge { hairpinMod = true  bridge = 'br0' }\n}\n"
    after = 'network n {\n  plugin bridge { hairpinMode = true,  bridge = "br0" }\n}\n'
    assert repaired(before, "a.netc").source.text == after


def test_a_comment_that_allows_nothing_goes_where_all_was_judged() -> None:
    before = "network n {\n  # netc: allow NC401 once\n  plugin loopback { }  # netc: allow NC402 once\n}\n"
    assert repaired(before, "a.netc").source.text == "network n {\n  plugin loopback { }\n}\n"
    broken = before.replace("network n", "network n n")
    assert repaired(broken, "a.netc").source.text == broken


def test_what_is_not_wanted_stays() -> None:
    text = BRIDGE % '{"type": "bridge", "MTU": 1400,}'
    found = fixed(Source("a.conflist", text), checked_document, lambda one: one.code == "NC407")
    assert found.source.text == BRIDGE % '{"type": "bridge", "mtu": 1400,}'


def test_a_repair_that_makes_another_mistake_is_not_made() -> None:
    """Without addresses a gateway is a mistake of its own: whoever wrote this has to say what was meant."""
    text = BRIDGE % '{"type": "bridge", "isGatway": true, "MTU": 1400}'
    assert repaired(text).source.text == text.replace("MTU", "mtu")


fragments = st.sampled_from(
    [
        '{"cniVersion": "1.0.0", "name": "n", "plugins": [', '{"type": "bridge"', '"MTU": 1', '"mtu": 1', '"mtu": 1.0',
        "// c\n", "/* c */", "# c\n", ",", ",", "}", "]", "]}", "'x': True", '"isGatway": false', "{", "[", ":", '"', "“a”",
        "\u00a0", "\n", "\t", "\r\n", "{{ .X }}", "__Y__", "null", "type: 1", "\\",
    ]
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(fragments, max_size=14).map("".join))
def test_a_repaired_file_means_what_it_meant(text: str) -> None:
    before = checked_document(Source("a.conflist", text))
    found = repaired(text)
    assert repaired(found.source.text).source.text == found.source.text
    if any(one.code == "NC401" for one in found.repaired):
        return
    if before.networks:
        assert [one.conflist for one in before.networks] == [one.conflist for one in found.checked.networks]
    if found.checked.networks and "{{" not in text and "__" not in text and not found.checked.errors:
        json.loads(found.source.text)


def test_no_shipped_file_changes_its_meaning() -> None:
    folder = os.environ.get("NETC_WILD_CORPUS", "")
    if not folder:
        pytest.skip("NETC_WILD_CORPUS names no folder with files")
    repairs = 0
    for path in sorted(Path(folder).rglob("*")):
        if path.suffix not in EXTENSIONS or not path.is_file() or path.stat().st_size > 100_000:
            continue
        try:
            source = Sources().read(path)
        except SourceError:
            continue
        before = checked_document(source)
        if not any(one.safe for one in before.findings):
            continue
        found = fixed(source, checked_document)
        repairs += len(found.repaired)
        if not any(one.code == "NC401" for one in found.repaired):
            assert [one.conflist for one in before.networks] == [one.conflist for one in found.checked.networks], path
        assert len(found.checked.findings) <= len(before.findings) - len(found.repaired), path
    assert repairs
