"""Where a value of a conflist came from, step by step: from its key back to what somebody wrote.

The evaluator tells what each expression was (`Observations`), the tree says what it is made of. A name is followed to
what defines it: a let, a param and how it was given, a chain's argument in the `use` that led here, an element of a
loop. An operator or function is followed into its operands.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from netc.dataclass import dataclass
from netc.diagnostics import Step, Trail
from netc.explain.scopes import Definition, Place, Scopes
from netc.lang import signature
from netc.lang import syntax as s
from netc.lang.notation import notation
from netc.lang.refusal import a
from netc.lang.values import Cidr, Data, Ip, List, Mac, Object, Quantity, Val, type_name
from netc.model import WRITTEN, Json, Network, resolve, unescape
from netc.plugins import subschema
from netc.plugins.kinds import UNITS
from netc.plugins.subschema import Subschema
from netc.sources import Span

#: More steps than this tell nobody anything.
_MAX_STEPS = 40
#: A value that takes more characters is not shown.
_MAX_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Came:
    """One step: what happened, and where; `span` is None for what netc itself does."""

    text: str
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where the value at `pointer` came from, its key first."""

    network: str
    pointer: str
    value: Json
    steps: tuple[Came, ...]


class Observations:
    """What each expression was, by its place and the way that led there: an observer for `netc.lang.evaluate`."""

    def __init__(self) -> None:
        self._seen: dict[Span, dict[Trail, Val]] = {}

    def __call__(self, expr: s.Expr, trail: Trail, value: Val | None) -> None:
        if value is not None:
            self._seen.setdefault(expr.span, {})[trail] = value

    def value(self, span: Span, trail: Trail) -> Val | None:
        """The value of the expression at `span`, on that way; None where it is not known for sure."""
        seen = self._seen.get(span, {})
        if trail in seen:
            return seen[trail]
        on_the_way = [other for other in seen if all(step in trail for step in other)]
        if on_the_way:
            return seen[max(on_the_way, key=len)]
        return next(iter(seen.values())) if len(seen) == 1 else None


def provenance(network: Network, pointer: str, observed: Observations) -> Provenance:
    """Where the value at an RFC 6901 pointer came from; raises `KeyError` where the network has no such value."""
    value = resolve(network.conflist, pointer)
    tracer = _Tracer(observed)
    steps = [*tracer.key(network, pointer), *_conversion(network, pointer, value, tracer.last)]
    return Provenance(network.name, pointer, value, tuple(_once(steps)))


def _once(steps: list[Came]) -> Iterator[Came]:
    seen: set[Came] = set()
    for step in steps:
        if step not in seen:
            seen.add(step)
            yield step


@dataclass(frozen=True, slots=True)
class _Frame:
    """The arguments of a call of one of the file's own functions, and where the call stands."""

    arguments: signature.Bound
    place: Place
    outer: _Frame | None


