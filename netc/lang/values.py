"""What an expression of the language evaluates to.

Scalars are Python's own (`None bool int float str`) or one of the network types below; lists and objects keep, for
every element, where it was written. Nothing here knows a CNI word.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Literal

from netc.dataclass import dataclass, field
from netc.diagnostics import Trail
from netc.sources import Span

Ip = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class Cidr:
    """An address with a prefix length; host bits are kept (`10.1.0.5/16`), the key that takes it decides."""

    ip: Ip
    prefix: int

    @property
    def network(self) -> IPv4Network | IPv6Network:
        """The network that the address lies in, host bits cleared."""
        if isinstance(self.ip, IPv4Address):
            return IPv4Network((int(self.ip), self.prefix), strict=False)
        return IPv6Network((int(self.ip), self.prefix), strict=False)

    def __str__(self) -> str:
        return f"{self.ip}/{self.prefix}"


@dataclass(frozen=True, slots=True)
class IpRange:
    """First and last address, both included; `prefix` where written `10.1.0.10-10.1.0.99/16`."""

    first: Ip
    last: Ip
    prefix: int | None = None

    def __str__(self) -> str:
        return f"{self.first}-{self.last}" + (f"/{self.prefix}" if self.prefix is not None else "")


@dataclass(frozen=True, slots=True)
class Mac:
    """A MAC address: lower case, colons."""

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Quantity:
    """An amount of data, or of data per second: the unit does not say which, the key does.

    `bits` is exact. `kind` remembers whether the unit counted bits (`100mbit`) or bytes (`8MB`), since a rate key
    refuses byte units. `text` is how it was written.
    """

    bits: int
    kind: Literal["bit", "byte"]
    text: str = field(compare=False)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Duration:
    """A time span, `ms` milliseconds long."""

    ms: int
    text: str = field(compare=False)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Pending:
    """What depends on a block that is not planned yet; `span` is the `alloc()` that asks for it.

    There are none in a finished evaluation: they take a block's place while the requests are collected.
    """

    span: Span


@dataclass(frozen=True, slots=True)
class Val:
    """A value with the place it was first written at (a literal, an operator's expression, a line of a data file)."""

    data: Data
    span: Span


@dataclass(frozen=True, slots=True)
class Field:
    """One key of an object.

    `key_span` is the key as written; `at` the expression to its right (for a block, the block's head), which may be a
    mere name: `value.span` then is where the value itself was written. `trail` leads from here out through the chains,
    loops and spreads that brought the field to its object, innermost first.
    """

    key: str
    value: Val
    key_span: Span
    at: Span
    trail: Trail = ()


@dataclass(frozen=True, slots=True)
class Object:
    """Keys in the order first written. A block's label is its first field, `type`."""

    fields: Mapping[str, Field]


@dataclass(frozen=True, slots=True)
class List:
    """Elements in order, each with where it stands."""

    items: tuple[Val, ...]


Data = (
    None
    | bool
    | int
    | float
    | str
    | IPv4Address
    | IPv6Address
    | Cidr
    | IpRange
    | Mac
    | Quantity
    | Duration
    | Pending
    | Object
    | List
)

#: Name of each type as the language calls it.
TYPE_NAMES: Mapping[type, str] = {
    type(None): "null",
    bool: "bool",
    int: "int",
    float: "float",
    str: "string",
    IPv4Address: "ip",
    IPv6Address: "ip",
    Cidr: "cidr",
    IpRange: "range",
    Mac: "mac",
    Quantity: "quantity",
    Duration: "duration",
    Pending: "cidr",
    Object: "object",
    List: "list",
}


def type_name(data: Data) -> str:
    """`int`, `cidr`, `object`, ...: the word that the language has for the type of `data`."""
    return TYPE_NAMES[type(data)]


@dataclass(frozen=True, slots=True)
class PluginValue:
    """A `plugin TYPE { }` of a network after evaluation. `span` is `plugin TYPE`; `body` has `type` first."""

    type: str
    type_span: Span
    span: Span
    body: Object
    trail: Trail = ()


@dataclass(frozen=True, slots=True)
class NetworkValue:
    """A network after evaluation: chains expanded, conditions decided, every key with its place.

    `entries` are the list-level keys without `meta`, `name` and `plugins`, those given as null included, since they may
    have a default; `meta` is the block's object, or None.
    `span` is the network's head (`network NAME`), `name_span` the name alone. `trail` leads to the element of its loop,
    `key` is that element's. `head` is how the network is referred to, with the key where there is one: the name in its
    head, or its own name where that is put together.
    """

    name: str
    name_span: Span
    span: Span
    entries: Object
    plugins: tuple[PluginValue, ...]
    meta: Object | None = None
    trail: Trail = ()
    key: str | int | None = None
    head: str = ""


@dataclass(frozen=True, slots=True)
class AttachmentValue:
    """An `attach IFNAME = NETWORK { ... }` of a pod.

    `network` is the index of the network among those of the evaluation. `span` is `attach IFNAME`, `target_span` what
    names the network; `body` has what the runtime adds: `runtimeConfig`, `args`.
    """

    ifname: str
    ifname_span: Span
    span: Span
    network: int
    target_span: Span
    body: Object
    trail: Trail = ()


@dataclass(frozen=True, slots=True)
class PodValue:
    """A pod after evaluation; its parts as those of a `NetworkValue`."""

    name: str
    name_span: Span
    span: Span
    attachments: tuple[AttachmentValue, ...]
    trail: Trail = ()
    key: str | int | None = None


@dataclass(frozen=True, slots=True)
class PoolValue:
    """A `pool NAME { }`: the elements of `cidrs` and `reserve` are cidrs, ranges and addresses; `span` is its head.

    It is not `sound` where something in it was no such element, or misspelt: there is a mistake about that.
    """

    name: str
    span: Span
    cidrs: tuple[Val, ...]
    reserve: tuple[Val, ...]
    sound: bool = True


@dataclass(frozen=True, slots=True)
class Ask:
    """What a call of `alloc()` asks for. Two that ask for the same are equal, wherever they stand."""

    pool: str
    key: str
    prefix: int
    family: Literal[4, 6] | None = None
    span: Span | None = field(default=None, compare=False)
    trail: Trail = field(default=(), compare=False)
