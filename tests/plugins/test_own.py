"""What `[plugins.NAME]` of netc.toml may say, and what is said where it can't be so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from netc import plugins
from netc.plugins import own

GOOD = '{"properties": {"port": {"type": "integer"}}}'


@pytest.fixture(autouse=True)
def catalogue() -> Iterator[None]:
    """The catalogue is the process's: what a test adds goes with it."""
    yield
    plugins.use({})


def loaded(folder: Path, settings: str, schema: str | None = GOOD) -> list[tuple[str, str | None, int]]:
    """What is wrong: message, help and line of each finding."""
    file = folder / "netc.toml"
    file.write_text(settings, encoding="utf-8")
    if schema is not None:
        (folder / "x.json").write_text(schema, encoding="utf-8")
    _, findings = own.load(file)
    return [(one.message, one.help, one.primary.begin.line if one.primary else 0) for one in findings]


def test_a_plugin_is_known_from_then_on(tmp_path: Path) -> None:
    settings = '[plugins.own-one]\nschema = "x.json"\nkind = "interface"\ncapabilities = ["mac"]\n'
    assert loaded(tmp_path, settings) == []
    info = plugins.find("own-one")
    assert info is not None
    assert (info.kind, info.capabilities, info.project) == ("interface", {"mac"}, "netc.toml")
    assert {"type", "port", "ipam", "dns", "args", "capabilities"} == set(plugins.schema("own-one")["properties"])
    assert "own-one" in plugins.names()


def test_a_changed_schema_counts(tmp_path: Path) -> None:
    settings = '[plugins.own-two]\nschema = "x.json"\n'
    assert loaded(tmp_path, settings) == []
    assert "speed" not in plugins.schema("own-two")["properties"]
    assert loaded(tmp_path, settings, '{"properties": {"speed": {"type": "integer"}}}') == []
    assert "speed" in plugins.schema("own-two")["properties"]


#: Each definition refers ten times to the next.
LAUGHS = json.dumps(
    {
        "properties": {"a": {"$ref": "#/$defs/d0"}},
        "$defs": {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 10} for n in range(8)} | {"d8": {}},
    }
)
ODD = """{
  "required": ["a", "z"],
  "properties": {
    "a": true, "b": false, "c": {"oneOf": [{"type": "string"}, {"type": "integer"}]}, "d": {"const": 7},
    "e": {"type": ["string", "null"]}, "f": {"type": "array", "items": {"properties": {"g": {}}}},
    "h": {"type": "object", "additionalProperties": {"type": "string"}}, "i": {"type": "array", "prefixItems": [{}], "items": true},
    "j": {"items": {"items": false}}, "k": {"enum": [{"$ref": "no reference"}]}
  },
  "if": {"required": ["c"]}, "then": {"required": ["d"]}
}"""


def test_whatever_a_schema_says_is_checked_and_explained(tmp_path: Path) -> None:
    from netc import explain
    from netc.diagnostics.formats import Style
    from netc.explain.text import render
    from netc.plugins import schemas, shape

    assert loaded(tmp_path, '[plugins.own-odd]\nschema = "x.json"\n', ODD) == []
    body = {"type": "own-odd", "a": 1, "z": [], "c": "x", "d": 7, "e": None, "f": [{"g": 1}], "h": {"k": "v"}, "i": [1]}
    for keys, sound in (
        (body, True),
        ({**body, "d": 8}, False),
        ({**body, "b": 1}, False),
        ({"type": "own-odd"}, False),
    ):
        conflist = {"cniVersion": "1.0.0", "name": "n", "plugins": [keys]}
        problems = [*schemas.validate(conflist), *shape.check(conflist)]
        assert (not problems) == sound, problems
    for topic in ("own-odd", *(f"own-odd.{key}" for key in "abcdefhijkz"), "own-odd.f.g"):
        assert render(explain.find(topic), Style())


@pytest.mark.parametrize(
    ("settings", "schema", "message", "line"),
    [
        ('[plugins.bridge]\nschema = "x.json"', GOOD, "bridge is a reference plugin", 1),
        ("[plugins.mine]\nkind = 'meta'", GOOD, "schema", 1),
        ('[plugins.mine]\nschema = "x.json"\nkind = "main"', GOOD, "kind", 3),
        ('[plugins.mine]\nschema = "none.json"', GOOD, "can't read none.json: no such file or directory", 2),
        ('[plugins.mine]\nschema = "../x.json"', GOOD, "../x.json lies outside of the project's folder", 2),
        ('[plugins.mine]\nschema = "x.json"', "{", "x.json is no JSON", 2),
        ('[plugins.mine]\nschema = "x.json"', "[" * 100_000, "x.json is nested too deep", 2),
        ('[plugins.mine]\nschema = "x.json"', "\udcff", "x.json is no JSON", 2),
        ('[plugins.mine]\nschema = "x.json"', "{}", "x.json has no `properties`", 2),
        ('[plugins.mine]\nschema = "x.json"', '{"properties": {"a": {"type": "int"}}}', "x.json is no JSON Schema", 2),
        ('[plugins.mine]\nschema = "x.json"', '{"properties": {"a": 5}}', "x.json is no JSON Schema", 2),
        ('[plugins.mine]\nschema = "x.json"', '{"properties": {"a": {"$ref": "#/$defs/b"}}}', "leads to no schema", 2),
        ('[plugins.mine]\nschema = "x.json"', '{"properties": {"a": {"x-netc": "s"}}}', 'x-netc in x.json is "s"', 2),
        ('[plugins.mine]\nschema = "x.json"', '{"properties": {"a": {"x-netc": {"kind": "no"}}}}', "kind of x-netc", 2),
        ('[plugins.mine]\nschema = "x.json"', '{"not": {"x-netc": {"unit": []}}, "properties": {}}', "unit of x-netc", 2),
        ('[plugins.mine]\nschema = "x.json"', '{"properties": {"a": ' * 150 + "{}" + "}}" * 150, "nested too deep", 2),
        ('[plugins.mine]\nschema = "x.json"', LAUGHS, "has too many parts", 2),
        ('[plugins.mine]\nschema = "x.json"', '{"properties": {"a": {"$ref": "y.json"}}}', "leads out of the file", 2),
        ('[plugins.mine]\nschema = "x.json"', '{"properties": {"a": {"$ref": "#/properties/a"}}}', "leads to itself", 2),
    ],
)  # fmt: skip
def test_what_can_not_be(tmp_path: Path, settings: str, schema: str, message: str, line: int) -> None:
    (tmp_path / "x.json").write_bytes(schema.encode("utf-8", "surrogateescape"))
    (found,) = loaded(tmp_path, settings, None)
    assert message in found[0]
    assert found[1]
    assert found[2] == line
