"""From an evaluated network to its conflist: values become JSON, and every JSON key keeps where it was written.

The one thing that depends on the plugin here is what a literal turns into: `100mbit` under a key that counts bits per
second is 100000000, under a key that the catalogue does not know it is a mistake. Whether the JSON then has the shape
that the plugin reads is `netc.plugins.shape`'s question, which conflists written by hand are asked as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from netc.compiler import codes
from netc.dataclass import dataclass, field
from netc.diagnostics import Diagnostic, Trail, error
from netc.diagnostics.rule import Rule
from netc.lang.values import (
    Duration,
    Field,
    IpRange,
    List,
    NetworkValue,
    Object,
    PluginValue,
    Quantity,
    Val,
)
from netc.model import Json, Meta, Network, Origin, escape
from netc.plugins import subschema
from netc.plugins.subschema import Subschema
from netc.sources import Span

#: What netc writes where the author names no version and there is no target: spoken by every release in use.
DEFAULT_CNI_VERSION = "1.0.0"


class Unwritable(Exception):
    """A value that can't stand under its key; its diagnostic has been reported."""


@dataclass(slots=True)
class Writer:
    """Collects the origins of one network's JSON, and what is wrong with its values."""

    network: str
    origins: dict[str, Origin] = field(default_factory=dict)
    found: list[Diagnostic] = field(default_factory=list)
    unwritten: set[str] = field(default_factory=set)

    def report(self, diagnostic: Diagnostic) -> None:
        self.found.append(diagnostic)


def lower(value: NetworkValue) -> tuple[Network, list[Diagnostic]]:
    """The network, and what is wrong with its values. With any error in the second, the first is incomplete."""
    writer = Writer(value.name)
    writer.origins[""] = Origin(None, value.span, value.trail)
    conflist: dict[str, Json] = {}
    level = subschema.of_conflist()
    entries = value.entries.fields
    if "cniVersion" not in entries:
        conflist["cniVersion"] = DEFAULT_CNI_VERSION
    for key, entry in entries.items():
        write_entry(conflist, "", key, entry, level.key(key), writer)
    first = {"cniVersion": conflist.pop("cniVersion")} if "cniVersion" in conflist else {}
    conflist = {**first, "name": value.name, **conflist}
    writer.origins["/name"] = Origin(value.name_span, value.name_span, value.trail)
    conflist["plugins"] = [_plugin(index, plugin, writer) for index, plugin in enumerate(value.plugins)]
    meta = _meta(value.meta, writer)
    network = Network(
        value.name, conflist, writer.origins, value.span, meta, frozenset(writer.unwritten), value.head, value.key
    )
    return network, [found.in_network(value.name) for found in writer.found]


def _plugin(index: int, plugin: PluginValue, writer: Writer) -> dict[str, Json]:
    pointer = f"/plugins/{index}"
    writer.origins[pointer] = Origin(None, plugin.span, plugin.trail)
    return _object(plugin.body, pointer, subschema.of_plugin(plugin.type), writer)


def _object(value: Object, pointer: str, schema: Subschema | None, writer: Writer) -> dict[str, Json]:
    if schema is not None and schema.note("delegate"):
        label = value.fields.get("type")
        schema = subschema.of_ipam(label.value.data) if label and isinstance(label.value.data, str) else None
    out: dict[str, Json] = {}
    for key, entry in value.fields.items():
        write_entry(out, pointer, key, entry, schema.key(key) if schema is not None else None, writer)
    return out


def write_entry(
    out: dict[str, Json], pointer: str, key: str, entry: Field, schema: Subschema | None, writer: Writer
) -> None:
    """Write one key into `out`; a null or a value that can't be written leaves it out."""
    if entry.value.data is None:
        return
    at = f"{pointer}/{escape(key)}"
    writer.origins[at] = Origin(entry.key_span, entry.at, entry.trail, _elsewhere(entry.at, entry.value.span))
    try:
        out[key] = _json(entry.value, at, schema, _Place(f"`{key}`", entry.at, writer.origins[at].labels), writer)
    except Unwritable:
        writer.unwritten.add(at)
        del writer.origins[at]


@dataclass(frozen=True, slots=True)
class _Place:
    """The words and the place by which a message speaks of a value."""

    name: str
    span: Span
    trail: Trail


def _elsewhere(at: Span, written: Span) -> Span | None:
    """Where a value was written, if that is not at its key."""
    return None if written.source is at.source and at.start <= written.start and written.end <= at.end else written


def _json(value: Val, pointer: str, schema: Subschema | None, place: _Place, writer: Writer) -> Json:
    data = value.data
    if isinstance(data, Object):
        return _object(data, pointer, schema, writer)
    if isinstance(data, List):
        return _list(data, pointer, schema, place, writer)
    write = _WRITERS.get(type(data))
    if write is not None:
        return write(data, schema, place, writer)
    if data is None or isinstance(data, bool | int | float):
        return _string_of_number(data, schema)
    return str(data)


