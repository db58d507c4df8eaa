"""`--watch`: again after each change of the project, and only then; Ctrl-C ends it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from queue import Empty, Queue

import pytest

from netc.cli.main import main

GOOD = "network n { plugin bridge { mtu = 1400, ipam host-local { subnet = 10.1.0.0/24 } } }\n"


class Watching:
    """A netc that watches; `said` has its lines as they come."""

    def __init__(self, *words: str, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "netc", *words, "--watch"], cwd=folder, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}, start_new_session=True,
        )  # fmt: skip
        self.said: Queue[str] = Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.put(line.rstrip())

    def until(self, words: str) -> list[str]:
        """The lines up to one with these words."""
        lines = []
        while True:
            lines.append(self.said.get(timeout=30))
            if words in lines[-1]:
                return lines

    def interrupt(self) -> int:
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(timeout=30)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "netc.toml").write_text("", encoding="utf-8")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "n.netc").write_text(GOOD, encoding="utf-8")
    return tmp_path


def test_a_lint_is_run_again_when_a_file_changes(project: Path) -> None:
    watching = Watching("lint", "sub/n.netc", folder=project)
    assert "1 file checked: 0 errors, 0 warnings" in watching.until("waiting for a file to change")
    with pytest.raises(Empty):
        watching.said.get(timeout=1.5)  # nothing has changed
    (project / "sub" / "n.netc").write_text(GOOD.replace("mtu", "mtuu"), encoding="utf-8")
    assert any("does not read `mtuu`" in line for line in watching.until("waiting for a file to change"))
    (project / "netc.toml").write_text('[lint]\nignore = ["NC401"]\n', encoding="utf-8")
    assert not any("mtuu" in line for line in watching.until("waiting for a file to change"))
    assert watching.interrupt() == 130


def test_a_build_is_made_again(project: Path) -> None:
    watching = Watching("build", "sub/n.netc", "-o", "out", folder=project)
    watching.until("waiting for a file to change")
    assert '"mtu": 1400' in (project / "out" / "n.conflist").read_text()
    (project / "sub" / "n.netc").write_text(GOOD.replace("1400", "1300"), encoding="utf-8")
    watching.until("waiting for a file to change")
    assert '"mtu": 1300' in (project / "out" / "n.conflist").read_text()
    assert watching.interrupt() == 130


def test_what_can_not_be_watched(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", "-", "--watch"]) == 2
    assert main(["lint", "nowhere.netc", "--watch"]) == 2
    said = capsys.readouterr().err
    assert "stdin can't be watched" in said
    assert "no file 'nowhere.netc' to watch" in said
