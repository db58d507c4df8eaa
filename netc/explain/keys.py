"""Keys: of the list level, of plugins, and inside of others: `network.name`, `bridge.ipMasq`, `bridge.dns.search`.

All that is said of a key comes from the catalogue's schemas. Lists add nothing to a key's name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from netc import plugins
from netc.explain import data
from netc.explain.examples import in_place
from netc.explain.page import Code, Fact, Page, Part, Table
from netc.plugins.kinds import UNITS

Schema = Mapping[str, Any]

#: What stands before the dot of a key of the list level.
LIST_LEVEL = "network"
_SPEC = "https://www.cni.dev/docs/spec/#configuration-format"

_KINDS = {
    "ip": "an address without a prefix length",
    "address": "an address with its prefix length",
    "network": "a cidr without host bits",
    "cidr": "a cidr",
    "cidr-or-range": "a cidr, or first-last/length",
    "ip-or-address": "an address, with or without a prefix length",
    "mac": "a MAC address",
    "ifname": "an interface's name, at most 15 bytes",
    "path": "a path",
}
_AMOUNTS = {"bit": "8MB", "bit/s": "100mbit", "byte": "64KiB", "byte/s": "1MB"}


def names() -> Iterator[str]:
    """Every key that has a page."""
    yield from (key for key, _ in of(LIST_LEVEL))
    for plugin in plugins.ranked():
        yield from (key for key, _ in of(plugin))
    yield from _META


@plugins.kept
def of(owner: str) -> tuple[tuple[str, Schema], ...]:
    """The keys of a plugin, or of the list level, with their schemas, in order of importance; those inside follow."""
    schema = plugins.conflist_schema() if owner == LIST_LEVEL else plugins.schema(owner)
    return tuple(_below(owner, schema))


def _below(above: str, schema: Schema) -> Iterator[tuple[str, Schema]]:
    while schema.get("type") == "array":
        schema = schema.get("items", {})
    for key, node in schema.get("properties", {}).items():
        name = f"{above}.{key}"
        if name == f"{LIST_LEVEL}.plugins":
            continue  # written plugin TYPE { }
        yield name, node
        yield from _below(name, node)


@plugins.kept
def _index() -> Mapping[str, Schema]:
    owners = (LIST_LEVEL, *plugins.ranked())
    return {key: node for owner in owners for key, node in of(owner)}


def page(name: str) -> Page | None:
    """The page of a key; None if nobody reads one of this name there."""
    asked = name.replace("[", ".[")
    name = ".".join(word for word in asked.split(".") if not (word.startswith("[") or word.isdigit()))
    if name in _META:
        return _meta_page(name)
    node = _index().get(name)
    if node is not None:
        return _page(name, node)
    return _page_in_free_map(name)


def _page_in_free_map(name: str) -> Page | None:
    """`tuning.sysctl.net.core.somaxconn`: a key that its author chooses."""
    above = name
    while "." in above:
        above = above.rpartition(".")[0]
        if above in _index():
            free = _index()[above].get("additionalProperties")
            return (
                _page(name, {**free, "description": _description(_index()[above])}) if isinstance(free, dict) else None
            )
    return None


def owners(key: str) -> tuple[str, ...]:
    """The full names of the keys that are called `key`: those of a plugin itself before those inside of others."""
    found = [name for name in (*_index(), *_META) if name.endswith(f".{key}")]
    written = [name for name in found if not by_runtime(name)]
    handed_over = [name for name in found if plugins.is_reference(name.partition(".")[0])] or found
    return tuple(sorted(written or handed_over, key=lambda name: name.count(".")))


def of_ipam(path: str) -> tuple[str, ...]:
    """The full names of the keys that IPAM plugins read at this path of their `ipam` object."""
    found = (f"{plugin}.{path}" for plugin in plugins.ranked() if getattr(plugins.find(plugin), "kind", "") == "ipam")
    return tuple(name for name in found if name in _index())


def by_runtime(name: str) -> bool:
    """Whether no author writes the key: a runtime does, or a tool for a single container."""
    return ".runtimeConfig" in name or ".args." in name


def row(name: str, node: Schema) -> Mapping[str, str]:
    """A key as a line of its plugin's table."""
    default = _json(node["default"]) if "default" in node else ""
    return {"key": name.rpartition(".")[2], "type": short_type(node), "default": default, "summary": _description(node)}


def _page(name: str, node: Schema) -> Page:
    owner, _, path = name.partition(".")
    notes = node.get("x-netc", {})
    info = plugins.find(owner)
    parts: list[Part] = [Fact("of", owner, _owner_words(owner)), Fact("type", _json_type(node), type_words(node))]
    if "unit" in notes:
        unit = notes["unit"]
        parts.append(Fact("unit", unit, f"{UNITS[unit]}: a quantity such as {_AMOUNTS[unit]} is converted"))
    parts.append(_default(name, node))
    parts += _limits(node)
    if info is not None and _is_required(name):
        parts.append(Fact("required", True, "yes"))
    parts.append(_since(owner, notes))
    if "until" in notes:
        parts.append(Fact("until", notes["until"], f"release {notes['until']} is the last that reads it"))
    if ".runtimeConfig" in name:
        parts.append(Fact("written-by", "runtime", "the runtime, for each container: never in a network"))
    parts.append(Fact("docs", notes.get("docs") or (info.docs if info is not None else _SPEC)))
    parts.append(Code("example", in_place(owner, path.split(".")), "example"))
    inside = tuple(row(key, part) for key, part in _below(name, node) if "." not in key.removeprefix(f"{name}."))
    if inside:
        parts.append(Table("keys", inside, "keys inside"))
    return Page("key", name, name, _description(node), tuple(parts))


