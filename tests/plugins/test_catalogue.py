"""The catalogue keeps its own promises: every schema is whole, says what each key does, and takes its own examples."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from netc import plugins
from netc.compiler import compile_source
from netc.plugins import schemas
from netc.plugins.kinds import KINDS
from netc.sources import Source

FOLDER = Path(plugins.__file__).parent
RELEASE = {"type": "string", "pattern": r"^\d+\.\d+\.\d+$"}

#: What `x-netc` may hold: docs/catalogue.md describes each.
X_NETC = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "kind": {"enum": sorted(KINDS)},
        "unit": {"enum": ["bit", "bit/s", "byte", "byte/s"]},
        "string-of-number": {"const": True},
        "delegate": {"const": True},
        "rewrites": {"type": "array", "items": {"type": "string"}},
        "plugin": {"type": "string"},
        "runtime-only": {"const": True},
        "pattern-words": {"type": "string"},
        "since": RELEASE,
        "until": RELEASE,
        "value-since": {"type": "object", "additionalProperties": RELEASE},
        "default-changed": {
            "type": "object",
            "additionalProperties": False,
            "required": ["release", "before"],
            "properties": {"release": RELEASE, "before": {}},
        },
        "docs": {"type": "string", "pattern": "^https://"},
        "example": {"type": "string"},
    },
}

#: Objects whose keys are free, by the plugin's type and the keys that lead to them.
FREE = {("sysctl",), ("capabilities",), ("args",), ("args", "cni"), ("args", "cni", "sysctl"), ("ipam",)}


def keys(schema: dict[str, Any], way: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Every key that a schema describes, with the keys above it."""
    for key, part in schema.get("properties", {}).items():
        yield (*way, key), part
        yield from keys(part, (*way, key))
    items = schema.get("items")
    if isinstance(items, dict):
        yield from keys(items, way)


