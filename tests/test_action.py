"""The action of this repository: its shell steps, run with inputs as GitHub's runner would hand them over."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS = ACTION["runs"]["steps"]

BAD = "network n {\n  plugin loopback { x = 1 }\n}\n"
GOOD = "network n {\n  plugin loopback { }\n}\n"


class Runner:
    """A job's machine: a checkout, a folder for temporary files, the summary of the step."""

    def __init__(self, folder: Path) -> None:
        self.workspace, self.temp, self.summary = folder / "checkout", folder / "temp", folder / "summary.md"
        self.workspace.mkdir()
        self.temp.mkdir()

    def file(self, name: str, text: str) -> None:
        path = self.workspace / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def run(self, step: dict, given: dict[str, str], **environment: str) -> subprocess.CompletedProcess[str]:
        """One step with `run`, in the shell that the runner calls for bash."""
        inputs = {name: one["default"] for name, one in ACTION["inputs"].items()} | given

        def filled(text: str) -> str:
            known = {f"inputs.{name}": value for name, value in inputs.items()} | {"runner.temp": str(self.temp)}
            return re.sub(r"\$\{\{ *([\w.-]+) *\}\}", lambda match: known[match[1]], text)

        script = self.temp / "step.sh"
        script.write_text(step["run"], encoding="utf-8")
        machine = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "NETC_"))}
        machine |= {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": str(self.workspace),
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "RUNNER_TEMP": str(self.temp),
        }
        machine |= {name: filled(value) for name, value in step.get("env", {}).items()} | environment
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=self.workspace / filled(step.get("working-directory", ".")),
            env=machine,
            capture_output=True,
            text=True,
            check=False,
        )

    def lint(self, **given: str) -> subprocess.CompletedProcess[str]:
        (step,) = [one for one in STEPS if one.get("name") == "Lint"]
        return self.run(step, {name.replace("_", "-"): value for name, value in given.items()})


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


def test_it_is_a_composite_action_whose_scripts_hold_no_expression() -> None:
    assert ACTION["runs"]["using"] == "composite"
    assert all(one["description"] and "default" in one for one in ACTION["inputs"].values())
    for step in STEPS:
        assert ("run" in step) == ("uses" not in step)
        assert step.get("shell") == ("bash" if "run" in step else None)
        assert "${{" not in step.get("run", "")


def test_annotations_and_summary(runner: Runner) -> None:
    runner.file("nets/n.netc", BAD)
    done = runner.lint(paths="nets")
    assert done.returncode == 1
    assert done.stdout.startswith(
        "::error file=nets/n.netc,line=2,endLine=2,col=21,endColumn=22,title=NC401 unknown-key"
    )
    assert "| error | NC401 | `nets/n.netc:2:21` |" in runner.summary.read_text()


def test_paths_are_those_of_the_checkout(runner: Runner) -> None:
    runner.file("deep/nets/n.netc", BAD)
    assert "file=deep/nets/n.netc," in runner.lint(working_directory="deep").stdout


def test_arguments_and_several_paths(runner: Runner) -> None:
    runner.file("a.netc", BAD)
    runner.file("b.netc", GOOD)
    done = runner.lint(paths="a.netc\nb.netc", args="--fail-on never  --select NC4")
    assert done.returncode == 0
    assert "::error file=a.netc" in done.stdout
    assert "2 files checked" in done.stderr


def test_a_clean_checkout_passes(runner: Runner) -> None:
    runner.file("b.netc", GOOD)
    done = runner.lint()
    assert (done.returncode, done.stdout) == (0, "")
    assert "1 file checked: no findings" in runner.summary.read_text()


def test_sarif_beside(runner: Runner) -> None:
    runner.file("a.netc", BAD)
    done = runner.lint(sarif_file="netc.sarif")
    assert done.returncode == 1
    report = json.loads((runner.workspace / "netc.sarif").read_text())
    assert [one["ruleId"] for one in report["runs"][0]["results"]] == ["NC401"]


def test_inputs_are_no_script(runner: Runner) -> None:
    runner.file("b.netc", GOOD)
    done = runner.lint(paths='b.netc $(touch broken) "; touch broken; "', args="")
    assert done.returncode == 2
    assert not (runner.workspace / "broken").exists()
    assert runner.lint(paths="b.netc", args="--no-such-option").returncode == 2


def test_netc_is_installed_from_the_actions_own_folder(runner: Runner) -> None:
    pytest.importorskip("hatchling", reason="hatchling is not installed")
    (step,) = [one for one in STEPS if one.get("name") == "Install netc"]
    # The libraries are there already, and a test asks no index.
    done = runner.run(step, {}, PIP_NO_DEPS="1", PIP_NO_INDEX="1", PIP_NO_BUILD_ISOLATION="0")
    assert done.returncode == 0, done.stderr
    assert (runner.temp / "netc" / "netc" / "cli" / "lint.py").is_file()
    runner.file("a.netc", BAD)
    assert "title=NC401" in runner.lint().stdout
