"""A project's files as one program: the root file, the modules that it imports, and what each node of them means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netc.dataclass import dataclass, field
from netc.diagnostics import Diagnostic, Trail
from netc.lang import syntax as s
from netc.lang.signature import Bound


@dataclass(slots=True, eq=False)
class Module:
    """One file with its definitions by name, each kind in a namespace of its own.

    `imports` has what each alias names; None for a file with a mistake that keeps it from being read: of its names
    nothing is known. `trail` leads to the import that brought the module in; the root file has none.
    """

    file: s.File
    trail: Trail = ()
    imports: dict[str, Module | None] = field(default_factory=dict)
    aliases: dict[str, s.Ident] = field(default_factory=dict)
    values: dict[str, s.Param | s.Let] = field(default_factory=dict)
    chains: dict[str, s.Chain] = field(default_factory=dict)
    functions: dict[str, s.Func] = field(default_factory=dict)
    types: dict[str, s.TypeDef] = field(default_factory=dict)
    pools: dict[str, s.Pool] = field(default_factory=dict)
    networks: dict[str, list[s.Network]] = field(default_factory=dict)
    pods: dict[str, list[s.Pod]] = field(default_factory=dict)
    order: tuple[s.Param | s.Let, ...] = ()

    @property
    def is_root(self) -> bool:
        """Whether it is the file that is compiled: its params are given, its networks built."""
        return not self.trail

    def kinds(self) -> Iterator[tuple[str, Iterable[str]]]:
        """Each kind of definition in words, with the names that it has here."""
        yield "value", self.values
        yield "chain", self.chains
        yield "function", self.functions
        yield "type", self.types
        yield "pool", self.pools
        yield "network", self.networks
        yield "pod", self.pods


@dataclass(slots=True, eq=False)
class Program:
    """All modules, each after those that it imports, the root file last; and what their nodes mean.

    By the `id` of a node: `order` has the lets of a body so that each comes after what it needs, `bound` the arguments
    of each sound call and use, `callees` the definition that a call or use names and its module (not there for a
    function of the language), `members` the module of a `module.name`, `named` the definition that a type names, and
    `pools` the pool that a call of `alloc()` names and its module. `broken` are definitions in a ring: they have no
    value. `parsed` are the findings about the files' texts.
    """

    modules: tuple[Module, ...] = ()
    order: dict[int, tuple[s.Let, ...]] = field(default_factory=dict)
    bound: dict[int, Bound] = field(default_factory=dict)
    callees: dict[int, tuple[s.Chain | s.Func, Module]] = field(default_factory=dict)
    members: dict[int, Module] = field(default_factory=dict)
    named: dict[int, s.TypeDef] = field(default_factory=dict)
    pools: dict[int, tuple[s.Pool, Module]] = field(default_factory=dict)
    broken: set[int] = field(default_factory=set)
    diagnostics: list[Diagnostic] = field(default_factory=list)

    @property
    def root(self) -> Module:
        """The file that is compiled."""
        return self.modules[-1]
