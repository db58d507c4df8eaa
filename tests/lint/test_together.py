"""Which networks meet, and what is said between them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from netc.compiler import compile_source
from netc.lint.project import Checked, checked, checked_document, checked_together
from netc.lint.together import lint_together
from netc.sources import Source, Sources


def between(*plugins: str) -> list[str]:
    """The codes said between networks of these plugins, each on a network of its own."""
    text = "\n".join(f"network n{index} {{ plugin {plugin} }}" for index, plugin in enumerate(plugins))
    compiled = compile_source(Source("x.netc", text))
    assert compiled.ok, compiled.findings
    return [one.code for one in lint_together(compiled.networks)]


def host_local(subnet: str, **ends: str) -> str:
    """An `ipam` of host-local."""
    return f"ipam host-local {{ subnet = {subnet}{''.join(f', {key} = {value}' for key, value in ends.items())} }}"


POOL = host_local("10.1.0.0/16")
LOW = host_local("10.1.0.0/16", rangeEnd="10.1.99.255")
HIGH = host_local("10.1.0.0/16", rangeStart="10.1.100.0")


@pytest.mark.parametrize(
    ("first", "second", "codes"),
    [
        # A macvlan on its parent's subnet, and the same addresses on another wire.
        (f'bridge {{ bridge = "br0", {POOL} }}', f'macvlan {{ master = "eth0", {POOL} }}', []),
        (f'macvlan {{ master = "eth0", {POOL} }}', f'macvlan {{ master = "eth1", {POOL} }}', []),
        (f'macvlan {{ master = "eth0", {LOW} }}', f'macvlan {{ master = "eth0", {HIGH} }}', []),
        (f'macvlan {{ master = "eth0", {POOL} }}', f'macvlan {{ master = "eth0", {HIGH} }}', ["NC652"]),
        (f'bridge {{ bridge = "br0", {LOW} }}', f'bridge {{ bridge = "br0", {HIGH} }}', []),
        (f'bridge {{ bridge = "br0", vlan = 1, {POOL} }}', f'bridge {{ bridge = "br0", vlan = 1, {POOL} }}', ["NC652"]),
        (f'bridge {{ bridge = "br0", {LOW} }}', f'bridge {{ bridge = "br1", {HIGH} }}', ["NC652"]),
        (f'bridge {{ bridge = "br0", {POOL} }}', f"ptp {{ {HIGH} }}", ["NC652"]),
        (f'bridge {{ bridge = "br0", {POOL} }}', f"bridge {{ bridge = \"br1\", {host_local('10.2.0.0/16')} }}", []),
        # One bridge with two gateways, and the ways out.
        (f"bridge {{ isGateway = true, {POOL} }}", f"bridge {{ isGateway = true, {host_local('10.2.0.0/16')} }}", ["NC649"]),
        (f"bridge {{ isGateway = true, {POOL} }}", f"bridge {{ isGateway = true, {POOL} }}", ["NC652"]),
        (f"bridge {{ isGateway = true, {LOW} }}", f"bridge {{ isGateway = true, {HIGH} }}", []),
        (f"bridge {{ isGateway = true, {POOL} }}", f"bridge {{ {host_local('10.2.0.0/16')} }}", []),
        (
            f"bridge {{ isGateway = true, {POOL} }}",
            f"bridge {{ isGateway = true, forceAddress = true, {host_local('10.2.0.0/16')} }}",
            ["NC655"],
        ),
        (
            f"bridge {{ isGateway = true, {host_local('fd00:1::/64')} }}",
            f"bridge {{ isGateway = true, {host_local('fd00:2::/64')} }}",
            [],
        ),
        # Masters.
        ('macvlan { master = "eth0" }', 'ipvlan { master = "eth0" }', ["NC651"]),
        ('macvlan { master = "eth0" }', 'ipvlan { master = "eth1" }', []),
        ('macvlan { master = "eth0" }', 'macvlan { master = "eth0" }', []),
        # Two owners of one range.
        (
            f'macvlan {{ master = "eth0", {POOL} }}',
            'macvlan { master = "eth0", ipam static { addresses = [{ address = 10.1.0.9/16 }] } }',
            ["NC653"],
        ),
        (
            f'macvlan {{ master = "eth0", {POOL} }}',
            'macvlan { master = "eth0", ipam whereabouts { range = "10.1.0.0/16" } }',
            ["NC653"],
        ),
        (
            'macvlan { master = "eth0", ipam whereabouts { range = "10.1.0.0/16" } }',
            'macvlan { master = "eth0", ipam whereabouts { range = "10.1.0.0/16" } }',
            [],
        ),
    ],
)  # fmt: skip
def test_two_networks(first: str, second: str, codes: list[str]) -> None:
    assert between(first, second) == codes
    assert between(second, first) == codes, "in any order"


def test_networks_of_different_nodes_do_not_meet() -> None:
    def at(node: str) -> str:
        return f'meta {{ node = "{node}" }} plugin bridge {{ bridge = "br-{node}", {POOL} }}'.replace(
            "} plugin", "}\n plugin"
        )

    apart = f"network a {{ {at('n1')} }}\nnetwork b {{ {at('n2')} }}"
    assert lint_together(compile_source(Source("x.netc", apart)).networks) == []
    everywhere = f'{apart}\nnetwork c {{ plugin bridge {{ bridge = "br-c", {POOL} }} }}'
    found = lint_together(compile_source(Source("x.netc", everywhere)).networks)
    assert {one.code for one in found} == {"NC652"}
    assert len(found) == 2


def conflist(path: str, name: str, subnet: str = "10.1.0.0/16") -> Checked:
    """A file with a bridge of its own."""
    plugin = {"type": "bridge", "bridge": f"br-{name}", "ipam": {"type": "host-local", "subnet": subnet}}
    return checked_document(Source(path, json.dumps({"cniVersion": "1.0.0", "name": name, "plugins": [plugin]})))


def test_configurations_meet_in_the_folders_that_runtimes_read() -> None:
    here = [conflist("/etc/cni/net.d/1.conflist", "a"), conflist("/etc/cni/net.d/2.conflist", "b")]
    there = conflist("/etc/cni/other/1.conflist", "c")
    found = checked_together([*here, there], {"/etc/cni/net.d", "/etc/cni/other"})
    assert [one.code for one in found] == ["NC647", "NC652"]
    assert checked_together([*here, there]) == ()


def test_a_file_that_no_runtime_reads_meets_nobody() -> None:
    broken = checked_document(
        Source("/net.d/1.conflist", '{"cniVersion": "1.0.0", "name": "a", "plugins": [{"type": "x"},]}')
    )
    found = checked_together([broken, conflist("/net.d/2.conflist", "a")], {"/net.d"})
    assert {one.code for one in found} == {"NC150", "NC405"}


def test_definitions_of_one_manifest_meet() -> None:
    def nad(name: str, config_name: str, subnet: str) -> str:
        config = {"cniVersion": "1.0.0", "name": config_name, "type": "macvlan", "master": "eth1"}
        config["ipam"] = {"type": "host-local", "subnet": subnet}
        return json.dumps(
            {"kind": "NetworkAttachmentDefinition", "metadata": {"name": name}, "spec": {"config": json.dumps(config)}}
        )

    def said(*definitions: str) -> list[str]:
        found = checked_together([checked_document(Source("x.yaml", "\n---\n".join(definitions)))])
        return [f"{one.code} {one.pointer}" for one in found if one.code != "NC671"]

    one = nad("a", "a", "10.1.0.0/24")
    assert said(one, nad("b", "b", "10.1.0.0/25")) == ["NC652 /ipam/subnet"]
    assert said(one, nad("a", "a", "10.1.0.0/24")) == [], "one network in two namespaces"
    assert said(one, nad("b", "a", "10.2.0.0/24")) == ["NC646 /name"]


def test_the_files_of_a_project_meet_and_others_do_not(tmp_path: Path) -> None:
    sources = []
    for name in ("a", "b"):
        file = tmp_path / f"{name}.netc"
        file.write_text(f'network {name} {{ plugin bridge {{ bridge = "br-{name}", {POOL}\n }} }}\n')
        sources.append(Sources().read(file))
    checks = [checked(source, {}, final=False) for source in sources]
    assert [one.code for one in checked_together(checks) if one.code[2] == "6"] == []
    (tmp_path / "netc.toml").write_text("")
    assert [one.code for one in checked_together(checks) if one.code[2] == "6"] == ["NC652"]


def test_an_exception_in_one_file_holds_for_what_another_gives_cause_for(tmp_path: Path) -> None:
    (tmp_path / "netc.toml").write_text("")
    (tmp_path / "a.netc").write_text(f'network a {{ plugin bridge {{ bridge = "br0", {POOL} }} }}\n')
    (tmp_path / "b.netc").write_text(
        f'network b {{\n  # netc: allow NC652 never on one host\n  plugin bridge {{ bridge = "br1", {POOL} }}\n}}\n'
    )
    checks = [checked(Sources().read(tmp_path / name), {}, final=False) for name in ("a.netc", "b.netc")]
    assert [one.code for one in checked_together(checks)] == []
