"""Completion: what is offered where, and that a real bash offers it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from netc.cli.completion import candidates
from netc.cli.main import COMMANDS, main
from netc.resources import folder

TEAM = """
param mtu: int = 1500
network web { plugin loopback { } }
network "db-1" { plugin loopback { } }
"""


@pytest.fixture
def team(tmp_path: Path, monkeypatch) -> Path:
    """A folder with a file of two networks, which is the working directory."""
    (tmp_path / "team.netc").write_text(TEAM, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_commands_come_first() -> None:
    assert set(COMMANDS) < set(candidates([""]))
    assert list(candidates(["ex"])) == ["explain"]


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_offers_its_options(command: str) -> None:
    assert "--help" in candidates([command, "--"])


def test_an_options_choices_are_offered_behind_it() -> None:
    assert list(candidates(["lint", "--fail-on", ""])) == ["error", "warning", "info", "never"]
    assert "json" in candidates(["lint", "--output-format", "j"])


def test_findings_are_offered_by_code_and_name_and_behind_a_comma() -> None:
    assert {"NC401", "NC402"} <= set(candidates(["lint", "--select", "NC40"]))
    assert list(candidates(["lint", "--ignore", "NC2,unknown-k"])) == ["NC2,unknown-key"]
    assert ":files" in candidates(["lint", "--baseline", ""])


def test_files_are_left_to_the_shell() -> None:
    assert ":files" in candidates(["lint", ""])
    assert list(candidates(["build", "team.netc", "-o", ""])) == [":files"]


def test_networks_of_the_file_on_the_line_are_offered(team: Path) -> None:
    assert list(candidates(["build", "team.netc", "--network", ""])) == ["web", "db-1"]
    assert list(candidates(["build", "team.netc", "--network", "w"])) == ["web"]


def test_params_of_the_file_on_the_line_are_offered(team: Path) -> None:
    assert list(candidates(["build", "team.netc", "-p", ""])) == ["mtu="]


def test_topics_are_offered_keys_behind_a_dot() -> None:
    assert list(candidates(["explain", "NC20"]))[:2] == ["NC201", "NC202"]
    assert "bridge.ipMasq" in candidates(["explain", "bridge.ip"])
    assert "bridge.ipMasq" not in candidates(["explain", "bridge"])
    assert "ipMasq" in candidates(["explain", "ipM"])
    assert "subnet" in candidates(["help", "sub"])


@pytest.mark.parametrize(
    "words",
    [[], ["nonsense", ""], ["--"], ["build", "missing.netc", "--network", ""], ["build", ".", "-p", ""], ["a\0b", ""]],
)
def test_whatever_is_typed_it_fails_in_silence(words: list[str], capsys) -> None:
    assert main(["__complete", *words]) == 0
    assert capsys.readouterr().err == ""


# ---- real shells ---------------------------------------------------------------------------------------------------


def _netc_of_this_checkout(where: Path) -> Path:
    """A folder for PATH with a `netc` in it."""
    bin = where / "bin"
    bin.mkdir(exist_ok=True)
    (bin / "netc").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m netc "$@"\n', encoding="utf-8")
    (bin / "netc").chmod(0o755)
    return bin


def offered(line: str, where: Path) -> list[str]:
    """What bash offers for a line with the cursor at its end."""
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("there is no bash on this machine")
    bin = _netc_of_this_checkout(where)
    script = """
        source <(netc completion bash)
        COMP_LINE=$1 COMP_POINT=${#1}
        $(complete -p netc | sed 's/.*-F \\([^ ]*\\) .*/\\1/')
        (( ${#COMPREPLY[@]} )) && printf '%s\\n' "${COMPREPLY[@]}"
        exit 0
    """
    done = subprocess.run(
        [bash, "--norc", "-c", script, "bash", line],
        capture_output=True,
        text=True,
        check=True,
        cwd=where,
        env={**os.environ, "PATH": f"{bin}:{os.environ['PATH']}", "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_bash_completes_commands_options_files_networks_and_codes(team: Path) -> None:
    (team / "two words.netc").write_text("", encoding="utf-8")
    assert offered("netc bui", team) == ["build"]
    assert offered("netc build te", team) == ["team.netc"]
    assert set(offered("netc lint ", team)) == {"bin/", "team.netc", "two words.netc"}
    assert offered("netc build team.netc --net", team) == ["--network"]
    assert offered("netc build team.netc --network d", team) == ["db-1"]
    assert offered("netc explain NC203", team) == ["NC203"]
    assert offered("netc build team.netc -p m", team) == ["mtu="]
    assert offered("netc nonsense ", team) == []


def test_bash_replaces_only_what_stands_behind_a_colon(team: Path) -> None:
    """Bash takes a `:` for the end of a word."""
    assert all(":" not in one for one in offered("netc explain type:", team))


@pytest.mark.parametrize(("shell", "check"), [("bash", "-n"), ("zsh", "-n"), ("fish", "--no-execute")])
def test_each_script_is_one_of_its_shell(shell: str, check: str, capsys) -> None:
    assert main(["completion", shell]) == 0
    script = folder("templates") / "completion" / f"netc.{shell}"
    assert capsys.readouterr().out == script.read_text(encoding="utf-8")
    found = shutil.which(shell)
    if found is None:
        pytest.skip(f"there is no {shell} on this machine")
    assert subprocess.run([found, check, str(script)], capture_output=True, text=True, check=False).stderr == ""


def test_fish_completes_commands_files_networks_and_codes(team: Path) -> None:
    fish = shutil.which("fish")
    if fish is None:
        pytest.skip("there is no fish on this machine")
    bin = _netc_of_this_checkout(team)
    lines = ["netc bui", "netc build te", "netc build team.netc --network d", "netc explain NC203"]
    script = "source (netc completion fish | psub)\n" + "\n".join(f"complete -C '{line}'" for line in lines)
    done = subprocess.run(
        [fish, "--no-config", "-c", script],
        capture_output=True,
        text=True,
        check=True,
        cwd=team,
        env={**os.environ, "HOME": str(team), "PATH": f"{bin}:{os.environ['PATH']}",
             "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert done.stdout.split() == ["build", "team.netc", "db-1", "NC203"]
