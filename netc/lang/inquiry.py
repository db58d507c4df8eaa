"""One expression asked of a file: its value, with the file's lets, params and functions in scope."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netc.dataclass import dataclass, fields, replace
from netc.diagnostics import Diagnostic, Edit, Step, error
from netc.lang import codes
from netc.lang import syntax as s
from netc.lang.evaluation import Given, Planner, evaluate
from netc.lang.parser import parse
from netc.lang.values import Val
from netc.sources import Source, Span

#: What messages call the text of the expression.
EXPRESSION = "<expr>"
#: The expression is read as the value of a let. No file can have a name that is no word.
_NAME = "<expr>"
_HEAD = "let it = "


@dataclass(frozen=True, slots=True)
class Answer:
    """The value, None after a mistake; and what is wrong with the expression and with what the file defines."""

    value: Val | None
    diagnostics: tuple[Diagnostic, ...]


def ask(text: str, source: Source | None, params: Mapping[str, Given], planner: Planner | None = None) -> Answer:
    """The value of the expression `text` in the file `source`, or in none.

    The file's networks, chains, pods, tests and assertions are left aside: a mistake there is no matter of a value.
    `planner` gives `alloc()` its blocks. Never raises.
    """
    expression, found = parsed_expression(text)
    file: s.File | None = s.File(Source("", ""), (), ())
    if source is not None:
        parsed = parse(source)
        found = [*parsed.diagnostics, *found]
        file = parsed.file
    if expression is None or file is None:
        return Answer(None, tuple(found))
    items = [item for item in file.items if not _is_aside(item)]
    asked = s.Let(expression.span, s.Ident(expression.span, _NAME), None, expression)
    evaluation = evaluate(replace(file, items=(*items, asked)), params, planner=planner)
    return Answer(evaluation.values.get(_NAME), (*found, *evaluation.diagnostics))


def _is_aside(item: object) -> bool:
    return isinstance(item, (s.Network, s.Chain, s.Pod, s.Test, s.Assertion))


def parsed_expression(text: str) -> tuple[s.Expr | None, list[Diagnostic]]:
    """The tree of an expression, all of it standing in a source named `<expr>`; None after a mistake."""
    own = Source(EXPRESSION, text)
    if not text.strip():
        return None, [error(codes.SYNTAX.code, "no expression", Span(own, 0, 0), help="such as `1 + 1`")]
    read = Source(EXPRESSION, _HEAD + text)
    parsed = parse(read)
    found = [_moved(one, read, own) for one in parsed.diagnostics]
    if parsed.file is None:
        return None, found
    first, *more = parsed.file.items
    if more or not isinstance(first, s.Let):
        rest = _moved(more[0].span, read, own)
        message = "this is more than one expression"
        return None, [*found, error(codes.SYNTAX.code, message, rest, help="ask for one, or put them in [a, b]")]
    return _moved(first.value, read, own), found


def _moved(node: Any, read: Source, own: Source) -> Any:
    """A tree, or a finding, with its places in `own` instead of in `read`, which has the head before it."""
    if isinstance(node, Span):
        if node.source is not read:
            return node
        start, end = (min(max(at - len(_HEAD), 0), len(own.text)) for at in (node.start, node.end))
        return Span(own, start, end)
    if isinstance(node, tuple):
        return tuple(_moved(each, read, own) for each in node)
    if isinstance(node, s.Node):
        for name in node.attributes():
            setattr(node, name, _moved(getattr(node, name), read, own))
        return node
    if isinstance(node, (Val, Diagnostic, Step, Edit)):
        return replace(node, **{field.name: _moved(getattr(node, field.name), read, own) for field in fields(node)})
    return node
