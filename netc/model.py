"""The intermediate representation: a conflist as plain JSON, and where each of its keys was written.

It does not know where it came from: a `.netc` file, or a conflist somebody wrote by hand. Rules, writers and the
executor see only this.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from netc.dataclass import dataclass, field
from netc.diagnostics import Step, Trail
from netc.sources import Span

#: What is said of the place where a value was first written.
WRITTEN = "the value is written here"

Json = Any  # None | bool | int | float | str | list[Json] | dict[str, Json]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a JSON value was written: its key (None for a list's element), the value, and how it came here.

    `trail` leads out through chains and loops. `source` is where the value itself was first written, if that is
    elsewhere: at a `let`, a param's default, a line of a data file.
    """

    key: Span | None
    value: Span
    trail: Trail = ()
    source: Span | None = None

    @property
    def labels(self) -> Trail:
        """The whole way of the value, as a finding shows it."""
        return self.trail if self.source is None else (Step(WRITTEN, self.source), *self.trail)


def escape(key: str) -> str:
    """A key as one reference token of a JSON pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")


def unescape(token: str) -> str:
    """The inverse of `escape`."""
    return token.replace("~1", "/").replace("~0", "~")


def resolve(document: Json, pointer: str) -> Json:
    """The value at a JSON pointer; raises `KeyError` where there is none."""
    value = document
    for token in pointer.split("/")[1:]:
        if isinstance(value, list):
            if not token.isdigit() or int(token) >= len(value):
                raise KeyError(pointer)
            value = value[int(token)]
        elif isinstance(value, dict):
            value = value[unescape(token)]
        else:
            raise KeyError(pointer)
    return value


def pointers(document: Json, at: str = "") -> Iterator[str]:
    """The pointer of every value in the document, outer ones first; `""` is the document itself."""
    yield at
    if isinstance(document, dict):
        for key, value in document.items():
            yield from pointers(value, f"{at}/{escape(key)}")
    elif isinstance(document, list):
        for index, value in enumerate(document):
            yield from pointers(value, f"{at}/{index}")


def without(document: Json, pointers: Collection[str], at: str = "") -> Json:
    """The document without the values at these pointers; a list that loses an element goes whole.

    An element can't go alone: those behind it would stand at other pointers. Plugins are objects of their own and
    stay, empty where need be.
    """
    if isinstance(document, dict):
        kept = {}
        for key, value in document.items():
            inner = f"{at}/{escape(key)}"
            if inner in pointers:
                continue
            if isinstance(value, list) and key != "plugins" and any(one.startswith(f"{inner}/") for one in pointers):
                continue
            kept[key] = without(value, pointers, inner)
        return kept
    if isinstance(document, list):
        return [
            {} if (inner := f"{at}/{index}") in pointers else without(value, pointers, inner)
            for index, value in enumerate(document)
        ]
    return document


@dataclass(frozen=True, slots=True)
class Plugin:
    """One plugin object of a chain. `index` counts from 0; `pointer` is where it stands in the conflist."""

    index: int
    type: str
    body: Mapping[str, Json]
    span: Span

    @property
    def pointer(self) -> str:
        """`/plugins/2`."""
        return f"/plugins/{self.index}"

    @property
    def ipam(self) -> Mapping[str, Json] | None:
        """The `ipam` object, if there is one that is an object."""
        value = self.body.get("ipam")
        return value if isinstance(value, dict) else None

    @property
    def capabilities(self) -> tuple[str, ...]:
        """The capabilities that it declares with true, in the order written."""
        value = self.body.get("capabilities")
        return tuple(name for name, wanted in value.items() if wanted is True) if isinstance(value, dict) else ()


def selector(head: str, key: str | int | None) -> str:
    """`pods["n1"]`, `pods[0]`, or `pods` where there is no key."""
    if key is None:
        return head
    return f'{head}["{key}"]' if isinstance(key, str) else f"{head}[{key}]"


@dataclass(frozen=True, slots=True)
class Meta:
    """netc's own facts of a network, which never reach the JSON."""

    node: str | None = None
    priority: int | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Network:
    """A network as it will be written.

    `conflist` is the whole JSON document, keys in the order they are written in; `origins` maps the JSON pointer of
    every value in it to where the author wrote it (`""` is the network itself). `unwritten` are the pointers of values
    that had no JSON form and were left out; there is an error about each. `cluster` says that every node of a cluster
    has it as it is, as a NetworkAttachmentDefinition.
    """

    name: str
    conflist: Mapping[str, Json]
    origins: Mapping[str, Origin]
    span: Span
    meta: Meta = field(default_factory=Meta)
    unwritten: frozenset[str] = frozenset()
    head: str = ""
    key: str | int | None = None
    cluster: bool = False
    _chain: list[tuple[Plugin, ...]] = field(default_factory=list, init=False, compare=False)

    @property
    def selector(self) -> str:
        """`pods["n1"]`, `pods[0]`: one network of a `for`, as the source names it; else the network's name."""
        return selector(self.head or self.name, self.key)

    @property
    def plugins(self) -> tuple[Plugin, ...]:
        """The plugin objects of the chain that are objects with a type, in order."""
        if not self._chain:  # every rule asks
            self._chain.append(tuple(self._plugins()))
        return self._chain[0]

    def _plugins(self) -> Iterator[Plugin]:
        listed = self.conflist.get("plugins")
        for index, body in enumerate(listed if isinstance(listed, list) else []):
            if isinstance(body, dict) and isinstance(body.get("type"), str):
                yield Plugin(index, body["type"], body, self.origin(f"/plugins/{index}").value)

    def origin(self, pointer: str) -> Origin:
        """Where the value at `pointer` was written: its own origin, or that of the nearest value around it."""
        while pointer not in self.origins and pointer:
            pointer = pointer.rpartition("/")[0]
        return self.origins.get(pointer) or Origin(None, self.span)

    @property
    def is_checked(self) -> bool:
        """Whether a runtime may call CHECK: one of the versions has it, and the list does not switch it off."""
        listed = self.conflist.get("cniVersions")
        versions = [self.conflist.get("cniVersion"), *(listed if isinstance(listed, list) else ())]
        return self.conflist.get("disableCheck") is not True and any(
            version in ("0.4.0", "1.0.0", "1.1.0") for version in versions
        )

    @property
    def file_name(self) -> str:
        """`10-dbnet.conflist` with a priority of 10, else `dbnet.conflist`."""
        prefix = "" if self.meta.priority is None else f"{self.meta.priority:02d}-"
        return f"{prefix}{self.name}.conflist"

    @property
    def output_path(self) -> str:
        """The file's path below the output folder: in a folder of its own where `meta.node` names a node."""
        return f"{self.meta.node}/{self.file_name}" if self.meta.node is not None else self.file_name


@dataclass(frozen=True, slots=True)
class Attachment:
    """A container's interface in one network.

    `runtime_config` has the values for capabilities, as a runtime is asked for them; `args` are CNI_ARGS. `span` is
    `attach IFNAME`, `target` what names the network; `origins` has the places of the values, by the JSON pointers
    `/runtimeConfig/...` and `/args/...`.
    """

    ifname: str
    network: Network
    runtime_config: Mapping[str, Json]
    args: Mapping[str, str]
    span: Span
    target: Span
    origins: Mapping[str, Origin] = field(default_factory=dict)
    trail: Trail = ()


@dataclass(frozen=True, slots=True)
class Pod:
    """A container with several attachments, in the order in which a runtime makes them. `span` is its head."""

    name: str
    attachments: tuple[Attachment, ...]
    span: Span
    key: str | int | None = None
    trail: Trail = ()

    @property
    def selector(self) -> str:
        """`app`, or `app["n1"]` for one of a `for`."""
        return selector(self.name, self.key)
