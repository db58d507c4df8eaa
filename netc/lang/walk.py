"""What an expression refers to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from netc.lang import syntax as s


class References:
    """The free names, the calls and the `name.member`s in some expressions, in the order written.

    A name that a member is asked of is among `members` and not among `names`. The pool of an `alloc()` is no value and
    in neither.
    """

    __slots__ = ("bound", "calls", "members", "names")

    def __init__(self) -> None:
        self.names: list[s.Name] = []
        self.members: list[tuple[s.Attr, s.Name]] = []
        self.calls: list[s.Call] = []
        self.bound: list[str] = []

    def add(self, expr: s.Expr) -> None:
        """Look through `expr`; names bound by a comprehension in it don't count."""
        visit = _VISIT.get(type(expr))
        if visit is not None:
            visit(self, expr)

    def _each(self, expressions: Iterable[s.Expr]) -> None:
        for expr in expressions:
            visit = _VISIT.get(type(expr))
            if visit is not None:
                visit(self, expr)

    def _name(self, expr: s.Name) -> None:
        if expr.text not in self.bound:
            self.names.append(expr)

    def _string(self, expr: s.String) -> None:
        for part in expr.parts:
            if not isinstance(part, str):
                self.add(part)

    def _list(self, expr: s.ListExpr) -> None:
        self._each(expr.items)

    def _object(self, expr: s.ObjectExpr) -> None:
        for entry in expr.entries:
            self.entry(entry)

    def entry(self, entry: s.Entry) -> None:
        """Look through an entry of a body: an interpolated key counts as well."""
        if type(entry) is s.Spread:
            self.add(entry.value)
            return
        assert not isinstance(entry, s.Spread)
        self.key(entry.key)
        if isinstance(entry, s.Attribute):
            self.add(entry.value)
        else:
            self.key(entry.label)
            self._object(entry.body)

    def key(self, key: s.Key | None) -> None:
        """Look through a key or label, which may be an interpolated string."""
        if isinstance(key, s.String):
            self._string(key)

    def _list_for(self, expr: s.ListFor) -> None:
        self.add(expr.source)
        with_names = [binder.text for binder in expr.binders]
        self.bound += with_names
        self._each(filter(None, (expr.condition, expr.element)))
        del self.bound[-len(with_names) :]

    def _object_for(self, expr: s.ObjectFor) -> None:
        self.add(expr.source)
        with_names = [binder.text for binder in expr.binders]
        self.bound += with_names
        self._each(filter(None, (expr.condition, expr.key, expr.value)))
        del self.bound[-len(with_names) :]

    def _call(self, expr: s.Call) -> None:
        self.calls.append(expr)
        pool = pool_of(expr)
        self._each([argument.value for argument in expr.arguments if argument.value is not pool])

    def _attr(self, expr: s.Attr) -> None:
        base = expr.base
        if type(base) is not s.Name:
            self.add(base)
        elif base.text not in self.bound:
            self.members.append((expr, base))

    def _binary(self, expr: s.Binary) -> None:
        self._each((expr.left, expr.right))

    def _ternary(self, expr: s.Ternary) -> None:
        self._each((expr.condition, expr.then, expr.otherwise))

    def _index(self, expr: s.Index) -> None:
        self._each((expr.base, expr.index))


_VISIT: dict[type, Callable[[References, Any], None]] = {
    s.Name: References._name,
    s.String: References._string,
    s.ListExpr: References._list,
    s.ObjectExpr: References._object,
    s.ListFor: References._list_for,
    s.ObjectFor: References._object_for,
    s.Group: lambda self, expr: self.add(expr.inner),
    s.Unary: lambda self, expr: self.add(expr.operand),
    s.Binary: References._binary,
    s.Ternary: References._ternary,
    s.Attr: References._attr,
    s.Index: References._index,
    s.Call: References._call,
}


def pool_of(call: s.Call) -> s.Expr | None:
    """What names the pool in a call of `alloc()`: its argument `pool`, or its first one without a name."""
    if not isinstance(call.callee, s.Name) or call.callee.text != "alloc":
        return None
    named = [each.value for each in call.arguments if each.name is not None and each.name.text == "pool"]
    first = call.arguments[:1]
    return named[0] if named else first[0].value if first and first[0].name is None else None


def references(*expressions: s.Expr | None) -> References:
    """What the expressions refer to."""
    found = References()
    for expr in expressions:
        if expr is not None:
            found.add(expr)
    return found
