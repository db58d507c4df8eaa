"""`[target]` of netc.toml: what it says, what it leaves open, and what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from netc import project_file
from netc.sources import Source
from netc.target import Target, release, shown
from netc.target.reading import targets


def reading(text: str) -> tuple[tuple[Target, ...], list[tuple[str, str, str | None]]]:
    """The targets, and where, what and the fix of what is wrong."""
    project, findings = project_file.read(Source("netc.toml", text), Path("."))
    known, more = targets(project) if project is not None else ((), ())
    return known, [(str(one.primary), one.message, one.help) for one in (*findings, *more)]


def test_without_a_table_there_is_no_target() -> None:
    assert reading("[build]\nemit = []\n") == ((), [])


def test_what_is_not_given_is_not_known() -> None:
    (target,), wrong = reading('[target]\nruntime = "containerd"\n')
    assert not wrong
    assert (target.runtime, target.runtime_release) == ("containerd", None)
    assert (target.reference, target.modules, target.uplinks, target.nodes) == (None, None, None, ())
    assert target.release_of("bridge", is_reference=True) is None
    assert target.speaks_of("n1")


def test_everything_is_read_with_its_place() -> None:
    text = """[target]
plugins = { reference = "v1.9.1", bandwidth = "1.0", dhcp = "none" }
runtime = "cri-o 1.33.2"
multus = "4.2"
modules = ["bridge"]
nodes = ["edge-*"]
[target.uplinks.eth0]
mtu = 9000
addresses = ["192.0.2.10/24"]
"""
    (target,), wrong = reading(text)
    assert not wrong
    assert (target.runtime, target.runtime_release, target.multus) == ("cri-o", (1, 33, 2), (4, 2, 0))
    assert target.release_of("bridge", is_reference=True) == (1, 9, 1)
    assert target.release_of("bandwidth", is_reference=True) == (1, 0, 0)
    assert target.release_of("whereabouts", is_reference=False) is None
    assert target.lacks("dhcp")
    assert not target.lacks("bridge")
    assert (target.speaks_of("edge-1"), target.speaks_of("core-1"), target.speaks_of(None)) == (True, False, True)
    assert target.uplinks is not None
    assert (target.uplinks["eth0"].mtu, str(target.uplinks["eth0"].addresses[0])) == (9000, "192.0.2.10/24")
    places = ("plugins.bandwidth", "plugins.reference", "uplinks.eth0.mtu", "uplinks.eth0", "nodes", "plugins.bridge")
    assert [target.place(one).begin.line for one in places] == [2, 2, 8, 7, 6, 2]


def test_a_named_target_has_what_it_leaves_out_from_the_others_head() -> None:
    text = """[target]
runtime = "podman 4.9"
plugins = "1.4.1"
[target.edge]
plugins = "1.9.1"
[target.core]
"""
    (edge, core), wrong = reading(text)
    assert not wrong
    assert (edge.name, edge.reference, edge.runtime) == ("edge", (1, 9, 1), "podman")
    assert (core.name, core.reference, core.runtime_release) == ("core", (1, 4, 1), (4, 9, 0))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            '[target]\nruntime = "contaierd 2"\n',
            [("netc.toml:2:11", "netc knows no runtime 'contaierd'", "did you mean containerd?")],
        ),
        (
            '[target]\nruntime = "kubelet 1.33"\n',
            [
                (
                    "netc.toml:2:11",
                    "netc knows no runtime 'kubelet'",
                    "kubelet hands nothing to plugins: name the runtime below it, such as containerd or cri-o",
                )
            ],
        ),
        (
            '[target]\nruntime = "containerd two"\n',
            [("netc.toml:2:11", "'two' is no release of containerd", 'write "containerd 2.1"')],
        ),
        (
            '[target]\nplugins = "latest"\n[target.a]\n[target.b]\n',
            [("netc.toml:2:11", "'latest' is no release", 'write numbers, such as "1.9.1"')],
        ),
        (
            '[target]\nplugins = { dhcp = "no" }\n',
            [("netc.toml:2:20", "'no' is no release", 'write numbers, such as "1.9.1", or "none"')],
        ),
        (
            '[target.uplinks.eth0]\naddresses = ["192.0.2.1"]\n',
            [
                (
                    "netc.toml:2:13",
                    "'192.0.2.1' is no address of an interface",
                    'write it with its prefix length, such as "192.0.2.10/24"',
                )
            ],
        ),
        (
            "[target.uplinks.eth0]\nmtuu = 1500\n",
            [("netc.toml:2:1", "[target.uplinks.eth0] has no key mtuu", "did you mean mtu?")],
        ),
        ("[target]\nuplinks = { eth0 = 1500 }\n", [("netc.toml:2:11", "uplinks is a table of tables", None)]),
        ("[target]\nmodule = []\n", [("netc.toml:2:1", "[target] has no key module", "did you mean modules?")]),
        ("[target.edge]\nmodule = []\n", [("netc.toml:2:1", "[target.edge] has no key module", None)]),
        ("[target]\nplugins = 1.9\n", [("netc.toml:2:11", "plugins is a string, or a table of strings", None)]),
    ],
)
def test_what_is_wrong_is_said_once_at_its_place(text: str, expected: list[tuple[str, str, str | None]]) -> None:
    _, wrong = reading(text)
    assert [one[:2] for one in wrong] == [one[:2] for one in expected]
    assert all(want[2] in (None, found[2]) for found, want in zip(wrong, expected, strict=True))


def test_releases() -> None:
    assert [release(one) for one in ("1.9.1", "v1.9", "2", "2.1.4-1ubuntu2", "1.9.x", "", "1." * 9 + "1")] == [
        (1, 9, 1), (1, 9, 0), (2, 0, 0), (2, 1, 4), None, None, None,
    ]  # fmt: skip
    assert shown((1, 9, 1)) == "1.9.1"
