"""What networks have in common, as chains: whole lists of plugins that differ in a few values, and common ends.

A chain is drawn out where it says more than its uses do. The plugins that come out of a use are those that went in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from netc.adopt.pieces import Body, ChainBlock, Listing, NetworkBlock, PluginBlock, Scalar, Use, scalars
from netc.adopt.writing import KEYWORDS
from netc.dataclass import replace
from netc.lang.notation import key_text

#: A chain with more parameters is no shorter than what it stands for.
_PARAMETERS = 5
#: Values that a common end of one plugin says at least.
_VALUES = 3
#: Types that a parameter may be declared with.
_TYPES = ("bool", "int", "float", "string", "ip", "cidr", "mac", "range", "quantity")

_Piece = Scalar | Listing | Body
_Plugins = tuple[PluginBlock, ...]


def drawn_out(
    networks: Sequence[NetworkBlock], taken: Iterable[str] = (), module: str = ""
) -> tuple[list[ChainBlock], list[NetworkBlock]]:
    """Chains, and the networks with uses of them; `taken` are names that no chain may have.

    `module` is put before the names of the chains where they are used: `chains.`.
    """
    sharing = _Sharing(networks, set(taken), module)
    sharing.whole_lists()
    sharing.common_ends()
    return sharing.chains, sharing.networks


class _Sharing:
    def __init__(self, networks: Sequence[NetworkBlock], taken: set[str], module: str) -> None:
        self.networks, self.taken, self.module = list(networks), taken, module
        self.chains: list[ChainBlock] = []

    def whole_lists(self) -> None:
        """Networks whose plugins have the same keys, and few values that are not the same."""
        groups: dict[str, list[int]] = {}
        for index, plugins in self.plain():
            groups.setdefault(repr([(one.head, _shape(one.body)) for one in plugins]), []).append(index)
        for members in groups.values():
            if len(members) > 1:
                self.list_of(members)

    def list_of(self, members: list[int]) -> None:
        lists = [self.listed(index) for index in members]
        leaves = [[leaf for plugin in plugins for leaf in _leaves(plugin.body, ())] for plugins in lists]
        columns = list(zip(*leaves))
        differing: dict[tuple[_Piece, ...], str] = {}
        names = set(self.taken)
        for column in columns:
            values = tuple(value for _, value in column)
            if len(set(values)) > 1 and values not in differing:
                differing[values] = self.parameter(column[0][0], names)
        same = sum(1 for column in columns if len({value for _, value in column}) == 1)
        said = same + sum(len(plugins) for plugins in lists[:1])
        if len(differing) > _PARAMETERS or same < len(differing) or said < _VALUES:
            return
        by_place = iter([differing.get(tuple(value for _, value in column)) for column in columns])
        body = tuple(replace(plugin, body=_with_names(plugin.body, by_place)) for plugin in lists[0])
        parameters = tuple((name, _type(values)) for values, name in differing.items())
        chain = self.chain(body, parameters)
        for row, index in enumerate(members):
            given = tuple((name, values[row]) for values, name in differing.items())
            self.networks[index] = replace(self.networks[index], plugins=(Use(chain, given),))

    def common_ends(self) -> None:
        """Plugins at the end of several lists that are the same in all of them."""
        while True:
            ends: dict[_Plugins, list[int]] = {}
            for index, plugins in self.plain():
                for start in range(1, len(plugins)):
                    ends.setdefault(plugins[start:], []).append(index)
            worth = {end: (len(who) - 1) * _said(end) for end, who in ends.items() if len(who) > 1 and _worth(end)}
            if not worth:
                return
            end = max(worth, key=lambda one: (worth[one], len(one)))
            chain = self.chain(end, ())
            for index in ends[end]:
                kept = self.networks[index].plugins[: -len(end)]
                self.networks[index] = replace(self.networks[index], plugins=(*kept, Use(chain)))

    def plain(self) -> Iterator[tuple[int, _Plugins]]:
        """The networks that use no chain yet, by their place, with their plugins."""
        for index, network in enumerate(self.networks):
            plugins = tuple(one for one in network.plugins if isinstance(one, PluginBlock))
            if plugins and len(plugins) == len(network.plugins):
                yield index, plugins

    def listed(self, index: int) -> _Plugins:
        return tuple(one for one in self.networks[index].plugins if isinstance(one, PluginBlock))

    def chain(self, plugins: _Plugins, parameters: tuple[tuple[str, str], ...]) -> str:
        """A new chain; how it is called where it is used."""
        words = [_word(plugin.head) for plugin in plugins][:3]
        stem = "-".join(dict.fromkeys(words)) if len(words) > 1 else f"{words[0]}-network"
        name = _free(stem, self.taken)
        self.chains.append(ChainBlock(name, parameters, plugins))
        return self.module + name

    @staticmethod
    def parameter(path: tuple[str, ...], names: set[str]) -> str:
        """A name for the value at a path: its key's, with those around it where that is taken."""
        words = [_word(key) for key in path if not key.isdigit()]
        for count in range(1, len(words) + 1):
            name = "-".join(words[-count:])
            if name not in names and name not in KEYWORDS:
                names.add(name)
                return name
        return _free("-".join(words) or "value", names)


