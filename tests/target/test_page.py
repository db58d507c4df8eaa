"""docs/targets.md: its examples are targets, and its table has every rule about them."""

from __future__ import annotations

import re
from pathlib import Path

from netc import project_file
from netc.lint.catalogue import all_rules
from netc.sources import Source
from netc.target.reading import targets
from netc.target.runtimes import RUNTIMES

PAGE = (Path(__file__).parents[2] / "docs" / "targets.md").read_text(encoding="utf-8")


def test_the_examples_are_targets() -> None:
    examples = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    found = []
    for text in examples:
        project, findings = project_file.read(Source("netc.toml", text), Path("."))
        assert project is not None, findings
        known, wrong = targets(project)
        assert not wrong
        found.append([one.name for one in known])
    assert found == [[""], ["edge", "core"]]


def test_every_setting_runtime_and_rule_is_named() -> None:
    settings = project_file.TABLES["target"].keys
    named = set(re.findall(r"`([\w-]+)`", PAGE))
    assert {*settings, *RUNTIMES} <= named
    assert {rule.code for rule in all_rules() if rule.input == "target"} == set(re.findall(r"NC5\d\d", PAGE))
