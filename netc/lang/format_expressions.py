"""The layout of expressions, types and bodies: syntax to documents of `netc/lang/layout.py`.

Where a bracket spreads out is decided by how it was written; line ends elsewhere are this module's choice alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from netc.lang import syntax as s
from netc.lang.format_tokens import Tokens
from netc.lang.layout import Concat, Doc, Flat, Group, Indent, Line, Row, Rows, Verbatim

_LEVELS = {
    **dict.fromkeys(["*", "/", "%"], 6),
    **dict.fromkeys(["+", "-"], 5),
    **dict.fromkeys(["==", "!=", "<", "<=", ">", ">=", "in"], 4),
    "&&": 3,
    "||": 2,
    "??": 1,
}
#: Up to an interpolation: text without one, in which a backslash takes the next character with it.
_TEXT = re.compile(r"(?:[^\\$]+|\\.|\$(?!\{))*", re.DOTALL)
_INTERPOLATION_END = re.compile(r"(?:\s|#[^\n]*\n)*\}")


class Expressions(Tokens):
    """Makes the documents of expressions, in the order in which they stand in the text."""

    def expr(self, node: s.Expr) -> Doc:
        """The document of an expression."""
        make: Callable[[Expressions, s.Expr], Doc] = _EXPRESSIONS[type(node)]
        return make(self, node)

    def _word(self, node: s.Expr) -> Doc:
        return self.token(node.span.start, node.span.text)

    def string(self, node: s.String) -> Doc:
        """A string as written; only what is interpolated is laid out, and never on a line of its own."""
        docs: list[Doc] = [self.token(node.span.start, "")]
        at = node.span.start
        for part in node.parts:
            if isinstance(part, str):
                continue
            opening = _TEXT.match(self.text, at)
            assert opening is not None
            docs.append(_verbatim(self.text[at : opening.end()] + "${"))
            self.in_string += 1
            docs.append(Flat(self.expr(part)))
            self.in_string -= 1
            closing = _INTERPOLATION_END.match(self.text, part.span.end)
            assert closing is not None
            at = closing.end() - 1
        docs.append(_verbatim(self.text[at : node.span.end]))
        return Concat(tuple(docs))

    def key(self, node: s.Key) -> Doc:
        """The document of a key, name or label."""
        return self.string(node) if isinstance(node, s.String) else self.token(node.span.start, node.text)

    def _list(self, node: s.ListExpr) -> Doc:
        return self._listing(node.span.start, "[", node.items, node.span.end - 1, "]")

    def _listing(self, start: int, opening: str, items: Sequence[s.Expr | s.Argument], close: int, closing: str) -> Doc:
        """A list, or a call's arguments. Brackets around a single bracket don't add a level of their own."""
        if len(items) == 1 and self._hugs(start, items[0], close):
            return Concat((self.token(start, opening), self._item(items[0]), closing))
        broken = self.spread_out(start, close)
        return self.bracket(self.token(start, opening), items, self._item, close, closing, broken=broken)

    def _item(self, item: s.Expr | s.Argument) -> Doc:
        if not isinstance(item, s.Argument):
            return self.expr(item)
        if item.name is None:
            return self.expr(item.value)
        return Concat((self.key(item.name), " = ", self.expr(item.value)))

    def _hugs(self, start: int, item: s.Expr | s.Argument, close: int) -> bool:
        value = item.value if isinstance(item, s.Argument) else item
        around = self.spread_out(start, value.span.start) or self.spread_out(value.span.end, close)
        return not around and self._has_lines(value)

    def _has_lines(self, node: s.Expr) -> bool:
        """Whether an expression is in brackets of its own, or a text of several lines."""
        if isinstance(node, (s.ListExpr, s.ObjectExpr, s.ListFor, s.ObjectFor)):
            return True
        return isinstance(node, s.String) and self.text.startswith('"""', node.span.start)

    def call(self, node: s.Call) -> Doc:
        """`callee(arguments)`"""
        callee = self.expr(node.callee)
        return Concat((callee, self._listing(node.callee.span.end, "(", node.arguments, node.span.end - 1, ")")))

    def object(self, node: s.ObjectExpr) -> Doc:
        """`{ entries }`"""
        span = node.span
        opening = self.token(span.start, "{")
        broken = self.spread_out(span.start, span.end)
        return self.entries(opening, node.entries, self.entry, span.end - 1, broken=broken)

    def entry(self, entry: s.Entry) -> Doc:
        """`key = value` as the only one of `Rows`, `key label { }`, `...value`"""
        match entry:
            case s.Attribute():
                return Rows((Row("", False, self.key(entry.key), self.expr(entry.value)),))
            case s.Block():
                head: list[Doc] = [self.key(entry.key), " "]
                if entry.label is not None:
                    head += [self.key(entry.label), " "]
                return Concat((*head, self.object(entry.body)))
            case s.Spread():
                return Concat((self.token(entry.span.start, "..."), self.expr(entry.value)))

    def _list_for(self, node: s.ListFor) -> Doc:
        return self._comprehension(node, "[", lambda: "", node.element, "]")

    def _object_for(self, node: s.ObjectFor) -> Doc:
        return self._comprehension(node, "{", lambda: Concat((self.expr(node.key), " => ")), node.value, "}")

    def _comprehension(
        self, node: s.ListFor | s.ObjectFor, opening: str, key: Callable[[], Doc], value: s.Expr, closing: str
    ) -> Doc:
        start, close = node.span.start, node.span.end - 1
        hugs = self._hugs(start, value, close) and not self.spread_out(start, node.binders[0].span.start)
        open_ = self.token(start, opening)
        comments, _ = self.before(node.binders[0].span.start)
        head: list[Doc] = ["for ", self._binders(node.binders), " in ", self.expr(node.source)]
        last = node.source
        if node.condition is not None:
            head += [" if ", self.expr(node.condition)]
            last = node.condition
        # "fd00::1:" would be one word.
        colon = " :" if isinstance(end := _last(last), s.Literal) and ":" in end.span.text else ":"
        element = node.key if isinstance(node, s.ObjectFor) else value
        between, _ = self.before(element.span.start)
        flows = self._has_lines(element) and not between
        body = [*between, " " if flows else Line(), key(), self.expr(value)]
        after, _ = self.before(close)
        if hugs and flows:
            return Concat((open_, *comments, *head, colon, *body, *after, closing))
        broken = self.spread_out(start, close) or bool(comments or between or after)
        inside = Concat((*comments, Line(""), *head, colon, *body, *after))
        return Group(Concat((open_, Indent(inside), Line(""), closing)), broken and not self.in_string)

    def _binders(self, binders: Sequence[s.Ident]) -> Doc:
        docs: list[Doc] = []
        for number, binder in enumerate(binders):
            docs += [", " if number else "", self.key(binder)]
        return Concat(tuple(docs))

    def _group(self, node: s.Group) -> Doc:
        start, inner, close = node.span.start, node.inner, node.span.end - 1
        if self._hugs(start, inner, close):
            return Concat((self.token(start, "("), self.expr(inner), ")"))
        opening = self.token(start, "(")
        comments_before = self._next
        comments, _ = self.before(inner.span.start)
        # In brackets of its own a run of operators needs no indentation to be told from what follows.
        doc = self._binary(inner, levels=0) if isinstance(inner, s.Binary) else self.expr(inner)
        after, _ = self.before(close)
        broken = self._next > comments_before and not self.in_string
        return Group(Concat((opening, Indent(Concat((*comments, Line(""), doc, *after))), Line(""), ")")), broken)

    def _unary(self, node: s.Unary) -> Doc:
        return Concat((self.token(node.span.start, node.op), self.expr(node.operand)))

    def _binary(self, node: s.Binary, levels: int = 1) -> Doc:
        """A run of operators of one level: on one line, or each operand on its own, behind the operator."""
        operands, operators = self._run(node)
        first = self.expr(operands[0])
        rest: list[Doc] = []
        broken = False
        for op, operand in zip(operators, operands[1:], strict=True):
            comments, _ = self.before(operand.span.start)
            broken = broken or bool(comments)
            rest += [f" {op}", *comments, Line(), self.expr(operand)]
        return Group(Concat((first, Indent(Concat(tuple(rest)), levels))), broken and not self.in_string)

    def _run(self, node: s.Binary) -> tuple[list[s.Expr], list[str]]:
        level = _LEVELS[node.op]
        operands: list[s.Expr] = []
        operators: list[str] = []
        one: s.Expr = node
        if level == _LEVELS["??"]:
            while isinstance(one, s.Binary) and _LEVELS[one.op] == level:
                operands.append(one.left)
                operators.append(one.op)
                one = one.right
            return [*operands, one], operators
        while isinstance(one, s.Binary) and _LEVELS[one.op] == level:
            operands.append(one.right)
            operators.append(one.op)
            one = one.left
        return [one, *reversed(operands)], operators[::-1]

    def _ternary(self, node: s.Ternary) -> Doc:
        condition = self.expr(node.condition)
        rest: list[Doc] = []
        broken = False
        one: s.Expr = node
        while isinstance(one, s.Ternary):
            if one is not node:
                rest.append(self.expr(one.condition))
            for mark, branch in (("? ", one.then), (": ", one.otherwise)):
                comments, _ = self.before(branch.span.start)
                broken = broken or bool(comments)
                rest += [*comments, Line(), mark]
                if branch is one.then or not isinstance(branch, s.Ternary):
                    rest.append(self.expr(branch))
            one = one.otherwise
        return Group(Concat((condition, Indent(Concat(tuple(rest))))), broken and not self.in_string)

    def _attr(self, node: s.Attr) -> Doc:
        base = self.expr(node.base)
        # "10.1.0.1.family" would be one word.
        word = isinstance(node.base, s.Literal) and not node.base.span.text.isalpha() and "/" not in node.base.span.text
        return Concat((base, " ." if word else ".", self.key(node.name)))

    def _index(self, node: s.Index) -> Doc:
        return Concat((self.expr(node.base), "[", self.expr(node.index), self.token(node.span.end - 1, "]")))

    # ---- types ------------------------------------------------------------------------------------------------------

    def type(self, node: s.TypeExpr) -> Doc:
        """The document of a type."""
        optional = "?" if node.optional else ""
        match node:
            case s.NamedType():
                module = f"{node.module.text}." if node.module is not None else ""
                return self.token(node.span.start, module + node.name + optional)
            case s.TypeOf():
                return Concat((self.key(node.name), "[", self.type(node.element), "]" + optional))
            case s.RecordType():
                start, close = node.span.start, self.text.rindex("}", node.span.start, node.span.end)
                if optional:
                    close = self.find("}", node.fields[-1][1].span.end if node.fields else start)
                types = {name.span.start: type_ for name, type_ in node.fields}
                names = [name for name, _ in node.fields]
                opening, broken = self.token(start, "{"), self.spread_out(start, close)
                doc = self.bracket(
                    opening, names, lambda name: self.typed(name, types[name.span.start]), close, "}", broken=broken
                )
                return Concat((doc, optional))
        raise AssertionError(node)

    def typed(self, name: s.Ident, type_: s.TypeExpr | None) -> Doc:
        """`name: type`"""
        return Concat((self.key(name), ": ", self.type(type_))) if type_ is not None else self.key(name)


def _verbatim(text: str) -> Doc:
    text = text.replace("\r\n", "\n")
    return Verbatim(text) if "\n" in text else text


def _last(node: s.Expr) -> s.Expr:
    """The expression that ends where this one does."""
    while True:
        match node:
            case s.Binary():
                node = node.right
            case s.Unary():
                node = node.operand
            case s.Ternary():
                node = node.otherwise
            case _:
                return node


_EXPRESSIONS: dict[type[s.Expr], Callable[..., Doc]] = {
    s.Bad: Expressions._word,
    s.Literal: Expressions._word,
    s.Name: Expressions._word,
    s.String: Expressions.string,
    s.ListExpr: Expressions._list,
    s.ObjectExpr: Expressions.object,
    s.ListFor: Expressions._list_for,
    s.ObjectFor: Expressions._object_for,
    s.Group: Expressions._group,
    s.Unary: Expressions._unary,
    s.Binary: Expressions._binary,
    s.Ternary: Expressions._ternary,
    s.Attr: Expressions._attr,
    s.Index: Expressions._index,
    s.Call: Expressions.call,
}
