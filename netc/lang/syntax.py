"""The syntax tree: what was written, with the place of each part.

Nodes are made by the hundred thousand, and their classes at the start of every command: so they are plain classes with
slots (a frozen dataclass takes three times as long to make, forty of them a tenth of a second to define). Nobody
changes a node after the parser is done with it. `depth` of an expression is the height of its tree: the parser refuses
what is deeper than `MAX_DEPTH`, so that every later pass may recurse.
"""

from __future__ import annotations

from netc.dataclass import dataclass
from netc.lang.values import Val
from netc.sources import Source, Span

#: How deep expressions, objects and blocks may be nested.
MAX_DEPTH = 100


class Node:
    """Anything with a place."""

    __slots__ = ("span",)

    def __init__(self, span: Span) -> None:
        self.span = span

    @classmethod
    def attributes(cls) -> tuple[str, ...]:
        """The names of what a node is made of, in the order written."""
        code = cls.__init__.__code__
        return code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount]


class Comment(Node):
    """`# ...`, up to the end of its line."""

    __slots__ = ()

    @property
    def text(self) -> str:
        """The comment without its `#` marks and the spaces around it."""
        return self.span.text.lstrip("#").strip()

    @property
    def documents(self) -> bool:
        """Whether it is a `##` comment, which documents the item below it."""
        return self.span.source.text.startswith("##", self.span.start)


class Ident(Node):
    """A bare word: a name, a key, a label."""

    __slots__ = ("text",)

    def __init__(self, span: Span, text: str) -> None:
        self.span, self.text = span, text


# ---- expressions ---------------------------------------------------------------------------------------------------


class Expr(Node):
    """An expression."""

    __slots__ = ("depth",)

    def __init__(self, span: Span) -> None:
        self.span = span
        self.depth = 1


class Bad(Expr):
    """An expression that is no value: the mistake has been reported."""

    __slots__ = ()


class Literal(Expr):
    """`1500`, `10.1.0.0/16`, `true`, `null`."""

    __slots__ = ("value",)

    def __init__(self, span: Span, value: Val) -> None:
        self.span, self.value = span, value
        self.depth = 1


class String(Expr):
    """A string of either kind: its texts, escapes resolved, and the expressions between them."""

    __slots__ = ("parts",)

    def __init__(self, span: Span, parts: tuple[str | Expr, ...]) -> None:
        self.span, self.parts = span, parts
        self.depth = 1

    @property
    def plain(self) -> str | None:
        """The text, if nothing has to be evaluated for it."""
        if not self.parts:
            return ""
        return self.parts[0] if len(self.parts) == 1 and isinstance(self.parts[0], str) else None


class Name(Expr):
    """A name of a value."""

    __slots__ = ("text",)

    def __init__(self, span: Span, text: str) -> None:
        self.span, self.text = span, text
        self.depth = 1


class ListExpr(Expr):
    """`[a, b]`"""

    __slots__ = ("items",)

    def __init__(self, span: Span, items: tuple[Expr, ...]) -> None:
        self.span, self.items = span, items
        self.depth = 1


class ObjectExpr(Expr):
    """`{ ... }`: an object literal, or the body of a block or plugin."""

    __slots__ = ("entries",)

    def __init__(self, span: Span, entries: tuple[Entry, ...]) -> None:
        self.span, self.entries = span, entries
        self.depth = 1


class ListFor(Expr):
    """`[for binders in source if condition: element]`"""

    __slots__ = ("binders", "condition", "element", "source")

    def __init__(
        self, span: Span, binders: tuple[Ident, ...], source: Expr, condition: Expr | None, element: Expr
    ) -> None:
        self.span, self.binders, self.source, self.condition, self.element = span, binders, source, condition, element
        self.depth = 1


class ObjectFor(Expr):
    """`{for binders in source if condition: key => value}`"""

    __slots__ = ("binders", "condition", "key", "source", "value")

    def __init__(
        self, span: Span, binders: tuple[Ident, ...], source: Expr, condition: Expr | None, key: Expr, value: Expr
    ) -> None:
        self.span, self.binders, self.source, self.condition, self.key, self.value = (
            span,
            binders,
            source,
            condition,
            key,
            value,
        )
        self.depth = 1


class Group(Expr):
    """`(inner)`"""

    __slots__ = ("inner",)

    def __init__(self, span: Span, inner: Expr) -> None:
        self.span, self.inner = span, inner
        self.depth = 1


class Unary(Expr):
    """`!operand`, `-operand`"""

    __slots__ = ("op", "operand")

    def __init__(self, span: Span, op: str, operand: Expr) -> None:
        self.span, self.op, self.operand = span, op, operand
        self.depth = 1


class Binary(Expr):
    """`left op right`"""

    __slots__ = ("left", "op", "op_span", "right")

    def __init__(self, span: Span, op: str, op_span: Span, left: Expr, right: Expr) -> None:
        self.span, self.op, self.op_span, self.left, self.right = span, op, op_span, left, right
        self.depth = 1


