"""What an adopted file is made of before it is text: values in netc notation, plugins, networks, chains.

It is less than a syntax tree: just what configurations can say, in a form in which two of them are easily compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from netc.dataclass import dataclass, field
from netc.model import Json


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value: its `text` in netc notation, and the language's name of its type."""

    text: str
    type: str


@dataclass(frozen=True, slots=True)
class Listing:
    """A list."""

    items: tuple[Scalar | Listing | Body, ...]


@dataclass(frozen=True, slots=True)
class Body:
    """An object, its keys in order."""

    entries: tuple[tuple[str, Scalar | Listing | Body], ...]


@dataclass(frozen=True, slots=True)
class PluginBlock:
    """A `plugin TYPE { }`: `head` is the type in netc notation, `body` the keys without it."""

    head: str
    body: Body


@dataclass(frozen=True, slots=True)
class Use:
    """A `use chain(arguments)`: `chain` with its module, if it has one."""

    chain: str
    arguments: tuple[tuple[str, Scalar | Listing | Body], ...] = ()


@dataclass(frozen=True, slots=True)
class ChainBlock:
    """A `chain name(parameters) { }`; a parameter's type is "" where its values have no common one."""

    name: str
    parameters: tuple[tuple[str, str], ...]
    plugins: tuple[PluginBlock, ...]


@dataclass(frozen=True, slots=True)
class Param:
    """A param for what a template fills in: `stands_for` is the placeholder as written.

    `default` is in netc notation; where it is None a build has to be given a value, and `sample` is one that fits.
    """

    name: str
    type: str
    stands_for: str
    default: str | None = None
    sample: str = ""


@dataclass(frozen=True, slots=True)
class NetworkBlock:
    """A `network NAME { }`: `head` is the name in netc notation, `remark` says where it comes from.

    `meta` and `entries` are netc's own keys and those of the list level.
    """

    head: str
    remark: str
    meta: tuple[tuple[str, Scalar], ...]
    entries: Body
    plugins: tuple[PluginBlock | Use, ...]


@dataclass(frozen=True, slots=True)
class Read:
    """A configuration as pieces, and the JSON that they have to compile to.

    `params` are those that its values name, by name.
    """

    block: NetworkBlock
    conflist: Mapping[str, Json]
    params: Mapping[str, Param] = field(default_factory=dict)


def scalars(piece: Scalar | Listing | Body) -> Iterator[Scalar]:
    """All values inside, in order."""
    if isinstance(piece, Scalar):
        yield piece
    elif isinstance(piece, Listing):
        for item in piece.items:
            yield from scalars(item)
    else:
        for _, value in piece.entries:
            yield from scalars(value)
