"""What netc can explain, offline: functions, keywords, types, attributes, plugins, keys, rules.

One module for each kind of topic, with `names()`, `page(name)`, and an overview. Nothing here is written twice: what is
known of a plugin or key comes from the catalogue, of a rule from its docstring, of a function from `netc.lang`; only
what has no other place stands in `pages/*.toml`. Parser and validator are never loaded.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator
from typing import cast

from netc.explain.page import Kind, Page, index

__all__ = ["Page", "contents", "find", "nearest_topic", "topics"]

#: Kind to where its pages are made: the module, the function that makes one, the one that names them all. In the order
#: in which the pages of one word are shown.
_KINDS: dict[Kind, tuple[str, str, str]] = {
    "keyword": ("keywords", "page", "names"),
    "type": ("types", "page", "names"),
    "function": ("functions", "page", "names"),
    "plugin": ("plugins", "page", "names"),
    "key": ("keys", "page", "names"),
    "attribute": ("types", "attribute_page", "attributes"),
    "rule": ("rules", "page", "names"),
}

#: What lists the topics of a kind.
_OVERVIEWS = {
    "keywords": ("keywords", "overview", "the words of the language: network, chain, let, …"),
    "types": ("types", "overview", "the types of its values: cidr, quantity, …"),
    "functions": ("functions", "overview", "its functions: subnet, ifname, …"),
    "attributes": ("types", "attribute_overview", "what stands behind a dot: cidr.first, range.size, …"),
    "plugins": ("plugins", "overview", "the plugins that netc knows; bridge.ipMasq or network.cniVersion is a key"),
    "rules": ("rules", "overview", "what netc finds: NC203, or overlapping-ranges"),
}


def _call(module: str, name: str) -> Callable[..., object]:
    return cast(Callable[..., object], getattr(importlib.import_module(f"netc.explain.{module}"), name))


def _page(kind: Kind, name: str) -> Page | None:
    module, page, _ = _KINDS[kind]
    return cast("Page | None", _call(module, page)(name))


def contents() -> Page:
    """What can be asked for."""
    rows = ((name, about) for name, (_, _, about) in _OVERVIEWS.items())
    see = "netc explain TOPIC… explains one or several; type:mac or mac() says which one is meant, of several."
    return index("topics", "netc explain", "Explains what netc knows, offline.", rows, see)


def find(topic: str) -> tuple[Page, ...]:
    """All that goes by this name: nothing where nothing does.

    A key may be given without what stands before it: of several that are called so, a list comes back. `type:mac` is
    the type alone, `mac()` the function.
    """
    if topic in _OVERVIEWS:
        module, overview, _ = _OVERVIEWS[topic]
        return (cast(Page, _call(module, overview)()),)
    kind, colon, name = topic.partition(":")
    if colon and kind in _KINDS:
        page = _page(kind, name)
        return (page,) if page is not None else ()
    if topic.endswith("()"):
        page = _page("function", topic[:-2])
        return (page,) if page is not None else ()
    found = [page for kind in _KINDS if kind != "rule" and (page := _page(kind, topic)) is not None]
    found += _rules(topic, others=bool(found))
    return (*found, *_called(topic, others=bool(found)))


def _rules(topic: str, *, others: bool) -> Iterator[Page]:
    """The rule of this code or name. All rules are read only where the topic may well be one: that takes longest."""
    from netc.lang import codes
    from netc.rules import declared_in

    if "." in topic:
        return
    if not others or "-" in topic or topic in {rule.name for rule in declared_in(codes)}:
        page = _page("rule", topic)
        if page is not None:
            yield page


def _called(topic: str, *, others: bool) -> Iterator[Page]:
    """Keys and attributes with this name at their end; a list where they are several."""
    from netc.explain import keys, types

    if topic == "type":
        return  # every plugin has it
    _, ipam, inside = topic.partition(".ipam.")
    found = list(keys.of_ipam(inside) if ipam and not others else keys.owners(topic))
    if others:
        found = [name for name in found if not keys.by_runtime(name)]
    found += [name for name in types.attributes() if name.endswith(f".{topic}")]
    if len(found) == 1 and not others:
        yield from find(found[0])
    elif found:
        rows = [(name, page.summary) for name in found for page in find(name)]
        also = "also " if others else ""
        yield index(f"key:{topic}", topic, f"{topic} is {also}the name of:", rows, "netc explain NAME says more.")


def topics() -> Iterator[str]:
    """Everything that `find` knows, each name once."""
    seen: set[str] = set()
    for name in _all():
        if name not in seen:
            seen.add(name)
            yield name


def _all() -> Iterator[str]:
    yield from _OVERVIEWS
    for module, _, names in _KINDS.values():
        for name in cast("Iterable[str]", _call(module, names)()):
            yield name
            if "." in name.strip("."):
                yield name.rpartition(".")[2]


def nearest_topic(topic: str) -> str | None:
    """The topic that was most likely meant; None where none is near."""
    from netc.spelling import nearest

    return nearest(topic, topics())
