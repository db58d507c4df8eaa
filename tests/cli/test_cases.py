"""Whole runs of the command line, each a text file that a person can review: tests/cases/**/*.txtar.

A case starts with comment lines and commands (`$ netc build a.netc`), each with its exit code below (`exit 1`). The
sections after it are the input files, and then what is expected: `-- want stdout --`, `-- want stderr --` (with
several commands `-- want stdout of 2 --`), and `-- want file PATH --` for files that the run leaves behind. `pytest --update` rewrites the expectations.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from netc import plugins
from netc.cli.main import main

CASES = sorted((Path(__file__).parents[1] / "cases").rglob("*.txtar"))
_SECTION = re.compile(r"^-- (.+) --\n", re.M)


def _sections(text: str) -> tuple[str, dict[str, str]]:
    head, *rest = _SECTION.split(text)
    return head, dict(zip(rest[::2], rest[1::2], strict=True))


def _text(head: str, sections: dict[str, str]) -> str:
    return head + "".join(f"-- {name} --\n{body}" for name, body in sections.items())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_case(case: Path, tmp_path: Path, monkeypatch, capsys, request) -> None:
    """Run the commands where the input files are, and compare all that they say and leave behind."""
    head, sections = _sections(case.read_text(encoding="utf-8"))
    inputs = {name: body for name, body in sections.items() if not name.startswith("want ")}
    for name, body in inputs.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(body, encoding="utf-8")
    request.addfinalizer(lambda: plugins.use({}))  # those of the case's own project
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("FORCE_COLOR", raising=False)

    lines: list[str] = []
    found: dict[str, str] = {}
    several = head.count("\n$ netc ") > 1
    for line in head.splitlines():
        if line.startswith("exit "):
            continue
        lines.append(line)
        if line == "$ netc" or line.startswith("$ netc "):
            lines.append(f"exit {main(shlex.split(line)[2:])}")
            told = capsys.readouterr()
            number = f" of {sum(one.startswith('$') for one in lines)}" if several else ""
            found |= {f"want stdout{number}": told.out, f"want stderr{number}": told.err}
    for path in sorted(tmp_path.rglob("*")):
        name = path.relative_to(tmp_path).as_posix()
        if path.is_file() and (name not in inputs or path.read_text(encoding="utf-8") != inputs[name]):
            found[f"want file {name}"] = path.read_text(encoding="utf-8")
    got = _text("\n".join(lines) + "\n", inputs | {name: body for name, body in found.items() if body})
    if request.config.getoption("--update"):
        case.write_text(got, encoding="utf-8")
    assert got == case.read_text(encoding="utf-8")


def test_there_are_cases() -> None:
    """The folder was found: an empty list would pass by itself."""
    assert CASES
