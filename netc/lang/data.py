"""YAML 1.2 and JSON files as values of the language, each with its own place in the file.

The core schema of YAML 1.2: `no` is a string, a MAC is never a base-60 number. JSON is read as the YAML that it is.
A hostile file costs no more than its size: aliases are counted as what they stand for, depth and number are bounded,
tags are refused.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from netc.diagnostics import Diagnostic, Severity, Step, error
from netc.diagnostics.rule import Rule
from netc.lang.values import Data, Field, List, Object, Val
from netc.sources import Source, Span

if TYPE_CHECKING:
    from ruamel.yaml.nodes import Node

#: A file with more values than this is refused, aliases counted as often as they are used.
MAX_VALUES = 100_000
MAX_DEPTH = 100
#: YAML with anchors, block scalars and the like is read by a parser that takes a second for so many characters.
MAX_GENERAL = 300_000

DATA = Rule(
    "NC140",
    "data-file",
    Severity.ERROR,
    "syntax",
    """A data or params file is not YAML or JSON, or holds what has no place in a value.

Why:
    Keys must be strings and each stand once, there are no dates, no tags, no binary: what is read is exactly what JSON
    can say.

Bad:
    mtu: 1500
    mtu: 9000

Good:
    mtu: 9000

Source:
    YAML 1.2, chapter 10.3 (the core schema).
""",
)

_INT = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SURROGATE = re.compile("[\ud800-\udfff]")
_WORDS = {"": None, "~": None, "null": None, "Null": None, "NULL": None} | {
    word: word.lower() == "true" for word in ("true", "True", "TRUE", "false", "False", "FALSE")
}
_STR, _MAP, _SEQ = (f"tag:yaml.org,2002:{name}" for name in ("str", "map", "seq"))
_RESOLVED = {f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float", "timestamp", "merge", "value")}


class _Refused(Exception):
    """The diagnostic of the first thing in the file that can't be read."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


def read(source: Source) -> tuple[Val | None, list[Diagnostic]]:
    """The value that a YAML or JSON file holds, and what is wrong with it; no value where something is."""
    from netc.lang import plain_yaml

    try:
        return plain_yaml.read(source, _plain_scalar, MAX_VALUES), []
    except plain_yaml.TooManyError as many:
        at = Span(source, many.offset, many.offset + 1)
        return None, [error(DATA.code, f"the file holds more than {MAX_VALUES:,} values", at)]
    except (plain_yaml.UnusualError, ValueError):
        pass  # the general parser reads it, or says what is wrong
    try:
        if len(source.text) > MAX_GENERAL:
            message = f"YAML with more than plain mappings, lists and values is read up to {MAX_GENERAL:,} characters"
            help = "write anchors, tags and texts of several lines out, or part the file"
            return None, [error(DATA.code, message, Span(source, 0, 1), help=help)]
        node = _compose(source)
        if node is None:
            return Val(None, Span(source, 0, 0)), []
        return _Reader(source).value(node, 0), []
    except _Refused as refused:
        return None, [refused.diagnostic]
    except RecursionError:
        message = f"the file is nested deeper than {MAX_DEPTH} levels"
        return None, [error(DATA.code, message, Span(source, 0, min(1, len(source.text))))]


def _compose(source: Source) -> Node | None:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    _refuse_deep(source)
    reader = YAML(typ="rt", pure=True)
    try:
        return reader.compose(source.text)  # type: ignore[no-any-return]
    except MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        at = min(mark.index, len(source.text)) if mark is not None else 0
        message = " ".join(str(problem.problem or problem.context or "not YAML").split())
        raise _Refused(error(DATA.code, f"not YAML: {message}", Span(source, at, at + 1))) from None
    except YAMLError as problem:
        at = getattr(problem, "position", 0) or 0
        message = str(getattr(problem, "reason", "") or str(problem).partition("\n")[0])
        raise _Refused(error(DATA.code, f"not YAML: {message}", Span(source, at, at + 1))) from None


