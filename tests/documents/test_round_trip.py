"""A network that is compiled, written and read back is the same network, with the same to be said of it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from netc.compiler import compile_source
from netc.diagnostics.rule import sections
from netc.emit.conflist import text
from netc.lint import lint
from netc.lint.catalogue import all_rules
from netc.lint.project import checked_document
from netc.model import Network
from netc.sources import Source, Sources

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*/*.netc"))
RULES = [rule for rule in all_rules() if rule.check is not None]


def same(network: Network) -> None:
    """Compare a network with what becomes of it on the way through its file."""
    read = checked_document(Source(f"{network.name}.conflist", text(network)))
    (back,) = read.networks
    assert back.conflist == network.conflist
    assert list(back.conflist) == list(network.conflist)
    assert back.unwritten == frozenset()
    assert Counter(one.code for one in read.findings) == Counter(one.code for one in lint(network))
    assert {one.pointer for one in read.findings} == {one.pointer for one in lint(network)}


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.name)
def test_examples_come_back(file: Path) -> None:
    networks = compile_source(Sources().read(file), {}).networks
    assert networks
    for network in networks:
        same(network)


@pytest.mark.parametrize("section", ["Bad", "Good"])
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_the_examples_of_rules_come_back(rule, section: str) -> None:
    source = sections(rule.doc)[section]
    if source.startswith("-- "):
        pytest.skip("the example is no netc source")
    for network in compile_source(Source("x.netc", source)).networks:
        same(network)