def objects(schema: dict[str, Any], way: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Every object that a schema describes, its own included."""
    if schema.get("type") == "object":
        yield way, schema
    for key, part in schema.get("properties", {}).items():
        yield from objects(part, (*way, key))
    if isinstance(schema.get("items"), dict):
        yield from objects(schema["items"], way)


@pytest.fixture(params=plugins.names())
def name(request: pytest.FixtureRequest) -> str:
    return request.param


def test_a_schema_stands_alone_and_is_one(name: str) -> None:
    schema = plugins.schema(name)
    Draft202012Validator.check_schema(schema)
    assert "$ref" not in json.dumps(schema)
    assert next(iter(schema["properties"])) == "type"
    assert schema["properties"]["type"]["const"] == name


def test_every_key_says_what_it_takes_and_does(name: str) -> None:
    for way, part in keys(plugins.schema(name)):
        assert part.get("type"), way
        assert part.get("description", "").endswith("."), way
        assert len(part["description"]) <= 120, way


def test_unknown_keys_are_refused_wherever_the_plugin_decodes_an_object(name: str) -> None:
    """Another project's plugin may say of an object that it has keys of somebody else's: `additionalProperties: true`."""
    info = plugins.find(name)
    assert info is not None
    for way, part in objects(plugins.schema(name)):
        free = way in FREE or "properties" not in part or (info.project and part.get("additionalProperties") is True)
        assert part.get("additionalProperties") is False or free, way


def test_x_netc_is_a_closed_set(name: str) -> None:
    Draft202012Validator.check_schema(X_NETC)
    check = Draft202012Validator(X_NETC)
    for way, part in [*keys(plugins.schema(name)), *keys(plugins.conflist_schema())]:
        assert [error.message for error in check.iter_errors(part.get("x-netc", {}))] == [], way


def test_what_a_plugin_changes_in_a_shared_key_are_words(name: str) -> None:
    """Beside a `$ref` only annotations stand: a plugin that decodes a key otherwise has a key of its own."""
    text = (FOLDER / name.replace("-", "_") / "schema.json").read_text(encoding="utf-8")

    def references(node: Any) -> Iterator[dict[str, Any]]:
        if isinstance(node, dict):
            if "$ref" in node:
                yield node
            for inner in node.values():
                yield from references(inner)

    for node in references(json.loads(text)):
        assert set(node) <= {"$ref", "description", "x-netc", "required"}, node


def test_defaults_are_valid(name: str) -> None:
    for way, part in keys(plugins.schema(name)):
        if "default" in part:
            assert Draft202012Validator(part).is_valid(part["default"]), way


def test_quantities_count_integers(name: str) -> None:
    for way, part in keys(plugins.schema(name)):
        if part.get("x-netc", {}).get("unit"):
            assert part["type"] == "integer", way
        if part.get("x-netc", {}).get("kind"):
            assert part["type"] == "string", way


def test_examples_are_taken(name: str) -> None:
    """An example compiles where it belongs, and the schema has nothing to say of that key."""
    info = plugins.find(name)
    assert info is not None
    for key, part in plugins.schema(name)["properties"].items():
        example = part.get("x-netc", {}).get("example")
        if example is None or key == "runtimeConfig":
            continue
        inside = (
            f"plugin bridge {{ ipam {name} {{ {example} }} }}"
            if info.kind == "ipam"
            else f"plugin {name} {{ {example} }}"
        )
        compiled = compile_source(Source("example.netc", f"network n {{ {inside} }}"))
        assert [found.message for found in compiled.findings if found.code[2] == "1"] == [], key
        at = f"/plugins/0/{'ipam/' if info.kind == 'ipam' else ''}{key}"
        problems = schemas.validate(compiled.networks[0].conflist)
        assert [problem for problem in problems if problem.pointer.startswith(at)] == []
        body = compiled.networks[0].plugins[0].body
        assert key in (body["ipam"] if info.kind == "ipam" else body), "the example shows another key"


def test_examples_of_the_list_level_are_taken() -> None:
    for key, part in plugins.conflist_schema()["properties"].items():
        example = part.get("x-netc", {}).get("example")
        if example is not None:
            compiled = compile_source(Source("example.netc", f"network n {{ {example}, plugin loopback {{ }} }}"))
            assert [found.message for found in compiled.findings] == [], key
            assert schemas.validate(compiled.networks[0].conflist) == []


@pytest.mark.parametrize("name", ["antrea", "kube-ovn"])
def test_a_plugin_with_an_interface_may_hand_out_addresses_too(name: str) -> None:
    schema = plugins.ipam_schema(name)
    assert schema is not None
    assert schema != plugins.schema(name)
    Draft202012Validator.check_schema(dict(schema))
    assert schema["properties"]["type"]["const"] == name
    for way, part in keys(dict(schema)):
        assert part.get("description", "").endswith("."), way


def test_whoever_hands_out_no_addresses_has_no_schema_for_it() -> None:
    assert plugins.ipam_schema("bridge") is None
    assert plugins.ipam_schema("nobody") is None
    assert plugins.ipam_schema("static") == plugins.schema("static")


def test_capabilities_have_a_description(name: str) -> None:
    info = plugins.find(name)
    assert info is not None
    for capability in info.capabilities:
        described = plugins.capability(capability)
        assert described is not None
        assert described["description"]
    assert plugins.capability("nobody-has-this") is None


def test_runtime_config_has_what_the_plugin_reads() -> None:
    assert list(plugins.schema("portmap")["properties"]["runtimeConfig"]["properties"]) == ["portMappings"]
    assert "runtimeConfig" not in plugins.schema("loopback")["properties"]


def test_versions_are_a_set_of_known_ones(name: str) -> None:
    info = plugins.find(name)
    assert info is not None
    assert set(info.versions) <= set(plugins.ALL_VERSIONS)
    assert info.docs.startswith("https://")
    assert info.summary.endswith(".")


def test_the_page_describes_all_that_x_netc_may_hold() -> None:
    page = (FOLDER.parents[1] / "docs" / "catalogue.md").read_text(encoding="utf-8")
    described = {line.split("|")[1].strip() for line in page.splitlines() if line.startswith("| `")}
    assert {f"`{key}`" for key in X_NETC["properties"]} <= described
    assert {f"`{kind}`" for kind in KINDS} <= described
