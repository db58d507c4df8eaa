"""Declared types: whether a value fits one, and what a string becomes under it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from netc.dataclass import dataclass, field
from netc.diagnostics import Diagnostic, Step, error
from netc.lang import codes, syntax
from netc.lang.literals import BadLiteral, classify
from netc.lang.refusal import a
from netc.lang.values import Cidr, Data, Field, IpRange, List, Object, Pending, Val, type_name
from netc.sources import Span
from netc.spelling import nearest, suggest

#: The types that need no declaration and have no parts.
SCALARS = ("bool", "int", "float", "string", "ip", "cidr", "mac", "range", "quantity", "duration")
#: Those whose values a string may stand for.
_WORDS = ("ip", "cidr", "mac", "range", "quantity", "duration")


def shown(type_: syntax.TypeExpr) -> str:
    """A type as people read it."""
    return " ".join(type_.span.text.split())


@dataclass(slots=True)
class Fitting:
    """Fits values to types; what does not fit is collected in `found`.

    `named` has the definition that each named type means, by the type's `id`. `where` is said of each mistake: the
    param, let or argument that is bound. With `from_text` strings are what somebody typed at `-p`: they are parsed by
    any type, not only the network ones.
    """

    named: Mapping[int, syntax.TypeDef]
    where: str
    from_text: bool = False
    found: list[Diagnostic] = field(default_factory=list)

    def fit(self, value: Val, type_: syntax.TypeExpr) -> Val | None:
        """`value` as the type has it; None after a mistake."""
        if isinstance(value.data, Pending):
            return value
        while not (value.data is None and type_.optional):
            named = self.named.get(id(type_))
            if named is None:
                return self._fit(value, type_)
            type_ = named.type
        return value

    def _fit(self, value: Val, type_: syntax.TypeExpr) -> Val | None:
        if isinstance(type_, syntax.NamedType):
            return self._scalar(value, type_) if type_.name in SCALARS else None
        if self.from_text and isinstance(value.data, str):
            value = self._from_json(value, type_) or value
        if isinstance(type_, syntax.TypeOf):
            if type_.name.text not in ("list", "map"):
                return None  # reported where it is declared
            return self._list(value, type_) if type_.name.text == "list" else self._map(value, type_)
        return self._record(value, type_) if isinstance(type_, syntax.RecordType) else None

    def _mistake(self, value: Val, type_: syntax.TypeExpr, message: str, help: str | None = None) -> None:
        self.found.append(
            error(codes.TYPE.code, message, value.span, Step(f"{shown(type_)} is declared here", type_.span), help=help)
        )

    def _unfit(self, value: Val, type_: syntax.TypeExpr, what: str | None = None) -> None:
        got = a(type_name(value.data)) if value.data is not None else "null"
        help = None
        if value.data is None:
            help = f"declare {shown(type_)}? if it may be null"
        elif isinstance(value.data, IpRange | Cidr) and what in ("ip",):
            help = "x.first is an address of it"
        elif what == "quantity" and isinstance(value.data, int):
            help = f"write a unit, as in {value.data}mbit or {value.data}MB"
        elif what == "int" and isinstance(value.data, str) and value.data.isdigit():
            help = f"write {value.data} without quotes"
        self._mistake(value, type_, f"{self.where} takes {a(what or shown(type_))}, not {got}", help)

    # ---- scalars ----------------------------------------------------------------------------------------------------

    def _scalar(self, value: Val, type_: syntax.NamedType) -> Val | None:
        name, data = type_.name, value.data
        if type_name(data) == name:
            return value
        if isinstance(data, int) and not isinstance(data, bool) and name == "float":
            return Val(float(data), value.span)
        if isinstance(data, str) and (self.from_text or name in _WORDS):
            return self._parsed(value, data, type_)
        self._unfit(value, type_, name)
        return None

    def _parsed(self, value: Val, text: str, type_: syntax.NamedType) -> Val | None:
        name = type_.name
        if name == "bool":
            if text in ("true", "false"):
                return Val(text == "true", value.span)
            self._mistake(value, type_, f"{self.where} takes true or false, not {text!r}")
            return None
        try:
            parsed = word(text)
        except BadLiteral as bad:
            self._mistake(value, type_, f"{self.where} takes {a(name)}: {bad.why}", bad.help)
            return None
        if name == "float" and isinstance(parsed, int):
            parsed = float(parsed)
        if type_name(parsed) != name:
            self._mistake(value, type_, f"{self.where} takes {a(name)}, and {text!r} is {a(type_name(parsed))}")
            return None
        return Val(parsed, value.span)

    # ---- values with parts ------------------------------------------------------------------------------------------

    def _from_json(self, value: Val, type_: syntax.TypeExpr) -> Val | None:
        import json

        try:
            plain = json.loads(str(value.data))
        except (ValueError, RecursionError):
            return None
        return from_plain(plain, value.span)

    def _list(self, value: Val, type_: syntax.TypeOf) -> Val | None:
        if not isinstance(value.data, List):
            self._unfit(value, type_, "list")
            return None
        return self._each(value, value.data.items, lambda item: self.fit(item, type_.element), List)

    def _each(
        self, value: Val, items: tuple[Val, ...], fit: Callable[[Val], Val | None], make: Callable[[Any], Data]
    ) -> Val | None:
        fitted = [fit(item) for item in items]
        kept = tuple(item for item in fitted if item is not None)
        if len(kept) < len(fitted):
            return None
        return value if all(x is y for x, y in zip(kept, items)) else Val(make(kept), value.span)

    def _map(self, value: Val, type_: syntax.TypeOf) -> Val | None:
        if not isinstance(value.data, Object):
            self._unfit(value, type_, "map")
            return None
        fields = value.data.fields
        return self._each(
            value,
            tuple(field.value for field in fields.values()),
            lambda item: self.fit(item, type_.element),
            lambda kept: Object({key: _with(fields[key], item) for key, item in zip(fields, kept)}),
        )

    def _record(self, value: Val, type_: syntax.RecordType) -> Val | None:
        if not isinstance(value.data, Object):
            self._unfit(value, type_, "record")
            return None
        declared = {name.text: (name, of) for name, of in type_.fields}
        out: dict[str, Field] = {}
        before = len(self.found)
        whole, misspelt = self.where, set()
        for key, given in value.data.fields.items():
            if key not in declared:
                misspelt.add(nearest(key, declared))
                known = Step(f"the fields of {shown(type_) if len(shown(type_)) < 40 else 'the type'}", type_.span)
                message = f"{self.where} has no field {key!r}"
                help = suggest(key, declared)
                self.found.append(error(codes.UNKNOWN_NAME.code, message, given.key_span, known, help=help))
                continue
            self.where = f"`{key}` of {whole.partition(' of ')[2] if whole[0] == '`' else whole}"
            fitted = self.fit(given.value, declared[key][1])
            self.where = whole
            if fitted is not None:
                out[key] = _with(given, fitted)
        for key, (name, of) in declared.items():
            if key in value.data.fields or key in misspelt:
                continue
            if of.optional:
                null = Val(None, value.span)
                out[key] = Field(key, null, value.span, value.span)
            else:
                label = Step("declared here", name.span)
                self.found.append(error(codes.TYPE.code, f"{self.where} lacks the field {key!r}", value.span, label))
        return None if len(self.found) > before else Val(Object(out), value.span)


def _with(field: Field, value: Val) -> Field:
    return field if field.value is value else Field(field.key, value, field.key_span, field.at, field.trail)


def word(text: str) -> Data:
    """The value that a bare word `text` has, with a sign before a number; raises `BadLiteral`."""
    bare = text.strip()
    if not bare:
        raise BadLiteral(0, 0, "it is empty")
    negative = bare.startswith("-")
    parsed = classify(bare[1:] if negative else bare)
    if not negative:
        return parsed
    if isinstance(parsed, (int, float)):
        return -parsed
    raise BadLiteral(0, 1, f"{bare} is below zero")


def from_plain(plain: Any, span: Span, depth: int = 0) -> Val | None:
    """Plain JSON as a value, all of it standing at `span`; None where it is nested too deeply."""
    if depth > syntax.MAX_DEPTH:
        return None
    if isinstance(plain, (list, tuple)):
        items = [from_plain(item, span, depth + 1) for item in plain]
        kept = tuple(item for item in items if item is not None)
        return Val(List(kept), span) if len(kept) == len(items) else None
    if isinstance(plain, Mapping):
        fields = {}
        for key, item in plain.items():
            value = from_plain(item, span, depth + 1)
            if value is None:
                return None
            fields[str(key)] = Field(str(key), value, span, span)
        return Val(Object(fields), span)
    if plain is None or isinstance(plain, (bool, int, float, str)):
        return Val(plain, span)
    return Val(str(plain), span)  # a YAML date, or whatever else a reader makes of a plain word