class Ternary(Expr):
    """`condition ? then : otherwise`"""

    __slots__ = ("condition", "otherwise", "then")

    def __init__(self, span: Span, condition: Expr, then: Expr, otherwise: Expr) -> None:
        self.span, self.condition, self.then, self.otherwise = span, condition, then, otherwise
        self.depth = 1


class Attr(Expr):
    """`base.name`"""

    __slots__ = ("base", "name")

    def __init__(self, span: Span, base: Expr, name: Ident) -> None:
        self.span, self.base, self.name = span, base, name
        self.depth = 1


class Index(Expr):
    """`base[index]`"""

    __slots__ = ("base", "index")

    def __init__(self, span: Span, base: Expr, index: Expr) -> None:
        self.span, self.base, self.index = span, base, index
        self.depth = 1


class Argument(Node):
    """An argument of a call, positional where `name` is None."""

    __slots__ = ("name", "value")

    def __init__(self, span: Span, name: Ident | None, value: Expr) -> None:
        self.span, self.name, self.value = span, name, value


class Call(Expr):
    """`callee(arguments)`; the callee of a well-formed one is a name or `module.name`."""

    __slots__ = ("arguments", "callee")

    def __init__(self, span: Span, callee: Expr, arguments: tuple[Argument, ...]) -> None:
        self.span, self.callee, self.arguments = span, callee, arguments
        self.depth = 1


# ---- entries of a body ---------------------------------------------------------------------------------------------

Key = Ident | String


class Attribute(Node):
    """`key = value`"""

    __slots__ = ("key", "value")

    def __init__(self, span: Span, key: Key, value: Expr) -> None:
        self.span, self.key, self.value = span, key, value


class Block(Node):
    """`key { }`, or `key label { }`: an object with that `type`."""

    __slots__ = ("body", "key", "label")

    def __init__(self, span: Span, key: Key, label: Key | None, body: ObjectExpr) -> None:
        self.span, self.key, self.label, self.body = span, key, label, body

    @property
    def head(self) -> Span:
        """`key`, or `key label`."""
        return self.key.span if self.label is None else self.key.span.to(self.label.span)


class Spread(Node):
    """`...value`"""

    __slots__ = ("value",)

    def __init__(self, span: Span, value: Expr) -> None:
        self.span, self.value = span, value


Entry = Attribute | Block | Spread


# ---- statements and items ------------------------------------------------------------------------------------------


class Plugin(Node):
    """`plugin TYPE if condition { }`; `head` is `plugin TYPE`."""

    __slots__ = ("body", "condition", "head", "type")

    def __init__(self, span: Span, head: Span, type: Key, condition: Expr | None, body: ObjectExpr) -> None:
        self.span, self.head, self.type, self.condition, self.body = span, head, type, condition, body


class Use(Node):
    """`use chain(arguments) if condition`; `target` is a `Call` where it is well-formed."""

    __slots__ = ("condition", "target")

    def __init__(self, span: Span, target: Expr, condition: Expr | None) -> None:
        self.span, self.target, self.condition = span, target, condition


class Let(Node):
    """`let name: type = value`"""

    __slots__ = ("name", "type", "value")

    def __init__(self, span: Span, name: Ident, type: TypeExpr | None, value: Expr) -> None:
        self.span, self.name, self.type, self.value = span, name, type, value


class Assertion(Node):
    """`assert condition, message`"""

    __slots__ = ("condition", "message")

    def __init__(self, span: Span, condition: Expr, message: String) -> None:
        self.span, self.condition, self.message = span, condition, message


Statement = Plugin | Use | Let | Assertion | Attribute | Block | Spread


class Body(Node):
    """The braces of a chain or network and what stands between them."""

    __slots__ = ("statements",)

    def __init__(self, span: Span, statements: tuple[Statement, ...]) -> None:
        self.span, self.statements = span, statements


class TypeExpr(Node):
    """A type as written; `optional` where it ends in `?`."""

    __slots__ = ("optional",)

    def __init__(self, span: Span, *, optional: bool = False) -> None:
        self.span = span
        self.optional = optional


class NamedType(TypeExpr):
    """`int`, `Node`, `module.Node`"""

    __slots__ = ("module", "name")

    def __init__(self, span: Span, name: str, module: Ident | None, *, optional: bool = False) -> None:
        self.span, self.name, self.module = span, name, module
        self.optional = optional


class TypeOf(TypeExpr):
    """`list[element]`, `map[element]`"""

    __slots__ = ("element", "name")

    def __init__(self, span: Span, name: Ident, element: TypeExpr, *, optional: bool = False) -> None:
        self.span, self.name, self.element = span, name, element
        self.optional = optional


class RecordType(TypeExpr):
    """`{ name: string, mtu: int? }`"""

    __slots__ = ("fields",)

    def __init__(self, span: Span, fields: tuple[tuple[Ident, TypeExpr], ...], *, optional: bool = False) -> None:
        self.span, self.fields = span, fields
        self.optional = optional


