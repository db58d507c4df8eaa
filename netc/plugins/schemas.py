"""The last gate: a finished conflist against the JSON Schemas of the catalogue, so that nothing leaves netc invalid.

Findings for people come from elsewhere, with better words; this one looks at the bytes that will be written, by
another road: jsonschema. It checks the list level, each plugin that the catalogue knows, and its `ipam` by its type.
A plugin that the catalogue does not know passes whole.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from netc import plugins
from netc.dataclass import dataclass
from netc.model import Json, escape
from netc.plugins import subschema
from netc.plugins.kinds import KINDS

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at an RFC 6901 `pointer` of the conflist, in jsonschema's words."""

    pointer: str
    message: str


def validate(conflist: Mapping[str, Json]) -> list[Problem]:
    """What the schemas refuse, in the order of the document; an empty list for a conflist that may be written.

    As for the plugins, a key that is null counts as absent. `runtimeConfig`, `prevResult` and a plugin's own `name`
    and `cniVersion` are refused: they are the runtime's to write.
    """
    found = list(_problems(_conflist_validator(), conflist, ""))
    listed = conflist.get("plugins")
    for index, body in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(body, dict):
            found += _plugin(body, f"/plugins/{index}")
    return found


def _plugin(body: Mapping[str, Json], pointer: str) -> Iterator[Problem]:
    validator = _validator(body.get("type"), ipam=False)
    if validator is None:
        return
    yield from _problems(validator, body, pointer)
    ipam = body.get("ipam")
    if isinstance(ipam, dict) and not subschema.rewritten(body):
        validator = _validator(ipam.get("type"), ipam=True)
        if validator is not None:
            yield from _problems(validator, ipam, f"{pointer}/ipam")


def _problems(validator: Validator, document: Json, pointer: str) -> Iterator[Problem]:
    for error in validator.iter_errors(document):
        at = "".join(f"/{escape(str(token))}" for token in error.absolute_path)
        yield Problem(pointer + at, error.message)


def _validator(type_: Json, *, ipam: bool) -> Validator | None:
    """The validator for a plugin object, or an `ipam` object, of this type; None where the catalogue has none."""
    return _compiled(type_, ipam) if isinstance(type_, str) else None


@plugins.kept
def _compiled(type_: str, ipam: bool) -> Validator | None:
    known = subschema.of_ipam(type_) if ipam else subschema.of_plugin(type_)
    if known is None:
        return None
    info = plugins.find(type_)
    return _validator_class()(_for_authors(known.node, open_=info is not None and info.project is not None))


@cache
def _conflist_validator() -> Validator:
    return _validator_class()(plugins.conflist_schema())


def _for_authors(schema: Any, *, open_: bool = False) -> Any:
    """The schema without the keys that only a runtime writes; `open_` lets keys pass that nobody has heard of."""
    if isinstance(schema, list):
        return [_for_authors(element, open_=open_) for element in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: _for_authors(value, open_=open_) for key, value in schema.items()}
    if open_ and kept.get("additionalProperties") is False:
        del kept["additionalProperties"]
    if isinstance(schema.get("properties"), dict):
        kept["properties"] = {
            key: _for_authors(value, open_=open_)
            for key, value in schema["properties"].items()
            if not value.get("x-netc", {}).get("runtime-only")
        }
    return kept


@cache
def _validator_class() -> type[Validator]:
    """Draft 2020-12 as the plugins decode JSON: an integer is written as one, null is absent, `x-netc` kinds count."""
    from jsonschema import Draft202012Validator, ValidationError, validators

    def x_netc(_: Validator, note: Mapping[str, Any], value: Json, __: Mapping[str, Any]) -> Iterator[ValidationError]:
        kind = note.get("kind")
        if kind is not None and isinstance(value, str) and not KINDS[kind](value):
            yield ValidationError(f"{value!r} is no {kind}")

    def present(keyword: str) -> Any:
        inherited = Draft202012Validator.VALIDATORS[keyword]

        def check(validator: Validator, argument: Any, value: Json, schema: Mapping[str, Any]) -> Any:
            if isinstance(value, dict) and None in value.values():
                value = {key: inner for key, inner in value.items() if inner is not None}
            return inherited(validator, argument, value, schema)

        return check

    def is_integer(_: Any, value: Json) -> bool:
        return isinstance(value, int) and not isinstance(value, bool)

    built: type[Validator] = validators.extend(  # type: ignore[no-untyped-call]
        Draft202012Validator,
        {
            "x-netc": x_netc,
            "properties": _properties,
            **{keyword: present(keyword) for keyword in ("required", "dependentRequired")},
        },
        type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", is_integer),
    )
    return built


@cache
def _sound() -> set[tuple[int, object]]:
    """Values that a part of a schema had nothing to say of: a fleet's networks have most of theirs in common."""
    return set()


def _properties(
    validator: Any, properties: Mapping[str, Any], value: Json, _: Mapping[str, Any]
) -> Iterator[ValidationError]:
    """The keyword `properties`, which looks at a value that it has seen but once."""
    if not isinstance(value, dict):
        return
    for key, inner in value.items():
        if key in properties and inner is not None:
            schema = properties[key]
            seen = (id(schema), json.dumps(inner))  # schemas live as long as the process
            if seen in _sound():
                continue
            found = list(validator.descend(inner, schema, path=key, schema_path=key))
            if not found:
                _sound().add(seen)
            yield from found
