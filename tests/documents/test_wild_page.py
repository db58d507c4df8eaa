"""docs/rules-on-the-wild.md has every finding on the files that public projects ship, and none that is no more."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from netc.cli.main import main

FOLDER = os.environ.get("NETC_WILD_CORPUS", "")
PAGE = Path(__file__).parents[2] / "docs/rules-on-the-wild.md"


def listed() -> set[tuple[str, int, str]]:
    rows = re.findall(r"^\| (\S+) \| (\d+) \| (NC\d+) \| (.*?) \| ([^|]+) \|$", PAGE.read_text(), re.MULTILINE)
    assert all(why.strip() for *_, why in rows)
    return {(file, int(line), code) for file, line, code, _, _ in rows}


def unknown() -> set[tuple[str, str]]:
    """Plugin and file, of the second table."""
    rows = re.findall(r"^\| ([\w-]+) \| ([^|]+) \|$", PAGE.read_text().partition("## Plugins")[2], re.MULTILINE)
    return {(plugin, file) for plugin, files in rows if plugin != "plugin" for file in files.split(", ")}


def test_every_row_has_a_reason() -> None:
    assert len(listed()) > 30


@pytest.mark.skipif(not FOLDER, reason="NETC_WILD_CORPUS names no folder with files")
def test_the_page_is_complete(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(FOLDER)
    found, strangers = set(), set()
    for file in sorted(os.listdir()):
        if file.endswith(".md"):
            continue
        main(["lint", "--no-allow", "--output-format", "json", file])
        for one in json.loads(capsys.readouterr().out)["findings"]:
            if one["code"] == "NC405":
                strangers.add((re.findall(r"plugin ([\w.-]+)", one["message"])[0], file))
            else:
                found.add((file, one["range"]["start"]["line"], one["code"]))
    assert found == listed()
    assert strangers == unknown()
