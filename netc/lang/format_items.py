"""The layout of a file's items, and of the statements and steps in them: syntax to one document."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from netc.lang import syntax as s
from netc.lang.format_expressions import Expressions
from netc.lang.layout import WIDTH, Concat, Doc, Group, Indent, Line, Suffix, width


def document(file: s.File) -> Doc:
    """The document of a whole file."""
    return _Items(file).file(file)


class _Items(Expressions):
    """Makes the documents of items, in the order in which they stand in the text."""

    def file(self, file: s.File) -> Doc:
        """The items, with the empty lines that stand between them, and one where it takes one to tell them apart.

        That is between two items of several lines, and around a body of several lines.
        """
        docs: list[Doc] = []
        tall_before = bulky_before = False
        for number, item in enumerate(file.items):
            comments, blank = self.before(item.span.start, first=number == 0)
            doc = self._item_doc(item)
            size = width(doc)
            tall = size is None or size > WIDTH
            bulky = tall and isinstance(item, (s.Network, s.Chain, s.Pod, s.Pool, s.Test))
            apart = blank or any(comment.blank for comment in comments)
            if number and not apart and (bulky or bulky_before or (tall and tall_before)):
                comments, blank = _set_apart(comments)
            docs += [*comments, Line(blank=blank, hard=True), doc]
            tall_before, bulky_before = tall, bulky
        comments, _ = self.before(len(self.text), first=not file.items)
        return Concat((*docs, *comments))

    def _item_doc(self, item: s.Item) -> Doc:
        make: Callable[[_Items, s.Item], Doc] = _ITEMS[type(item)]
        return make(self, item)

    def _import(self, item: s.Import) -> Doc:
        return Concat((self.token(item.span.start, "import "), self.string(item.path), " as ", self.key(item.alias)))

    def _param(self, item: s.Param) -> Doc:
        docs = [self.token(item.span.start, "param "), self.typed(item.name, item.type)]
        if item.default is not None:
            docs += [" = ", self.expr(item.default)]
        if item.rule is None or item.message is None:
            return Concat(tuple(docs))
        comments, _ = self.before(item.rule.span.start)
        where = [*comments, Line(), "where ", self.expr(item.rule), ", ", self.string(item.message)]
        return Group(Concat((*docs, Indent(Concat(tuple(where))))), bool(comments))

    def _let(self, item: s.Let) -> Doc:
        start = self.token(item.span.start, "let ")
        return Concat((start, self.typed(item.name, item.type), " = ", self.expr(item.value)))

    def _chain(self, item: s.Chain) -> Doc:
        head = (self.token(item.span.start, "chain "), self.key(item.name), self._formals(item.name, item.formals))
        return Concat((*head, " ", self._body(item.body)))

    def _formals(self, name: s.Ident, formals: Sequence[s.Formal]) -> Doc:
        close = self.find(")", formals[-1].span.end if formals else name.span.end)
        broken = self.spread_out(name.span.end, close)
        return self.bracket("(", formals, self._formal, close, ")", broken=broken)

    def _formal(self, formal: s.Formal) -> Doc:
        head = self.typed(formal.name, formal.type)
        return head if formal.default is None else Concat((head, " = ", self.expr(formal.default)))

    def _func(self, item: s.Func) -> Doc:
        docs = [self.token(item.span.start, "func "), self.key(item.name), self._formals(item.name, item.formals)]
        if item.type is not None:
            docs += [": ", self.type(item.type)]
        return Concat((*docs, " = ", self.expr(item.value)))

    def _typedef(self, item: s.TypeDef) -> Doc:
        return Concat((self.token(item.span.start, "type "), self.key(item.name), " = ", self.type(item.type)))

    def _pool(self, item: s.Pool) -> Doc:
        return Concat((self.token(item.span.start, "pool "), self.key(item.name), " ", self.object(item.body)))

    def _network(self, item: s.Network) -> Doc:
        return Concat((self._head("network ", item), " ", self._body(item.body)))

    def _head(self, keyword: str, item: s.Network | s.Pod) -> Doc:
        """`network NAME for ... key ... if ...`, on one line or with each of the three on its own."""
        head: list[Doc] = [self.token(item.span.start, keyword), self.key(item.name)]
        loop = item.generator
        if loop is None:
            return Concat(tuple(head))
        comments, _ = self.before(loop.span.start)
        binders: list[Doc] = []
        for number, binder in enumerate(loop.binders):
            binders += [", " if number else "", self.key(binder)]
        lines: list[Doc] = [*comments, Line(), "for ", *binders, " in ", self.expr(loop.source)]
        if loop.key is not None:
            lines += [Line(), "key ", self.expr(loop.key)]
        if loop.condition is not None:
            lines += [Line(), "if ", self.expr(loop.condition)]
        return Group(Concat((*head, Indent(Concat(tuple(lines)), 2))), bool(comments))

    def _pod(self, item: s.Pod) -> Doc:
        head = self._head("pod ", item)
        start = item.generator.span.end if item.generator is not None else item.head.end
        close = item.span.end - 1
        body = self.entries("{", item.statements, self._statement, close, broken=self.spread_out(start, close))
        return Concat((head, " ", body))

    # ---- statements -------------------------------------------------------------------------------------------------

    def _body(self, body: s.Body) -> Doc:
        span = body.span
        opening = self.token(span.start, "{")
        broken = self.spread_out(span.start, span.end)
        return self.entries(opening, body.statements, self._statement, span.end - 1, broken=broken)

    def _statement(self, node: s.Statement | s.Step) -> Doc:
        if isinstance(node, (s.Attribute, s.Block, s.Spread)):
            return self.entry(node)
        make: Callable[[_Items, s.Node], Doc] = _STATEMENTS[type(node)]
        return make(self, node)

    def _plugin(self, node: s.Plugin) -> Doc:
        head = [self.token(node.span.start, "plugin "), self.key(node.type), *self._condition(node.condition)]
        return Concat((*head, " ", self.object(node.body)))

    def _condition(self, condition: s.Expr | None) -> tuple[Doc, ...]:
        # One level more, so that a condition of several lines is not flush with the body below it.
        return () if condition is None else (" if ", Indent(self.expr(condition)))

    def _use(self, node: s.Use) -> Doc:
        return Concat((self.token(node.span.start, "use "), self.expr(node.target), *self._condition(node.condition)))

    def _assertion(self, node: s.Assertion) -> Doc:
        docs = [self.token(node.span.start, "assert "), self.expr(node.condition), ","]
        comments, _ = self.before(node.message.span.start)
        rest = Indent(Concat((*comments, Line(), self.string(node.message))))
        return Group(Concat((*docs, rest)), bool(comments))

    # ---- tests ------------------------------------------------------------------------------------------------------

    def _test(self, item: s.Test) -> Doc:
        head = (self.token(item.span.start, "test "), self.string(item.name), " ")
        return Concat((*head, self._steps(item, item.steps)))

    def _steps(self, node: s.Test | s.ExpectError, steps: Sequence[s.Step]) -> Doc:
        close = node.span.end - 1
        # Without commas, two steps on one line would be hard to tell apart.
        broken = len(steps) > 1 or self.spread_out(node.span.start, close)
        return self.entries("{", steps, self._statement, close, broken=broken, comma=False)

    def _attach(self, node: s.Attach) -> Doc:
        docs = [self.token(node.span.start, "attach "), self.key(node.name), " = ", self.expr(node.target)]
        return Concat((*docs, " ", self.object(node.body)) if node.body is not None else tuple(docs))

    def _detach(self, node: s.Detach) -> Doc:
        return Concat((self.token(node.span.start, "detach "), self.key(node.name)))

    def _expect(self, node: s.Expect) -> Doc:
        docs = (self.token(node.span.start, "expect "), self.expr(node.condition))
        return Concat((*docs, " within ", self.expr(node.within)) if node.within is not None else docs)

    def _expect_error(self, node: s.ExpectError) -> Doc:
        docs = [self.token(node.span.start, "expect error ")]
        if node.text is not None:
            docs += [self.string(node.text), " "]
        return Concat((*docs, self._steps(node, node.steps)))


def _set_apart(comments: list[Suffix]) -> tuple[list[Suffix], bool]:
    """An empty line above an item and the comments that belong to it."""
    for at, comment in enumerate(comments):
        if comment.own:
            return [*comments[:at], Suffix(comment.text, True, True), *comments[at + 1 :]], False
    return comments, True


_STATEMENTS: dict[type[s.Node], Callable[..., Doc]] = {
    s.Plugin: _Items._plugin,
    s.Use: _Items._use,
    s.Let: _Items._let,
    s.Assertion: _Items._assertion,
    s.Attach: _Items._attach,
    s.Detach: _Items._detach,
    s.Expect: _Items._expect,
    s.ExpectError: _Items._expect_error,
}

_ITEMS: dict[type[s.Node], Callable[..., Doc]] = {
    s.Import: _Items._import,
    s.Param: _Items._param,
    s.Let: _Items._let,
    s.Chain: _Items._chain,
    s.Pool: _Items._pool,
    s.TypeDef: _Items._typedef,
    s.Func: _Items._func,
    s.Pod: _Items._pod,
    s.Network: _Items._network,
    s.Assertion: _Items._assertion,
    s.Test: _Items._test,
}
