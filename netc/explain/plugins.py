"""Plugins of the catalogue: what each is, what it needs, which keys it reads."""

from __future__ import annotations

from collections.abc import Iterable

from netc import plugins
from netc.explain import keys
from netc.explain.page import Fact, Page, Part, Prose, Table, index
from netc.lint import rules_of

_KINDS = {
    "interface": "interface: makes the container's interface",
    "ipam": "ipam: hands out addresses, for another plugin",
    "meta": "meta: changes what plugins before it in the chain made",
}


def names() -> Iterable[str]:
    """All plugins of the catalogue."""
    return plugins.names()


def page(name: str) -> Page | None:
    """The page of a plugin; None if the catalogue does not know it."""
    info = plugins.find(name)
    if info is None:
        return None
    capabilities, modules = sorted(info.capabilities), list(info.modules)
    rows = tuple(keys.row(key, part) for key, part in keys.of(name) if "." not in key.removeprefix(f"{name}."))
    head = f"ipam {name} {{ … }}" if info.kind == "ipam" else f"plugin {name} {{ … }}"
    rules = [rule.code for rule in rules_of(name)]
    parts: list[Part] = [
        Fact("written", head),
        Fact("role", info.kind, _KINDS[info.kind]),
        Fact("capabilities", capabilities, ", ".join(capabilities) or "none"),
        Fact("cniVersions", list(info.versions), ", ".join(info.versions)),
        Fact("modules", modules, ", ".join(modules) or "none"),
    ]
    if info.project is not None:
        parts.append(Fact("project", info.project, f"{info.project}, which releases apart from the reference plugins"))
    if info.since is not None:
        parts.append(Fact("since", info.since, f"release {info.since} of the reference plugins"))
    if rules:
        parts.append(Fact("rules", rules, ", ".join(rules)))
    parts += [
        Fact("docs", info.docs),
        Table("keys", rows, "keys, most important first"),
        Prose("see", f"netc explain {name}.KEY says all about one of them."),
    ]
    return Page("plugin", name, name, info.summary, tuple(parts))


def overview() -> Page:
    """All plugins of the catalogue."""
    rows = ((name, info.summary) for name in plugins.ranked() if (info := plugins.find(name)) is not None)
    see = "Any other plugin can be used too: its keys are passed on as they stand, with a warning that names it."
    return index("plugins", "plugins", "The plugins that netc knows.", rows, see)
