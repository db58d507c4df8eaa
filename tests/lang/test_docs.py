"""docs/language.md: its examples are read and evaluated, its tables name what there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from netc.compiler.planning import Planning
from netc.lang import codes, evaluate, functions, literals, parse
from netc.lang.attributes import _CIDR, _RANGE
from netc.lang.types import SCALARS
from netc.rules import declared_in
from netc.sources import Source, Sources

TEXT = (Path(__file__).parents[2] / "docs" / "language.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```netc\n(.*?)```", TEXT, re.S)
ROOT = Path("/a/project")
#: Files that examples speak of: their name stands behind the language.
FILES = {ROOT / name: text for name, text in re.findall(r"```\w+ (\S+)\n(.*?)```", TEXT, re.S)}


@pytest.mark.parametrize("text", EXAMPLES)
def test_examples(text: str) -> None:
    """Without a finding."""
    parsed = parse(Source("docs/language.md", text, ROOT / "example.netc"))
    assert parsed.diagnostics == ()
    assert parsed.file is not None
    sources = Sources(ROOT, FILES)
    planning = Planning(ROOT, sources)
    assert evaluate(parsed.file, {}, sources=sources, planner=planning).diagnostics == ()
    assert planning.findings == []


def test_everything_is_named() -> None:
    """Functions, types, units, attributes and codes."""
    assert len(EXAMPLES) >= 4
    words = set(re.findall(r"[\w-]+", TEXT))
    for known in (functions.FUNCTIONS, SCALARS, literals.BIT_UNITS, literals.BYTE_UNITS, _CIDR, _RANGE):
        assert set(known) - {"KB"} <= words
    assert {rule.code for rule in declared_in(codes)} <= words


@pytest.mark.parametrize("function", list(functions.FUNCTIONS.values()), ids=functions.FUNCTIONS)
def test_every_function_is_documented(function: functions.Function) -> None:
    """One line of words, and a signature whose types are known."""
    assert function.doc
    assert function.parameters or function.name == "ifname"
    assert function.signature.startswith(f"{function.name}(")


@pytest.mark.parametrize("rule", list(declared_in(codes)), ids=lambda rule: rule.code)
def test_every_code_shows_what_it_means(rule) -> None:
    """The bad example has this finding, the good one has none."""
    bad, good = (
        "\n".join(line[4:] for line in re.search(rf"{part}:\n(.*?)\n\n", rule.doc, re.S)[1].split("\n"))
        for part in ("Bad", "Good")
    )
    for text, expected in ((bad, {rule.code}), (good, set())):
        parsed = parse(Source("t.netc", text))
        found = list(parsed.diagnostics)
        if parsed.file is not None:
            found += evaluate(parsed.file, {}).diagnostics
        assert {each.code for each in found} == expected
