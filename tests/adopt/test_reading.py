"""What becomes of the values of a configuration, and what is said where one does not stay as it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from netc.adopt import Adopted, adopt
from netc.documents.document import read
from netc.sources import Source

HERE = Path("/a/project")


def adopted(text: str, name: str = "n.conflist") -> Adopted:
    return adopt([read(Source(name, text))], HERE)


def network(plugins: str, level: str = "") -> str:
    """The adopted text of a list with these plugins, in its one file."""
    made = adopted(f'{{"cniVersion": "1.0.0", "name": "n", {level}"plugins": [{plugins}]}}')
    assert made.refused == 0, made.findings
    return made.texts["n.netc"]


def said(text: str, name: str = "n.conflist") -> list[str]:
    return [one.message for one in adopted(text, name).findings if one.code in ("NC170", "NC171")]


@pytest.mark.parametrize(
    ("plugin", "written"),
    [
        ('"type": "bridge", "mtu": 1500', "mtu = 1500"),
        ('"type": "bridge", "ipam": {"type": "host-local", "subnet": "10.1.0.0/16"}', "ipam host-local { subnet = 10.1.0.0/16 }"),
        ('"type": "bridge", "ipam": {"subnet": "10.1.0.0/16", "type": "host-local"}', 'ipam { subnet = 10.1.0.0/16, type = "host-local" }'),
        ('"type": "bridge", "dns": {"nameservers": ["fd00::1"]}', "dns { nameservers = [fd00::1] }"),
        ('"type": "bandwidth", "ingressRate": 100000000', "ingressRate = 100mbit"),
        ('"type": "bandwidth", "ingressRate": 1234567', "ingressRate = 1234567"),
        ('"type": "bandwidth", "ingressBurst": 65536', "ingressBurst = 8KiB"),
        ('"type": "tuning", "sysctl": {"net.core.somaxconn": "500"}', 'sysctl { "net.core.somaxconn" = 500 }'),
        ('"type": "tuning", "sysctl": {"a": "007"}', 'sysctl { a = "007" }'),
        ('"type": "tuning", "mac": "02:42:0a:00:00:01"', "mac = 02:42:0a:00:00:01"),
        ('"type": "tuning", "mac": "02:42:0A:00:00:01"', 'mac = "02:42:0A:00:00:01"'),
        ('"type": "unknown", "a": "10.1.0.9", "b": "FD00::1"', 'a = 10.1.0.9, b = "FD00::1"'),
        ('"type": "unknown", "a": "010.1.0.9"', 'a = "010.1.0.9"'),
        ('"type": "unknown", "a": "10.1.0.1-10.1.0.9"', 'a = "10.1.0.1-10.1.0.9"'),
        ('"type": "portmap", "conditionsV4": ["-d", "10.0.0.0/8"]', 'conditionsV4 = ["-d", "10.0.0.0/8"]'),
        ('"type": "unknown", "a": 1.0, "b": -0.0, "c": 1.5e3', "a = 1.0, b = -0.0, c = 1500.0"),
        ('"type": "unknown", "a": 1e300', 'a = float("1e+300")'),
        ('"type": "unknown", "a": 340282366920938463463374607431768211456', "a = 340282366920938463463374607431768211456"),
        ('"type": "unknown", "a": [], "b": {}, "c": [null]', "a = [], b { }, c = [null]"),
        ('"type": "unknown", "a": "${x y} \\" \\n \\u00e9"', 'a = "\\${x y} \\" \\n é"'),
        ('"type": "unknown", "for": {"in": 1}, "": {"a b": true}', 'for = { in = 1 }, "" { "a b" = true }'),
    ],
)  # fmt: skip
def test_a_value_is_written_as_people_write_it(plugin: str, written: str) -> None:
    assert written in " ".join(network(f"{{{plugin}}}").split())


@pytest.mark.parametrize(
    ("plugin", "message"),
    [
        ('"type": "bridge", "mtu": null', "`mtu` with null is left out"),
        ('"type": "x", "a": 34028236692093846346337460743176821145699', "a number beyond 2^128 becomes 3.4028236692093846e+40"),
        ('"type": "x", "a": "\\ud800"', "half of a character becomes U+FFFD"),
        ('"Type": "x"', "`Type` becomes `type`, as Go reads it"),
        ('"type": "tuning", "sysctl": {"a": 1}', "1 becomes a string here"),
    ],
)  # fmt: skip
def test_what_does_not_stay_as_it_is_is_told(plugin: str, message: str) -> None:
    assert said(f'{{"cniVersion": "1.0.0", "name": "n", "plugins": [{{{plugin}}}]}}') == [message]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"name": "n", "plugins": {}}', "`plugins` is no list"),
        ('{"name": "n", "plugins": ["x"]}', "a plugin that is no object"),
        ('{"name": "n", "plugins": [{"bridge": "x"}]}', "a plugin without a type"),
        ('{"name": "n", "plugins": [{"type": ""}]}', "a plugin without a type"),
        ('{"name": "n", "plugins": [{"type": 3}]}', "a plugin without a type"),
        ('{"name": "n", "plugins": [{"type": "x", {{ if .a }}"b": 1{{ end }}}]}', "a template decides what stands here"),
        ('{"name": "n", "plugins": [{"type": "bridge", "ipam": __IPAM__}]}', "a template writes a whole list or object here"),
        ('{"name": "n", "plugins": [{"type": "x", "a": 1%s}]}' % ("0" * 400), "a number that is too large for anybody to read"),
    ],
)  # fmt: skip
def test_what_can_not_be_said_is_left_out(text: str, message: str) -> None:
    assert said(text) == [message]
    assert adopted(text).networks == 0


def test_one_that_can_not_be_said_does_not_keep_the_others_from_it() -> None:
    good = '{"cniVersion": "1.0.0", "name": "good", "plugins": [{"type": "loopback"}]}'
    bad = '{"cniVersion": "1.0.0", "name": "bad", "plugins": [3]}'
    made = adopt([read(Source("a.conflist", bad)), read(Source("b.conflist", good))], HERE)
    assert list(made.texts) == ["b.netc", "netc.toml"]
    assert (made.networks, made.refused) == (1, 1)


def test_keys_that_nobody_reads_stay() -> None:
    text = network('{"type": "bridge", "isGatway": true, "MTU": 1500}', '"adapterName": "", "use": {"a": 1}, ')
    for line in ("isGatway = true", "MTU = 1500", 'adapterName = ""', "...{ use = { a = 1 } }"):
        assert line in text
    assert text.count("# netc: allow NC401 adopted as it was") == 3


def test_of_a_key_that_stands_twice_the_last_stays() -> None:
    made = adopted('{"cniVersion": "1.0.0", "name": "n", "plugins": [{"type": "x", "a": 1, "b": 2, "a": 3}]}')
    assert "plugin x { a = 3, b = 2 }" in made.texts["n.netc"]
    assert [one.code for one in made.findings] == ["NC151"]


def test_the_name_of_a_file_gives_the_order() -> None:
    made = adopted('{"cniVersion": "1.0.0", "name": "lo", "plugins": [{"type": "loopback"}]}', "99-loopback.conflist")
    assert "meta { priority = 99 }" in made.texts["99-loopback.netc"]


def test_two_networks_of_one_name_go_into_folders_of_their_own() -> None:
    text = '{"cniVersion": "1.0.0", "name": "n", "plugins": [{"type": "loopback"}]}'
    made = adopt([read(Source(f"{name}.conflist", text)) for name in ("a", "b")], HERE)
    assert "meta" not in made.texts["a.netc"]
    assert 'meta { node = "2" }' in made.texts["b.netc"]


def test_a_version_that_is_not_there_stays_away() -> None:
    made = adopted('{"name": "n", "plugins": [{"type": "loopback"}]}')
    assert "cniVersion = null" in made.texts["n.netc"]


def test_a_single_configuration_becomes_a_list_of_one() -> None:
    made = adopted('{"cniVersion": "1.0.0", "name": "n", "type": "bridge", "mtu": 1400}', "10-n.conf")
    assert made.texts["10-n.netc"] == (
        '# From 10-n.conf, a single configuration.\nnetwork n {\n  meta { priority = 10 }\n  cniVersion = "1.0.0"\n\n'
        "  plugin bridge { mtu = 1400 }\n}\n"
    )


# ---- templates -----------------------------------------------------------------------------------------------------


def test_a_placeholder_in_quotes_is_a_param_with_itself_as_default() -> None:
    text = network('{"type": "calico", "kubernetes": {"root": "https://__HOST__:__PORT__", "name": "__HOST__"}}')
    assert '## Stands for __HOST__\nparam host: string = "__HOST__"' in text
    assert 'kubernetes { root = "https://${host}:${port}", name = host }' in text


def test_a_placeholder_that_a_key_does_not_take_is_a_param_of_its_type() -> None:
    text = network(
        '{"type": "bridge", "mtu": __CNI_MTU__, "isGateway": {{ .Values.gw }}, "bridge": "{{ .Values.bridge }}", '
        '"ipam": {"type": "host-local", "subnet": "$SUBNET"}}'
    )
    for line in ("param cni-mtu: int\n", "param gw: bool\n", "param bridge: string\n", "param subnet: cidr\n"):
        assert line in text


def test_what_looks_like_the_language_own_interpolation_is_none() -> None:
    made = adopted(json.dumps({"cniVersion": "1.0.0", "name": "n", "plugins": [{"type": "x", "a": "a ${b c} $ {"}]}))
    assert '"a \\${b c} $ {"' in made.texts["n.netc"]
