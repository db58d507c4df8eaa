"""What the language finds, in files that a person can review: tests/cases/**/*.netc.

A file is made of chunks, each a whole `.netc` file, with a line `---` between two. A finding is expected on the line
that it starts on: `### NC103 text`, where the text is a part of its message; several stand one behind the other. A
chunk without any must be clean, so that values are tested by `assert` in the language itself. The expectations are cut
off before the chunk is read. `pytest --update` rewrites them.

A chunk may bring further files, each below a line `--- lib/edge.netc`: what is found in them is expected there.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from netc.compiler.planning import Planning
from netc.diagnostics import Diagnostic, ordered
from netc.lang import evaluate, parse
from netc.sources import Source, Sources

CASES = sorted(
    path for path in (Path(__file__).parents[1] / "cases").rglob("*.netc") if path.parent.name != "fmt"
)  # those are test_formatter.py's
#: Where the files of a chunk seem to lie; nothing is read from the disk.
ROOT = Path("/a/project")
_FILE = re.compile(r"^--- (.+)\n", re.M)
_EXPECTED = re.compile(r"[ \t]*### (?=NC\d)")


def _chunks() -> list:
    out = []
    for path in CASES:
        for number, chunk in enumerate(path.read_text(encoding="utf-8").split("\n---\n"), 1):
            out.append(pytest.param(path, number, chunk, id=f"{path.parent.name}/{path.stem}-{number}"))
    return out


def findings(text: str) -> list[Diagnostic]:
    """Everything that is found in a file, and in those that come with it, in order."""
    own, *more = _FILE.split(text)
    overlays = {ROOT / name: body for name, body in zip(more[::2], more[1::2], strict=True)}
    sources = Sources(ROOT, {ROOT / "case.netc": own, **overlays})
    parsed = parse(Source("case.netc", own, ROOT / "case.netc"))
    found = list(parsed.diagnostics)
    if parsed.file is not None:
        planning = Planning(ROOT, sources)
        found += evaluate(parsed.file, {}, sources=sources, planner=planning).diagnostics
        found += planning.findings
    return ordered(found)


def split(chunk: str) -> tuple[str, list[tuple[str, int, str]]]:
    """A chunk without its expectations, and each of these with its file and line."""
    lines, expected = [], []
    file, number = "case.netc", 0
    for line in chunk.split("\n"):
        text, *wanted = _EXPECTED.split(line)
        number += 1
        if opened := _FILE.match(line + "\n"):
            file, number = opened[1], 0
        lines.append(text)
        expected += [(file, number, each.strip()) for each in wanted]
    return "\n".join(lines), expected


@pytest.mark.parametrize(("path", "number", "chunk"), _chunks())
def test_chunk(path: Path, number: int, chunk: str, request: pytest.FixtureRequest) -> None:
    """What is found is what stands in the file: no less, no more, in that order, on those lines."""
    text, expected = split(chunk)
    found = [
        (each.path, each.primary.begin.line, f"{each.code} {each.message}") for each in findings(text) if each.primary
    ]
    if request.config.getoption("--update"):
        _rewrite(path, number, text, found)
        return
    as_text = "\n".join(f"{file}:{line}: {message}" for file, line, message in found)
    assert len(found) == len(expected), as_text
    for (file, line, message), (wanted_file, wanted_line, wanted) in zip(found, sorted_by_file(expected), strict=True):
        code, _, part = wanted.partition(" ")
        assert (file, line, message[:5]) == (wanted_file, wanted_line, code), as_text
        assert part in message, as_text


def sorted_by_file(expected: list[tuple[str, int, str]]) -> list[tuple[str, int, str]]:
    """Findings come file after file, as `netc lint` shows them."""
    return sorted(expected, key=lambda each: each[0])


def _rewrite(path: Path, number: int, text: str, found: list[tuple[str, int, str]]) -> None:
    lines = text.split("\n")
    starts = {"case.netc": 0} | {
        opened[1]: at for at, line in enumerate(lines, 1) if (opened := _FILE.match(line + "\n"))
    }
    for file, line, message in found:
        at = starts[file] + line - 1
        lines[at] += f"  ### {message}" if lines[at] else f"### {message}"
    chunks = path.read_text(encoding="utf-8").split("\n---\n")
    chunks[number - 1] = "\n".join(lines)
    path.write_text("\n---\n".join(chunks), encoding="utf-8")


def test_there_are_cases() -> None:
    """The folder was found: an empty list would pass by itself."""
    assert sum(bool(split(case.values[2])[1]) for case in _chunks()) >= 60


def test_an_expectation_that_is_not_met_fails() -> None:
    """The runner itself: a mistake is found on its line, and the expectation is no part of the text."""
    text, expected = split("let a = b  ### NC103 no value\nlet c = 1")
    assert text == "let a = b\nlet c = 1"
    assert expected == [("case.netc", 1, "NC103 no value")]
    assert [found.code for found in findings(text)] == ["NC103"]
