"""docs/ipam.md shows a lock and commands with their output: that is what happens, in the order of the page."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from netc.cli.main import main
from netc.ipam.lock import NAME, read, text
from netc.sources import Source

PAGE = (Path(__file__).parents[2] / "docs" / "ipam.md").read_text(encoding="utf-8")
LOCK = next(re.finditer(r"```text\n(.*?)```", PAGE, re.DOTALL))[1]
CONSOLES = re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)


def test_the_lock_is_as_netc_writes_it() -> None:
    lock = read(Source(NAME, LOCK))
    assert lock.findings == ()
    assert text(lock.blocks) == LOCK


@pytest.mark.parametrize("console", CONSOLES, ids=range(len(CONSOLES)))
def test_the_commands_answer_as_shown(console: str, tmp_path: Path, monkeypatch, capsys) -> None:
    """A `printf` that appends a line stands for an editor or a merge, and a line `...` for any lines."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    (tmp_path / NAME).write_text(LOCK, encoding="utf-8")
    got = ""
    for line in console.splitlines():
        if not line.startswith("$ "):
            continue
        got += line + "\n"
        words = shlex.split(line[2:])
        if words[0] == "printf":
            with (tmp_path / words[-1]).open("a", encoding="utf-8") as file:
                file.write(words[1].replace("\\n", "\n"))
        else:
            main(words[1:])
            told = capsys.readouterr()
            got += told.err + told.out
    shown = re.escape(console).replace(re.escape("...\n"), r"(?:.*\n)*")
    assert re.fullmatch(shown, got), got


def test_there_are_consoles() -> None:
    assert len(CONSOLES) == 2
