"""The syntax tree: what was written, with the place of each part.

Nodes are made by the hundred thousand, hence slotted and not frozen (a frozen dataclass takes three times as long to
make); nobody changes one after the parser is done with it. `depth` of an expression is the height of its tree: the
parser refuses what is deeper than `MAX_DEPTH`, so that every later pass may recurse.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from netc.lang.values import Val
from netc.sources import Source, Span

#: How deep expressions, objects and blocks may be nested.
MAX_DEPTH = 100


@dataclass(slots=True, eq=False)
class Node:
    """Anything with a place."""

    span: Span


@dataclass(slots=True, eq=False)
class Comment(Node):
    """`# ...`, up to the end of its line."""

    @property
    def text(self) -> str:
        """The comment without its `#` marks and the spaces around it."""
        return self.span.text.lstrip("#").strip()

    @property
    def documents(self) -> bool:
        """Whether it is a `##` comment, which documents the item below it."""
        return self.span.source.text.startswith("##", self.span.start)


@dataclass(slots=True, eq=False)
class Ident(Node):
    """A bare word: a name, a key, a label."""

    text: str


# ---- expressions ---------------------------------------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class Expr(Node):
    """An expression."""

    depth: int = field(default=1, kw_only=True)


@dataclass(slots=True, eq=False)
class Bad(Expr):
    """An expression that is no value: the mistake has been reported."""


@dataclass(slots=True, eq=False)
class Literal(Expr):
    """`1500`, `10.1.0.0/16`, `true`, `null`."""

    value: Val


@dataclass(slots=True, eq=False)
class String(Expr):
    """A string of either kind: its texts, escapes resolved, and the expressions between them."""

    parts: tuple[str | Expr, ...]

    @property
    def plain(self) -> str | None:
        """The text, if nothing has to be evaluated for it."""
        if not self.parts:
            return ""
        return self.parts[0] if len(self.parts) == 1 and isinstance(self.parts[0], str) else None


@dataclass(slots=True, eq=False)
class Name(Expr):
    """A name of a value."""

    text: str


@dataclass(slots=True, eq=False)
class ListExpr(Expr):
    """`[a, b]`"""

    items: tuple[Expr, ...]


@dataclass(slots=True, eq=False)
class ObjectExpr(Expr):
    """`{ ... }`: an object literal, or the body of a block or plugin."""

    entries: tuple[Entry, ...]


@dataclass(slots=True, eq=False)
class ListFor(Expr):
    """`[for binders in source if condition: element]`"""

    binders: tuple[Ident, ...]
    source: Expr
    condition: Expr | None
    element: Expr


@dataclass(slots=True, eq=False)
class ObjectFor(Expr):
    """`{for binders in source if condition: key => value}`"""

    binders: tuple[Ident, ...]
    source: Expr
    condition: Expr | None
    key: Expr
    value: Expr


@dataclass(slots=True, eq=False)
class Group(Expr):
    """`(inner)`"""

    inner: Expr


@dataclass(slots=True, eq=False)
class Unary(Expr):
    """`!operand`, `-operand`"""

    op: str
    operand: Expr


@dataclass(slots=True, eq=False)
class Binary(Expr):
    """`left op right`"""

    op: str
    op_span: Span
    left: Expr
    right: Expr


@dataclass(slots=True, eq=False)
class Ternary(Expr):
    """`condition ? then : otherwise`"""

    condition: Expr
    then: Expr
    otherwise: Expr


@dataclass(slots=True, eq=False)
class Attr(Expr):
    """`base.name`"""

    base: Expr
    name: Ident


@dataclass(slots=True, eq=False)
class Index(Expr):
    """`base[index]`"""

    base: Expr
    index: Expr


@dataclass(slots=True, eq=False)
class Argument(Node):
    """An argument of a call, positional where `name` is None."""

    name: Ident | None
    value: Expr


@dataclass(slots=True, eq=False)
class Call(Expr):
    """`callee(arguments)`; the callee of a well-formed one is a name or `module.name`."""

    callee: Expr
    arguments: tuple[Argument, ...]


# ---- entries of a body ---------------------------------------------------------------------------------------------

Key = Ident | String


@dataclass(slots=True, eq=False)
class Attribute(Node):
    """`key = value`"""

    key: Key
    value: Expr


@dataclass(slots=True, eq=False)
class Block(Node):
    """`key { }`, or `key label { }`: an object with that `type`."""

    key: Key
    label: Key | None
    body: ObjectExpr

    @property
    def head(self) -> Span:
        """`key`, or `key label`."""
        return self.key.span if self.label is None else self.key.span.to(self.label.span)


@dataclass(slots=True, eq=False)
class Spread(Node):
    """`...value`"""

    value: Expr


Entry = Attribute | Block | Spread


# ---- statements and items ------------------------------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class Plugin(Node):
    """`plugin TYPE if condition { }`; `head` is `plugin TYPE`."""

    head: Span
    type: Key
    condition: Expr | None
    body: ObjectExpr


@dataclass(slots=True, eq=False)
class Use(Node):
    """`use chain(arguments) if condition`; `target` is a `Call` where it is well-formed."""

    target: Expr
    condition: Expr | None


@dataclass(slots=True, eq=False)
class Let(Node):
    """`let name: type = value`"""

    name: Ident
    type: TypeExpr | None
    value: Expr


@dataclass(slots=True, eq=False)
class Assertion(Node):
    """`assert condition, message`"""

    condition: Expr
    message: String


Statement = Plugin | Use | Let | Assertion | Attribute | Block | Spread


@dataclass(slots=True, eq=False)
class Body(Node):
    """The braces of a chain or network and what stands between them."""

    statements: tuple[Statement, ...]


@dataclass(slots=True, eq=False)
class TypeExpr(Node):
    """A type as written; `optional` where it ends in `?`."""

    optional: bool = field(default=False, kw_only=True)


@dataclass(slots=True, eq=False)
class NamedType(TypeExpr):
    """`int`, `Node`, `module.Node`"""

    name: str
    module: Ident | None = None


@dataclass(slots=True, eq=False)
class TypeOf(TypeExpr):
    """`list[element]`, `map[element]`"""

    name: Ident
    element: TypeExpr


@dataclass(slots=True, eq=False)
class RecordType(TypeExpr):
    """`{ name: string, mtu: int? }`"""

    fields: tuple[tuple[Ident, TypeExpr], ...]


@dataclass(slots=True, eq=False)
class Import(Node):
    """`import path as alias`"""

    path: String
    alias: Ident


@dataclass(slots=True, eq=False)
class Param(Node):
    """`param name: type = default where rule, message`; `head` is `param name`."""

    head: Span
    name: Ident
    type: TypeExpr | None
    default: Expr | None
    rule: Expr | None
    message: String | None


@dataclass(slots=True, eq=False)
class Formal(Node):
    """A parameter of a chain or function."""

    name: Ident
    type: TypeExpr | None
    default: Expr | None


@dataclass(slots=True, eq=False)
class Chain(Node):
    """`chain name(formals) { }`; `head` is `chain name`."""

    head: Span
    name: Ident
    formals: tuple[Formal, ...]
    body: Body


@dataclass(slots=True, eq=False)
class Func(Node):
    """`func name(formals): type = value`; `head` is `func name`."""

    head: Span
    name: Ident
    formals: tuple[Formal, ...]
    type: TypeExpr | None
    value: Expr


@dataclass(slots=True, eq=False)
class TypeDef(Node):
    """`type name = type`"""

    name: Ident
    type: TypeExpr


@dataclass(slots=True, eq=False)
class Pool(Node):
    """`pool name { }`; `head` is `pool name`."""

    head: Span
    name: Ident
    body: ObjectExpr


@dataclass(slots=True, eq=False)
class Generator(Node):
    """`for binders in source key key if condition`"""

    binders: tuple[Ident, ...]
    source: Expr
    key: Expr | None
    condition: Expr | None


@dataclass(slots=True, eq=False)
class Network(Node):
    """`network name for ... { }`; `head` is `network name`."""

    head: Span
    name: Key
    generator: Generator | None
    body: Body


@dataclass(slots=True, eq=False)
class Attach(Node):
    """`attach name = target { }`, in a pod or a test."""

    name: Ident
    target: Expr
    body: ObjectExpr | None


@dataclass(slots=True, eq=False)
class Pod(Node):
    """`pod name for ... { }`; `head` is `pod name`."""

    head: Span
    name: Key
    generator: Generator | None
    statements: tuple[Attach | Let | Assertion, ...]


@dataclass(slots=True, eq=False)
class Detach(Node):
    """`detach name`"""

    name: Ident


@dataclass(slots=True, eq=False)
class Expect(Node):
    """`expect condition within duration`"""

    condition: Expr
    within: Expr | None


@dataclass(slots=True, eq=False)
class ExpectError(Node):
    """`expect error "text" { }`"""

    text: String | None
    steps: tuple[Step, ...]


Step = Attach | Detach | Expect | ExpectError | Let


@dataclass(slots=True, eq=False)
class Test(Node):
    """`test "name" { }`; `head` is `test "name"`."""

    head: Span
    name: String
    steps: tuple[Step, ...]


Item = Import | Param | Let | Chain | Pool | TypeDef | Func | Pod | Network | Assertion | Test


@dataclass(frozen=True, slots=True)
class File:
    """A whole file; `comments` in the order written."""

    source: Source
    items: tuple[Item, ...]
    comments: tuple[Comment, ...]
