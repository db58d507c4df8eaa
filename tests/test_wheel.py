"""The wheel carries all that netc needs, and works from any folder, without the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILE = "network n {\n  plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } }\n}\n"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the wheel holds."""
    work = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", work],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = work.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(work / "site")
    return work / "site"


def _netc(installed: Path, where: Path, *words: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(installed), "XDG_CACHE_HOME": str(where / "cache"), "PYTHONSAFEPATH": "1"}
    return subprocess.run(
        [sys.executable, "-m", "netc", *words], cwd=where, env=env, capture_output=True, text=True, check=False
    )


def test_build_from_another_folder(installed: Path, tmp_path: Path) -> None:
    """The grammar, the catalogue's schemas and the templates are all in it."""
    (tmp_path / "n.netc").write_text(FILE)
    done = _netc(installed, tmp_path, "build", "n.netc", "-o", "-")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["plugins"][0]["ipam"]["subnet"] == "10.1.0.0/16"
    manifest = _netc(installed, tmp_path, "build", "n.netc", "--emit", "nad", "-o", "out")
    assert manifest.returncode == 0, manifest.stderr
    assert _netc(installed, tmp_path, "init", "new").returncode == 0
    assert _netc(installed, tmp_path, "explain", "bridge.ipMasq").stdout


def test_is_the_wheels_own_code(installed: Path, tmp_path: Path) -> None:
    """Otherwise the other tests here would look at the checkout."""
    env = {**os.environ, "PYTHONPATH": str(installed), "PYTHONSAFEPATH": "1"}
    where = subprocess.run(
        [sys.executable, "-c", "import netc; print(netc.__file__)"],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    assert where.stdout.strip() == str(installed / "netc" / "__init__.py")