class _Tracer:
    def __init__(self, observed: Observations) -> None:
        self.observed = observed
        self.scopes = Scopes()
        self.last: Val | None = None
        self.left = _MAX_STEPS

    # ---- from the JSON to an expression -----------------------------------------------------------------------------

    def key(self, network: Network, pointer: str) -> Iterator[Came]:
        """The way of the value at `pointer`."""
        token = unescape(pointer.rpartition("/")[2])
        origin = network.origins.get(pointer)
        if origin is None:
            yield _by_netc(network, pointer)
            return
        if pointer == "/name":
            yield Came("the head of the network gives its name", origin.value)
        elif origin.key is not None:
            yield Came(f"the key `{token}` is written here", origin.key)
        elif pointer:
            yield Came(_element(pointer, token), origin.value)
        else:
            yield Came("the network is written here", origin.value)
        trail = tuple(step for step in origin.trail if step.text != WRITTEN)
        for step in trail:
            yield Came(step.text, step.span)
        place = self._expression(network, pointer)
        if place is None and origin.source is not None:
            around = self.scopes.place(origin.value)
            if around is not None:
                yield from self.trace(around, trail, None)
            yield Came(WRITTEN, origin.source)
            place = self.scopes.place(origin.source)
        if place is not None:
            self.last = self.observed.value(place.expr.span, trail)
            yield from self.trace(place, trail, None)

    def _expression(self, network: Network, pointer: str) -> Place | None:
        """The expression to the right of the key; for an element that of the list, if it is written as one."""
        origin = network.origins[pointer]
        above, _, token = pointer.rpartition("/")
        if origin.key is None and token.isdigit() and above in network.origins and above != "/plugins":
            around = self._expression(network, above)
            if around is None or not isinstance(around.expr, s.ListExpr) or int(token) >= len(around.expr.items):
                return None
            return around.at(around.expr.items[int(token)])
        return self.scopes.place(origin.value)

    # ---- from an expression to what it is made of -------------------------------------------------------------------

    def trace(self, place: Place, trail: Trail, frame: _Frame | None) -> Iterator[Came]:
        """How an expression got its value."""
        self.left -= 1
        if self.left < 0:
            return
        expr = place.expr
        match expr:
            case s.Group():
                yield from self.trace(place.at(expr.inner), trail, frame)
            case s.Name():
                yield from self._name(expr, place, trail, frame)
            case s.Attr() | s.Index():
                yield from self._part(expr, place, trail, frame)
            case s.Ternary():
                chosen = self._value(expr.condition.span, trail, frame)
                if chosen is not None:
                    yield Came(f"the condition is {_shown(chosen)}", expr.condition.span)
                    yield from self._branch(expr.then if chosen.data is True else expr.otherwise, place, trail, frame)
            case s.Binary(op="??"):
                left = self._value(expr.left.span, trail, frame)
                if left is not None and left.data is None:
                    yield Came(f"`{_text(expr.left)}` is null, so what follows `??` counts", expr.op_span)
                right = left is not None and left.data is None
                yield from self._branch(expr.right if right else expr.left, place, trail, frame)
            case s.Call():
                yield from self._call(expr, place, trail, frame)
            case s.Binary() | s.Unary() | s.String() if _operands(expr):
                yield self._is(expr, trail, frame)
                for operand in _operands(expr):
                    yield from self.trace(place.at(operand), trail, frame)
            case s.ListFor() | s.ObjectFor():
                yield self._is(expr, trail, frame)
                yield from self.trace(place.at(expr.source), trail, frame)

    def _branch(self, expr: s.Expr, place: Place, trail: Trail, frame: _Frame | None) -> Iterator[Came]:
        """The side that counts."""
        if isinstance(expr, (s.Literal, s.String)):
            yield Came(WRITTEN, expr.span)
        yield from self.trace(place.at(expr), trail, frame)

    def _name(self, expr: s.Name, place: Place, trail: Trail, frame: _Frame | None) -> Iterator[Came]:
        found = self.scopes.definition(expr.text, place)
        value = self._value(expr.span, trail, frame)
        if found is None:
            if value is not None:
                yield Came(f"`{expr.text}` is {_shown(value)}", value.span)
            return
        node, name = found.node, expr.text
        is_ = f"`{name}`{f' is {_shown(value)}:' if value is not None else ' is'}"
        scopes = () if found.scope is None else place.scopes[place.scopes.index(found.scope) :]
        if isinstance(node, s.Let):
            yield Came(f"{is_} a let", node.span)
            yield from self.trace(Place(node.value, scopes), trail if found.scope is not None else (), frame)
        elif isinstance(node, s.Pool):
            yield Came(f"`{name}` is a pool: the project's plan, netc.lock, has the block", node.head)
        elif isinstance(node, s.Param):
            yield from self._param(node, value, is_)
        elif isinstance(node, s.Formal):
            yield from self._formal(found, node, is_, trail, frame, scopes[1:])
        elif value is not None:
            yield Came(f"{is_} an element of the loop", value.span)

    def _param(self, node: s.Param, value: Val | None, is_: str) -> Iterator[Came]:
        given = value is not None and (node.default is None or not _within(value.span, node.default.span))
        default = self.observed.value(node.default.span, ()) if node.default is not None else None
        if value is not None and given and (default is None or default.span != value.span):
            yield Came(f"{is_} a param, given by {value.span.source.path}", value.span)
        elif node.default is not None:
            yield Came(f"{is_} a param that was not given: its default", node.default.span)
            yield from self.trace(Place(node.default, ()), (), None)

    def _formal(
        self, found: Definition, node: s.Formal, is_: str, trail: Trail, frame: _Frame | None, outside: tuple[Any, ...]
    ) -> Iterator[Came]:
        name = node.name.text
        if isinstance(found.scope, s.Func):
            if frame is None:
                return
            given = frame.arguments.get(name, ())
            what = f"{found.scope.name.text}()"
            place: Place | None = frame.place.at(given[0]) if given else None
            inner, rest = frame.outer, trail
        else:
            assert isinstance(found.scope, s.Chain)
            what = f"chain {found.scope.name.text}"
            use, rest = self._use(found.scope, trail)
            place, inner = self._argument(found.scope, use, name), None
        if place is not None:
            yield Came(f"{is_} an argument of {what}", place.expr.span)
            yield from self.trace(place, rest, inner)
        elif node.default is not None:
            yield Came(f"{is_} a parameter of {what} that was not given: its default", node.default.span)
            yield from self.trace(Place(node.default, ()), trail, None)

    def _use(self, chain: s.Chain, trail: Trail) -> tuple[Step | None, Trail]:
        """The step of the way at which the chain was used, and the way up to there."""
        for at, step in enumerate(trail):
            place = self.scopes.place(step.span)
            if place is not None and isinstance(place.expr, s.Call) and step.text.startswith(_used(chain)):
                return step, trail[at + 1 :]
        return None, trail

    def _argument(self, chain: s.Chain, use: Step | None, name: str) -> Place | None:
        place = self.scopes.place(use.span) if use is not None else None
        if place is None or not isinstance(place.expr, s.Call):
            return None
        bound = signature.of_definition(chain).bind(place.expr, lambda _: None)
        given = bound.get(name) if bound is not None else None
        return place.at(given[0]) if given else None

    def _part(self, expr: s.Attr | s.Index, place: Place, trail: Trail, frame: _Frame | None) -> Iterator[Came]:
        value = self._value(expr.span, trail, frame)
        base = self._value(expr.base.span, trail, frame)
        of_module = base is None and value is not None and not _within(value.span, expr.span)
        if value is not None and (of_module or (base is not None and isinstance(base.data, (Object, List)))):
            yield Came(f"`{_text(expr)}` is {_shown(value)}, written here", value.span)
            inner = self.scopes.place(value.span)
            if inner is not None and not isinstance(inner.expr, s.Literal):
                yield from self.trace(inner, trail, None)
            return
        yield self._is(expr, trail, frame)
        yield from self.trace(place.at(expr.base), trail, frame)

    def _call(self, expr: s.Call, place: Place, trail: Trail, frame: _Frame | None) -> Iterator[Came]:
        yield self._is(expr, trail, frame)
        func = self.scopes.function(expr.callee.text, place) if isinstance(expr.callee, s.Name) else None
        if func is None:
            for argument in expr.arguments:
                yield from self.trace(place.at(argument.value), trail, frame)
            return
        bound = signature.of_definition(func).bind(expr, lambda _: None)
        yield Came(f"func {func.name.text} gives", func.value.span)
        yield from self.trace(Place(func.value, (func,)), trail, _Frame(bound or {}, place, frame))

    # ---- words ------------------------------------------------------------------------------------------------------

    def _value(self, span: Span, trail: Trail, frame: _Frame | None) -> Val | None:
        """What an expression was; not said of one inside a function, which may have been called more than once."""
        return self.observed.value(span, trail) if frame is None else None

    def _is(self, expr: s.Expr, trail: Trail, frame: _Frame | None) -> Came:
        value = self._value(expr.span, trail, frame)
        return Came(f"`{_text(expr)}`" + (f" is {_shown(value)}" if value is not None else ""), expr.span)


