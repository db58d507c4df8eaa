"""Does a conflist have the shape that its plugins decode? One finding per key that does not, in words.

This is the author's side of the schemas: the same facts as jsonschema checks, said so that the fix is plain, and with
the names of those who do read a misplaced key. It looks at JSON only, so a conflist written by hand gets the same
answers as one compiled from `.netc`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_network
from typing import Any, Literal

from netc import plugins
from netc.dataclass import dataclass, replace
from netc.diagnostics.rule import Rule
from netc.model import Json, escape
from netc.plugins import owners, subschema
from netc.plugins import shape_codes as codes
from netc.plugins.kinds import KINDS, is_address, is_ip
from netc.plugins.subschema import Subschema
from netc.spelling import nearest, surely


@dataclass(frozen=True, slots=True)
class Misfit:
    """One thing that does not fit: `pointer` from the conflist's root, `on` says whether its key or its value.

    `meant` is the key that a misspelt one can only have been.
    """

    rule: Rule
    pointer: str
    message: str
    help: str | None = None
    on: Literal["key", "value"] = "value"
    meant: str | None = None


@dataclass(frozen=True, slots=True)
class _Owner:
    """Whose object is looked at: `name` for messages, `level` for asking who else reads a key.

    `project` makes the plugin, where it is none of the reference ones: netc hears late of what that adds.
    """

    name: str
    level: Literal["list", "plugin", "ipam"]
    project: str | None = None


def check(conflist: Mapping[str, Json]) -> Iterator[Misfit]:
    """What does not fit anywhere in a conflist, in the order of the document."""
    yield from _object(conflist, "", subschema.of_conflist(), _Owner("a network", "list"))


def _plugin(body: Json, pointer: str) -> Iterator[Misfit]:
    type_ = body.get("type") if isinstance(body, dict) else None
    if not isinstance(type_, str) or not type_:
        yield Misfit(codes.MISSING_KEY, pointer, "a plugin without a type", "name the plugin's binary: `type`")
        return
    schema = subschema.of_plugin(type_)
    info = plugins.find(type_)
    if schema is not None:
        yield from _object(body, pointer, schema, _Owner(type_, "plugin", info.project if info is not None else None))
        return
    if info is not None:
        yield Misfit(
            codes.WRONG_VALUE,
            f"{pointer}/type",
            f"{type_} is an IPAM plugin, it can't stand in a chain by itself",
            f"write `ipam {type_} {{ }}` inside the plugin that makes the interface",
        )
        return
    chain = [name for name in plugins.names() if subschema.of_plugin(name) is not None]
    meant = nearest(type_, chain)
    yield Misfit(
        codes.UNKNOWN_PLUGIN,
        f"{pointer}/type",
        f"netc does not know the plugin {type_}: its keys pass through unchecked",
        f"did you mean {meant}?" if meant else None,
    )


def _object(value: Mapping[str, Json], pointer: str, schema: Subschema, owner: _Owner) -> Iterator[Misfit]:
    for key in schema.node.get("required", ()):
        if value.get(key) is None:
            yield _missing(key, pointer, schema, owner)
    for key, others in schema.node.get("dependentRequired", {}).items():
        for other in others if value.get(key) is not None else ():
            if value.get(other) is None:
                message = f"{owner.name} has `{key}` without `{other}`: they go together"
                yield Misfit(codes.MISSING_KEY, f"{pointer}/{escape(key)}", message, f"add `{other}`", "key")
    open_ = schema.node.get("additionalProperties", True) is not False
    for key, inner in value.items():
        at = f"{pointer}/{escape(key)}"
        part = schema.key(key)
        if inner is None:
            continue
        if part is not None and part.note("runtime-only"):
            help = owners.hint(key, owner.level, owner.name)
            yield Misfit(codes.UNKNOWN_KEY, at, f"`{key}` of {owner.name} is not for an author to write", help, "key")
        elif key == "plugins" and owner.level == "list" and isinstance(inner, list) and inner:
            for index, body in enumerate(inner):
                yield from _plugin(body, f"{at}/{index}")
        elif part is not None:
            yield from _value(inner, at, part, f"`{key}` of {owner.name}", owner)
        elif not open_:
            found = _unknown(key, at, schema, owner)
            yield replace(found, meant=None) if found.meant in value else found


def _missing(key: str, pointer: str, schema: Subschema, owner: _Owner) -> Misfit:
    part = schema.key(key)
    example = part.note("example") if part is not None else None
    message = f"{owner.name} needs `{key}`"
    return Misfit(codes.MISSING_KEY, pointer, message, f"for instance {example}" if example else None)


def _unknown(key: str, pointer: str, schema: Subschema, owner: _Owner) -> Misfit:
    """A key that nobody here reads: a misspelling, or somebody else's."""
    rule, message = codes.UNKNOWN_KEY, f"{owner.name} does not read `{key}`"
    if owner.project is not None:
        rule, message = codes.UNHEARD_KEY, f"netc has not heard that {owner.name} reads `{key}`"
        if key in ("name", "cniVersion") and owner.level == "plugin":
            message = f"`{key}` of {owner.name} is written over: the runtime puts the list's there"
            return Misfit(rule, pointer, message, "leave it out", "key")
    known = [name for name in schema.node.get("properties", {}) if not _hidden(schema, name)]
    help = owners.hint(key, owner.level, owner.name)
    meant, sure = nearest(key, known), None
    if help is None or (meant is not None and meant.lower() == key.lower()):
        help = f"did you mean `{meant}`?" if meant else f"{owner.name} reads {_listed(known)}"
        sure = surely(key, known)
    return Misfit(rule, pointer, message, help, "key", sure)


