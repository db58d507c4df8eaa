"""From the parser's reductions to the syntax tree: one method per rule of `grammar/netc.lark`.

Lark calls a method with the rule's children in order: tokens, and the nodes made so far. What the grammar can't say
(commas, escapes, keys given twice, a bad word) is checked on the way; a mistake is noted and the tree goes on.
"""

from __future__ import annotations

from typing import Any, TypeVar

from netc.diagnostics import Diagnostic, Edit, Step, error
from netc.lang import codes
from netc.lang import syntax as s
from netc.lang.literals import BadLiteral, classify
from netc.lang.token import Token
from netc.lang.values import Data, Val
from netc.sources import Source, Span

_WORDS: dict[str, Data] = {"true": True, "false": False, "null": None}
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "$": "$"}


E = TypeVar("E", bound=s.Expr)


#: More mistakes than this are not told.
MAX_MISTAKES = 1_000


class TooDeepError(Exception):
    """What is nested deeper than `syntax.MAX_DEPTH`; reading on makes no sense."""

    def __init__(self, span: Span) -> None:
        super().__init__("nested too deeply")
        self.span = span


class Builder:
    """The transformer that Lark's parser calls. `begin` prepares it for one source."""

    source: Source
    found: list[Diagnostic]
    comments: list[s.Comment]

    def begin(self, source: Source) -> None:
        """Forget the source before, read this one."""
        self.source, self.found, self.comments = source, [], []

    def comment(self, token: Any) -> Any:
        """Lark's callback for a comment, which is no part of the tree."""
        start = token.start_pos
        text = token.rstrip("\r")
        self.comments.append(s.Comment(Span(self.source, start, start + len(text))))
        return token

    # ---- places -----------------------------------------------------------------------------------------------------

    def _span(self, first: Any, last: Any) -> Span:
        start: int = first.start_pos if type(first) is Token else first.span.start
        end: int = last.end_pos if type(last) is Token else last.span.end
        return Span(self.source, start, end)

    def _ident(self, token: Token) -> s.Ident:
        return s.Ident(Span(self.source, token.start_pos, token.end_pos), str(token))

    def _key(self, child: Any) -> s.Key:
        return self._ident(child) if type(child) is Token else child

    def _report(self, code: str, message: str, span: Span, *labels: Step, help: str | None = None) -> None:
        if len(self.found) < MAX_MISTAKES:
            self.found.append(error(code, message, span, *labels, help=help))

    def _nested(self, node: E, *inside: s.Expr) -> E:
        """`node`, with the height of its tree noted; raises `TooDeepError`."""
        node.depth = depth = 1 + max([child.depth for child in inside], default=0)
        if depth > s.MAX_DEPTH:
            raise TooDeepError(node.span)
        return node

    # ---- items ------------------------------------------------------------------------------------------------------

    def start(self, children: list[Any]) -> tuple[s.Item, ...]:
        return tuple(children)

    def import_(self, children: list[Any]) -> s.Import:
        keyword, path, _, alias = children
        return s.Import(self._span(keyword, alias), path, self._ident(alias))

    def param(self, children: list[Any]) -> s.Param:
        keyword, name, *rest = children
        type_ = next((child for child in rest if isinstance(child, s.TypeExpr)), None)
        default = next((child for child in rest if isinstance(child, s.Expr)), None)
        rule, message = next((child for child in rest if isinstance(child, tuple)), (None, None))
        last = message if message is not None else children[-1]
        head = self._span(keyword, name)
        return s.Param(self._span(keyword, last), head, self._ident(name), type_, default, rule, message)

    def where(self, children: list[Any]) -> tuple[s.Expr, s.String]:
        return children[1], children[3]

    def let(self, children: list[Any]) -> s.Let:
        keyword, name, *rest = children
        return s.Let(self._span(keyword, rest[-1]), self._ident(name), rest[0] if len(rest) == 2 else None, rest[-1])

    def chain(self, children: list[Any]) -> s.Chain:
        keyword, name, body = children[0], children[1], children[-1]
        formals = children[3] if isinstance(children[3], tuple) else ()
        return s.Chain(self._span(keyword, body), self._span(keyword, name), self._ident(name), formals, body)

    def formals(self, children: list[Any]) -> tuple[s.Formal, ...]:
        return tuple(child for child in children if type(child) is not Token)

    def formal(self, children: list[Any]) -> s.Formal:
        name, *rest = children
        type_ = next((child for child in rest if isinstance(child, s.TypeExpr)), None)
        default = next((child for child in rest if isinstance(child, s.Expr)), None)
        return s.Formal(self._span(name, children[-1]), self._ident(name), type_, default)

    def pool(self, children: list[Any]) -> s.Pool:
        keyword, name, body = children
        return s.Pool(self._span(keyword, body), self._span(keyword, name), self._ident(name), body)

    def typedef(self, children: list[Any]) -> s.TypeDef:
        keyword, name, type_ = children
        return s.TypeDef(self._span(keyword, type_), self._ident(name), type_)

    def func(self, children: list[Any]) -> s.Func:
        keyword, name, value = children[0], children[1], children[-1]
        formals = children[3] if isinstance(children[3], tuple) else ()
        type_ = children[-2] if isinstance(children[-2], s.TypeExpr) else None
        head = self._span(keyword, name)
        return s.Func(self._span(keyword, value), head, self._ident(name), formals, type_, value)

    def pod(self, children: list[Any]) -> s.Pod:
        keyword, name = children[:2]
        generator = children[2] if isinstance(children[2], s.Generator) else None
        statements = tuple(child for child in children[3:] if isinstance(child, (s.Attach, s.Let, s.Assertion)))
        return s.Pod(
            self._span(keyword, children[-1]), self._span(keyword, name), self._key(name), generator, statements
        )

    def network(self, children: list[Any]) -> s.Network:
        keyword, name, *generator, body = children
        return s.Network(
            self._span(keyword, body),
            self._span(keyword, name),
            self._key(name),
            generator[0] if generator else None,
            body,
        )

    def generator(self, children: list[Any]) -> s.Generator:
        keyword, binders, _, source, *rest = children
        parts = {rest[at].type: rest[at + 1] for at in range(0, len(rest), 2)}
        return s.Generator(self._span(keyword, children[-1]), binders, source, parts.get("KEY"), parts.get("IF"))

    def binders(self, children: list[Any]) -> tuple[s.Ident, ...]:
        return tuple(self._ident(child) for child in children if child.type == "IDENT")

    def assertion(self, children: list[Any]) -> s.Assertion:
        keyword, condition, _, message = children
        return s.Assertion(self._span(keyword, message), condition, message)

    # ---- tests ------------------------------------------------------------------------------------------------------

    def test(self, children: list[Any]) -> s.Test:
        keyword, name, *steps = children
        body = tuple(step for step in steps if type(step) is not Token)
        return s.Test(self._span(keyword, children[-1]), self._span(keyword, name), name, body)

    def attach(self, children: list[Any]) -> s.Attach:
        keyword, name, target, *body = children
        return s.Attach(self._span(keyword, children[-1]), self._ident(name), target, body[0] if body else None)

    def detach(self, children: list[Any]) -> s.Detach:
        return s.Detach(self._span(*children), self._ident(children[1]))

    def expect(self, children: list[Any]) -> s.Expect:
        within = self.literal(children[3:]) if len(children) > 2 else None
        return s.Expect(self._span(children[0], children[-1]), children[1], within)

    def expect_error(self, children: list[Any]) -> s.ExpectError:
        text = children[2] if isinstance(children[2], s.String) else None
        steps = tuple(step for step in children[2:] if type(step) is not Token and step is not text)
        return s.ExpectError(self._span(children[0], children[-1]), text, steps)

    # ---- types ------------------------------------------------------------------------------------------------------

    def type(self, children: list[Any]) -> s.TypeExpr:
        written: s.TypeExpr = children[0]
        if len(children) == 2:
            written.optional = True
            written.span = self._span(written, children[1])
        return written

    def type_name(self, children: list[Token]) -> s.NamedType:
        module = self._ident(children[0]) if len(children) > 1 else None
        return s.NamedType(self._span(children[0], children[-1]), str(children[-1]), module)

    def type_of(self, children: list[Any]) -> s.TypeOf:
        name, _, element, bracket = children
        return s.TypeOf(self._span(name, bracket), self._ident(name), element)

    def type_record(self, children: list[Any]) -> s.RecordType:
        fields: list[tuple[s.Ident, s.TypeExpr]] = [child for child in children if isinstance(child, tuple)]
        first: dict[str, s.Node] = {}
        for name, _ in fields:
            self._once(first, name.text, name, "field")
        return s.RecordType(self._span(children[0], children[-1]), tuple(fields))

    def field(self, children: list[Any]) -> tuple[s.Ident, s.TypeExpr]:
        return self._ident(children[0]), children[1]

    # ---- bodies -----------------------------------------------------------------------------------------------------

    def chain_body(self, children: list[Any]) -> s.Body:
        return s.Body(self._span(children[0], children[-1]), self._entries(children))

    def body(self, children: list[Any]) -> s.ObjectExpr:
        entries = self._entries(children)
        node = s.ObjectExpr(self._span(children[0], children[-1]), entries)
        return self._nested(node, *[e.body if type(e) is s.Block else e.value for e in entries])

    def _entries(self, children: list[Any]) -> tuple[Any, ...]:
        """What stands between the braces, with commas where they must be and no key twice."""
        entries = []
        first: dict[str, s.Node] = {}
        text, before, separated = self.source.text, -1, True
        for child in children[1:-1]:
            if type(child) is Token:
                separated = True
                continue
            start = child.span.start
            if not separated and text.find("\n", before, start) < 0:
                self._two_on_a_line(child, before)
            before, separated = child.span.end, False
            kind = type(child)
            if kind is s.Attribute or kind is s.Block:
                key = child.key
                name = key.text if type(key) is s.Ident else key.plain
                if name is not None:
                    self._once(first, name, key, "key")
            entries.append(child)
        return tuple(entries)

    def _two_on_a_line(self, entry: s.Statement, before: int) -> None:
        head = entry.key.span if isinstance(entry, (s.Attribute, s.Block)) else entry.span
        line_end = self.source.text.find("\n", head.start)
        end = head.end if line_end < 0 else min(head.end, line_end)
        comma = Edit(Span(self.source, before, before), ",")
        message = "two entries on one line need a comma between them"
        self.found.append(
            Diagnostic(
                codes.SYNTAX.code,
                codes.SYNTAX.severity,
                message,
                Span(self.source, head.start, end),
                help="write a comma before this one, or start a new line",
                edits=(comma,),
                safe=True,
            )
        )

    def _once(self, first: dict[str, s.Node], name: str, node: s.Node, kind: str) -> None:
        """Note `node` as what gives `name`; a mistake if something gave it before."""
        known = first.setdefault(name, node)
        if known is not node:
            self._report(codes.TWICE.code, f"{kind} {name!r} is given twice", node.span, Step("first here", known.span))

    def plugin(self, children: list[Any]) -> s.Plugin:
        keyword, name, *condition, body = children
        type_ = self._key(name)
        self._no_type_in(body, type_)
        head = self._span(keyword, name)
        return s.Plugin(self._span(keyword, body), head, type_, condition[0] if condition else None, body)

    def use(self, children: list[Any]) -> s.Use:
        keyword, target, *condition = children
        return s.Use(self._span(keyword, children[-1]), target, condition[0] if condition else None)

    def condition(self, children: list[Any]) -> s.Expr:
        condition: s.Expr = children[1]
        return condition

    def attribute(self, children: list[Any]) -> s.Attribute:
        key, value = children
        return s.Attribute(self._span(key, value), self._key(key), value)

    def block(self, children: list[Any]) -> s.Block:
        key, *label, body = children
        if label:
            self._no_type_in(body, label[0])
        return s.Block(self._span(key, body), self._key(key), label[0] if label else None, body)

    def label(self, children: list[Any]) -> s.Key:
        return self._key(children[0])

    def spread(self, children: list[Any]) -> s.Spread:
        return s.Spread(self._span(*children), children[1])

    def _no_type_in(self, body: s.ObjectExpr, label: s.Key) -> None:
        for entry in body.entries:
            if not isinstance(entry, s.Spread):
                name = entry.key.text if isinstance(entry.key, s.Ident) else entry.key.plain
                if name == "type":
                    self._report(
                        codes.TWICE.code,
                        "key 'type' is given twice",
                        entry.key.span,
                        Step("the head gives it", label.span),
                        help="remove this line, or the word in the head",
                    )

    # ---- expressions ------------------------------------------------------------------------------------------------

    def ternary(self, children: list[Any]) -> s.Ternary:
        condition, _, then, otherwise = children
        node = s.Ternary(self._span(condition, otherwise), condition, then, otherwise)
        return self._nested(node, condition, then, otherwise)

    def binary(self, children: list[Any]) -> s.Binary:
        left, op, right = children
        node = s.Binary(self._span(left, right), str(op), self._span(op, op), left, right)
        return self._nested(node, left, right)

    def unary(self, children: list[Any]) -> s.Unary:
        op, operand = children
        return self._nested(s.Unary(self._span(op, operand), str(op), operand), operand)

    def name(self, children: list[Token]) -> s.Name | s.Literal:
        word = str(children[0])
        span = Span(self.source, children[0].start_pos, children[0].end_pos)
        return s.Literal(span, Val(_WORDS[word], span)) if word in _WORDS else s.Name(span, word)

    def attr(self, children: list[Any]) -> s.Attr:
        base, _, name = children
        return self._nested(s.Attr(self._span(base, name), base, self._ident(name)), base)

    def index(self, children: list[Any]) -> s.Index:
        base, _, index, bracket = children
        return self._nested(s.Index(self._span(base, bracket), base, index), base, index)

    def call(self, children: list[Any]) -> s.Call:
        callee = children[0]
        arguments = tuple(child for child in children[2:] if type(child) is s.Argument)
        node = s.Call(self._span(callee, children[-1]), callee, arguments)
        return self._nested(node, callee, *[argument.value for argument in arguments])

    def argument(self, children: list[Any]) -> s.Argument:
        value = children[-1]
        if len(children) == 1:
            return s.Argument(value.span, None, value)
        return s.Argument(self._span(children[0], value), self._ident(children[0]), value)

    def list_literal(self, children: list[Any]) -> s.ListExpr:
        items = tuple([child for child in children if type(child) is not Token])
        return self._nested(s.ListExpr(self._span(children[0], children[-1]), items), *items)

    def list_for(self, children: list[Any]) -> s.ListFor:
        binders, source, *condition, element = [child for child in children if type(child) is not Token]
        only = condition[0] if condition else None
        node = s.ListFor(self._span(children[0], children[-1]), binders, source, only, element)
        return self._nested(node, source, element, *condition)

    def object_for(self, children: list[Any]) -> s.ObjectFor:
        binders, source, *condition, key, value = [child for child in children if type(child) is not Token]
        only = condition[0] if condition else None
        node = s.ObjectFor(self._span(children[0], children[-1]), binders, source, only, key, value)
        return self._nested(node, source, key, value, *condition)

    def object_literal(self, children: list[s.ObjectExpr]) -> s.ObjectExpr:
        return children[0]

    def group(self, children: list[Any]) -> s.Group:
        return self._nested(s.Group(self._span(children[0], children[-1]), children[1]), children[1])

    # ---- words and strings ------------------------------------------------------------------------------------------

    def literal(self, children: list[Token]) -> s.Literal | s.Bad:
        word = str(children[0])
        start = children[0].start_pos
        span = Span(self.source, start, start + len(word))
        try:
            return s.Literal(span, Val(classify(word), span))
        except BadLiteral as bad:
            at = start + bad.offset
            self._report(codes.LITERAL.code, bad.why, Span(self.source, at, at + bad.length), help=bad.help)
            return s.Bad(span)

    def interpolation(self, children: list[Any]) -> s.Expr:
        inside: s.Expr = children[1]
        return inside

    text_interpolation = interpolation

    def string(self, children: list[Any]) -> s.String | s.Bad:
        opening, *inside, closing = children
        if closing.type == "STR_BROKEN":
            self._report(
                codes.SYNTAX.code,
                "this string is not closed on its line",
                Span(self.source, opening.start_pos, closing.start_pos),
                help='write the closing ", or use """ for a text of several lines',
            )
            inside = [child for child in inside if child != "\\"]  # a backslash at the line's end goes with it
        end = closing.start_pos if closing.type == "STR_BROKEN" else closing.end_pos
        return self._string(Span(self.source, opening.start_pos, end), inside)

    def text(self, children: list[Any]) -> s.String:
        opening, *inside, closing = children
        return self._string(self._span(opening, closing), strip_indentation(inside))

    def _string(self, span: Span, inside: list[Any]) -> s.String:
        parts: list[str | s.Expr] = []
        for child in inside:
            part = child if type(child) is not Token else self._characters(child)
            if isinstance(part, str) and parts and isinstance(parts[-1], str):
                parts[-1] += part
            else:
                parts.append(part)
        return self._nested(s.String(span, tuple(parts)), *[part for part in parts if isinstance(part, s.Expr)])

    def _characters(self, token: Token) -> str:
        if token.type == "ESCAPE":
            if token[1] != "u":
                return _ESCAPES[token[1]]
            number = int(token[2:].strip("{}"), 16)
            if number < 0x110000 and not 0xD800 <= number < 0xE000:
                return chr(number)
            why = "is half of a pair" if number < 0x110000 else "is above U+10FFFF"
            message, help = f"{token} is no character: it {why}", "write the character's own number, as in \\u{1F600}"
        elif token.type == "BAD_ESCAPE":
            message = f"no escape {str(token)!r}" if len(token) > 1 else "a backslash at the end of a line"
            message = message.replace("\\\\", "\\")
            help = 'escapes are \\" \\\\ \\n \\r \\t \\$ \\uXXXX \\u{X}; write \\\\ for a backslash'
        else:
            return str(token)
        start = token.start_pos
        self._report(codes.LITERAL.code, message, Span(self.source, start, start + len(token)), help=help)
        return ""


def strip_indentation(inside: list[Any]) -> list[Any]:
    """The tokens of a multi-line string as its value has them.

    Without the newline after the opening quotes, the one before the closing line, and that line's indentation at the
    start of each line; every line end is a newline.
    """
    out = [_retext(child, child.replace("\r\n", "\n")) if _is_text(child) else child for child in inside]
    if out and _is_text(out[-1]):
        before, newline, indentation = out[-1].rpartition("\n")
        if newline and not indentation.strip(" \t"):
            # Only a text that is nothing but "\n    " has one line end for both ends of it.
            out[-1] = _retext(out[-1], before if before or len(out) > 1 else "\n")
            cut = "\n" + indentation
            out = [_retext(child, child.replace(cut, "\n")) if _is_text(child) else child for child in out]
    if out and _is_text(out[0]):
        out[0] = _retext(out[0], out[0].removeprefix("\n"))
    return out


def _is_text(child: Any) -> bool:
    return type(child) is Token and child.type == "TEXT_TEXT"


def _retext(token: Token, text: str) -> Token:
    return Token(token.type, text, token.start_pos)
