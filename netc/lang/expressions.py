"""Evaluating expressions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from netc.dataclass import dataclass, replace
from netc.diagnostics import Diagnostic, Step, Trail, error
from netc.lang import attributes, codes, operators
from netc.lang import syntax as s
from netc.lang.functions import FUNCTIONS, Function, text_of
from netc.lang.program import Module, Program
from netc.lang.refusal import Refusal, a
from netc.lang.types import Fitting
from netc.lang.values import Data, Field, List, Object, Pending, Val, type_name
from netc.lang.weight import Scale
from netc.sources import SourceError, Sources, Span

#: Expressions evaluated in one build. 1,000 networks take some 50,000.
MAX_STEPS = 5_000_000
#: More mistakes than this are not told.
MAX_MISTAKES = 1_000
#: How deep chains and functions may call one another.
MAX_CALLS = 30

#: Is told of each expression what it was, by the way that led there; None after a mistake.
Observer = Callable[[s.Expr, Trail, "Val | None"], None]


class OutOfStepsError(Exception):
    """The build takes more than `MAX_STEPS`; `span` is where it stood."""

    def __init__(self, span: Span) -> None:
        super().__init__("out of steps")
        self.span = span


class UndecidedError(Exception):
    """What comes next depends on a block that is not planned yet."""

    def __init__(self, pending: Pending) -> None:
        super().__init__("undecided")
        self.pending = pending


@dataclass(slots=True, eq=False)
class Env:
    """Names and their values; None for one whose definition has a mistake that was reported."""

    names: dict[str, Val | None]
    outer: Env | None = None

    def get(self, name: str) -> Val | None:
        """The value of `name`, None where there is none to go on with."""
        env: Env | None = self
        while env is not None:
            if name in env.names:
                return env.names[name]
            env = env.outer
        return None


class Evaluator:
    """Evaluates expressions; a mistake is noted once, and the value is None from there on out."""

    def __init__(self, program: Program, sources: Sources) -> None:
        self.program, self.sources = program, sources
        #: The values of each module's names, by the module's `id`.
        self.scopes = {id(module): Env({}) for module in program.modules}
        self.files: dict[int, Val | None] = {}
        self.found: dict[tuple[str, str, Span | None], Diagnostic] = {}
        self.scale = Scale()
        self.trail: Trail = ()
        self.steps = MAX_STEPS
        self.calls = 0
        #: The calls of the author's functions that are being evaluated, outermost first, and what each calls.
        self.inside: list[tuple[Span, str]] = []
        #: Functions that only a test has, by name: they look at what runs, and not at values.
        self.probes: dict[str, Callable[[s.Call, Env], Val | None]] = {}

    def tell(self, observe: Observer) -> None:
        """Tell `observe` of each expression from now on. Nobody else pays for it: this puts a method over `value`."""
        evaluate = self.value

        def value(expr: s.Expr, env: Env) -> Val | None:
            made = evaluate(expr, env)
            observe(expr, self.trail, made)
            return made

        self.value = value  # type: ignore[method-assign]

    # ---- mistakes ---------------------------------------------------------------------------------------------------

    def report(self, found: Diagnostic) -> None:
        """Note a mistake, with the way that led here; the same one is noted once.

        In a function of the author's it is the caller who has to change something: it is noted there, and the way goes
        on into the function.
        """
        primary, labels = found.primary, found.labels
        if self.inside:
            (outer, _), *deeper = self.inside
            ways = [Step(f"in {name}, called here", call) for call, name in reversed(deeper)]
            at = () if primary is None else (Step(f"in {self.inside[-1][1]}, here", primary),)
            primary, labels = outer, (*at, *labels, *ways)
        key = (found.code, found.message, primary)
        if key not in self.found and len(self.found) < MAX_MISTAKES:
            labels = (*labels, *[step for step in self.trail if step not in labels])
            self.found[key] = Diagnostic(
                found.code, found.severity, found.message, primary, labels, found.help, edits=found.edits
            )

    def mistake(self, code: str, message: str, span: Span, *labels: Step, help: str | None = None) -> None:
        """Note an error at `span`."""
        self.report(error(code, message, span, *labels, help=help))

    def refuse(self, refusal: Refusal, span: Span, *labels: Step) -> None:
        """Note what an operator or function said."""
        self.mistake(refusal.code, str(refusal), span, *labels, help=refusal.help)

    def made(self, data: Data, span: Span) -> Val | None:
        """A value that an expression at `span` made, unless it is too large."""
        try:
            return Val(self.scale.check(data), span)
        except Refusal as refusal:
            self.refuse(refusal, span)
            return None

    def known(self, *values: Val) -> None:
        """Make sure that these can be worked with; raises `UndecidedError` where one is not planned yet."""
        for value in values:
            if type(value.data) is Pending:
                raise UndecidedError(value.data)

    @contextmanager
    def along(self, *steps: Step) -> Iterator[None]:
        """Within, mistakes and values have these steps on their way, the innermost first."""
        before, calls, depth = self.trail, self.calls, len(self.inside)
        self.trail = (*steps, *before)
        try:
            yield
        finally:
            self.trail, self.calls = before, calls
            del self.inside[depth:]

    def spend(self, steps: int, span: Span) -> None:
        """Count work; raises `OutOfStepsError`."""
        self.steps -= steps
        if self.steps < 0:
            raise OutOfStepsError(span)

    # ---- expressions ------------------------------------------------------------------------------------------------

    def value(self, expr: s.Expr, env: Env) -> Val | None:
        """The value of an expression; None after a mistake, which has been noted."""
        self.steps -= 1
        if self.steps < 0:
            raise OutOfStepsError(expr.span)
        return _EVALUATE[type(expr)](self, expr, env)

    def condition(self, expr: s.Expr, env: Env, what: str) -> bool | None:
        """The value of an expression that must be true or false."""
        value = self.value(expr, env)
        if value is None:
            return None
        if isinstance(value.data, bool):
            return value.data
        self.known(value)
        kind = type_name(value.data)
        helps = {
            "list": "write len(x) > 0",
            "int": "write x != 0",
            "string": 'write x != ""',
            "null": "null is no false",
        }
        message = f"{what} is true or false, not {a(kind)}"
        self.mistake(codes.TYPE.code, message, expr.span, help=helps.get(kind, "write x != null"))
        return None

    def _literal(self, expr: s.Literal, env: Env) -> Val | None:
        return expr.value

    def _bad(self, expr: s.Bad, env: Env) -> Val | None:
        return None

    def _name(self, expr: s.Name, env: Env) -> Val | None:
        return env.get(expr.text)

    def _group(self, expr: s.Group, env: Env) -> Val | None:
        return self.value(expr.inner, env)

    def text(self, expr: s.String, env: Env) -> str | None:
        """A string's text with its interpolations filled in."""
        if (plain := expr.plain) is not None:
            return plain
        texts: list[str] = []
        sound = True
        for part in expr.parts:
            if isinstance(part, str):
                texts.append(part)
                continue
            value = self.value(part, env)
            if value is None:
                sound = False
                continue
            self.known(value)
            try:
                texts.append(text_of(value.data))
            except Refusal as refusal:
                self.refuse(refusal, part.span)
                sound = False
        if not sound:
            return None
        size = sum(map(len, texts))
        self.spend(size >> 10, expr.span)
        return "".join(texts)

    def _string(self, expr: s.String, env: Env) -> Val | None:
        text = self.text(expr, env)
        return None if text is None else self.made(text, expr.span)

    def _list(self, expr: s.ListExpr, env: Env) -> Val | None:
        items = [self.value(item, env) for item in expr.items]
        kept = tuple([item for item in items if item is not None])
        return self.made(List(kept), expr.span) if len(kept) == len(items) else None

    def _object(self, expr: s.ObjectExpr, env: Env) -> Val | None:
        fields = self.fields(expr.entries, env, {})
        return None if fields is None else self.made(Object(fields), expr.span)

    def key(self, key: s.Key, env: Env) -> str | None:
        """The text of a key or label."""
        return key.text if isinstance(key, s.Ident) else self.text(key, env)

    def fields(self, entries: tuple[Any, ...], env: Env, out: dict[str, Field]) -> dict[str, Field] | None:
        """The fields that entries make, after those in `out`; None after a mistake in any of them."""
        sound = True
        own: dict[str, Span] = {}
        for entry in entries:
            if type(entry) is s.Spread:
                sound = self.spread(entry, env, out) and sound
                continue
            made = self.entry(entry, env)
            if made is None:
                sound = False
                continue
            before = own.setdefault(made.key, made.key_span)
            if before is not made.key_span:
                message = f"key {made.key!r} is given twice"
                self.mistake(codes.TWICE.code, message, made.key_span, Step("first here", before))
                sound = False
            out[made.key] = made
        return out if sound else None

    def spread(self, entry: s.Spread, env: Env, out: dict[str, Field]) -> bool:
        """Put the fields of a spread value over `out`; False after a mistake."""
        value = self.value(entry.value, env)
        if value is None:
            return False
        if value.data is None:
            return True
        self.known(value)
        if not isinstance(value.data, Object):
            message = f"`...` spreads an object, not {a(type_name(value.data))}"
            self.mistake(codes.TYPE.code, message, entry.value.span)
            return False
        step = Step("spread here", entry.span)
        self.spend(len(value.data.fields), entry.span)
        for key, field in value.data.fields.items():
            trail = (*field.trail, step, *[outer for outer in self.trail if outer not in field.trail])
            out[key] = Field(key, field.value, field.key_span, field.at, trail)
        return True

    def entry(self, entry: s.Attribute | s.Block, env: Env) -> Field | None:
        """The field that an attribute or block makes."""
        key = self.key(entry.key, env)
        if isinstance(entry, s.Attribute):
            value = self.value(entry.value, env)
            at = entry.value.span
        else:
            value = self.block(entry, env)
            at = entry.head
        return None if key is None or value is None else Field(key, value, entry.key.span, at, self.trail)

    def block(self, entry: s.Block, env: Env) -> Val | None:
        """The object of a block; its label is its first field, `type`."""
        out: dict[str, Field] = {}
        sound = True
        if entry.label is not None:
            label = self.key(entry.label, env)
            sound = label is not None
            out["type"] = Field("type", Val(label, entry.label.span), entry.label.span, entry.label.span, self.trail)
        fields = self.fields(entry.body.entries, env, out)
        return self.made(Object(fields), entry.span) if fields is not None and sound else None

    # ---- comprehensions ---------------------------------------------------------------------------------------------

    def elements(self, source: s.Expr, binders: tuple[s.Ident, ...], env: Env) -> Iterator[tuple[Env, Val, Val]] | None:
        """For each element of a list or map: names bound, its key or index, and the element; None after a mistake."""
        value = self.value(source, env)
        if value is None:
            return None
        data = value.data
        self.known(value)
        if isinstance(data, List):
            pairs = [(Val(index, item.span), item) for index, item in enumerate(data.items)]
        elif isinstance(data, Object):
            pairs = [(Val(key, field.key_span), field.value) for key, field in data.fields.items()]
        else:
            message = f"`for` goes through a list or map, not {a(type_name(data))}"
            help = "count(n) is the list 0 to n - 1" if isinstance(data, int) else None
            self.mistake(codes.TYPE.code, message, source.span, help=help)
            return None
        names = [binder.text for binder in binders]
        return (
            (Env({names[0]: item} if len(names) == 1 else {names[0]: key, names[1]: item}, env), key, item)
            for key, item in pairs
        )

    def _list_for(self, expr: s.ListFor, env: Env) -> Val | None:
        elements = self.elements(expr.source, expr.binders, env)
        if elements is None:
            return None
        out: list[Val] = []
        sound = True
        for inner, _, _ in elements:
            chosen = True if expr.condition is None else self.condition(expr.condition, inner, "the condition of `if`")
            if chosen is False:
                continue
            value = self.value(expr.element, inner) if chosen else None
            if value is None:
                sound = False
            else:
                out.append(value)
        return self.made(List(tuple(out)), expr.span) if sound else None

    def _object_for(self, expr: s.ObjectFor, env: Env) -> Val | None:
        elements = self.elements(expr.source, expr.binders, env)
        if elements is None:
            return None
        out: dict[str, Field] = {}
        sound = True
        for inner, _, item in elements:
            chosen = True if expr.condition is None else self.condition(expr.condition, inner, "the condition of `if`")
            if chosen is False:
                continue
            key = self.value(expr.key, inner) if chosen else None
            value = self.value(expr.value, inner) if chosen else None
            if key is None or value is None:
                sound = False
            elif not isinstance(key.data, str):
                self.known(key)
                self.mistake(codes.TYPE.code, f"a key is a string, not {a(type_name(key.data))}", expr.key.span)
                sound = False
            elif key.data in out:
                message = f"two elements give the key {key.data!r}"
                labels = Step("the first", out[key.data].key_span), Step("the second", item.span)
                self.mistake(codes.TWICE.code, message, expr.key.span, *labels)
                sound = False
            else:
                out[key.data] = Field(key.data, value, item.span, expr.value.span, self.trail)
        return self.made(Object(out), expr.span) if sound else None

    # ---- operators --------------------------------------------------------------------------------------------------

    def _ternary(self, expr: s.Ternary, env: Env) -> Val | None:
        chosen = self.condition(expr.condition, env, "the condition of `? :`")
        if chosen is None:
            return None
        return self.value(expr.then if chosen else expr.otherwise, env)

    def _unary(self, expr: s.Unary, env: Env) -> Val | None:
        value = self.value(expr.operand, env)
        if value is None:
            return None
        self.known(value)
        try:
            return Val(operators.unary(expr.op, value.data), expr.span)
        except Refusal as refusal:
            self.refuse(refusal, expr.span)
            return None

    def _binary(self, expr: s.Binary, env: Env) -> Val | None:
        op = expr.op
        if op in ("&&", "||"):
            left = self.condition(expr.left, env, f"the left side of `{op}`")
            if left is None or left is (op == "||"):
                return None if left is None else Val(left, expr.span)
            right = self.condition(expr.right, env, f"the right side of `{op}`")
            return None if right is None else Val(right, expr.span)
        x = self.value(expr.left, env)
        if op == "??":
            return x if x is None or x.data is not None else self.value(expr.right, env)
        y = self.value(expr.right, env)
        if x is None or y is None:
            return None
        self.known(x, y)
        try:
            if isinstance(x.data, (str, List, Object)) or isinstance(y.data, (List, Object)):
                self.spend((self.scale.weigh(x.data).elements + self.scale.weigh(y.data).elements) >> 3, expr.span)
            return self.made(operators.binary(op, x.data, y.data), expr.span)
        except Refusal as refusal:
            self.refuse(refusal, expr.span)
            return None

    def _attr(self, expr: s.Attr, env: Env) -> Val | None:
        module = self.program.members.get(id(expr))
        if module is not None:
            return self.scopes[id(module)].get(expr.name.text)
        base = self.value(expr.base, env)
        if base is None:
            return None
        self.known(base)
        try:
            return attributes.attribute(base.data, expr.name.text, expr.span)
        except Refusal as refusal:
            self.refuse(refusal, expr.name.span)
            return None

    def _index(self, expr: s.Index, env: Env) -> Val | None:
        base, at = self.value(expr.base, env), self.value(expr.index, env)
        if base is None or at is None:
            return None
        self.known(base, at)
        try:
            return attributes.index(base.data, at.data)
        except Refusal as refusal:
            self.refuse(refusal, expr.index.span)
            return None

    # ---- calls ------------------------------------------------------------------------------------------------------

    def _call(self, expr: s.Call, env: Env) -> Val | None:
        if isinstance(expr.callee, s.Name) and expr.callee.text == "alloc":
            return self._alloc(expr, env)
        if self.probes and isinstance(expr.callee, s.Name) and expr.callee.text in self.probes:
            return self.probes[expr.callee.text](expr, env)
        bound = self.program.bound.get(id(expr))
        values = [self.value(argument.value, env) for argument in expr.arguments]
        if bound is None or any(value is None for value in values):
            return None
        by_expr = {id(argument.value): value for argument, value in zip(expr.arguments, values) if value is not None}
        given = {name: [(by_expr[id(each)], each) for each in exprs] for name, exprs in bound.items()}
        own = self.program.callees.get(id(expr))
        if own is not None:
            func, module = own
            assert isinstance(func, s.Func)
            return self._own_function(func, module, {name: pairs[0][0] for name, pairs in given.items() if pairs}, expr)
        assert isinstance(expr.callee, s.Name)
        if expr.callee.text == "data":
            return self._data(given["path"][0][0], expr)
        return self._library(FUNCTIONS[expr.callee.text], given, expr)

    def _library(self, function: Function, given: dict[str, list[tuple[Val, s.Expr]]], call: s.Call) -> Val | None:
        arguments: list[Val] = []
        places: list[Span] = []
        sound = True
        for parameter in function.parameters:
            for value, expr in given[parameter.name]:
                self.known(value)
                if not parameter.takes(value.data):
                    got = a(type_name(value.data))
                    message = f"{function.name}() takes {parameter.expected} as {parameter.name}, not {got}"
                    self.mistake(codes.TYPE.code, message, expr.span, help=f"it is {function.signature}")
                    sound = False
                arguments.append(value)
                places.append(expr.span)
        if not sound:
            return None
        try:
            self.spend(sum(self.scale.weigh(value.data).elements for value in arguments), call.span)
            assert function.call is not None
            made = self.made(function.call(call.span, *[value.data for value in arguments]), call.span)
            if made is not None and isinstance(made.data, List):
                self.spend(len(made.data.items), call.span)
            return made
        except Refusal as refusal:
            self.refuse(refusal, places[refusal.argument] if refusal.argument >= 0 else call.span)
            return None

    def _own_function(self, func: s.Func, module: Module, given: dict[str, Val], call: s.Call) -> Val | None:
        if id(func) in self.program.broken:
            return None
        with_names = self.bind(func, module, given, call.span)
        if with_names is None or not self.enter(call.span):
            return None
        self.inside.append((call.span, f"{func.name.text}()"))
        value = self.value(func.value, with_names)
        self.inside.pop()
        self.calls -= 1
        if value is None or func.type is None:
            return value
        return self.fit(value, func.type, f"{func.name.text}()")

    def _data(self, path: Val, call: s.Call) -> Val | None:
        """What `data(path)` holds; each file is read once."""
        self.known(path)
        if not isinstance(path.data, str):
            self.mistake(codes.TYPE.code, f"data() takes a string as path, not {a(type_name(path.data))}", path.span)
            return None
        try:
            source = self.sources.beside(call.span.source, path.data)
        except SourceError as failed:
            self.mistake(codes.FILE.code, str(failed), call.arguments[0].span, help=failed.help)
            return None
        if id(source) not in self.files:
            from netc.lang.data import read

            value, found = read(source)
            for each in found:
                self.report(replace(each, labels=(*each.labels, Step("read here", call.span))))
            self.files[id(source)] = value
        return self.files[id(source)]

    def _alloc(self, call: s.Call, env: Env) -> Val | None:
        """The block that a call of `alloc()` asks for."""
        bound, named = self.program.bound.get(id(call)), self.program.pools.get(id(call))
        if bound is None or named is None:
            return None
        signature = FUNCTIONS["alloc"]
        given: dict[str, Val] = {}
        sound = True
        for parameter in signature.parameters[1:]:
            for expr in bound[parameter.name]:
                value = self.value(expr, env)
                if value is None or (parameter.optional and value.data is None):
                    sound = sound and value is not None
                    continue
                if not isinstance(value.data, Pending) and not parameter.takes(value.data):
                    got = a(type_name(value.data))
                    message = f"alloc() takes {parameter.expected} as {parameter.name}, not {got}"
                    help = 'write "${n}"' if parameter.name == "key" and isinstance(value.data, int) else None
                    self.mistake(codes.TYPE.code, message, expr.span, help=help or f"it is {signature.signature}")
                    sound = False
                elif parameter.name == "family" and value.data not in (4, 6) and not isinstance(value.data, Pending):
                    self.mistake(codes.VALUE.code, f"family is 4 or 6, not {value.data}", expr.span)
                    sound = False
                given[parameter.name] = value
        return self.allocated(call, named[0], given) if sound else None

    def allocated(self, call: s.Call, pool: s.Pool, given: dict[str, Val]) -> Val | None:
        """The block of a request; `given` are its arguments by name, of the right types."""
        raise NotImplementedError

    def enter(self, span: Span) -> bool:
        """Go one call deeper, unless that is too deep; the caller takes `calls` back."""
        if self.calls >= MAX_CALLS:
            message = f"chains and functions call one another more than {MAX_CALLS} deep"
            self.mistake(codes.LIMIT.code, message, span)
            return False
        self.calls += 1
        return True

    def bind(self, item: s.Chain | s.Func, module: Module, given: dict[str, Val], span: Span) -> Env | None:
        """The parameters' names with their values, defaults filled in, types checked."""
        env = Env({}, self.scopes[id(module)])
        sound = True
        what = f"chain {item.name.text}" if isinstance(item, s.Chain) else f"{item.name.text}()"
        for formal in item.formals:
            value = given.get(formal.name.text)
            if value is None and formal.default is not None:
                value = self.value(formal.default, env)
            if value is not None and formal.type is not None:
                value = self.fit(value, formal.type, f"{formal.name.text} of {what}")
            sound = sound and value is not None
            env.names[formal.name.text] = value
        return env if sound else None

    def fit(self, value: Val, type_: s.TypeExpr, where: str, *, from_text: bool = False) -> Val | None:
        """`value` as a declared type has it."""
        fitting = Fitting(self.program.named, where, from_text)
        fitted = fitting.fit(value, type_)
        for found in fitting.found:
            self.report(found)
        return None if fitted is None else self.made(fitted.data, fitted.span)

    # ---- assertions -------------------------------------------------------------------------------------------------

    def assertion(self, condition: s.Expr, message: s.String, env: Env, *labels: Step, at: Span | None = None) -> None:
        """Note the message if the condition does not hold, with the values in play."""
        holds = self.condition(condition, env, "what is asserted")
        if holds is False:
            text = self.text(message, env)
            if text is not None:
                shown = tuple(self._in_play(condition, env))
                self.mistake(codes.ASSERTION.code, text, at or condition.span, *labels, *shown)

    def _in_play(self, expr: s.Expr, env: Env) -> Iterator[Step]:
        seen = set()
        for name in _references(expr):
            value = self.value(name, env)
            if value is None or isinstance(value.data, (List, Object)) or name.span.text in seen:
                continue
            seen.add(name.span.text)
            shown = "null" if value.data is None else text_of(value.data)
            shown = f'"{shown}"' if isinstance(value.data, str) else shown
            if len(shown) <= 80:
                yield Step(f"{name.span.text} is {shown}", value.span)