def _owner_words(owner: str) -> str:
    info = plugins.find(owner)
    if info is None:
        return "the list level: written in `network`, outside of `plugin`"
    return f"ipam {owner}" if info.kind == "ipam" else f"plugin {owner}"


def _default(name: str, node: Schema) -> Fact:
    if name == f"{LIST_LEVEL}.cniVersion":
        from netc.compiler.lower import DEFAULT_CNI_VERSION

        return Fact(
            "default", DEFAULT_CNI_VERSION, f"{_json(DEFAULT_CNI_VERSION)}, which netc writes where none is given"
        )
    if "default" not in node:
        return Fact("default", None, "the head of the network" if name == f"{LIST_LEVEL}.name" else "none")
    default, changed = node["default"], node.get("x-netc", {}).get("default-changed")
    words = _json(default)
    if changed is not None:
        words += f" ({_json(changed['before'])} before release {changed['release']})"
    return Fact("default", default, words)


def _since(owner: str, notes: Mapping[str, Any]) -> Fact:
    info = plugins.find(owner)
    since = notes.get("since") or (info.since if info is not None else None)
    if info is None:
        return Fact("since", since, f"version {since or '0.1.0'} of the CNI specification")
    return Fact("since", since, f"release {since} of the reference plugins" if since else "the first release")


def _limits(node: Schema) -> Iterator[Part]:
    low, high = node.get("minimum"), node.get("maximum")
    if low is not None and high is not None:
        yield Fact("range", [low, high], f"{low} to {high}")
    elif low is not None:
        yield Fact("range", [low, None], f"{low} or more")
    allowed = node.get("enum") or node.get("items", {}).get("enum")
    if allowed:
        yield Fact("enum", allowed, ", ".join(_json(each) for each in allowed))
    words = node.get("x-netc", {}).get("pattern-words")
    if words:
        yield Fact("pattern", words)


def _is_required(name: str) -> bool:
    above, _, key = name.rpartition(".")
    node = _index().get(above)
    if node is None:
        if above not in plugins.names():
            return False
        node = plugins.schema(above)
    while node.get("type") == "array":
        node = node.get("items", {})
    return key in node.get("required", ())


def type_words(node: Schema) -> str:
    """`a list of addresses`: what the key takes, in words."""
    notes = node.get("x-netc", {})
    kind = node.get("type")
    if notes.get("delegate"):
        return "object: the IPAM plugin that its `type` names, and that plugin's keys"
    if kind == "array":
        return f"list of {short_type(node.get('items', {}))}"
    if kind == "object" and isinstance(node.get("additionalProperties"), Mapping):
        return f"object: any keys, each with {short_type(node['additionalProperties'])}"
    if "kind" in notes:
        return f"string: {_KINDS[notes['kind']]}"
    if notes.get("string-of-number"):
        return "string: a number or bool is written as one"
    return _json_type(node)


def short_type(node: Schema) -> str:
    """The type in a word or two, for a table."""
    if node.get("type") == "array":
        return f"list of {short_type(node.get('items', {}))}"
    notes = node.get("x-netc", {})
    return str(notes.get("kind") or notes.get("unit") or _json_type(node))


def _json_type(node: Schema) -> str:
    """`string`, or `string or null`; `any` where the schema, a project's own, does not say."""
    kind = node.get("type", "any")
    return kind if isinstance(kind, str) else " or ".join(kind)


def _description(node: Schema) -> str:
    return str(node.get("description") or node.get("items", {}).get("description") or "")


def _json(value: Any) -> str:
    import json

    return json.dumps(value, ensure_ascii=False)


# ---- keys of netc's own --------------------------------------------------------------------------------------------

#: Key of `meta`: its type, what it does, an example.
_META = {
    "meta.node": ("string", "Puts the conflist into a folder of this name, below the output folder.", 'node = "n1"'),
    "meta.priority": (
        "int",
        "Two digits before the conflist's name, 0 to 99: of several networks a runtime takes the first by name.",
        "priority = 10",
    ),
    "meta.description": ("string", "What the network is for, for people.", 'description = "databases"'),
}


def _meta_page(name: str) -> Page:
    kind, summary, example = _META[name]
    parts: list[Part] = [
        Fact("of", "meta", "netc's own: never in the JSON"),
        Fact("type", kind),
        Fact("default", None, "none"),
        *([Fact("range", [0, 99], "0 to 99")] if kind == "int" else []),
        Fact("since", None, "the first release of netc"),
        Fact("docs", f"{data.LANGUAGE}#bodies"),
        Code("example", f"network dbnet {{\n  meta {{ {example} }}\n}}", "example"),
    ]
    return Page("key", name, name, summary, tuple(parts))