def _used(chain: s.Chain) -> str:
    return f"in chain {chain.name.text},"


def _operands(expr: s.Expr) -> tuple[s.Expr, ...]:
    """What an operator or an interpolated string is made of, apart from plain literals."""
    match expr:
        case s.Binary():
            parts: tuple[s.Expr, ...] = (expr.left, expr.right)
        case s.Unary():
            parts = (expr.operand,)
        case s.String():
            parts = tuple(part for part in expr.parts if isinstance(part, s.Expr))
        case _:
            parts = ()
    return tuple(part for part in parts if not isinstance(part, s.Literal))


def _text(expr: s.Expr) -> str:
    text = " ".join(expr.span.text.split())
    return text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 1] + "…"


def _shown(value: Val) -> str:
    if isinstance(value.data, (Object, List)):
        return f"{'a list' if isinstance(value.data, List) else 'an object'}"
    text = notation(value.data)
    return text if len(text) <= _MAX_SHOWN else f"a {type_name(value.data)}"


def _within(inner: Span, outer: Span) -> bool:
    return inner.source is outer.source and outer.start <= inner.start and inner.end <= outer.end


def _element(pointer: str, token: str) -> str:
    return "the plugin is written here" if pointer == f"/plugins/{token}" else f"element {token} of the list"


