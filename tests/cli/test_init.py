"""What `netc init` makes is a project that works, whichever template it comes from."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from netc.cli import init
from netc.cli.main import COMMANDS, main
from netc.resources import folder


@pytest.fixture(params=init.TEMPLATES)
def project(request, tmp_path: Path, monkeypatch, capsys) -> Path:
    """A new project's file to build, relative to the working directory, which is its folder."""
    monkeypatch.chdir(tmp_path)
    assert main(["init", "here", "--template", request.param]) == 0
    monkeypatch.chdir(tmp_path / "here")
    capsys.readouterr()
    return Path(init.TEMPLATES[request.param][1])


def test_every_template_is_a_folder_and_the_other_way_round() -> None:
    assert {path.name for path in (folder("templates") / "init").iterdir()} == set(init.TEMPLATES)


def test_a_new_project_is_complete(project: Path) -> None:
    files = {path.as_posix() for path in Path().rglob("*") if path.is_file()}
    assert {project.as_posix(), "netc.toml", "README.md", ".github/workflows/netc.yaml"} <= files


def test_a_new_project_lints_clean(project: Path, capsys) -> None:
    assert main(["lint", "."]) == 0
    told = capsys.readouterr()
    assert told.out == ""
    assert "0 errors, 0 warnings" in told.err


def test_a_new_project_is_laid_out(project: Path) -> None:
    assert main(["fmt", "--check", "."]) == 0


def test_a_new_project_builds_what_its_file_asks_for(project: Path) -> None:
    assert main(["build", str(project)]) == 0
    assert main(["build", str(project), "--check", "--locked"]) == 0
    kinds = tomllib.loads(Path("netc.toml").read_text())["build"]["emit"]
    listed = json.loads(Path("out/.netc-outputs").read_text())
    made = {listed.get("kinds", {}).get(path, "conflist") for path in listed["files"]}
    assert made == set(kinds) | ({"configmap"} if "installer" in kinds else set())


@pytest.mark.lab
@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("single-host", []),
        ("fleet", ["node-1/10-pods"]),
        ("multus", ["lab"]),
        ("multus", ["storage", "-p", "storage-uplink=uplink0"]),  # as its README says: the sandbox's host has no eth1
    ],
)
def test_the_networks_of_a_new_project_attach(template: str, words: list[str], tmp_path: Path) -> None:
    assert main(["init", str(tmp_path), "--template", template]) == 0
    command = [sys.executable, "-m", "netc", "attach", init.TEMPLATES[template][1], *words, "--output-format", "json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    if done.returncode == 3:
        pytest.skip(done.stderr)
    assert done.returncode == 0, done.stderr + done.stdout
    report = json.loads(done.stdout)
    assert report["error"] is None
    assert report["leftovers"] == []
    assert report["result"]["ips"]


def test_the_ci_snippet_calls_commands_that_there_are(project: Path) -> None:
    steps = YAML(typ="safe").load(Path(".github/workflows/netc.yaml"))["jobs"]["networks"]["steps"]
    commands = [step["run"].split() for step in steps if step.get("run", "").startswith("netc ")]
    assert {words[1] for words in commands} <= set(COMMANDS)
    assert ["netc", "lint", "."] in commands
    assert any(words[1] == "build" and words[-1] == str(project) for words in commands)


def test_files_that_are_there_stay(project: Path, capsys) -> None:
    """All are named, and nothing is written, not even what is missing."""
    template = next(name for name, (_, file) in init.TEMPLATES.items() if file == project.name)
    Path("README.md").write_text("mine\n")
    project.unlink()
    assert main(["init", "--template", template]) == 2
    told = capsys.readouterr().err
    assert "README.md" in told
    assert "netc.toml" in told
    assert project.name not in told
    assert not project.exists()
    assert Path("README.md").read_text() == "mine\n"
    assert main(["init", "--template", template, "--force"]) == 0
    assert project.exists()
    assert Path("README.md").read_text() != "mine\n"
