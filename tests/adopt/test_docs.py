"""docs/adopt.md shows what `netc adopt` really writes and says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from netc.cli.main import main

PAGE = (Path(__file__).parents[2] / "docs" / "adopt.md").read_text(encoding="utf-8")
_BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.M | re.S)


def test_the_page_is_a_session(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    commands = 0
    for kind, name, body in _BLOCK.findall(PAGE):
        if kind == "json":
            Path(name).parent.mkdir(exist_ok=True)
            Path(name).write_text(body, encoding="utf-8")
        elif kind == "console":
            line, _, said = body.partition("\n")
            assert main(shlex.split(line)[2:]) == 0
            told = capsys.readouterr()
            assert told.out + told.err == said
            commands += 1
        else:
            assert Path(name).read_text(encoding="utf-8") == body
    assert commands == 2
    assert main(["build", "nets/10-red.netc"]) == main(["build", "nets/20-blue.netc"]) == 0