def _by_netc(network: Network, pointer: str) -> Came:
    if pointer == "/plugins":
        return Came("netc makes it: an object for each `plugin` of the network, in their order", network.span)
    if pointer == "/cniVersion":
        return Came("netc writes it: the network gives no `cniVersion`", network.span)
    return Came("it is part of what is written here", network.origin(pointer).value)


# ---- what the JSON form does to a value ----------------------------------------------------------------------------


def _conversion(network: Network, pointer: str, value: Json, last: Val | None) -> Iterator[Came]:
    data: Data = last.data if last is not None else None
    if last is not None and isinstance(data, (Quantity, Ip, Cidr, Mac)) and _is_text(last.span):
        yield Came(f"the text is read as {a(type_name(data))}, as its declared type says", last.span)
    schema = _schema(network, pointer)
    note = schema.note if schema is not None else lambda _: None
    token = unescape(pointer.rpartition("/")[2])
    if isinstance(data, Quantity):
        yield Came(
            f"`{token}` counts {UNITS.get(str(note('unit')), 'a number')}: {notation(data)} is written as {value}"
        )
    elif isinstance(data, (Ip, Cidr, Mac)):
        yield Came(f"JSON has no {type_name(data)}: it is written as a string")
    elif note("string-of-number") and not isinstance(data, str) and isinstance(value, str):
        yield Came(f"`{token}` takes numbers as strings: it is written as {value!r}".replace("'", '"'))


def _is_text(span: Span) -> bool:
    return span.text.startswith('"') or span.source.path.endswith((".yaml", ".yml", ".json"))


def _schema(network: Network, pointer: str) -> Subschema | None:
    """What the catalogue says of the value at a pointer."""
    node: Subschema | None = subschema.of_conflist()
    at = ""
    for token in pointer.split("/")[1:]:
        at += f"/{token}"
        above = at.split("/")
        if len(above) == 3 and above[1] == "plugins":
            node = subschema.of_plugin(_type(network, at))
        elif len(above) == 4 and above[1] == "plugins" and token == "ipam":
            node = subschema.of_ipam(_type(network, at)) or (node.key(token) if node is not None else None)
        elif node is not None:
            node = node.element if node.node.get("type") == "array" else node.key(unescape(token))
    return node


def _type(network: Network, pointer: str) -> str:
    body = resolve(network.conflist, pointer)
    return str(body.get("type")) if isinstance(body, dict) else ""
