"""Changes of the plugins that follow the interface."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from netc.diff.effect import Effect, Grade
from netc.diff.effects.both import Both
from netc.diff.keys import paired_plugins
from netc.model import Json, Plugin

#: What plugins set up outside of the container's namespace, which only their own DEL removes.
_ON_THE_HOST: Mapping[str, str] = {
    "portmap": "port maps",
    "firewall": "accept rules",
    "bandwidth": "ifb device",
}
#: Plugins whose work ends with the container's namespace.
_IN_THE_CONTAINER = frozenset({"tuning", "sbr", "vrf"})


def plugins_removed(both: Both) -> Iterator[Effect]:
    """A plugin that is in the chain no more gets no DEL either."""
    kept = set(_partners(both).values())
    for plugin in both.old.plugins[1:]:
        if plugin.index in kept or plugin.type in _IN_THE_CONTAINER:
            continue
        made = _ON_THE_HOST.get(plugin.type)
        stays = f"the {made} of running pods stay" if made is not None else "what it set up for running pods may stay"
        yield both.effect(
            "plugin-removed",
            Grade.LEAVES,
            f"{plugin.type} gets no DEL from a runtime that goes by the current list: {stays}",
            "recreate the pods first, then take it out of the chain",
            old=f"{plugin.pointer}/type",
        )


def plugins_added(both: Both) -> Iterator[Effect]:
    """A plugin that is new gets CHECK and DEL for pods that it never saw."""
    partners = _partners(both)
    for plugin in both.new.plugins[1:]:
        if plugin.index not in partners:
            checked = both.new.is_checked
            yield both.effect(
                "plugin-added",
                Grade.DIFFERS,
                f"running pods live without {plugin.type}"
                + (", and their CHECK can fail for the lack of it" if checked else ""),
                "recreate the pods that are to have it",
                new=f"{plugin.pointer}/type",
            )


def capabilities_lost(both: Both) -> Iterator[Effect]:
    """What a runtime hands over goes to nobody, on DEL as well."""
    for before, after in _same(both):
        for name in before.capabilities:
            if name in after.capabilities:
                continue
            rules = name == "portMappings" and before.type == "portmap"
            yield both.effect(
                "capability-lost",
                Grade.BREAKS,
                f"{after.type} hears no more of {name}: new pods start without"
                + (", and DEL leaves the port maps of running ones" if rules else ""),
                f"keep `{name}` in its capabilities",
                old=f"{before.pointer}/capabilities/{name}",
                new=f"{after.pointer}/capabilities",
            )


def backend_changed(both: Both) -> Iterator[Effect]:
    """Rules are looked for where the configuration says, not where they are."""
    for before, after in _same(both):
        was, now = before.body.get("backend"), after.body.get("backend")
        if before.type in ("portmap", "firewall") and was != now:
            yield both.effect(
                "backend-changed",
                Grade.LEAVES,
                f"DEL of {after.type} looks in {_backend(now)}: the rules of running pods stay in {_backend(was)}",
                "recreate the pods first, or flush the old backend's rules afterwards",
                old=f"{before.pointer}/backend",
                new=f"{after.pointer}/backend",
            )


def _backend(value: Json) -> str:
    return str(value) if value else "the backend that it finds by itself"


def _partners(both: Both) -> dict[int, int]:
    old, new = both.old.conflist.get("plugins"), both.new.conflist.get("plugins")
    return paired_plugins(old, new)[0] if isinstance(old, list) and isinstance(new, list) else {}


def _same(both: Both) -> Iterator[tuple[Plugin, Plugin]]:
    """Plugins of both chains that belong together, as they were and as they are."""
    before = {plugin.index: plugin for plugin in both.old.plugins}
    partners = _partners(both)
    for plugin in both.new.plugins:
        partner = before.get(partners.get(plugin.index, -1))
        if partner is not None:
            yield partner, plugin
