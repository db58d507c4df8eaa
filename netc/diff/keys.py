"""What differs between two conflists, key by key."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Literal

from netc.dataclass import dataclass
from netc.model import Json, Network, escape, unescape
from netc.sources import Span

Kind = Literal["added", "removed", "changed", "moved"]


@dataclass(frozen=True, slots=True)
class Change:
    """A value that is not the same in both conflists.

    `old_pointer` and `new_pointer` are JSON pointers into either conflist, the values are those there, and the spans
    where their authors wrote them: a key with its value has the key's. What one state does not have is None there. A
    plugin that stands elsewhere in its chain has `moved`.
    """

    kind: Kind
    old_pointer: str | None
    new_pointer: str | None
    old: Json
    new: Json
    old_span: Span | None
    new_span: Span | None
    plugin: str | None

    @property
    def path(self) -> str:
        """The value's place in words: `ipam.subnet`, `cniVersion`; within a plugin without the plugin itself."""
        tokens = (self.new_pointer or self.old_pointer or "").split("/")[1:]
        inner = tokens[2:] if self.plugin is not None else tokens
        path = ""
        for token in inner:
            path += f"[{token}]" if token.isdigit() else f"{'.' if path else ''}{unescape(token)}"
        return path


def changes(old: Network, new: Network) -> Iterator[Change]:
    """Every difference, in the order of the new conflist; what is gone stands where it was."""
    yield from _Comparison(old, new).objects("", "", old.conflist, new.conflist, None)


@dataclass(frozen=True, slots=True)
class _Comparison:
    before: Network
    after: Network

    def objects(self, at_old: str, at_new: str, old: Json, new: Json, plugin: str | None) -> Iterator[Change]:
        """Differences within two objects: keys of the old one first that are gone, the others in their new order."""
        for key in old:
            if key not in new:
                yield self.removed(f"{at_old}/{escape(key)}", old[key], plugin)
        for key, value in new.items():
            inner = f"{at_new}/{escape(key)}"
            if key not in old:
                yield self.added(inner, value, plugin)
            elif key == "plugins" and not at_new and isinstance(value, list) and isinstance(old[key], list):
                yield from self.chain(old[key], value)
            else:
                yield from self.values(f"{at_old}/{escape(key)}", inner, old[key], value, plugin)

    def values(self, at_old: str, at_new: str, old: Json, new: Json, plugin: str | None) -> Iterator[Change]:
        """Differences between two values of one key."""
        if isinstance(old, dict) and isinstance(new, dict):
            yield from self.objects(at_old, at_new, old, new, plugin)
        elif isinstance(old, list) and isinstance(new, list):
            yield from self.lists(at_old, at_new, old, new, plugin)
        elif _text(old) != _text(new):
            yield Change("changed", at_old, at_new, old, new, self.place(at_old), self.place(at_new, new=True), plugin)

    def lists(
        self, at_old: str, at_new: str, old: Sequence[Json], new: Sequence[Json], plugin: str | None
    ) -> Iterator[Change]:
        """Differences between two lists; what stands in both, in the same order, is the same wherever it stands."""
        matcher = SequenceMatcher(None, [_text(one) for one in old], [_text(one) for one in new], autojunk=False)
        for tag, old_start, old_end, new_start, new_end in matcher.get_opcodes():
            if tag == "equal":
                continue
            both = min(old_end - old_start, new_end - new_start)
            for step in range(both):
                before, after = old_start + step, new_start + step
                yield from self.values(f"{at_old}/{before}", f"{at_new}/{after}", old[before], new[after], plugin)
            for index in range(old_start + both, old_end):
                yield self.removed(f"{at_old}/{index}", old[index], plugin)
            for index in range(new_start + both, new_end):
                yield self.added(f"{at_new}/{index}", new[index], plugin)

    def chain(self, old: Sequence[Json], new: Sequence[Json]) -> Iterator[Change]:
        """Differences between two chains: plugins of one type belong together, also where they changed places."""
        partners, moved = paired_plugins(old, new)
        gone = [index for index in range(len(old)) if index not in partners.values()]
        for index in gone:
            yield self.removed(f"/plugins/{index}", old[index], _type(old[index]))
        for index, body in enumerate(new):
            name, at_new = _type(body), f"/plugins/{index}"
            before = partners.get(index)
            if before is None:
                yield self.added(at_new, body, name)
                continue
            at_old = f"/plugins/{before}"
            if index in moved:
                yield Change(
                    "moved", at_old, at_new, before, index, self.place(at_old), self.place(at_new, new=True), name
                )
            yield from self.values(at_old, at_new, old[before], body, name)

    def added(self, pointer: str, value: Json, plugin: str | None) -> Change:
        return Change("added", None, pointer, None, value, None, self.place(pointer, new=True), plugin)

    def removed(self, pointer: str, value: Json, plugin: str | None) -> Change:
        return Change("removed", pointer, None, value, None, self.place(pointer), None, plugin)

    def place(self, pointer: str, *, new: bool = False) -> Span:
        """The key, if it is one that somebody wrote, else the value."""
        origin = (self.after if new else self.before).origin(pointer)
        return origin.key or origin.value


def paired_plugins(old: Sequence[Json], new: Sequence[Json]) -> tuple[dict[int, int], frozenset[int]]:
    """Place in the new chain to that in the old one, of plugins that are in both; and new places of those that moved.

    Those that keep their order stay; of the others one is taken for the same if its type is.
    """
    old_types, new_types = [_type(one) for one in old], [_type(one) for one in new]
    partners: dict[int, int] = {}
    for block in SequenceMatcher(None, old_types, new_types, autojunk=False).get_matching_blocks():
        partners |= {block.b + step: block.a + step for step in range(block.size)}
    left = [index for index in range(len(old)) if index not in partners.values()]
    moved = set()
    for index, name in enumerate(new_types):
        if index not in partners:
            before = next((one for one in left if old_types[one] == name), None)
            if before is not None:
                left.remove(before)
                partners[index] = before
                moved.add(index)
    return partners, frozenset(moved)


def _type(body: Json) -> str:
    return str(body.get("type", "")) if isinstance(body, dict) else ""


def _text(value: Json) -> str:
    """A text that two values share only if they are the same JSON: 1 and true are not."""
    return json.dumps(value, sort_keys=True)