def _refuse_deep(source: Source) -> None:
    """Refuse a text of brackets within brackets before the YAML parser spends minutes on it."""
    depth = 0
    for match in re.finditer(r"[\[{]|[\]}]", source.text):
        depth += 1 if match[0] in "[{" else -1
        if depth > 10 * MAX_DEPTH:
            where = Span(source, match.start(), match.end())
            raise _Refused(error(DATA.code, f"nested deeper than {MAX_DEPTH} levels", where))


def _plain_scalar(text: str) -> Data:
    """The value of a scalar without quotes by the core schema; raises `ValueError` for one that JSON can't hold."""
    if text in _WORDS:
        return _WORDS[text]
    if text[:1] not in "+-.0123456789":
        return text
    if len(text) > 400 and text.lstrip("-+").isdigit():
        raise ValueError("a number of more than 400 digits")
    if _INT.fullmatch(text):
        return int(text)
    if _BASED.fullmatch(text):
        return int(text, 0)
    if _FLOAT.fullmatch(text):
        number = float(text)
        if number in (float("inf"), float("-inf")):
            raise ValueError("a number too large to hold")
        return number
    if text.lower() in (".inf", "+.inf", "-.inf", ".nan"):
        raise ValueError("infinity and not-a-number have no JSON form")
    return text


class _Reader:
    """Turns nodes into values, counting them."""

    __slots__ = ("count", "source")

    def __init__(self, source: Source) -> None:
        self.source, self.count = source, 0

    def value(self, node: Any, depth: int) -> Val:
        span = self.span(node)
        self.count += 1
        if self.count > MAX_VALUES:
            raise self.refusal(
                f"the file holds more than {MAX_VALUES:,} values, aliases counted as what they stand for", span
            )
        if depth > MAX_DEPTH:
            raise self.refusal(f"nested deeper than {MAX_DEPTH} levels", span)
        kind = str(node.tag)
        if isinstance(node.value, str):
            return Val(self.scalar(node, kind, span), span)
        if kind == _MAP:
            return Val(self.object(node, depth), span)
        if kind == _SEQ:
            return Val(List(tuple(self.value(item, depth + 1) for item in node.value)), span)
        raise self.refusal(f"a tag ({kind}) has no meaning here", span)

    def object(self, node: Any, depth: int) -> Object:
        fields: dict[str, Field] = {}
        for key_node, value_node in node.value:
            key_span = self.span(key_node)
            if not isinstance(key_node.value, str) or str(key_node.tag) not in (_STR, *_RESOLVED):
                raise self.refusal("a key must be a plain string", key_span)
            key = key_node.value
            if key == "<<" and key_node.style is None:
                raise self.refusal("YAML 1.2 has no merge key `<<`", key_span, help="write the keys out")
            if key in fields:
                first = Step("first given here", fields[key].key_span)
                raise _Refused(error(DATA.code, f"`{key}` is given twice", key_span, first))
            value = self.value(value_node, depth + 1)
            fields[key] = Field(key, value, key_span, value.span)
        return Object(fields)

    def scalar(self, node: Any, kind: str, span: Span) -> Data:
        """A plain scalar by the core schema; a quoted one is a string."""
        text: str = node.value
        if _SURROGATE.search(text):
            raise self.refusal("half of a surrogate pair is no character", span)
        if node.style is not None:
            if kind != _STR:
                raise self.refusal(f"a tag ({kind}) has no meaning here", span)
            return text
        if kind != _STR and kind not in _RESOLVED:
            raise self.refusal(f"a tag ({kind}) has no meaning here", span)
        try:
            return _plain_scalar(text)
        except ValueError as refused:
            raise self.refusal(str(refused), span) from None

    def span(self, node: Any) -> Span:
        start, end = node.start_mark.index, node.end_mark.index
        trimmed = self.source.text[start:end].rstrip()
        return Span(self.source, start, start + max(len(trimmed), 1))

    def refusal(self, message: str, span: Span, help: str | None = None) -> _Refused:
        return _Refused(error(DATA.code, message, span, help=help))
