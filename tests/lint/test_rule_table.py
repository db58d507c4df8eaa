"""docs/rules.md is made from the rules' docstrings; `pytest --update` rewrites it."""

from __future__ import annotations

from pathlib import Path

import pytest

from netc.lint.catalogue import all_rules, find, table

PAGE = Path(__file__).parents[2] / "docs" / "rules.md"


def test_the_page_is_current(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update"):
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(table(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == table()


def test_a_rule_is_found_by_code_and_by_name() -> None:
    rule = find("NC203")
    assert rule is not None
    assert find(rule.name) is rule
    assert find("NC000") is None


def test_rules_are_in_order_of_their_codes() -> None:
    codes = [rule.code for rule in all_rules()]
    assert codes == sorted(codes)
