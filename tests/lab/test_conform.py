"""`netc conform`: what it finds in good plugins, in the reference plugins, and in plugins that are broken on purpose."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import jsonschema
import pytest

from netc.cli.main import main
from netc.conform import REQUIREMENTS

pytestmark = pytest.mark.lab

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "docs/conform.schema.json").read_text())


def examined(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, tuple[str, str]]:
    """Each requirement with its state and reason."""
    code = main(["conform", "--output-format", "json", *words])
    found = json.loads(capsys.readouterr().out)
    jsonschema.validate(found, SCHEMA)
    assert code == (1 if any(one["state"] == "failed" for one in found["requirements"]) else 0)
    return {one["name"]: (one["state"], one["why"] or "") for one in found["requirements"]}


def failed(found: dict[str, tuple[str, str]]) -> list[str]:
    return [name for name, (state, _) in found.items() if state == "failed"]


@pytest.mark.parity
@pytest.mark.parametrize(
    ("plugin", "expected"),
    [
        ("macvlan", []),
        ("host-local", []),
        ("ptp", ["delete-without-a-namespace"]),
        ("sbr", ["check-needs-a-result", "delete-without-a-namespace", "delete-with-a-namespace-that-is-gone"]),
    ],
)
def test_the_reference_plugins(plugin: str, expected: list[str], reference_plugins: Path, capsys) -> None:
    assert failed(examined(capsys, str(reference_plugins / plugin))) == expected


def plugin(folder: Path, text: str) -> str:
    """A plugin as a Python script with netc's kit; `text` is its body."""
    path = folder / "broken"
    path.write_text(f"#!{sys.executable}\n{text}")
    path.chmod(0o755)
    (folder / "broken.conf").write_text('{"cniVersion": "1.0.0", "name": "n", "type": "broken"}')
    return str(path)


KIT = """
from netc import cni
from netc.cni import Handlers, Result
def fine(call): return Result()
def nothing(call): pass
def refuse(call): raise cni.CniError(11, "no")
raise SystemExit(cni.plugin_main(Handlers({functions}), "broken"))
"""
BROKEN = {
    "DEL that fails": (KIT.format(functions="fine, nothing, refuse"), "delete-twice"),
    "GC that fails": (KIT.format(functions="fine, nothing, nothing, refuse"), "collection-needs-no-attachment"),
    "STATUS that fails": (
        KIT.format(functions="fine, nothing, nothing, nothing, refuse"), "status-of-a-plugin-that-is-ready"),
    "CHECK that fails": (KIT.format(functions="fine, refuse, nothing"), "check-after-add"),
    "no VERSION": ("raise SystemExit(3)\n", "version-answers"),
    "noise on stdout": ("print('hello')\n", "version-answers"),
    "errors without JSON": (
        "import os\n"
        "if os.environ['CNI_COMMAND'] == 'VERSION':\n"
        '    print(\'{"cniVersion": "1.0.0", "supportedVersions": ["1.0.0"]}\')\n'
        "else:\n    raise SystemExit(1)\n", "unknown-command"),
}  # fmt: skip


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_plugin_fails_where_it_is_broken(what: str, tmp_path: Path, capsys, monkeypatch) -> None:
    from netc import conform

    text, name = BROKEN[what]
    # One requirement and those that it rests on are enough: each costs the start of a process or several.
    monkeypatch.setattr(conform, "REQUIREMENTS", tuple(one for one in REQUIREMENTS if one.name == name))
    binary = plugin(tmp_path, text)
    assert failed(examined(capsys, binary, "--conf", str(tmp_path / "broken.conf"))) == [name]


def test_the_skeleton_of_a_plugin_passes(tmp_path: Path, capsys, monkeypatch) -> None:
    folder = tmp_path / "mine"
    assert main(["init", "plugin", str(folder)]) == 0
    capsys.readouterr()
    path = folder / "host-alias"
    assert os.access(path, os.X_OK)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    found = examined(capsys, str(path), "--conf", str(folder / "example.conflist"))
    assert failed(found) == []
    assert found["previous-result-is-passed-on"] == ("ok", "")


def test_the_tests_of_the_skeleton_pass(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(ROOT / "templates/plugin", folder)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-k", "not every_plugin"], cwd=folder, capture_output=True, text=True,
        check=False, env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
    )  # fmt: skip
    assert "4 passed" in done.stdout, done.stdout


def test_the_list_and_junit(tmp_path: Path, capsys, monkeypatch) -> None:
    from netc import conform

    assert main(["conform", "--list"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(REQUIREMENTS) >= 30
    monkeypatch.setattr(conform, "REQUIREMENTS", REQUIREMENTS[:2])
    binary = plugin(tmp_path, KIT.format(functions="fine, nothing, nothing"))
    assert main(["conform", binary, "--conf", str(tmp_path / "broken.conf"), "--output-format", "junit"]) == 0
    suite = ElementTree.fromstring(capsys.readouterr().out)[0]
    assert (suite.get("tests"), suite.get("failures")) == ("2", "0")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "no binary to examine"),
        (["/nowhere"], "/nowhere is no program"),
        (["/etc/passwd"], "/etc/passwd is no program"),
        (["/bin/true"], "netc has no configuration for plugins of type true"),
        (["/bin/true", "--conf", "/nowhere.conf"], "/nowhere.conf: "),
        (["/bin/true", "--conf", "CHAIN"], "has no plugin of type true"),
    ],
)
def test_a_wrong_call_is_told_why(words: list[str], says: str, tmp_path: Path, capsys) -> None:
    chain = tmp_path / "two.conflist"
    chain.write_text('{"cniVersion": "1.0.0", "name": "n", "plugins": [{"type": "a"}, {"type": "b"}]}')
    assert main(["conform", *[str(chain) if word == "CHAIN" else word for word in words]]) == 2
    captured = capsys.readouterr()
    assert says in captured.err
    assert captured.out == ""


def test_the_page_lists_every_requirement() -> None:
    page = (ROOT / "docs/conformance.md").read_text()
    assert not [one.name for one in REQUIREMENTS if f"`{one.name}`" not in page]