def _hidden(schema: Subschema, key: str) -> bool:
    part = schema.key(key)
    return part is not None and bool(part.note("runtime-only"))


def _listed(names: Sequence[str]) -> str:
    shown = [f"`{name}`" for name in names[:12]]
    return ", ".join(shown) + (", ..." if len(names) > 12 else "") if shown else "no keys of its own"


def _value(value: Json, pointer: str, schema: Subschema, name: str, owner: _Owner) -> Iterator[Misfit]:
    node = schema.node
    if schema.note("delegate"):
        yield from _ipam(value, pointer, schema.note("rewrites") or ())
        return
    wanted = node.get("type")
    if wanted is not None and not _is(value, wanted):
        yield _wrong_type(value, pointer, schema, name)
        return
    if isinstance(value, dict) and schema.note("plugin") is not None:
        yield from _called(value, pointer, schema.note("plugin"), owner)
    elif isinstance(value, dict):
        yield from _object(value, pointer, schema, replace(owner, name=name.replace("`", "")))
    elif isinstance(value, list):
        yield from _list(value, pointer, schema, name, owner)
    elif isinstance(value, str):
        yield from _string(value, pointer, schema, name)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _number(value, pointer, schema, name)


def _called(value: Mapping[str, Json], pointer: str, otherwise: str, owner: _Owner) -> Iterator[Misfit]:
    """The object of a plugin, or the list of several, that another plugin calls: of type `otherwise` where it has none.

    What it needs comes from who calls it, so that nothing is missing here.
    """
    listed = value.get("plugins")
    for index, one in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(one, dict):
            yield from _called(one, f"{pointer}/plugins/{index}", "", owner)
    type_ = value.get("type") or otherwise
    schema = subschema.of_plugin(type_) if isinstance(type_, str) else None
    if schema is None or isinstance(listed, list):
        return
    info = plugins.find(str(type_))
    callee = _Owner(str(type_), "plugin", info.project if info is not None else None)
    own = {key: inner for key, inner in value.items() if key not in ("name", "cniVersion")}
    yield from (found for found in _object(own, pointer, schema, callee) if found.rule is not codes.MISSING_KEY)


