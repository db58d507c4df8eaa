"""Keywords of the language: what each begins, how it is written, a whole example."""

from __future__ import annotations

from collections.abc import Iterable

from netc.explain import data
from netc.explain.page import Code, Fact, Page, Part, Prose, index, see_also


def names() -> Iterable[str]:
    """All keywords, and what else has a meaning of its own in the language."""
    return data.pages("keywords")


def page(name: str) -> Page | None:
    """The page of a keyword; None if the word is none."""
    kept = data.pages("keywords").get(name)
    if kept is None:
        return None
    parts: list[Part] = [
        Code("syntax", "\n".join(kept["syntax"])),
        Prose("text", kept["text"]),
        Code("example", kept["example"].strip("\n"), "example"),
        *see_also(kept["see"]),
        Fact("docs", data.LANGUAGE),
    ]
    return Page("keyword", name, name, kept["summary"], tuple(parts))


def overview() -> Page:
    """All keywords."""
    rows = ((name, kept["summary"]) for name, kept in data.pages("keywords").items())
    return index("keywords", "keywords", "The keywords of the language.", rows, "netc explain NAME shows an example.")
