"""What each name of a program means, before anything is evaluated.

Finds names that don't exist or exist twice, arguments that nothing takes, and rings, also in chains that no network
uses; and puts definitions in an order in which each comes after what it needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from netc.dataclass import replace
from netc.diagnostics import Diagnostic, Step, error
from netc.lang import codes, signature, types
from netc.lang import syntax as s
from netc.lang.functions import FUNCTIONS
from netc.lang.modules import load
from netc.lang.program import Module, Program
from netc.lang.rings import ordered
from netc.lang.unknown import Suggestions
from netc.lang.walk import References, pool_of, references
from netc.sources import Sources, Span

#: More mistakes than this are not told.
MAX_MISTAKES = 1_000
#: What the expectations of a test may ask, besides the language's own functions; `host` is where the networks are.
TEST_FUNCTIONS = ("reach", "route", "throughput")
TEST_NAMES = ("host",)

Needed = list[tuple[str, Span]]
D = TypeVar("D", s.Param | s.Let, s.Chain, s.Func, s.TypeDef, s.Pool)


def resolve(file: s.File, sources: Sources) -> Program:
    """Look up the names of a file and of all that it imports; mistakes are in `diagnostics`."""
    program = load(file, sources)
    for module in program.modules:
        _Resolver(program, module).run()
    return program


class _Resolver:
    """Looks up the names of one module, whose imports have been looked up before."""

    def __init__(self, program: Program, module: Module) -> None:
        self.program, self.module = program, module
        self.suggestions = Suggestions(module)

    def report(self, found: Diagnostic) -> None:
        if len(self.program.diagnostics) < MAX_MISTAKES:
            trail = self.module.trail
            self.program.diagnostics.append(replace(found, labels=(*found.labels, *trail)) if trail else found)

    def run(self) -> None:
        items = self.module.file.items
        for item in items:
            self._declare(item)
        self._types()
        self._file_level()
        self._rings_of_chains()
        for item in items:
            if isinstance(item, s.Chain):
                self._formals(item)
                self._body(item.body.statements, [formal.name for formal in item.formals], id(item.body))
            elif isinstance(item, s.Network):
                self._body(item.body.statements, self._generator(item), id(item.body))
            elif isinstance(item, s.Pod):
                self._body(item.statements, self._generator(item), id(item))
            elif isinstance(item, s.Assertion):
                self._check(references(item.condition, item.message), ())
            elif isinstance(item, s.Pool):
                self._check(references(item.body), ())
            elif isinstance(item, s.Test):
                self._test(item)

    # ---- declarations -----------------------------------------------------------------------------------------------

    def _declare(self, item: s.Item) -> None:
        module = self.module
        if isinstance(item, (s.Param, s.Let)):
            self._once(module.values, item.name, item)
            if item.name.text in module.aliases:
                before = module.aliases[item.name.text]
                message = f"{item.name.text!r} is the name of a module"
                self.report(error(codes.TWICE.code, message, item.name.span, Step("imported here", before.span)))
            if isinstance(item, s.Param) and not module.is_root:
                message = f"a param is an input of the file that is compiled, and {item.span.source.path} is imported"
                help = "make it a let, or a parameter of the chains and functions that need it"
                self.report(error(codes.MISPLACED.code, message, item.head, help=help))
        elif isinstance(item, s.Chain):
            self._once(module.chains, item.name, item)
        elif isinstance(item, s.Func):
            self._once(module.functions, item.name, item)
            if item.name.text in FUNCTIONS:
                self._taken(item.name, "function")
        elif isinstance(item, s.TypeDef):
            self._once(module.types, item.name, item)
            if item.name.text in (*types.SCALARS, "list", "map"):
                self._taken(item.name, "type")
        elif isinstance(item, s.Pool):
            self._once(module.pools, item.name, item)
        elif isinstance(item, s.Network) and (name := _plain(item.name)) is not None:
            module.networks.setdefault(name, []).append(item)
        elif isinstance(item, s.Pod) and (name := _plain(item.name)) is not None:
            module.pods.setdefault(name, []).append(item)

    def _taken(self, name: s.Ident, kind: str) -> None:
        what = f"{name.text}()" if kind == "function" else name.text
        message = f"{what} is a {kind} of the language"
        self.report(error(codes.TWICE.code, message, name.span, help="give yours another name"))

    def _once(self, known: dict[str, D], name: s.Ident, item: D) -> None:
        before = known.setdefault(name.text, item)
        if before is not item:
            message = f"{name.text!r} is defined twice"
            self.report(error(codes.TWICE.code, message, name.span, Step("first here", before.name.span)))

    # ---- names ------------------------------------------------------------------------------------------------------

    def _check(self, found: References, local: Iterable[str], runtime: Sequence[str] = ()) -> None:
        """Report names that neither `local` nor the module has, and calls of what is no function."""
        module = self.module
        for name in found.names:
            if name.text not in local and name.text not in module.values:
                if name.text in module.aliases:
                    message = f"{name.text} is a module, and no value"
                    help = f"name something in it: {name.text}.NAME"
                    self.report(error(codes.UNKNOWN_NAME.code, message, name.span, help=help))
                else:
                    self.report(self.suggestions.value(name, local))
        for member, base in found.members:
            if base.text in local or base.text in module.values:
                continue
            if base.text in module.aliases:
                self._member(member, base)
            else:
                self.report(self.suggestions.value(base, local))
        for call in found.calls:
            self._call(call, runtime)

    def _member(self, member: s.Attr, base: s.Name) -> None:
        """`module.name` as a value."""
        other = self.module.imports.get(base.text)
        if other is None:
            return
        if member.name.text in other.values:
            self.program.members[id(member)] = other
        else:
            self.report(self.suggestions.member(base.text, other, "value", member.name))

    def _outside(self, expr: s.Expr) -> tuple[str, Module | None, s.Ident] | None:
        """The alias, the module and the name of a `module.name`; None for another expression."""
        if isinstance(expr, s.Attr) and isinstance(expr.base, s.Name) and expr.base.text in self.module.aliases:
            alias = expr.base.text
            return alias, self.module.imports.get(alias), expr.name
        return None

    def _call(self, call: s.Call, runtime: Sequence[str]) -> None:
        callee = call.callee
        outside = self._outside(callee)
        if outside is not None:
            alias, other, name = outside
            if other is not None and name.text in other.functions:
                self._bind(call, other.functions[name.text], other)
            elif other is not None:
                self.report(self.suggestions.member(alias, other, "function", name))
        elif isinstance(callee, s.Attr) and isinstance(callee.base, s.Name):
            self.report(self.suggestions.module_(callee.base))
        elif not isinstance(callee, s.Name):
            self.report(error(codes.CALL.code, "only a function's name can be called", callee.span))
        elif callee.text in self.module.functions:
            self._bind(call, self.module.functions[callee.text], self.module)
        elif callee.text in FUNCTIONS:
            bound = signature.of_function(FUNCTIONS[callee.text]).bind(call, self.report)
            if callee.text == "alloc":
                self._pool(call)
            if bound is not None:
                self.program.bound[id(call)] = bound
        elif callee.text not in runtime:
            self.report(self.suggestions.function(callee, runtime))

    def _bind(self, call: s.Call, definition: s.Chain | s.Func, module: Module) -> None:
        bound = signature.of_definition(definition).bind(call, self.report)
        if bound is not None:
            self.program.bound[id(call)] = bound
            self.program.callees[id(call)] = definition, module

    def _pool(self, call: s.Call) -> None:
        """The pool that a call of `alloc()` names."""
        written = pool_of(call)
        if written is None:
            return
        outside = self._outside(written)
        module, name = self.module, written
        if outside is not None:
            alias, other, ident = outside
            if other is None:
                return
            if ident.text not in other.pools:
                self.report(self.suggestions.member(alias, other, "pool", ident))
                return
            self.program.pools[id(call)] = other.pools[ident.text], other
        elif not isinstance(name, s.Name):
            message = "alloc() takes the name of a pool first"
            self.report(error(codes.CALL.code, message, written.span, help="write pool NAME { cidrs = [...] }"))
        elif name.text in module.pools:
            self.program.pools[id(call)] = module.pools[name.text], module
        else:
            self.report(self.suggestions.pool(name))

    def _type(self, written: s.TypeExpr | None) -> None:
        """Look up the names in a type; report those that are none."""
        if isinstance(written, s.NamedType):
            if written.module is not None:
                self._type_outside(written, written.module)
            elif written.name in self.module.types:
                self._names(written, self.module.types[written.name])
            elif written.name not in types.SCALARS:
                self.report(self.suggestions.type(written))
        elif isinstance(written, s.TypeOf):
            if written.name.text not in ("list", "map"):
                message = f"only list[T] and map[T] have a type in brackets, not {written.name.text!r}"
                self.report(error(codes.UNKNOWN_NAME.code, message, written.name.span))
            self._type(written.element)
        elif isinstance(written, s.RecordType):
            for _, of in written.fields:
                self._type(of)

    def _type_outside(self, written: s.NamedType, alias: s.Ident) -> None:
        if alias.text not in self.module.aliases:
            self.report(self.suggestions.module_(s.Name(alias.span, alias.text)))
            return
        other = self.module.imports.get(alias.text)
        if other is None:
            return
        if written.name in other.types:
            self._names(written, other.types[written.name])
        else:
            self.report(self.suggestions.member(alias.text, other, "type", s.Ident(written.span, written.name)))

    def _names(self, written: s.NamedType, definition: s.TypeDef) -> None:
        if id(definition) not in self.program.broken:
            self.program.named[id(written)] = definition

    # ---- scopes -----------------------------------------------------------------------------------------------------

    def _file_level(self) -> None:
        """Names, rings and order of params, lets and functions: a let may need a function that needs a let."""
        module = self.module
        needs: dict[str, Needed] = {}
        for name, item in module.values.items():
            self._type(item.type)
            found = references(item.value if isinstance(item, s.Let) else item.default)
            self._check(found, ())
            needs[name] = self._edges(found, ())
            if isinstance(item, s.Param) and item.rule is not None:
                self._check(references(item.rule, item.message), ())
        for name, func in module.functions.items():
            self._type(func.type)
            self._formals(func)
            local = {formal.name.text for formal in func.formals}
            found = references(func.value)
            self._check(found, local)
            needs[name + "()"] = self._edges(found, local)
            needs[name + "()"] += [edge for f in func.formals for edge in self._edges(references(f.default), local)]
        nodes: dict[str, s.Node] = {**module.values}
        nodes.update({name + "()": func for name, func in module.functions.items()})
        module.order = tuple(module.values[name] for name in self._ordered(needs, nodes) if name in module.values)
        for each in module.file.items:
            # A second definition of a name has no value, but its names are looked up all the same.
            if isinstance(each, s.Let) and module.values[each.name.text] is not each:
                self._check(references(each.value), ())

    def _edges(self, found: References, local: Iterable[str]) -> Needed:
        module = self.module
        named = [*found.names, *[base for _, base in found.members]]
        edges = [(name.text, name.span) for name in named if name.text in module.values and name.text not in local]
        for call in found.calls:
            if isinstance(call.callee, s.Name) and call.callee.text in module.functions:
                edges.append((call.callee.text + "()", call.callee.span))
        return edges

    def _ordered(self, needs: Mapping[str, Needed], nodes: Mapping[str, s.Node]) -> list[str]:
        """The names so that each comes after what it needs; those in a ring are reported and marked broken."""
        out = ordered(needs)
        for found in out.found:
            self.report(found)
        self.program.broken.update(id(nodes[name]) for name in out.broken)
        return out.names

    def _formals(self, item: s.Chain | s.Func) -> None:
        seen: dict[str, s.Ident] = {}
        for formal in item.formals:
            self._type(formal.type)
            self._check(references(formal.default), list(seen))
            self._bound_once(seen, formal.name, "parameter {} is given twice")

    def _bound_once(self, seen: dict[str, s.Ident], name: s.Ident, message: str) -> None:
        before = seen.setdefault(name.text, name)
        if before is not name:
            text = message.format(repr(name.text))
            self.report(error(codes.TWICE.code, text, name.span, Step("first here", before.span)))

    def _generator(self, item: s.Network | s.Pod) -> list[s.Ident]:
        """What `for` binds in a network or pod; the names of its head are looked up."""
        generator = item.generator
        binders = list(generator.binders) if generator is not None else []
        names = [binder.text for binder in binders]
        if generator is not None:
            self._check(references(generator.source), ())
            seen: dict[str, s.Ident] = {}
            for binder in binders:
                self._bound_once(seen, binder, "{} is bound twice")
            self._check(references(generator.key, generator.condition), names)
        if isinstance(item.name, s.String):
            self._check(references(item.name), names)
        return binders

    def _body(self, statements: Iterable[s.Statement | s.Attach], given: list[s.Ident], owner: int) -> None:
        lets: dict[str, s.Let] = {}
        seen = {name.text: name for name in given}
        for statement in statements:
            if isinstance(statement, s.Let):
                self._bound_once(seen, statement.name, "{} is defined twice")
                lets.setdefault(statement.name.text, statement)
        needs: dict[str, Needed] = {}
        for own, let in lets.items():
            self._type(let.type)
            found = references(let.value)
            self._check(found, seen)
            named = [*found.names, *[base for _, base in found.members]]
            needs[own] = [(used.text, used.span) for used in named if used.text in lets]
        self.program.order[owner] = tuple(lets[name] for name in self._ordered(needs, lets))
        for statement in statements:
            if not isinstance(statement, s.Let):
                self._check(self._statement(statement), seen)

    def _statement(self, statement: s.Statement | s.Attach) -> References:
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
        elif isinstance(statement, s.Attach):
            self._target(statement.target, found, pods=False)
            if statement.body is not None:
                found.add(statement.body)
        elif not isinstance(statement, s.Let):
            found.entry(statement)
        return found

    def _use(self, use: s.Use, found: References) -> None:
        if use.condition is not None:
            found.add(use.condition)
        target = use.target
        for argument in target.arguments if isinstance(target, s.Call) else ():
            found.add(argument.value)
        named = target.callee if isinstance(target, s.Call) else target
        outside = self._outside(named)
        module: Module | None = self.module
        if outside is not None:
            alias, module, name = outside
            if module is None:
                return
            if name.text not in module.chains:
                self.report(self.suggestions.member(alias, module, "chain", name))
                return
            chain = module.chains[name.text]
        elif isinstance(named, s.Name):
            if named.text not in self.module.chains:
                self.report(self.suggestions.chain(named))
                return
            chain = self.module.chains[named.text]
        elif isinstance(named, s.Attr) and isinstance(named.base, s.Name):
            self.report(self.suggestions.module_(named.base))
            return
        else:
            self.report(error(codes.CALL.code, "`use` takes a chain: use edge(...)", target.span))
            return
        if not isinstance(target, s.Call):
            help = f"write use {named.span.text}{signature.of_definition(chain).text[len(chain.name.text) :]}"
            message = f"a chain is used with brackets, even empty ones: {named.span.text}()"
            self.report(error(codes.CALL.code, message, target.span, help=help))
        elif module is not None:
            self._bind(target, chain, module)

    # ---- pods and tests ---------------------------------------------------------------------------------------------

    def _target(self, target: s.Expr, found: References, *, pods: bool) -> None:
        """Look up what an `attach` names: a network, in a test also a pod."""
        named = target.base if isinstance(target, s.Index) else target
        if isinstance(target, s.Index):
            found.add(target.index)
        if isinstance(named, s.String):
            found.add(named)
        elif (outside := self._outside(named)) is not None:
            message = f"the networks of {outside[0]} are not built here: only those of this file are"
            help = "put what they share into a chain of the module, and use that in a network here"
            self.report(error(codes.MISPLACED.code, message, named.span, help=help))
        elif not isinstance(named, s.Name):
            message = "attach takes a network: its name, or pods[KEY] for one of several"
            self.report(error(codes.CALL.code, message, target.span))
        elif named.text not in self.module.networks and not (pods and named.text in self.module.pods):
            self.report(self.suggestions.network(named, pods=pods))

    def _test(self, test: s.Test) -> None:
        names = set(TEST_NAMES)
        found = references(test.name)
        self._check(found, ())
        self._steps(test.steps, names)

    def _steps(self, steps: Iterable[s.Step], names: set[str]) -> None:
        """The names of a test's steps, in order: what is attached and named above can be asked for below."""
        for step in steps:
            found = References()
            if isinstance(step, s.Attach):
                self._target(step.target, found, pods=True)
                if step.body is not None:
                    found.add(step.body)
            elif isinstance(step, s.Expect):
                found.add(step.condition)
            elif isinstance(step, s.Let):
                self._type(step.type)
                found.add(step.value)
            elif isinstance(step, s.Detach):
                if step.name.text not in names - set(TEST_NAMES):
                    message = f"nothing is attached as {step.name.text!r} above"
                    self.report(error(codes.UNKNOWN_NAME.code, message, step.name.span))
            elif step.text is not None:
                found.add(step.text)
            self._check(found, names, TEST_FUNCTIONS)
            if isinstance(step, s.ExpectError):
                self._steps(step.steps, set(names))
            elif isinstance(step, (s.Attach, s.Let)):
                names.add(step.name.text)

    # ---- rings ------------------------------------------------------------------------------------------------------

    def _rings_of_chains(self) -> None:
        needs: dict[str, Needed] = {}
        for name, chain in self.module.chains.items():
            needs[name] = [
                (statement.target.callee.text, statement.target.callee.span)
                for statement in chain.body.statements
                if isinstance(statement, s.Use)
                and isinstance(statement.target, s.Call)
                and isinstance(statement.target.callee, s.Name)
            ]
        self._ordered(needs, self.module.chains)

    def _types(self) -> None:
        """The names in the module's types, and their rings: a type in one has no meaning."""
        needs: dict[str, Needed] = {}
        for name, item in self.module.types.items():
            self._type(item.type)
            needs[name] = list(_named_in(item.type))
        self._ordered(needs, self.module.types)
        named, broken = self.program.named, self.program.broken
        for written in [written for written, definition in named.items() if id(definition) in broken]:
            del named[written]


def _plain(name: s.Key) -> str | None:
    return name.text if isinstance(name, s.Ident) else name.plain


def _named_in(written: s.TypeExpr) -> Iterable[tuple[str, Span]]:
    if isinstance(written, s.NamedType):
        if written.module is None:
            yield written.name, written.span
    elif isinstance(written, s.TypeOf):
        yield from _named_in(written.element)
    elif isinstance(written, s.RecordType):
        for _, of in written.fields:
            yield from _named_in(of)