class Import(Node):
    """`import path as alias`"""

    __slots__ = ("alias", "path")

    def __init__(self, span: Span, path: String, alias: Ident) -> None:
        self.span, self.path, self.alias = span, path, alias


class Param(Node):
    """`param name: type = default where rule, message`; `head` is `param name`."""

    __slots__ = ("default", "head", "message", "name", "rule", "type")

    def __init__(
        self,
        span: Span,
        head: Span,
        name: Ident,
        type: TypeExpr | None,
        default: Expr | None,
        rule: Expr | None,
        message: String | None,
    ) -> None:
        self.span, self.head, self.name, self.type, self.default, self.rule, self.message = (
            span,
            head,
            name,
            type,
            default,
            rule,
            message,
        )


class Formal(Node):
    """A parameter of a chain or function."""

    __slots__ = ("default", "name", "type")

    def __init__(self, span: Span, name: Ident, type: TypeExpr | None, default: Expr | None) -> None:
        self.span, self.name, self.type, self.default = span, name, type, default


class Chain(Node):
    """`chain name(formals) { }`; `head` is `chain name`."""

    __slots__ = ("body", "formals", "head", "name")

    def __init__(self, span: Span, head: Span, name: Ident, formals: tuple[Formal, ...], body: Body) -> None:
        self.span, self.head, self.name, self.formals, self.body = span, head, name, formals, body


class Func(Node):
    """`func name(formals): type = value`; `head` is `func name`."""

    __slots__ = ("formals", "head", "name", "type", "value")

    def __init__(
        self, span: Span, head: Span, name: Ident, formals: tuple[Formal, ...], type: TypeExpr | None, value: Expr
    ) -> None:
        self.span, self.head, self.name, self.formals, self.type, self.value = span, head, name, formals, type, value


class TypeDef(Node):
    """`type name = type`"""

    __slots__ = ("name", "type")

    def __init__(self, span: Span, name: Ident, type: TypeExpr) -> None:
        self.span, self.name, self.type = span, name, type


class Pool(Node):
    """`pool name { }`; `head` is `pool name`."""

    __slots__ = ("body", "head", "name")

    def __init__(self, span: Span, head: Span, name: Ident, body: ObjectExpr) -> None:
        self.span, self.head, self.name, self.body = span, head, name, body


class Generator(Node):
    """`for binders in source key key if condition`"""

    __slots__ = ("binders", "condition", "key", "source")

    def __init__(
        self, span: Span, binders: tuple[Ident, ...], source: Expr, key: Expr | None, condition: Expr | None
    ) -> None:
        self.span, self.binders, self.source, self.key, self.condition = span, binders, source, key, condition


class Network(Node):
    """`network name for ... { }`; `head` is `network name`."""

    __slots__ = ("body", "generator", "head", "name")

    def __init__(self, span: Span, head: Span, name: Key, generator: Generator | None, body: Body) -> None:
        self.span, self.head, self.name, self.generator, self.body = span, head, name, generator, body


class Attach(Node):
    """`attach name = target { }`, in a pod or a test."""

    __slots__ = ("body", "name", "target")

    def __init__(self, span: Span, name: Ident, target: Expr, body: ObjectExpr | None) -> None:
        self.span, self.name, self.target, self.body = span, name, target, body


class Pod(Node):
    """`pod name for ... { }`; `head` is `pod name`."""

    __slots__ = ("generator", "head", "name", "statements")

    def __init__(
        self,
        span: Span,
        head: Span,
        name: Key,
        generator: Generator | None,
        statements: tuple[Attach | Let | Assertion, ...],
    ) -> None:
        self.span, self.head, self.name, self.generator, self.statements = span, head, name, generator, statements


class Detach(Node):
    """`detach name`"""

    __slots__ = ("name",)

    def __init__(self, span: Span, name: Ident) -> None:
        self.span, self.name = span, name


class Expect(Node):
    """`expect condition within duration`"""

    __slots__ = ("condition", "within")

    def __init__(self, span: Span, condition: Expr, within: Expr | None) -> None:
        self.span, self.condition, self.within = span, condition, within


class ExpectError(Node):
    """`expect error "text" { }`"""

    __slots__ = ("steps", "text")

    def __init__(self, span: Span, text: String | None, steps: tuple[Step, ...]) -> None:
        self.span, self.text, self.steps = span, text, steps


Step = Attach | Detach | Expect | ExpectError | Let


class Test(Node):
    """`test "name" { }`; `head` is `test "name"`."""

    __slots__ = ("head", "name", "steps")

    def __init__(self, span: Span, head: Span, name: String, steps: tuple[Step, ...]) -> None:
        self.span, self.head, self.name, self.steps = span, head, name, steps


Item = Import | Param | Let | Chain | Pool | TypeDef | Func | Pod | Network | Assertion | Test


@dataclass(frozen=True, slots=True)
class File:
    """A whole file; `comments` in the order written."""

    source: Source
    items: tuple[Item, ...]
    comments: tuple[Comment, ...]
