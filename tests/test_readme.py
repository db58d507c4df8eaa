"""The README shows what netc really says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from netc.cli.main import main

ROOT = Path(__file__).parents[1]
BLOCKS = re.findall(
    r"```console\n\$ (netc [^\n]*)\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL
)


@pytest.mark.parametrize(("command", "output"), BLOCKS, ids=[command for command, _ in BLOCKS])
def test_a_console_block_is_what_the_command_prints(command: str, output: str, monkeypatch, capsys) -> None:
    if "…" in output:
        pytest.skip("shortened in the README: tests/lab looks at the whole report")
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "100")
    main(shlex.split(command)[1:])
    assert capsys.readouterr().out == output


def test_the_first_example_compiles_without_a_finding(tmp_path: Path, monkeypatch, capsys) -> None:
    (source,) = re.findall(r"```netc\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "dbnet.netc").write_text(source, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert main(["lint", "dbnet.netc"]) == 0, capsys.readouterr().out
    assert main(["build", "dbnet.netc"]) == 0


@pytest.mark.parametrize(
    "page", ["README.md", "CONTRIBUTING.md", *(str(p.relative_to(ROOT)) for p in (ROOT / "docs").glob("*.md"))]
)
def test_every_link_leads_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
        assert ((ROOT / page).parent / target).exists(), f"{page} links to {target}"


EXAMPLES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "examples").rglob("*.netc"))


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_has_no_finding(example: str, monkeypatch, capsys) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["lint", example]) == 0, capsys.readouterr().out