def _list(data: List, pointer: str, schema: Subschema | None, place: _Place, writer: Writer) -> list[Json]:
    out: list[Json] = []
    element = schema.element if schema is not None else None
    for item in data.items:
        at = f"{pointer}/{len(out)}"
        inside = item.span.source is place.span.source and place.span.start <= item.span.start < place.span.end
        span = item.span if inside else place.span
        origin = Origin(None, span, place.trail, None if inside else item.span)
        writer.origins[at] = origin
        try:
            out.append(_json(item, at, element, _Place(f"an element of {place.name}", span, origin.labels), writer))
        except Unwritable:
            writer.unwritten.add(at)
            del writer.origins[at]
    return out


def _string_of_number(data: bool | int | float | None, schema: Subschema | None) -> Json:
    """A number as it stands, or as a string where the key's strings are numbers (a sysctl)."""
    if schema is None or data is None or not schema.note("string-of-number"):
        return data
    return str(int(data)) if isinstance(data, bool) else str(data)


def _quantity(data: Quantity, schema: Subschema | None, place: _Place, writer: Writer) -> Json:
    unit = schema.note("unit") if schema is not None else None
    if unit is None:
        help = (
            f"the catalogue has no unit for this key: write the plain number that the plugin counts in "
            f"({data.bits} bits, {data.bits / 8:g} bytes)"
            if schema is None
            else f"write {_expected(schema)}"
        )
        raise _refuse(codes.UNIT, f"{place.name} takes no unit, {data.text} has one", place, help, writer)
    if unit == "bit/s" and data.kind == "byte":
        raise _refuse(
            codes.UNIT,
            f"{place.name} is a rate in bits per second, {data.text} counts bytes",
            place,
            f"write {bits_text(data.bits)} for the same amount per second",
            writer,
        )
    if unit in ("byte", "byte/s"):
        if data.bits % 8:
            raise _refuse(
                codes.UNIT, f"{place.name} counts bytes, {data.text} is no whole number of them", place, None, writer
            )
        return data.bits // 8
    return data.bits


def _range(data: IpRange, schema: Subschema | None, place: _Place, writer: Writer) -> Json:
    if schema is not None and schema.note("kind") == "range":
        return str(data)
    help = f"give the ends by their own keys: rangeStart = {data.first}, rangeEnd = {data.last}"
    raise _refuse(codes.NO_JSON, f"{place.name} takes no range, {data} is one", place, help, writer)


def _duration(data: Duration, schema: Subschema | None, place: _Place, writer: Writer) -> Json:
    help = "durations are for `within` in tests; write the number that the plugin counts in"
    raise _refuse(codes.NO_JSON, f"{place.name} takes no duration, {data} is one", place, help, writer)


#: What becomes of the values that have no JSON form of their own.
_WRITERS: Mapping[type, Callable[[Any, Subschema | None, _Place, Writer], Json]] = {
    Quantity: _quantity,
    IpRange: _range,
    Duration: _duration,
}


def _refuse(rule: Rule, message: str, place: _Place, help: str | None, writer: Writer) -> Unwritable:
    writer.report(error(rule.code, message, place.span, *place.trail, help=help))
    return Unwritable()


def _expected(schema: Subschema) -> str:
    kind = schema.node.get("type")
    return {"integer": "a plain number", "boolean": "true or false", "string": "a string"}.get(str(kind), f"{kind}")


def bits_text(bits: int) -> str:
    """`8000000` as `8mbit`: the largest unit that keeps it whole."""
    for unit, size in (("tbit", 10**12), ("gbit", 10**9), ("mbit", 10**6), ("kbit", 10**3)):
        if bits and bits % size == 0:
            return f"{bits // size}{unit}"
    return f"{bits}bit"


def _meta(value: Object | None, writer: Writer) -> Meta:
    """The `meta` block, whose keys and types the language has checked, but for what becomes part of a path."""
    given = {key: entry.value.data for key, entry in value.fields.items()} if value is not None else {}
    node = given.get("node")
    if value is not None and isinstance(node, str) and not _plain_folder(node):
        entry = value.fields["node"]
        message = f"`node` of `meta` becomes a folder below the output folder, {node!r} can't be one"
        writer.report(error(codes.NODE.code, message, entry.at, *entry.trail, help="a name without `/`"))
    return Meta(**given)  # type: ignore[arg-type]  # the language lets no other type through


def _plain_folder(name: str) -> bool:
    return bool(name) and name not in (".", "..") and "/" not in name and "\\" not in name and name.isprintable()
