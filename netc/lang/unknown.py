"""What to say of a name that means nothing: the nearest one that does, in this module or another."""

from __future__ import annotations

from collections.abc import Iterable

from netc.diagnostics import Diagnostic, error
from netc.lang import codes, types
from netc.lang import syntax as s
from netc.lang.functions import FUNCTIONS
from netc.lang.program import Module
from netc.spelling import nearest, suggest

_WORDS = {
    "True": "true",
    "TRUE": "true",
    "False": "false",
    "FALSE": "false",
    "None": "null",
    "nil": "null",
    "NULL": "null",
    "undefined": "null",
}
#: Looking for the nearest of many names costs: for so many comparisons a file gets suggestions.
_BUDGET = 200_000


class Suggestions:
    """Words the findings about one module's unknown names."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.left = _BUDGET

    def _nearest(self, word: str, known: Iterable[str]) -> str | None:
        names = list(known)
        self.left -= len(names)
        return nearest(word, names) if self.left >= 0 else None

    def _suggest(self, word: str, known: Iterable[str], mark: str = "") -> str | None:
        names = list(known)
        self.left -= len(names)
        return suggest(word, names, mark) if self.left >= 0 else None

    def _elsewhere(self, word: str, kind: str, mark: str = "") -> str | None:
        """`did you mean edge.limit?`"""
        for alias, other in self.module.imports.items():
            if other is not None and word in dict(other.kinds())[kind]:
                return f"did you mean {alias}.{word}{mark}?"
        return None

    def value(self, name: s.Name, local: Iterable[str]) -> Diagnostic:
        """A value that does not exist."""
        word = name.text
        help = f"write {_WORDS[word]}" if word in _WORDS else self._elsewhere(word, "value")
        if help is None and (near := self._nearest(word, [*self.module.values, *local])) is not None:
            help = f"did you mean {near}?"
        if help is None and word in FUNCTIONS:
            help = f"{word} is a function: write {FUNCTIONS[word].signature.partition('):')[0]})"
        if help is None and word in self.module.chains:
            help = f"{word} is a chain: write use {word}(...)"
        if help is None and word in self.module.pools:
            help = f"{word} is a pool: alloc({word}, KEY, PREFIX) is a block of it"
        if help is None and word in self.module.networks:
            help = f"{word} is a network: only attach names one"
        if help is None and (near := self._nearest(word, self.module.aliases)) is not None:
            help = f"did you mean {near}, the module?"
        if help is None:
            help = f'a text has quotes: "{word}"; a value is named by let or param'
        return error(codes.UNKNOWN_NAME.code, f"no value named {word!r}", name.span, help=help)

    def function(self, name: s.Name, runtime: Iterable[str] = ()) -> Diagnostic:
        """A function that does not exist."""
        word = name.text
        help = self._elsewhere(word, "function", "()")
        if word in self.module.chains:
            help = f"{word} is a chain: write use {word}(...) in a network"
        help = help or self._suggest(word, [*FUNCTIONS, *self.module.functions, *runtime], "()")
        return error(codes.UNKNOWN_NAME.code, f"no function named {word!r}", name.span, help=help)

    def chain(self, name: s.Name) -> Diagnostic:
        """A chain that does not exist."""
        word = name.text
        if word in FUNCTIONS or word in self.module.functions:
            help: str | None = f"{word} is a function, not a chain"
        else:
            help = self._elsewhere(word, "chain", "()") or self._suggest(word, self.module.chains)
        return error(codes.UNKNOWN_NAME.code, f"no chain named {word!r}", name.span, help=help)

    def pool(self, name: s.Name) -> Diagnostic:
        """A pool that does not exist."""
        help = self._elsewhere(name.text, "pool") or self._suggest(name.text, self.module.pools)
        if help is None and name.text in self.module.values:
            help = "alloc() takes the name of a pool; subnet(cidr, prefix, index) counts blocks of any cidr"
        help = help or f"declare it: pool {name.text} {{ cidrs = [10.42.0.0/16] }}"
        return error(codes.UNKNOWN_NAME.code, f"no pool named {name.text!r}", name.span, help=help)

    def type(self, written: s.NamedType) -> Diagnostic:
        """A type that does not exist."""
        word = written.name
        help = self._elsewhere(word, "type") or self._suggest(word, [*types.SCALARS, *self.module.types])
        if word in ("list", "map"):
            help = f"write {word}[T] with the type of its elements"
        elif word in ("str", "text"):
            help = "write string"
        elif word in ("number", "integer"):
            help = "write int or float"
        elif word in ("boolean",):
            help = "write bool"
        return error(codes.UNKNOWN_NAME.code, f"no type named {word!r}", written.span, help=help)

    def network(self, name: s.Name, *, pods: bool) -> Diagnostic:
        """A network (in a test: or pod) that does not exist."""
        known = [*self.module.networks, *(self.module.pods if pods else ())]
        help = self._suggest(name.text, known)
        if not pods and name.text in self.module.pods:
            help = f"{name.text} is a pod: a pod attaches networks"
        elif help is None and name.text in self.module.chains:
            help = f"{name.text} is a chain: write network NAME {{ use {name.text}(...) }}, and attach that"
        what = "network or pod" if pods else "network"
        return error(codes.UNKNOWN_NAME.code, f"no {what} named {name.text!r}", name.span, help=help)

    def module_(self, name: s.Name) -> Diagnostic:
        """A module that was not imported."""
        help = self._suggest(name.text, self.module.aliases)
        if help is None and name.text in self.module.values:
            help = "a value has no functions or types of its own"
        help = help or f'import it: import "FILE.netc" as {name.text}'
        return error(codes.UNKNOWN_NAME.code, f"no module named {name.text!r}", name.span, help=help)

    def member(self, alias: str, other: Module, kind: str, name: s.Ident) -> Diagnostic:
        """A definition of this kind that a module does not have."""
        word = name.text
        kinds = dict(other.kinds())
        other_kind = next((each for each, names in kinds.items() if word in names), None)
        if other_kind is not None:
            help: str | None = f"{alias}.{word} is {'a' if other_kind != 'import' else 'an'} {other_kind}"
            if other_kind == "chain":
                help = f"{alias}.{word} is a chain: write use {alias}.{word}(...)"
            elif other_kind == "function":
                help = f"{alias}.{word} is a function: write {alias}.{word}(...)"
        elif (near := self._nearest(word, kinds[kind])) is not None:
            help = f"did you mean {alias}.{near}?"
        else:
            names = sorted(kinds[kind])
            listed = ", ".join(names)
            help = f"it has {listed}" if 0 < len(names) <= 10 else None
        message = f"{other.file.source.path} has no {kind} named {word!r}"
        return error(codes.UNKNOWN_NAME.code, message, name.span, help=help)
