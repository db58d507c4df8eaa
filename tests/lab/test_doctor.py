"""`netc doctor`: what it looks at, for whom."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import jsonschema
import pytest

from netc.cli.main import main
from netc.lab import examination
from netc.lab.launchers import types
from netc.lab.unavailable import SandboxUnavailable

pytestmark = pytest.mark.lab

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/doctor.schema.json").read_text())


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CNI_PATH", str(tmp_path))
    monkeypatch.setenv("NETCONFPATH", str(tmp_path))


@pytest.mark.usefixtures("quiet")
def test_it_knows_of_each_driver_and_feature(capsys) -> None:
    assert main(["doctor", "--output-format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    jsonschema.validate(found, SCHEMA)
    assert found["able"]
    states = {(one["about"], one["name"]): one["state"] for one in found["checks"]}
    assert set(types()) <= {name for about, name in states if about == "drivers"}
    assert states["kernel", "bridge"] == states["drivers", "ptp"] == "ok"


@pytest.mark.usefixtures("quiet")
def test_a_plain_user_is_told_of_what_plain_users_can(python: list[str]) -> None:
    done = subprocess.run([*python, "-m", "netc", "doctor"], capture_output=True, text=True, check=False, cwd="/")
    assert done.returncode == 0, done.stderr
    assert "netc can attach here" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


@pytest.mark.usefixtures("quiet")
def test_a_driver_says_what_the_kernel_lacks(monkeypatch, capsys) -> None:
    monkeypatch.setattr(examination, "_tried", lambda: {"macvlan": "operation not supported"})
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert "no  macvlan: this kernel lacks macvlan" in out
    assert "but not macvlan" in out


@pytest.mark.usefixtures("quiet")
def test_without_namespaces_it_is_3_with_the_setting(monkeypatch, capsys) -> None:
    def refuse() -> dict[str, str]:
        raise SandboxUnavailable("this machine refuses a sandbox", "user.max_user_namespaces", "raise it")

    monkeypatch.setattr(examination, "_tried", refuse)
    assert main(["doctor"]) == 3
    out = capsys.readouterr().out
    assert "help: raise it" in out
    assert "attach nothing" in out


def test_binaries_are_asked_for_their_versions(monkeypatch, tmp_path: Path, capsys) -> None:
    good = tmp_path / "good"
    good.write_text('#!/bin/sh\necho \'{"cniVersion": "1.0.0", "supportedVersions": ["0.4.0", "1.0.0"]}\'\n')
    bad = tmp_path / "bad"
    bad.write_text("#!/bin/sh\nexit 5\n")
    for path in (good, bad):
        path.chmod(0o755)
    monkeypatch.setenv("CNI_PATH", f"{tmp_path}:/nowhere/at/all")
    assert main(["doctor", "--output-format", "json"]) == 0
    found = {one["name"]: one for one in json.loads(capsys.readouterr().out)["checks"] if one["about"] == "plugins"}
    assert "good up to 1.0.0" in found[str(tmp_path)]["detail"]
    assert "bad up to no answer" in found[str(tmp_path)]["detail"]
    assert found["/nowhere/at/all"]["state"] == "note"
