"""Each rule's documentation is true: its bad example has the finding, its good one does not.

An example is netc source, or several files of any kind, each below a line `-- NAME --`.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path

import pytest

from netc import project_file
from netc.compiler import compile_source
from netc.diagnostics import Diagnostic
from netc.diagnostics.rule import SECTIONS, Rule, sections
from netc.documents import codes as documents
from netc.lint import lint, pods
from netc.lint.against import lint_against, still_read
from netc.lint.catalogue import all_rules
from netc.lint.pods import lint_pods
from netc.lint.project import checked_document, checked_together
from netc.lint.together import lint_together
from netc.rules import declared_in
from netc.sources import Source
from netc.target import reading

RULES = all_rules()
#: Rules that a pass reports by itself have tests where the pass has them; these look at networks.
CHECKS = [
    rule
    for rule in RULES
    if rule.check is not None
    or rule.input == "network"
    or rule.code in {one.code for module in (documents, pods) for one in declared_in(module)}
]
_FILE = re.compile(r"^-- (\S+) --\n", re.M)


def findings(text: str) -> list[Diagnostic]:
    """All findings about an example."""
    head, *parts = _FILE.split(text)
    if not parts:
        compiled = compile_source(Source("example.netc", head))
        alone = [one for network in compiled.networks for one in lint(network)]
        return [*compiled.findings, *alone, *lint_together(compiled.networks), *lint_pods(compiled.pods)]
    sources = [Source(name, body) for name, body in zip(parts[::2], parts[1::2], strict=True)]
    if sources[0].path == project_file.FILE_NAME:
        return on_target(*sources)
    folders = {os.path.dirname(os.path.abspath(source.path)) for source in sources}
    return list(checked_together([checked_document(source) for source in sources], folders))


def on_target(settings: Source, source: Source) -> list[Diagnostic]:
    """All findings about a source beside a netc.toml."""
    project, findings = project_file.read(settings, Path("."))
    assert project is not None, findings
    known, wrong = reading.targets(project)
    compiled = compile_source(source)
    found = [*wrong, *compiled.findings]
    for network in compiled.networks:
        found += [*still_read(lint(network), network, known), *lint_against(network, known)]
    return found


def test_codes_and_names_are_unique() -> None:
    assert [code for code, count in Counter(rule.code for rule in RULES).items() if count > 1] == []
    assert [name for name, count in Counter(rule.name for rule in RULES).items() if count > 1] == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_the_docstring_has_every_section(rule: Rule) -> None:
    parts = sections(rule.doc)
    assert tuple(parts) == ("", *SECTIONS)
    assert all(parts.values())
    assert parts[""].endswith(".")
    assert rule.name == rule.name.lower().replace(" ", "-").replace("_", "-")


@pytest.mark.parametrize("rule", CHECKS, ids=lambda rule: f"{rule.code}-{rule.name}")
def test_the_bad_example_is_found(rule: Rule) -> None:
    found = {one.code for one in findings(sections(rule.doc)["Bad"])}
    assert rule.code in found
    assert not {code for code in found if code[2] == "1"} - {rule.code}, "the example itself is no good netc"


@pytest.mark.parametrize("rule", CHECKS, ids=lambda rule: f"{rule.code}-{rule.name}")
def test_the_good_example_is_not(rule: Rule) -> None:
    found = findings(sections(rule.doc)["Good"])
    assert rule.code not in {one.code for one in found}
    if rule.check is not None:
        assert [one.message for one in found if one.code != "NC405"] == [], "good means good"
