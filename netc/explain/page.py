"""What an explanation is made of; `netc.explain.text` lays it out, `Page.as_json` is its form for programs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from netc.dataclass import dataclass

Kind = Literal["function", "keyword", "type", "attribute", "plugin", "key", "rule", "index"]


@dataclass(frozen=True, slots=True)
class Fact:
    """A short answer: `default  1500`. `value` is what JSON has, `words` what people read, if that is another."""

    name: str
    value: Any
    words: str = ""


@dataclass(frozen=True, slots=True)
class Prose:
    """Text to be wrapped, below a heading if there is one."""

    name: str
    text: str
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Code:
    """Source text, shown as it stands."""

    name: str
    text: str
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of words, one mapping each, all with the same keys; the last column is wrapped."""

    name: str
    rows: tuple[Mapping[str, str], ...]
    heading: str = ""


Part = Fact | Prose | Code | Table


@dataclass(frozen=True, slots=True)
class Page:
    """An explanation of one topic.

    `kind:name` asks for it alone. `title` is its first line, `summary` a sentence. The `name`s of its parts are the
    keys of its JSON form.
    """

    kind: Kind
    name: str
    title: str
    summary: str
    parts: tuple[Part, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The page as a JSON object: `kind`, `name`, `title`, `summary`, and a key for each part."""
        out: dict[str, Any] = {"kind": self.kind, "name": self.name, "title": self.title, "summary": self.summary}
        for part in self.parts:
            match part:
                case Fact():
                    out[part.name] = part.value
                case Prose() | Code():
                    out[part.name] = part.text
                case Table():
                    out[part.name] = [dict(row) for row in part.rows]
        return out


def index(name: str, title: str, summary: str, rows: Iterable[tuple[str, str]], see: str = "") -> Page:
    """A page that lists topics, each with what it is in a line; `see` says how to go on."""
    listed = tuple({"name": topic, "summary": about} for topic, about in rows)
    parts: tuple[Part, ...] = (Table("topics", listed),)
    return Page("index", name, title, summary, (*parts, Prose("see", see)) if see else parts)


def see_also(names: Iterable[str]) -> tuple[Part, ...]:
    """Where to read on; nothing where there is nothing."""
    listed = tuple(names)
    return (Fact("see", list(listed), ", ".join(listed)),) if listed else ()
