"""What stands at a place of a source, and what the names there mean: for `netc.explain.provenance`."""

from __future__ import annotations

from collections.abc import Iterator

from netc.dataclass import dataclass
from netc.lang import syntax as s
from netc.lang.parser import parse
from netc.sources import Source, Span

#: Names start to mean something at one of these.
Scope = s.Network | s.Chain | s.Func | s.ListFor | s.ObjectFor


@dataclass(frozen=True, slots=True)
class Place:
    """An expression, and the scopes around it, the innermost first."""

    expr: s.Expr
    scopes: tuple[Scope, ...]

    def at(self, expr: s.Expr) -> Place:
        """A part of this expression."""
        return Place(expr, self.scopes)


@dataclass(frozen=True, slots=True)
class Definition:
    """What gives a name its meaning, and the scope that it belongs to: None for the file."""

    node: s.Let | s.Param | s.Pool | s.Formal | s.Ident
    scope: Scope | None


class Scopes:
    """The trees of the sources that a value came through, read when first asked for."""

    def __init__(self) -> None:
        self._files: dict[int, tuple[s.File | None, dict[tuple[int, int], Place]]] = {}

    def place(self, span: Span) -> Place | None:
        """The expression that stands exactly there; None for a head, a key, or a line of a data file."""
        return self._file(span.source)[1].get((span.start, span.end))

    def definition(self, name: str, place: Place) -> Definition | None:
        """What gives a name its meaning at a place."""
        for scope in place.scopes:
            node = _in_scope(name, scope)
            if node is not None:
                return Definition(node, scope)
        file = self._file(place.expr.span.source)[0]
        for item in file.items if file is not None else ():
            if isinstance(item, (s.Let, s.Param, s.Pool)) and item.name.text == name:
                return Definition(item, None)
        return None

    def function(self, name: str, place: Place) -> s.Func | None:
        """The file's own function of this name."""
        file = self._file(place.expr.span.source)[0]
        found = (item for item in (file.items if file is not None else ()) if isinstance(item, s.Func))
        return next((item for item in found if item.name.text == name), None)

    def _file(self, source: Source) -> tuple[s.File | None, dict[tuple[int, int], Place]]:
        known = self._files.get(id(source))
        if known is None:
            file = None if source.path.endswith((".yaml", ".yml", ".json")) else parse(source).file
            places: dict[tuple[int, int], Place] = {}
            for item in file.items if file is not None else ():
                for place in _places(item, ()):
                    places.setdefault((place.expr.span.start, place.expr.span.end), place)
            self._files[id(source)] = known = file, places
        return known


def _places(node: s.Node, scopes: tuple[Scope, ...]) -> Iterator[Place]:
    """All expressions in a tree, outer ones first."""
    if isinstance(node, s.Expr):
        yield Place(node, scopes)
    inner = (node, *scopes) if isinstance(node, Scope) else scopes
    for name in node.attributes():
        for part in _parts(getattr(node, name)):
            # What a loop goes through is worked out before its names are known.
            outside = name == "source" and isinstance(node, (s.ListFor, s.ObjectFor))
            yield from _places(part, scopes if outside else inner)


def _parts(value: object) -> Iterator[s.Node]:
    if isinstance(value, s.Node):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from _parts(each)


def _in_scope(name: str, scope: Scope) -> s.Let | s.Formal | s.Ident | None:
    if isinstance(scope, (s.Network, s.Chain)):
        for statement in scope.body.statements:
            if isinstance(statement, s.Let) and statement.name.text == name:
                return statement
    if isinstance(scope, (s.Chain, s.Func)):
        return next((formal for formal in scope.formals if formal.name.text == name), None)
    if isinstance(scope, s.Network):
        binders = scope.generator.binders if scope.generator is not None else ()
    else:
        binders = scope.binders
    return next((binder for binder in binders if binder.text == name), None)
