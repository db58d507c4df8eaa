"""Who reads a key: the answer to one that stands where nobody does.

The answers come from the schemas of the catalogue. A table adds what no schema has: the keys that a runtime writes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from netc import plugins
from netc.dataclass import dataclass

#: Where an object stands: the conflist itself, a plugin's object, its `ipam`, its `capabilities`.
Level = Literal["list", "plugin", "ipam", "capabilities"]
Place = Literal["list", "plugin", "ipam", "capability", "runtime"]


@dataclass(frozen=True, slots=True)
class Owner:
    """One reader of a key.

    `key` is spelt as the reader spells it. `place` is the kind of object that the key belongs in, and `plugin` that
    object's type; `inside` are the keys that lead down to it from there, none for a key of the object itself. A
    `capability` is handed over by the runtime to `plugin` if declared; a `runtime` key is nobody's to write.
    """

    key: str
    place: Place
    plugin: str | None = None
    inside: tuple[str, ...] = ()


#: Keys of plugin objects that the runtime fills in for each call, and what it puts there.
RUNTIME_KEYS: Mapping[str, str] = {
    "runtimeConfig": "the runtime writes it for each container, from the capabilities that the plugin declares",
    "prevResult": "the runtime writes it: the result of the plugin before",
    "cni.dev/valid-attachments": "the runtime writes it, for GC",
    "cni.dev/attachments": "the runtime writes it, for GC",
}


@plugins.kept
def owners(key: str) -> tuple[Owner, ...]:
    """Everybody who reads a key of this name, in any spelling of its case; those nearest to the top first."""
    return tuple(sorted(_index().get(key.lower(), ()), key=lambda owner: (len(owner.inside), owner.plugin or "")))


def hint(key: str, level: Level, name: str) -> str | None:
    """What to say of `key`, which `name` does not read at `level`: who does, and where it goes; None if nobody does.

    `name` is the plugin's type, or ends in it ("dns of bridge" is an object inside of bridge).
    """
    here = name.rpartition(" ")[2]
    found = owners(key)
    said = [*_runtime(found), *_at_the_list(found, level), *_within(found, here, level, nested=" " in name)]
    if not said:
        said = [*_by_capability(found, here, level), *_other_plugins(found, here, level)]
    return "; ".join(said[:2]) if said else None


def _runtime(found: Sequence[Owner]) -> Iterator[str]:
    return (f"{RUNTIME_KEYS[owner.key]}: leave it out" for owner in found if owner.place == "runtime")


def _at_the_list(found: Sequence[Owner], level: Level) -> Iterator[str]:
    for owner in found:
        if owner.place == "list" and level != "list":
            yield f"`{owner.key}` stands at the list level: write it in `network`, outside of `plugin`"


def _within(found: Sequence[Owner], here: str, level: Level, *, nested: bool) -> Iterator[str]:
    """The plugin itself reads the key, but further in or further out."""
    own = [owner for owner in found if owner.plugin == here and owner.place in ("plugin", "ipam")]
    if nested and any(not owner.inside for owner in own):
        yield f"{here} reads `{own[0].key}` as a key of its own: write it one level up"
        return
    inside = [owner for owner in own if owner.inside]
    if inside and level != "capabilities":
        yield f"{here} reads `{inside[0].key}` inside {_and(sorted({_path(owner) for owner in inside}))}"
    elif own and level == "capabilities":
        yield f"`{own[0].key}` is a key of {here}, no capability: write it beside `capabilities`"


def _by_capability(found: Sequence[Owner], here: str, level: Level) -> Iterator[str]:
    all_ = [owner for owner in found if owner.place == "capability" and not owner.inside]
    readers = [owner for owner in all_ if _reference(owner) or owner.plugin == here] or all_
    if not readers or level == "list":
        return
    key = readers[0].key
    if any(owner.plugin == here for owner in readers) and level != "capabilities":
        where = " in the plugin around `ipam`" if level == "ipam" else ""
        yield f"{here} takes it from the runtime: `capabilities {{ {key} = true }}`{where}"
    elif level == "capabilities" or not any(owner.place in ("plugin", "ipam") and _reference(owner) for owner in found):
        names = [owner.plugin for owner in readers if owner.plugin is not None and owner.plugin != here]
        where = "the plugin around `ipam`" if any(_is_ipam(name) for name in names) else "that plugin"
        if names and not any(owner.plugin == here for owner in readers):
            yield f"the runtime hands it to {_and(names)}: `capabilities {{ {key} = true }}` in {where}"


def _other_plugins(found: Sequence[Owner], here: str, level: Level) -> Iterator[str]:
    """Other plugins that read the key: their own keys first, those further in only where there are none."""
    others = [owner for owner in found if owner.plugin not in (None, here) and owner.place in ("plugin", "ipam")]
    if level == "capabilities":
        return
    if any(owner.place == "capability" for owner in found):
        others = [owner for owner in others if _reference(owner)]
    own = [owner for owner in others if not owner.inside] or others
    own = [owner for owner in own if _reference(owner)] or own
    ipam = [owner for owner in own if owner.place == "ipam"]
    plain = [owner for owner in own if owner.place == "plugin"]
    for readers, where in ((ipam, "inside `ipam {0} {{ }}`"), (plain, "inside `plugin {0} {{ }}`")):
        if not readers or (readers is ipam and level == "ipam" and any(owner.place == "plugin" for owner in own)):
            continue
        names = list(dict.fromkeys(owner.plugin or "" for owner in readers))
        inner = f", in {_path(readers[0])}" if readers[0].inside else ""
        place = where.format(names[0]) if len(names) == 1 else _outside(readers is ipam, level)
        yield f"{_and(names)} {'reads' if len(names) == 1 else 'read'} `{readers[0].key}`{inner}, {place}"


def _outside(ipam: bool, level: Level) -> str:
    if ipam:
        return "inside `ipam`"
    return "in the plugin's own object, outside of `ipam`" if level == "ipam" else "inside their own `plugin` block"


def _path(owner: Owner) -> str:
    return "`" + ".".join(owner.inside) + "`"


def _and(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _reference(owner: Owner) -> bool:
    return owner.plugin is not None and plugins.is_reference(owner.plugin)


def _is_ipam(name: str) -> bool:
    info = plugins.find(name)
    return info is not None and info.kind == "ipam"


# ---- the index -------------------------------------------------------------------------------------------------


@plugins.kept
def _index() -> Mapping[str, tuple[Owner, ...]]:
    """Lower-case key to its readers."""
    found: dict[str, dict[Owner, None]] = {}
    for owner in _all():
        found.setdefault(owner.key.lower(), {})[owner] = None
    return {key: tuple(readers) for key, readers in found.items()}


def _all() -> Iterator[Owner]:
    for key in plugins.conflist_schema()["properties"]:
        yield Owner(key, "list")
    for key in RUNTIME_KEYS:
        yield Owner(key, "runtime")
    for name in plugins.names():
        info = plugins.find(name)
        assert info is not None
        if info.kind != "ipam":
            yield from (Owner(key, "plugin", name, inside) for key, inside in _keys(plugins.schema(name), ()))
        handing_out = plugins.ipam_schema(name)
        if handing_out is not None:
            yield from (Owner(key, "ipam", name, inside) for key, inside in _keys(handing_out, ()))
        for capability in sorted(info.capabilities):
            yield Owner(capability, "capability", name)


def _keys(schema: Mapping[str, Any], inside: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every key that a schema names for authors, with the keys above it; lists add nothing to the way."""
    for key, part in schema.get("properties", {}).items():
        if part.get("x-netc", {}).get("runtime-only") or (key == "type" and not inside):
            continue
        if key != "type":
            yield key, inside
        if key == "args":
            continue  # what tools write there for single containers is no key to put in the way of authors
        yield from _keys(part, (*inside, key))
    items = schema.get("items")
    if isinstance(items, dict):
        yield from _keys(items, inside)