def _ipam(value: Json, pointer: str, rewrites: Sequence[str]) -> Iterator[Misfit]:
    if not isinstance(value, dict):
        yield Misfit(
            codes.WRONG_TYPE, pointer, f"`ipam` takes an object, not {_article(value)}", "write `ipam host-local { }`"
        )
        return
    type_ = value.get("type")
    if type_ is None or type_ == "":
        if value:
            yield Misfit(codes.MISSING_KEY, pointer, "`ipam` without a type", "write `ipam host-local { }`")
        return
    if not isinstance(type_, str):
        yield Misfit(codes.WRONG_TYPE, f"{pointer}/type", f"`type` of ipam takes a string, not {_article(type_)}")
        return
    schema = subschema.of_ipam(type_)
    info = plugins.find(type_)
    if schema is not None:
        owner = _Owner(type_, "ipam", info.project if info is not None else None)
        yield from _object(value, pointer, schema, owner) if not subschema.holds(value, rewrites) else ()
        return
    known = [name for name in plugins.names() if subschema.of_ipam(name) is not None]
    meant = nearest(type_, known)
    if info is not None:
        message = f"{type_} is no IPAM plugin: it can't hand out addresses"
        yield Misfit(codes.WRONG_VALUE, f"{pointer}/type", message, f"IPAM plugins are {', '.join(known)}")
        return
    yield Misfit(
        codes.UNKNOWN_PLUGIN,
        f"{pointer}/type",
        f"netc does not know the IPAM plugin {type_}: its keys pass through unchecked",
        f"did you mean {meant}?" if meant else None,
    )


def _list(value: list[Json], pointer: str, schema: Subschema, name: str, owner: _Owner) -> Iterator[Misfit]:
    least = schema.node.get("minItems", 0)
    if len(value) < least:
        has = f"has {len(value)} element{'s'[: len(value) > 1]}" if value else "is empty"
        yield Misfit(codes.WRONG_VALUE, pointer, f"{name} {has}, it needs at least {least}")
    element = schema.element
    for index, inner in enumerate(value if element is not None else ()):
        assert element is not None
        yield from _value(inner, f"{pointer}/{index}", element, f"an element of {name}", owner)


def _string(value: str, pointer: str, schema: Subschema, name: str) -> Iterator[Misfit]:
    node, kind = schema.node, schema.note("kind")
    choices = node.get("enum")
    if choices is not None and value not in choices:
        meant = nearest(value, [choice for choice in choices if isinstance(choice, str)])
        shown = ", ".join(_shown(choice) for choice in choices if choice != "")
        help = f"did you mean {_shown(meant)}?" if meant else f"write one of {shown}"
        yield Misfit(codes.WRONG_VALUE, pointer, f"{name} is {_shown(value)}, it takes {shown}", help)
        return
    if kind is not None and not KINDS[kind](value):
        rule = codes.WRONG_VALUE if kind in ("mac", "ifname", "path") else codes.BAD_ADDRESS
        why, fix = _explained(kind, value)
        yield Misfit(rule, pointer, f"{name}: {why}", fix)
        return
    if len(value) < node.get("minLength", 0):
        yield Misfit(codes.WRONG_VALUE, pointer, f"{name} is empty")
        return
    if len(value) > node.get("maxLength", len(value)):
        message = f"{name} is {len(value)} characters long, at most {node['maxLength']} fit"
        yield Misfit(codes.WRONG_VALUE, pointer, message)
        return
    pattern = node.get("pattern")
    if pattern is not None and re.search(pattern, value) is None:
        expected = schema.note("pattern-words")
        message = f"{name} is {_shown(value)}" + (f", it must be {expected}" if expected else ", which it can't be")
        yield Misfit(codes.WRONG_VALUE, pointer, message, None if expected else f"it matches {pattern}")


def _number(value: int | float, pointer: str, schema: Subschema, name: str) -> Iterator[Misfit]:
    least, most = schema.node.get("minimum"), schema.node.get("maximum")
    choices = schema.node.get("enum")
    if least is not None and value < least:
        yield Misfit(codes.WRONG_VALUE, pointer, f"{name} is {value}, the least it takes is {least}")
    elif most is not None and value > most:
        yield Misfit(codes.WRONG_VALUE, pointer, f"{name} is {value}, the most it takes is {most}")
    elif choices is not None and value not in choices:
        yield Misfit(codes.WRONG_VALUE, pointer, f"{name} is {value}, it takes {', '.join(map(str, choices))}")


# ---- types -----------------------------------------------------------------------------------------------------

