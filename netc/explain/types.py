"""Types of the language and the attributes of their values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netc.explain import data
from netc.explain.page import Code, Fact, Page, Part, Prose, Table, index, see_also


def names() -> Iterable[str]:
    """All types."""
    return data.pages("types")


def page(name: str) -> Page | None:
    """The page of a type; None if the language has none of this name."""
    kept = data.pages("types").get(name)
    if kept is None:
        return None
    parts: list[Part] = []
    if "text" in kept:
        parts.append(Prose("text", kept["text"]))
    parts.append(Fact("json", kept["json"]))
    attributes = kept.get("attributes", {})
    if attributes:
        rows = tuple({"attribute": f".{each}", "meaning": about} for each, (about, _, _) in attributes.items())
        parts.append(Table("attributes", rows, "attributes"))
    parts += [
        Code("example", f"{kept['declared'].strip()}\n{data.examples(kept['examples'])}", "example"),
        *see_also(kept.get("see", ())),
        Fact("docs", f"{data.LANGUAGE}#types"),
    ]
    return Page("type", name, name, kept["summary"], tuple(parts))


def overview() -> Page:
    """All types."""
    rows = ((name, kept["summary"]) for name, kept in data.pages("types").items())
    see = "T? may be null. A file's own types are named by `type`: netc explain type."
    return index("types", "types", "The types of the language.", rows, see)


# ---- attributes ----------------------------------------------------------------------------------------------------


def attributes() -> Iterator[str]:
    """All attributes: `cidr.first`."""
    for name, kept in data.pages("types").items():
        yield from (f"{name}.{attribute}" for attribute in kept.get("attributes", {}))


def attribute_page(name: str) -> Page | None:
    """The page of an attribute; None if there is none of this name."""
    of, _, attribute = name.partition(".")
    kept = data.pages("types").get(of, {}).get("attributes", {}).get(attribute)
    if kept is None:
        return None
    about, expression, value = kept
    parts = (
        Fact("of", of, f"any {of}"),
        Code("example", data.examples([[expression, value]]), "example"),
        Fact("docs", f"{data.LANGUAGE}#attributes"),
    )
    return Page("attribute", name, name, about, parts)


def attribute_overview() -> Page:
    """All attributes, by type."""
    rows = ((name, found.summary) for name in attributes() if (found := attribute_page(name)) is not None)
    return index("attributes", "attributes", "What x.name is, by the type of x.", rows)