def _references(expr: s.Expr) -> Iterator[s.Expr]:
    """Names, and attributes of names, outside of comprehensions."""
    if isinstance(expr, (s.Name, s.Attr)):
        yield expr
    elif isinstance(expr, s.Binary):
        if expr.op not in ("&&", "||", "??"):
            yield from _references(expr.left)
            yield from _references(expr.right)
    elif isinstance(expr, s.Unary):
        yield from _references(expr.operand)
    elif isinstance(expr, s.Group):
        yield from _references(expr.inner)
    elif isinstance(expr, s.Call):
        for argument in expr.arguments:
            yield from _references(argument.value)


_EVALUATE: dict[type, Callable[[Evaluator, Any, Env], Val | None]] = {
    s.Literal: Evaluator._literal,
    s.Bad: Evaluator._bad,
    s.Name: Evaluator._name,
    s.String: Evaluator._string,
    s.ListExpr: Evaluator._list,
    s.ObjectExpr: Evaluator._object,
    s.ListFor: Evaluator._list_for,
    s.ObjectFor: Evaluator._object_for,
    s.Group: Evaluator._group,
    s.Unary: Evaluator._unary,
    s.Binary: Evaluator._binary,
    s.Ternary: Evaluator._ternary,
    s.Attr: Evaluator._attr,
    s.Index: Evaluator._index,
    s.Call: Evaluator._call,
}
