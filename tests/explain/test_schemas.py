"""What programs get has the form that the published schemas say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from netc import explain
from netc.cli.main import main

DOCS = Path(__file__).parents[2] / "docs"


def validator(name: str) -> Draft202012Validator:
    """The validator of a published schema, which is a schema itself."""
    schema = json.loads((DOCS / name).read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def test_every_topic_has_the_published_form() -> None:
    pages = [page.as_json() for topic in explain.topics() for page in explain.find(topic)]
    document = json.loads(json.dumps({"version": 1, "topics": pages}))
    assert [error.message for error in validator("explain.schema.json").iter_errors(document)] == []


@pytest.mark.parametrize("spoilt", [{"kind": "key"}, {"kind": "rule", "name": "x", "title": "x", "summary": "x"}])
def test_the_schema_refuses_what_is_no_page(spoilt: dict) -> None:
    assert list(validator("explain.schema.json").iter_errors({"version": 1, "topics": [spoilt]}))


@pytest.mark.parametrize("pointer", ["/plugins/0/mtu", "/cniVersion", "", "/plugins/0/ipam/subnet"])
def test_a_provenance_has_the_published_form(pointer: str, tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.netc").write_text("network a { plugin bridge { mtu = 1400, ipam host-local { subnet = 10.1.0.0/16 } } }\n")
    assert main(["build", "a.netc", "--explain", pointer, "--output-format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [error.message for error in validator("provenance.schema.json").iter_errors(document)] == []
