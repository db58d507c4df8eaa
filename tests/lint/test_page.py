"""docs/lint.md: what it shows works, and what it lists is all there is."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import pytest
import yaml

from netc import project_file
from netc.cli import lint
from netc.diagnostics import formats
from netc.lint import selection
from netc.lint.project import checked, checked_document
from netc.sources import Source

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "lint.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def test_netc_toml() -> None:
    (text,) = blocks("toml")
    project, findings = project_file.read(Source("netc.toml", text), Path("/project"))
    assert project is not None, findings
    assert selection.policy(project)[1] == ()
    for key in project_file.TABLES["lint"].keys:
        assert f"`{key}`" in PAGE


def test_exceptions() -> None:
    (text,) = blocks("netc")
    found = checked(Source("a.netc", text), {}, final=False)
    assert [one.code for one in found.allowed] == ["NC405"]
    assert not [one for one in found.findings if one.code in ("NC190", "NC191", "NC405")]
    manifest = "kind: NetworkAttachmentDefinition\napiVersion: k8s.cni.cncf.io/v1\nmetadata: {name: a}\n"
    found = checked_document(Source("nad.yaml", manifest + blocks("yaml")[0]))
    assert [one.code for one in found.allowed] == ["NC401"]
    assert not found.findings


def test_all_formats_and_options_are_there() -> None:
    for name in formats.names():
        assert re.search(rf"^\|.*`{name}`", PAGE, re.MULTILINE), name
    parser = argparse.ArgumentParser()
    lint.configure(parser)
    for option in parser._option_string_actions:
        if option not in ("-h", "--help", "-p", "--params", "--color"):
            assert option in PAGE, option


@pytest.mark.parametrize(("place", "key"), [("action.yml", "inputs"), (".pre-commit-hooks.yaml", "hooks")])
def test_ci_uses_what_there_is(place: str, key: str) -> None:
    declared = yaml.safe_load((ROOT / place).read_text(encoding="utf-8"))
    shown = [yaml.safe_load(text) for text in blocks("yaml")[1:]]
    if key == "inputs":
        (used,) = [one["steps"][1]["with"] for one in shown if "steps" in one]
        assert set(used) <= set(declared["inputs"])
    else:
        (used,) = [one["repos"][0]["hooks"] for one in shown if "repos" in one]
        assert {hook["id"] for hook in used} == {hook["id"] for hook in declared}
