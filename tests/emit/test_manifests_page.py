"""docs/manifests.md shows what netc really writes."""

from __future__ import annotations

import re
from pathlib import Path

from netc.cli.main import main
from netc.emit.kinds import KINDS
from netc.project_file import TABLES

PAGE = (Path(__file__).parents[2] / "docs" / "manifests.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.M | re.S)


def blocks(language: str) -> list[str]:
    """The page's code blocks of one language, in order."""
    return [text for name, text in BLOCKS if name == language]


def test_the_outputs_are_those_of_the_sources(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    Path("storage.netc").write_text(blocks("netc")[0])
    Path("netc.toml").write_text(blocks("toml")[0])
    Path("page.md.j2").write_text(blocks("jinja")[0])
    nad, configmap = blocks("yaml")
    for words, expected in (
        (["nad", "--resource", "storage=vendor.example/nic"], nad),
        (["configmap"], configmap),
        (["page"], blocks("markdown")[0]),
    ):
        assert main(["build", "storage.netc", "-o", "-", "--emit", *words]) == 0
        assert capsys.readouterr().out == expected


def test_every_kind_and_key_is_on_the_page() -> None:
    for word in (*KINDS, *TABLES["manifests"].keys, *TABLES["emit"].keys):
        assert f"`{word}`" in PAGE