_WORDS = {
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "object": "an object",
    "array": "a list",
    "null": "null",
}
_KIND_WORDS = {
    "ip": "an IP address",
    "ip-or-address": "an IP address, with a prefix length or without",
    "network": "a network such as 10.1.0.0/16",
    "address": "an address with its prefix length such as 10.1.0.5/16",
    "cidr": "an address with a prefix length",
    "cidr-or-range": "a network such as 10.1.0.0/24, or 10.1.0.5-10.1.0.9/24",
    "mac": "a MAC address",
    "ifname": "an interface name (a string)",
    "path": "a path (a string)",
}


def _is(value: Json, wanted: str | Sequence[str]) -> bool:
    if not isinstance(wanted, str):
        return any(_is(value, one) for one in wanted)
    match wanted:
        case "string":
            return isinstance(value, str)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "boolean":
            return isinstance(value, bool)
        case "object":
            return isinstance(value, dict)
        case "array":
            return isinstance(value, list)
    return value is None


def _wrong_type(value: Json, pointer: str, schema: Subschema, name: str) -> Misfit:
    wanted = schema.node["type"]
    kinds = [wanted] if isinstance(wanted, str) else [one for one in wanted if one != "null"]
    words = " or ".join(_WORDS[one] for one in kinds)
    if kinds == ["string"] and schema.note("kind") in _KIND_WORDS:
        words = _KIND_WORDS[schema.note("kind")]
    message = f"{name} takes {words}, not {_article(value)}"
    return Misfit(codes.WRONG_TYPE, pointer, message, _other_type(value, kinds, schema))


def _other_type(value: Json, wanted: Sequence[str], schema: Subschema) -> str | None:
    """The same value in the type that is wanted, where it is plain what was meant."""
    if isinstance(value, str):
        if "integer" in wanted and re.fullmatch(r"-?\d+", value):
            return f"write {value} without quotes"
        if "boolean" in wanted and value.lower() in ("true", "false", "yes", "no", "on", "off"):
            return f"write {'true' if value.lower() in ('true', 'yes', 'on') else 'false'}"
        if "array" in wanted:
            return f"write [{_shown(value)}]"
    if "string" in wanted and isinstance(value, int | float) and not isinstance(value, bool):
        return f'write "{value}"'
    if "boolean" in wanted and value in (0, 1):
        return f"write {'true' if value else 'false'}"
    if "array" in wanted and isinstance(value, dict):
        return "wrap it in [ ]"
    example = schema.note("example")
    return f"for instance {example}" if example else None


def _article(value: Json) -> str:
    """`a string ("1400")`, `true`, `an object`: a JSON value as a message names it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"the string {_shown(value)}"
    if isinstance(value, int | float):
        return f"the number {value}"
    if value is None:
        return "null"
    return "a list" if isinstance(value, list) else "an object"


def _shown(value: Any) -> str:
    text = str(value)
    return f'"{text}"' if len(text) <= 60 else f'"{text[:57]}..."'


# ---- strings that are network values ---------------------------------------------------------------------------


def _explained(kind: str, value: str) -> tuple[str, str | None]:
    """Why `value` is none of its kind, and what to write; see `netc.plugins.kinds` for what is one."""
    shown = _shown(value)
    if kind == "mac":
        return f"{shown} is no MAC address", "write six pairs of hex digits, such as 02:42:0a:01:00:02"
    if kind == "ifname":
        size = len(value.encode())
        if size > 15:
            return f"{shown} is {size} bytes long, an interface name has at most 15", None
        return f"{shown} can't be an interface name", "no blank, no `/`, no `:`, not `.` or `..`"
    if kind == "path":
        return f"{shown} is no path", None
    if "%" in value:
        return f"{shown} has a zone, an address in a configuration carries no interface name", None
    if is_ip(value):
        return f"{value} has no prefix length", f"write {value}/{24 if '.' in value else 64}, or another length"
    if is_address(value) and kind == "ip":
        return f"{value} has a prefix length, the key takes a bare address", f"write {value.partition('/')[0]}"
    if is_address(value):
        network = ip_network(value, strict=False)
        return f"{value} has host bits set, the key takes a network", f"write {network}"
    return f"{shown} is not {_KIND_WORDS[kind]}", None
