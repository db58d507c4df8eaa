"""What each name of a file means, before anything is evaluated.

Finds names that don't exist or exist twice, arguments that nothing takes, and rings, also in chains that no network
uses; and puts definitions in an order in which each comes after what it needs.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from netc.diagnostics import Diagnostic, Step, error
from netc.lang import codes, signature, types
from netc.lang import syntax as s
from netc.lang.functions import FUNCTIONS
from netc.lang.walk import References, references
from netc.sources import Span
from netc.spelling import nearest, suggest

#: More mistakes than this are not told.
MAX_MISTAKES = 1_000
#: Functions that the language has and this version does not compute.
_NOT_BUILT = ("alloc", "data")
_WORDS = {
    "True": "true",
    "TRUE": "true",
    "False": "false",
    "FALSE": "false",
    "None": "null",
    "nil": "null",
    "NULL": "null",
}

K = TypeVar("K", bound=Hashable)


@dataclass(slots=True)
class Resolved:
    """A file with its names looked up.

    `order` has, by the `id` of a file, chain body or network body, its params and lets so that each comes after what
    it needs. `bound` has the arguments of each sound call and use by the `id` of its node. `broken` holds the `id`s of
    definitions in a ring: they have no value. `opaque` are names of what this version can't build.
    """

    file: s.File
    values: dict[str, s.Param | s.Let] = field(default_factory=dict)
    chains: dict[str, s.Chain] = field(default_factory=dict)
    functions: dict[str, s.Func] = field(default_factory=dict)
    types: dict[str, s.TypeDef] = field(default_factory=dict)
    opaque: set[str] = field(default_factory=set)
    order: dict[int, tuple[s.Param | s.Let, ...]] = field(default_factory=dict)
    bound: dict[int, signature.Bound] = field(default_factory=dict)
    broken: set[int] = field(default_factory=set)
    diagnostics: list[Diagnostic] = field(default_factory=list)


def resolve(file: s.File) -> Resolved:
    """Look up the names of a file; mistakes are in its `diagnostics`."""
    resolver = _Resolver(Resolved(file))
    resolver.run()
    return resolver.out


class _Resolver:
    def __init__(self, out: Resolved) -> None:
        self.out = out

    def report(self, found: Diagnostic) -> None:
        if len(self.out.diagnostics) < MAX_MISTAKES:
            self.out.diagnostics.append(found)

    def run(self) -> None:
        out = self.out
        for item in out.file.items:
            self._declare(item)
        self._rings_of_types()
        self._file_level()
        self._rings_of_chains()
        for item in out.file.items:
            if isinstance(item, s.Chain):
                self._formals(item)
                self._body(item.body, [formal.name for formal in item.formals])
            elif isinstance(item, s.Network):
                self._network(item)
            elif isinstance(item, s.Assertion):
                self._check(references(item.condition, item.message), ())

    # ---- declarations -----------------------------------------------------------------------------------------------

    def _declare(self, item: s.Item) -> None:
        out = self.out
        if isinstance(item, (s.Param, s.Let)):
            self._once(out.values, item.name, item)
        elif isinstance(item, s.Chain):
            self._once(out.chains, item.name, item)
        elif isinstance(item, s.Func):
            self._once(out.functions, item.name, item)
            if item.name.text in FUNCTIONS or item.name.text in _NOT_BUILT:
                message = f"{item.name.text}() is a function of the language"
                self.report(error(codes.TWICE.code, message, item.name.span, help="give yours another name"))
        elif isinstance(item, s.TypeDef):
            self._once(out.types, item.name, item)
            if item.name.text in (*types.SCALARS, "list", "map"):
                message = f"{item.name.text} is a type of the language"
                self.report(error(codes.TWICE.code, message, item.name.span, help="give yours another name"))
        elif isinstance(item, (s.Import, s.Pool, s.Pod)):
            word = item.span.text.split(None, 1)[0]
            span = Span(item.span.source, item.span.start, item.span.start + len(word))
            self.report(error(codes.NOT_BUILT.code, f"this version of netc reads `{word}` but can't build it", span))
            if not isinstance(item, s.Pod):
                out.opaque.add(item.alias.text if isinstance(item, s.Import) else item.name.text)

    def _once(self, known: dict[str, K], name: s.Ident, item: K) -> None:
        before = known.setdefault(name.text, item)
        if before is not item:
            assert isinstance(before, (s.Param, s.Let, s.Chain, s.Func, s.TypeDef))
            message = f"{name.text!r} is defined twice"
            self.report(error(codes.TWICE.code, message, name.span, Step("first here", before.name.span)))

    # ---- names ------------------------------------------------------------------------------------------------------

    def _check(self, found: References, local: Iterable[str]) -> None:
        """Report names that neither `local` nor the file has, and calls of what is no function."""
        known = self.out.values
        for name in found.names:
            if name.text not in known and name.text not in local and name.text not in self.out.opaque:
                self.report(self._unknown(name, [*known, *local]))
        for call in found.calls:
            self._call(call)

    def _unknown(self, name: s.Name, known: list[str]) -> Diagnostic:
        word = name.text
        message = f"no value named {word!r}"
        help = f"write {_WORDS[word]}" if word in _WORDS else None
        if help is None and (near := nearest(word, known)) is not None:
            help = f"did you mean {near}?"
        if help is None and word in FUNCTIONS:
            help = f"{word} is a function: write {FUNCTIONS[word].signature.partition('):')[0]})"
        if help is None and word in self.out.chains:
            help = f"{word} is a chain: write use {word}(...)"
        if help is None:
            help = f'a text has quotes: "{word}"; a value is named by let or param'
        return error(codes.UNKNOWN_NAME.code, message, name.span, help=help)

    def _call(self, call: s.Call) -> None:
        callee = call.callee
        if isinstance(callee, s.Attr) and self._is_opaque(callee.base):
            return
        if not isinstance(callee, s.Name):
            message = "only a function's name can be called"
            self.report(error(codes.CALL.code, message, callee.span))
            return
        name = callee.text
        if name in self.out.functions:
            bound = signature.of_definition(self.out.functions[name]).bind(call, self.report)
        elif name in FUNCTIONS:
            bound = signature.of_function(FUNCTIONS[name]).bind(call, self.report)
        else:
            if name in _NOT_BUILT:
                message = f"this version of netc reads {name}() but can't compute it"
                self.report(error(codes.NOT_BUILT.code, message, callee.span))
                return
            help = suggest(name, [*FUNCTIONS, *self.out.functions], "()")
            if name in self.out.chains:
                help = f"{name} is a chain: write use {name}(...) in a network"
            self.report(error(codes.UNKNOWN_NAME.code, f"no function named {name!r}", callee.span, help=help))
            return
        if bound is not None:
            self.out.bound[id(call)] = bound

    def _type(self, written: s.TypeExpr | None) -> None:
        """Report names in a type that are none."""
        if isinstance(written, s.NamedType):
            if written.name not in types.SCALARS and written.name not in self.out.types:
                help = suggest(written.name, [*types.SCALARS, *self.out.types])
                if written.name in ("list", "map"):
                    help = f"write {written.name}[T] with the type of its elements"
                elif written.name in ("str", "text"):
                    help = "write string"
                elif written.name in ("number", "integer"):
                    help = "write int or float"
                message = f"no type named {written.name!r}"
                self.report(error(codes.UNKNOWN_NAME.code, message, written.span, help=help))
        elif isinstance(written, s.TypeOf):
            if written.name.text not in ("list", "map"):
                message = f"only list[T] and map[T] have a type in brackets, not {written.name.text!r}"
                self.report(error(codes.UNKNOWN_NAME.code, message, written.name.span))
            self._type(written.element)
        elif isinstance(written, s.RecordType):
            for _, of in written.fields:
                self._type(of)

    # ---- scopes -----------------------------------------------------------------------------------------------------

    def _file_level(self) -> None:
        """Names, rings and order of params, lets and functions: a let may need a function that needs a let."""
        out = self.out
        needs: dict[str, list[tuple[str, Span]]] = {}
        for name, item in out.values.items():
            self._type(item.type)
            found = references(item.value if isinstance(item, s.Let) else item.default)
            self._check(found, ())
            needs[name] = self._edges(found, ())
            if isinstance(item, s.Param) and item.rule is not None:
                self._check(references(item.rule, item.message), ())
        for name, func in out.functions.items():
            self._type(func.type)
            self._formals(func)
            local = [formal.name.text for formal in func.formals]
            found = references(func.value)
            self._check(found, local)
            needs[name + "()"] = self._edges(found, local)
            needs[name + "()"] += [edge for f in func.formals for edge in self._edges(references(f.default), local)]
        nodes: dict[str, s.Param | s.Let | s.Func] = {**out.values}
        nodes.update({name + "()": func for name, func in out.functions.items()})
        ordered = self._ordered(needs, lambda name: nodes[name])
        out.order[id(out.file)] = tuple(out.values[name] for name in ordered if name in out.values)
        self._defined_twice(out.file.items, out.values)

    def _defined_twice(self, items: Iterable[s.Item], kept: Mapping[str, s.Node]) -> None:
        """A second definition of a name has no value, but its names are looked up all the same."""
        for item in items:
            if isinstance(item, s.Let) and kept[item.name.text] is not item:
                self._check(references(item.value), ())

    def _edges(self, found: References, local: Iterable[str]) -> list[tuple[str, Span]]:
        out = self.out
        edges = [(name.text, name.span) for name in found.names if name.text in out.values and name.text not in local]
        for call in found.calls:
            if isinstance(call.callee, s.Name) and call.callee.text in out.functions:
                edges.append((call.callee.text + "()", call.callee.span))
        return edges

    def _formals(self, item: s.Chain | s.Func) -> None:
        seen: dict[str, s.Ident] = {}
        for formal in item.formals:
            self._type(formal.type)
            self._check(references(formal.default), list(seen))
            before = seen.setdefault(formal.name.text, formal.name)
            if before is not formal.name:
                message = f"parameter {formal.name.text!r} is given twice"
                self.report(error(codes.TWICE.code, message, formal.name.span, Step("first here", before.span)))

    def _network(self, item: s.Network) -> None:
        binders: list[s.Ident] = []
        generator = item.generator
        if generator is not None:
            self._check(references(generator.source), ())
            binders = list(generator.binders)
            if len(binders) == 2 and binders[0].text == binders[1].text:
                message = f"{binders[1].text!r} is bound twice"
                self.report(error(codes.TWICE.code, message, binders[1].span, Step("first here", binders[0].span)))
            names = [binder.text for binder in binders]
            self._check(references(generator.key, generator.condition), names)
        if isinstance(item.name, s.String):
            self._check(references(item.name), [binder.text for binder in binders])
        self._body(item.body, binders)

    def _body(self, body: s.Body, given: list[s.Ident]) -> None:
        lets: dict[str, s.Let] = {}
        outer = {name.text: name for name in given}
        for statement in body.statements:
            if isinstance(statement, s.Let):
                name = statement.name
                before = outer.get(name.text) or (lets[name.text].name if name.text in lets else None)
                if before is not None:
                    message = f"{name.text!r} is defined twice"
                    self.report(error(codes.TWICE.code, message, name.span, Step("first here", before.span)))
                lets.setdefault(name.text, statement)
        local = {*outer, *lets}
        needs: dict[str, list[tuple[str, Span]]] = {}
        for own, let in lets.items():
            self._type(let.type)
            found = references(let.value)
            self._check(found, local)
            needs[own] = [(used.text, used.span) for used in found.names if used.text in lets]
        self.out.order[id(body)] = tuple(lets[name] for name in self._ordered(needs, lambda name: lets[name]))
        for statement in body.statements:
            if not isinstance(statement, s.Let):
                self._check(self._statement(statement), local)

    def _statement(self, statement: s.Statement) -> References:
        found = References()
        if isinstance(statement, s.Plugin):
            found.key(statement.type)
            for expr in filter(None, (statement.condition, statement.body)):
                found.add(expr)
        elif isinstance(statement, s.Use):
            self._use(statement, found)
        elif isinstance(statement, s.Assertion):
            found.add(statement.condition)
            found.add(statement.message)
        elif not isinstance(statement, s.Let):
            found.entry(statement)
        return found

    def _use(self, use: s.Use, found: References) -> None:
        if use.condition is not None:
            found.add(use.condition)
        target = use.target
        if isinstance(target, s.Name) and target.text in self.out.chains:
            text = signature.of_definition(self.out.chains[target.text]).text
            message = f"a chain is used with brackets, even empty ones: {target.text}()"
            self.report(error(codes.CALL.code, message, target.span, help=f"write use {text}"))
            return
        if isinstance(target, s.Name) and target.text not in self.out.chains:
            self._no_chain(target)
            return
        for argument in target.arguments if isinstance(target, s.Call) else ():
            found.add(argument.value)
        if not isinstance(target, s.Call) or not isinstance(target.callee, s.Name):
            module = target.callee if isinstance(target, s.Call) else target
            if not isinstance(module, s.Attr) or not self._is_opaque(module.base):
                self.report(error(codes.CALL.code, "`use` takes a chain: use edge(...)", target.span))
            return
        chain = self.out.chains.get(target.callee.text)
        if chain is None:
            self._no_chain(target.callee)
            return
        bound = signature.of_definition(chain).bind(target, self.report)
        if bound is not None:
            self.out.bound[id(target)] = bound

    def _is_opaque(self, expr: s.Expr) -> bool:
        return isinstance(expr, s.Name) and expr.text in self.out.opaque

    def _no_chain(self, name: s.Name) -> None:
        help = suggest(name.text, self.out.chains)
        if name.text in FUNCTIONS or name.text in self.out.functions:
            help = f"{name.text} is a function, not a chain"
        self.report(error(codes.UNKNOWN_NAME.code, f"no chain named {name.text!r}", name.span, help=help))

    # ---- rings ------------------------------------------------------------------------------------------------------

    def _ordered(self, needs: Mapping[str, list[tuple[str, Span]]], node: Callable[[str], s.Node]) -> list[str]:
        """The names so that each comes after what it needs; those in a ring are reported and marked broken."""
        done: dict[str, bool] = {}
        order: list[str] = []
        for start in needs:
            if start in done:
                continue
            path, edges = [start], [iter(needs[start])]
            done[start] = False
            spans: list[Span] = []
            while path:
                step = next(edges[-1], None)
                if step is None:
                    name = path.pop()
                    edges.pop()
                    if spans:
                        spans.pop()
                    done[name] = True
                    order.append(name)
                elif step[0] not in needs:
                    continue
                elif step[0] not in done:
                    done[step[0]] = False
                    path.append(step[0])
                    edges.append(iter(needs[step[0]]))
                    spans.append(step[1])
                elif not done[step[0]]:
                    at = path.index(step[0])
                    self._ring(path[at:], [*spans[at:], step[1]])
                    self.out.broken.update(id(node(name)) for name in path[at:])
        return order

    def _ring(self, names: list[str], spans: list[Span]) -> None:
        """`spans[i]` is where `names[i]` needs the next one."""
        if len(names) == 1:
            self.report(error(codes.RING.code, f"{names[0]} needs itself", spans[0]))
            return
        shown = [*names, names[0]] if len(names) <= 8 else [*names[:4], "...", *names[-3:], names[0]]
        labels = [
            Step(f"{name} needs {after}", span) for name, after, span in zip(names, [*names[1:], names[0]], spans)
        ]
        message = "a ring: " + " -> ".join(shown)
        self.report(error(codes.RING.code, message, spans[0], *labels[1:8]))

    def _rings_of_chains(self) -> None:
        needs: dict[str, list[tuple[str, Span]]] = {}
        for name, chain in self.out.chains.items():
            needs[name] = [
                (statement.target.callee.text, statement.target.callee.span)
                for statement in chain.body.statements
                if isinstance(statement, s.Use)
                and isinstance(statement.target, s.Call)
                and isinstance(statement.target.callee, s.Name)
            ]
        self._ordered(needs, lambda name: self.out.chains[name])

    def _rings_of_types(self) -> None:
        needs: dict[str, list[tuple[str, Span]]] = {}
        for name, item in self.out.types.items():
            self._type(item.type)
            needs[name] = list(_named_in(item.type))
        self._ordered(needs, lambda name: self.out.types[name])
        for name, item in list(self.out.types.items()):
            if id(item) in self.out.broken:
                del self.out.types[name]
                self.out.types[name] = s.TypeDef(item.span, item.name, s.NamedType(item.span, "", optional=True))


def _named_in(written: s.TypeExpr) -> Iterable[tuple[str, Span]]:
    if isinstance(written, s.NamedType):
        yield written.name, written.span
    elif isinstance(written, s.TypeOf):
        yield from _named_in(written.element)
    elif isinstance(written, s.RecordType):
        for _, of in written.fields:
            yield from _named_in(of)
