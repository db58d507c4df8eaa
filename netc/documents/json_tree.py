"""A JSON document as its author wrote it: every key and value with its place, doubles and mistakes included."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from netc.dataclass import dataclass
from netc.documents.texts import Text
from netc.sources import Span

#: `hole` is a value that a template fills in, `absent` one that the author left out.
Kind = Literal["object", "list", "string", "number", "boolean", "null", "hole", "absent"]
Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Member:
    """A key of an object and its value."""

    key: str
    key_span: Span
    value: Node


@dataclass(frozen=True, slots=True)
class Node:
    """One value: `scalar` of a string, number or boolean, `members` of an object, `elements` of a list.

    `open` says that a template adds to the object or list what is not known. `text` is a string's content with the
    places of its characters, for those who read what is inside.
    """

    kind: Kind
    span: Span
    scalar: Scalar = None
    members: tuple[Member, ...] = ()
    elements: tuple[Node, ...] = ()
    open: bool = False
    text: Text | None = None

    def member(self, key: str) -> Member | None:
        """The last member of this name, which is the one that counts."""
        return next((one for one in reversed(self.members) if one.key == key), None)

    def get(self, *path: str) -> Node | None:
        """The value below these keys; None where there is none, or null."""
        node = self
        for key in path:
            found = node.member(key)
            if found is None or found.value.kind in ("null", "absent"):
                return None
            node = found.value
        return node

    def string(self, *path: str) -> str | None:
        """The string below these keys; None where there is none."""
        found = self.get(*path)
        return found.scalar if found is not None and isinstance(found.scalar, str) else None

    def plain(self) -> object:
        """The value as Python has it; the last of several equal keys counts. Holes and absent values are None."""
        if self.kind == "object":
            return {one.key: one.value.plain() for one in self.members}
        if self.kind == "list":
            return [one.plain() for one in self.elements]
        return self.scalar

    def walk(self) -> Iterator[Node]:
        """This value and all inside of it."""
        yield self
        for member in self.members:
            yield from member.value.walk()
        for element in self.elements:
            yield from element.walk()
