"""What a program asks of its pools, before anything is planned.

The program is evaluated with a `Pending` in the place of each block. It travels as any value does; what would have to
look into it is pending as well. Where such a value decides what comes next, both ways are gone, and an `alloc()` on
one of them is a mistake: all requests are planned at once, so that none can depend on what another was given.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Any

from netc.diagnostics import Diagnostic, Step
from netc.lang import codes
from netc.lang import syntax as s
from netc.lang.bodies import Parts
from netc.lang.expressions import Env, UndecidedError
from netc.lang.literals import BadLiteral
from netc.lang.program import Program
from netc.lang.refusal import a
from netc.lang.run import Element, Run
from netc.lang.types import word
from netc.lang.values import Ask, Cidr, Field, IpRange, List, NetworkValue, Object, Pending, PoolValue, Val, type_name
from netc.sources import Sources, Span
from netc.spelling import suggest

if TYPE_CHECKING:
    from netc.lang.evaluation import Given

#: The keys of a pool.
POOL = ("cidrs", "reserve")


class Survey(Run):
    """Collects `pools` and `requests`; `told` are the mistakes that only show here."""

    def __init__(self, program: Program, sources: Sources, params: Mapping[str, Given]) -> None:
        super().__init__(program, sources, params)
        self.told: dict[Any, Diagnostic] = {}
        self.pools: tuple[PoolValue, ...] = ()
        self.asked: dict[tuple[Ask, Span | None], Ask] = {}
        #: What the way that is being gone depends on.
        self.depends: Pending | None = None

    @property
    def requests(self) -> tuple[Ask, ...]:
        """Every request, in the order of evaluation; the same one from two places is there twice."""
        return tuple(self.asked.values())

    def program_(self) -> None:
        super().program_()
        self.pools = tuple(self._all_pools())

    # ---- requests ---------------------------------------------------------------------------------------------------

    def allocated(self, call: s.Call, pool: s.Pool, given: dict[str, Val]) -> Val | None:
        for value in (*given.values(), *([Val(self.depends, call.span)] if self.depends is not None else [])):
            if isinstance(value.data, Pending):
                self._depends(call, value.data)
                return None
        ask = self.ask(call, pool, given)
        self.asked.setdefault((ask, ask.span), ask)
        return Val(Pending(call.span), call.span)

    def _depends(self, call: s.Call, on: Pending) -> None:
        message = "what this asks for depends on a block that is planned together with it"
        help = "all blocks are planned at once: work the key and the prefix out from what the plan does not decide"
        self.tell_(codes.DEPENDS.code, message, call.span, Step("the block that it depends on", on.span), help=help)

    def tell_(self, code: str, message: str, span: Span, *labels: Step, help: str | None = None) -> None:
        """Note a mistake that shows only in this pass."""
        before = self.found
        self.found = self.told
        self.mistake(code, message, span, *labels, help=help)
        self.found = before

    # ---- both ways --------------------------------------------------------------------------------------------------

    @contextmanager
    def _both_ways(self, pending: Pending) -> Iterator[None]:
        before = self.depends
        self.depends = self.depends or pending
        try:
            yield
        finally:
            self.depends = before

    def value(self, expr: s.Expr, env: Env) -> Val | None:
        calls, depth, trail = self.calls, len(self.inside), self.trail
        try:
            return super().value(expr, env)
        except UndecidedError as undecided:
            self.calls, self.trail = calls, trail
            del self.inside[depth:]
            with self._both_ways(undecided.pending):
                for inner, names in _not_gone(expr):
                    unknown: dict[str, Val | None] = {name.text: Val(undecided.pending, name.span) for name in names}
                    self.value(inner, Env(unknown, env))
            return Val(undecided.pending, expr.span)

    def entry(self, entry: s.Attribute | s.Block, env: Env) -> Field | None:
        try:
            return super().entry(entry, env)
        except UndecidedError as undecided:
            return Field("", Val(undecided.pending, entry.span), entry.key.span, entry.span)

    def spread(self, entry: s.Spread, env: Env, out: dict[str, Field]) -> bool:
        try:
            return super().spread(entry, env, out)
        except UndecidedError:
            return True

    def statement(self, statement: s.Statement, env: Env, parts: Parts) -> None:
        try:
            super().statement(statement, env, parts)
        except UndecidedError as undecided:
            with self._both_ways(undecided.pending):
                if isinstance(statement, s.Plugin):
                    self.plugin(statement, env)
                elif isinstance(statement, s.Use):
                    self.use(statement, env, parts)

    def assertion(self, condition: s.Expr, message: s.String, env: Env, *labels: Step, at: Span | None = None) -> None:
        self.value(condition, env)  # whether it holds is told when there are values

    def network(self, item: s.Network, env: Env, key: Val | None = None) -> NetworkValue | None:
        with suppress(UndecidedError):
            self.key(item.name, env)
        self.body(item.body, Env({}, env), Parts())
        return None

    def _pods(self, item: s.Pod, env: Env) -> None:
        for element in self.rounds(item.generator, env):
            for let in self.program.order[id(item)]:
                self.let(let, element.env)
            for statement in item.statements:
                if isinstance(statement, s.Attach) and statement.body is not None:
                    self.value(statement.body, element.env)
                elif isinstance(statement, s.Assertion):
                    self.value(statement.condition, element.env)

    def rounds(self, generator: s.Generator | None, env: Env) -> Iterator[Element]:
        rounds = super().rounds(generator, env)
        while True:
            try:
                yield next(rounds)
            except StopIteration:
                return
            except UndecidedError as undecided:
                assert generator is not None
                names: dict[str, Val | None] = {
                    name.text: Val(undecided.pending, name.span) for name in generator.binders
                }
                with self._both_ways(undecided.pending):
                    yield Element(Env(names, env))
                return

    # ---- pools ------------------------------------------------------------------------------------------------------

    def _all_pools(self) -> Iterator[PoolValue]:
        for module in self.program.modules:
            with self.along(*module.trail):
                for item in module.file.items:
                    if isinstance(item, s.Pool) and module.pools[item.name.text] is item:
                        yield self._pool(item, self.scopes[id(module)])

    def _pool(self, item: s.Pool, env: Env) -> PoolValue:
        before, self.found = self.found, self.told
        mistakes = len(self.told)
        made = self.value(item.body, env)
        fields = made.data.fields if made is not None and isinstance(made.data, Object) else {}
        for key, entry in fields.items():
            if key not in POOL:
                message = f"a pool has no key {key!r}"
                self.mistake(codes.MISPLACED.code, message, entry.key_span, help=suggest(key, POOL))
        cidrs, reserve = (tuple(self._elements(item, key, fields.get(key))) for key in POOL)
        self.found = before
        sound = made is not None and len(self.told) == mistakes
        return PoolValue(item.name.text, item.head, cidrs, reserve, sound)

    def _elements(self, item: s.Pool, key: str, given: Field | None) -> Iterator[Val]:
        """The networks and addresses that a key of a pool lists."""
        if given is None or given.value.data is None:
            return
        if not isinstance(given.value.data, List):
            got = a(type_name(given.value.data))
            self.mistake(
                codes.TYPE.code, f"{key} of a pool is a list, not {got}", given.at, help=f"write {key} = [...]"
            )
            return
        for element in given.value.data.items:
            data = element.data
            if isinstance(data, Pending):
                message = f"pool {item.name.text} depends on a block that is planned"
                self.mistake(codes.DEPENDS.code, message, element.span, Step("the block", data.span))
                continue
            if isinstance(data, str):
                try:
                    data = word(data)
                except BadLiteral as bad:
                    self.mistake(
                        codes.TYPE.code, f"{key} of a pool takes a cidr: {bad.why}", element.span, help=bad.help
                    )
                    continue
            if isinstance(data, (Cidr, IpRange, IPv4Address, IPv6Address)):
                yield Val(data, element.span)
            else:
                what = "cidrs" if key == "cidrs" else "cidrs, ranges and addresses"
                self.mistake(codes.TYPE.code, f"{key} of a pool has {what}, not {a(type_name(data))}", element.span)


def _not_gone(expr: s.Expr) -> Iterator[tuple[s.Expr, tuple[s.Ident, ...]]]:
    """The parts of an expression that are not evaluated where its condition is not known; with what they bind."""
    if isinstance(expr, s.Ternary):
        yield from ((expr.then, ()), (expr.otherwise, ()))
    elif isinstance(expr, s.Binary) and expr.op in ("&&", "||", "??"):
        yield expr.right, ()
    elif isinstance(expr, s.ListFor):
        yield expr.element, expr.binders
    elif isinstance(expr, s.ObjectFor):
        yield expr.key, expr.binders
        yield expr.value, expr.binders
