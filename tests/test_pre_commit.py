"""The hooks of this repository, run by pre-commit itself as a project that uses them would have them run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

pytest.importorskip("pre_commit", reason="pre-commit is not installed")
ROOT = Path(__file__).parents[1]
MANIFEST = ROOT / ".pre-commit-hooks.yaml"

GOOD = "network n {\n  plugin loopback { }\n}\n"
BAD = '{"cniVersion": "1.0.0", "name": "x", "plugins": [{"type": "loopback"},]}\n'


def pre_commit(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    scripts = str(Path(sys.executable).parent)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "GITHUB_"))},
        "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
        "PRE_COMMIT_HOME": str(folder.parent / "pre-commit"),
    }
    command = [sys.executable, "-m", "pre_commit", *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def project(tmp_path: Path, files: dict[str, str], args: dict[str, list[str]] | None = None) -> Path:
    """A repository with these files in its index, whose hooks are ours, found in the PATH in place of an environment."""
    folder = tmp_path / "project"
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    hooks = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    for hook in hooks:
        hook |= {"language": "system", "args": (args or {}).get(hook["id"], [])}
    config = {"repos": [{"repo": "local", "hooks": hooks}]}
    (folder / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    subprocess.run(["git", "-C", str(folder), "add", "-A"], check=True)
    return folder


def test_the_manifest_is_one(tmp_path: Path) -> None:
    done = pre_commit("validate-manifest", str(MANIFEST), folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_lint_sees_what_is_netcs_to_judge(tmp_path: Path) -> None:
    files = {"n.netc": GOOD, "etc/net.d/10-x.conf": BAD, "package.json": "{,}", "ci.yaml": "a: b", "notes.md": "x"}
    done = pre_commit("run", "netc-lint", "--all-files", folder=project(tmp_path, files))
    assert done.returncode == 1
    assert "error[NC150]: a comma before `]`" in done.stdout
    assert "--> etc/net.d/10-x.conf:1:" in done.stdout
    assert "package.json" not in done.stdout
    assert "checked: 2 errors" in done.stdout


def test_lint_takes_arguments(tmp_path: Path) -> None:
    args = {"netc-lint": ["--ignore", "NC150,NC641", "--fail-on", "error"]}
    folder = project(tmp_path, {"etc/net.d/10-x.conf": BAD}, args)
    done = pre_commit("run", "netc-lint", "--all-files", folder=folder)
    assert done.returncode == 0, done.stdout


def test_fmt_lays_out_and_says_so(tmp_path: Path) -> None:
    folder = project(tmp_path, {"n.netc": GOOD.replace("  plugin", "plugin")})
    done = pre_commit("run", "netc-fmt", "--all-files", folder=folder)
    assert done.returncode == 1
    assert "files were modified by this hook" in done.stdout
    assert (folder / "n.netc").read_text() == GOOD
    assert pre_commit("run", "netc-fmt", "--all-files", folder=folder).returncode == 0


def test_build_is_checked(tmp_path: Path) -> None:
    folder = project(tmp_path, {"n.netc": GOOD}, {"netc-build": ["n.netc"]})
    done = pre_commit("run", "netc-build", "--all-files", folder=folder)
    assert done.returncode == 1
    assert "out/n.conflist" in done.stdout
    subprocess.run([sys.executable, "-m", "netc", "build", "n.netc"], cwd=folder, check=True, capture_output=True)
    assert pre_commit("run", "netc-build", "--all-files", folder=folder).returncode == 0


def test_git_is_there() -> None:
    """The tests above are nothing without it."""
    assert shutil.which("git")
