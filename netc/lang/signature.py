"""Which argument goes to which parameter."""

from __future__ import annotations

from collections.abc import Callable

from netc.dataclass import dataclass
from netc.diagnostics import Diagnostic, Step, error
from netc.lang import codes, syntax
from netc.lang.functions import Function
from netc.sources import Span
from netc.spelling import suggest

#: Parameter name to the expressions given for it: none where left out, several only for a variadic one.
Bound = dict[str, tuple[syntax.Expr, ...]]


@dataclass(frozen=True, slots=True)
class Signature:
    """What a chain or function takes. `what` is `chain edge` or `subnet()`; `span` its definition, if in a file."""

    what: str
    parameters: tuple[tuple[str, bool, bool], ...]
    """(name, may be left out, takes any number) of each, in order."""
    text: str
    span: Span | None = None

    def bind(self, call: syntax.Call, report: Callable[[Diagnostic], None]) -> Bound | None:
        """The arguments of `call` by parameter; None after a mistake."""
        bound: Bound = {name: () for name, _, _ in self.parameters}
        sound = True
        by_name = False
        for position, argument in enumerate(call.arguments):
            name = self._parameter(argument, position, by_name)
            if name is None:
                report(self._stray(argument, by_name))
                sound = False
            elif bound[name] and not self._variadic(name):
                report(error(codes.TWICE.code, f"argument {name!r} is given twice", argument.span, *self._label()))
                sound = False
            else:
                bound[name] += (argument.value,)
            by_name = by_name or argument.name is not None
        missing = [name for name, optional, many in self.parameters if not bound[name] and not optional and not many]
        if missing and sound:
            listed = " and ".join([", ".join(missing[:-1])] * (len(missing) > 1) + missing[-1:])
            message = f"{self.what} needs {listed}"
            report(error(codes.CALL.code, message, call.span, *self._label(), help=f"write {self.text}"))
            sound = False
        return bound if sound else None

    def _parameter(self, argument: syntax.Argument, position: int, by_name: bool) -> str | None:
        if argument.name is not None:
            return argument.name.text if any(name == argument.name.text for name, _, _ in self.parameters) else None
        if by_name:
            return None
        if position < len(self.parameters):
            return self.parameters[position][0]
        return self.parameters[-1][0] if self.parameters and self.parameters[-1][2] else None

    def _stray(self, argument: syntax.Argument, by_name: bool) -> Diagnostic:
        if argument.name is not None:
            message = f"{self.what} takes no argument {argument.name.text!r}"
            help = suggest(argument.name.text, [name for name, _, _ in self.parameters])
            return error(codes.CALL.code, message, argument.name.span, *self._label(), help=help)
        if by_name:
            message = "an argument without a name can't follow one with a name"
            return error(codes.CALL.code, message, argument.span, help="give this one a name too")
        count = len(self.parameters)
        takes = f"{count} argument{'s' if count != 1 else ''}" if count else "no arguments"
        message = f"{self.what} takes {takes}"
        return error(codes.CALL.code, message, argument.span, *self._label(), help=f"write {self.text}")

    def _variadic(self, name: str) -> bool:
        return any(name == other and many for other, _, many in self.parameters)

    def _label(self) -> tuple[Step, ...]:
        return (Step("defined here", self.span),) if self.span is not None else ()


def of_definition(node: syntax.Chain | syntax.Func) -> Signature:
    """The signature of a chain or function of a file."""
    parameters = tuple((formal.name.text, formal.default is not None, False) for formal in node.formals)
    name = node.name.text
    what = f"chain {name}" if isinstance(node, syntax.Chain) else f"{name}()"
    text = f"{name}({', '.join(parameter for parameter, _, _ in parameters)})"
    return Signature(what, parameters, text, node.head)


def of_function(function: Function) -> Signature:
    """The signature of a function of the language."""
    parameters = tuple((each.name, each.optional, each.variadic) for each in function.parameters)
    return Signature(f"{function.name}()", parameters, function.signature)
