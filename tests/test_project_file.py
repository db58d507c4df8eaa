"""netc.toml: found from below, read against a closed set of keys."""

from __future__ import annotations

from pathlib import Path

import pytest

from netc import project_file
from netc.project_file import TABLES, find, load, read
from netc.sources import Source


def findings(text: str) -> list[tuple[str, str, str | None]]:
    """Where, what, and the fix."""
    project, found = read(Source("netc.toml", text), Path("."))
    assert (project is None) == bool(found)
    return [(str(one.primary), one.message, one.help) for one in found]


def test_it_is_found_from_any_folder_below(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "netc.toml").touch()
    assert find(inner) == find(tmp_path) == tmp_path / "netc.toml"
    (tmp_path / "a" / "netc.toml").touch()
    assert find(inner) == tmp_path / "a" / "netc.toml"


def test_settings_know_their_place() -> None:
    project, found = read(
        Source("netc.toml", '[emit.docs]\ntemplate = "a.j2"\noutput = "a"\neach = "node"\n[manifests]\nname = "n"\n'),
        Path("."),
    )
    assert not found
    assert project is not None
    docs = project.named["emit"]["docs"]
    assert str(docs.span) == "netc.toml:1:7"
    assert {key: (one.value, str(one.span)) for key, one in docs.settings.items()} == {
        "template": ("a.j2", "netc.toml:2:12"),
        "output": ("a", "netc.toml:3:10"),
        "each": ("node", "netc.toml:4:8"),
    }
    name = project.setting("manifests", "name")
    assert name is not None
    assert (name.value, str(name.key)) == ("n", "netc.toml:6:1")
    assert project.setting("manifests", "image") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[emit.docs\n", ("netc.toml:1:11", "this is no TOML: expected ']' at the end of a table declaration", None)),
        ("[emti.docs]\n", ("netc.toml:1:2", "netc.toml has no table emti", "did you mean [emit]?")),
        ("x = 1\n", ("netc.toml:1:1", "netc.toml has no key x", "tables are [build], [emit], [manifests]")),
        ('image = "a:1"\n', ("netc.toml:1:1", "image belongs into a table", "write it below [manifests]")),
        (
            '[emit]\ntemplate = "x"\n',
            ("netc.toml:2:1", "[emit] holds tables, each with a name", "write [emit.NAME] with template below it"),
        ),
        (
            '[emit.docs]\ntemplate = "x"\noutptu = "y"\noutput = "z"',
            ("netc.toml:3:1", "[emit.docs] has no key outptu", "did you mean output?"),
        ),
        (
            '[emit.docs]\ntemplate = "x"\n',
            ("netc.toml:1:7", "[emit.docs] has no output", f"add output = ...: {TABLES['emit'].keys['output'].about}"),
        ),
        (
            '[emit.docs]\ntemplate = "x"\noutput = "y"\neach = "nodes"\n',
            ("netc.toml:4:8", "each has no 'nodes'", "did you mean node?"),
        ),
        (
            "[manifests]\nimage = 1\n",
            ("netc.toml:2:9", "image is a string", "it is image of the installer; it needs a shell"),
        ),
        (
            "[manifests]\nresources = { sriov = 1 }\n",
            (
                "netc.toml:2:13",
                "resources is a table of strings",
                f"it is {TABLES['manifests'].keys['resources'].about}",
            ),
        ),
        ("manifests = 1\n", ("netc.toml:1:13", "manifests is a table", "write [manifests]")),
    ],
)
def test_mistakes(text: str, expected: tuple[str, str, str | None]) -> None:
    known = sorted(f"[{name}]" for name in TABLES)
    found = findings(text)
    if expected[2] is not None and expected[2].startswith("tables are"):
        assert found[0][2] is not None
        assert sorted(found[0][2].removeprefix("tables are ").split(", ")) == known
        expected = (*expected[:2], found[0][2])
    assert found == [expected]


def test_every_mistake_is_told_at_once() -> None:
    assert len(findings("[emti]\n[emit.a]\ntemplate = 1\n[manifests]\nx = 1\n")) == 4


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "netc.toml").write_bytes(b"\xff")
    project, found = load(tmp_path / "netc.toml")
    assert project is None
    assert "not UTF-8" in found[0].message


def test_every_key_says_what_it_is_for() -> None:
    assert all(key.about for table in project_file.TABLES.values() for key in table.keys.values())