def _free(stem: str, taken: set[str]) -> str:
    name, count = stem, 2
    while name in taken or name in KEYWORDS:
        name, count = f"{stem}-{count}", count + 1
    taken.add(name)
    return name


def _word(text: str) -> str:
    """A key or a type as a word of netc."""
    word = re.sub(r"[^A-Za-z0-9_]+", "-", text).strip("-") or "value"
    word = word if word[0].isalpha() else f"x-{word}"
    return word if key_text(word) == word else "value"


def _shape(piece: _Piece) -> object:
    """A value without its scalars, but for types: two of one shape can share a chain."""
    if isinstance(piece, Scalar):
        return "value"
    if isinstance(piece, Listing):
        return "value" if _flat(piece) else [_shape(item) for item in piece.items]
    return [(key, value.text if key == "type" and isinstance(value, Scalar) else _shape(value))
            for key, value in piece.entries]  # fmt: skip


def _flat(piece: Listing) -> bool:
    """A list of scalars goes as one value, however long."""
    return all(isinstance(item, Scalar) for item in piece.items)


def _leaves(piece: _Piece, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], _Piece]]:
    """What `_shape` takes for one value, with the keys that lead there, in order."""
    if isinstance(piece, Scalar) or (isinstance(piece, Listing) and _flat(piece)):
        yield path, piece
    elif isinstance(piece, Listing):
        for index, item in enumerate(piece.items):
            yield from _leaves(item, (*path, str(index)))
    else:
        for key, value in piece.entries:
            yield from _leaves(value, (*path, key))


def _named(piece: _Piece, names: Iterator[str | None]) -> _Piece:
    """The value with the names of parameters in the places of leaves that have one."""
    if isinstance(piece, Scalar) or (isinstance(piece, Listing) and _flat(piece)):
        name = next(names)
        return piece if name is None else Scalar(name, "")
    if isinstance(piece, Listing):
        return Listing(tuple([_named(item, names) for item in piece.items]))
    return _with_names(piece, names)


def _with_names(body: Body, names: Iterator[str | None]) -> Body:
    return Body(tuple([(key, _named(value, names)) for key, value in body.entries]))


def _type(values: Iterable[_Piece]) -> str:
    """The type that all values have, "" where there is none that can be declared."""
    types = {value.type if isinstance(value, Scalar) else "" for value in values}
    (only, *others) = types
    return only if not others and only in _TYPES else ""


def _said(plugins: _Plugins) -> int:
    """How much plugins say: their types, and their values."""
    return sum(1 + sum(1 for _ in scalars(plugin.body)) for plugin in plugins)


def _worth(plugins: _Plugins) -> bool:
    return len(plugins) > 1 or _said(plugins) > _VALUES
