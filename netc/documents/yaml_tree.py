"""The documents of a YAML file as the same tree that JSON becomes.

A manifest of a cluster may be a megabyte of other things: only the documents whose text speaks of networks are parsed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from netc.diagnostics import Diagnostic
from netc.documents import scalars
from netc.documents.codes import YAML
from netc.documents.json_tree import Member, Node, Scalar
from netc.documents.templates import HOLE
from netc.sources import Source, Span

MAX_DEPTH = 200
#: Characters of a document; the store of a cluster takes less.
MAX_DOCUMENT = 2 * 1024 * 1024
#: Values of a document, aliases counted as often as they are used.
MAX_VALUES = 100_000

#: The line that parts two documents.
BOUNDARY = re.compile(r"^---(?=[ \t\r\n]|\Z)[^\n]*", re.MULTILINE)
_INTERESTING = re.compile(
    r"cniVersion|attach\w*definition|k8s\.v1\.cni\.cncf\.io/networks|v1\.multus-cni\.io|\.conflist", re.IGNORECASE
)
_INT = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_WORDS: dict[str, Scalar] = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
_WORDS |= {word: word.lower() == "true" for word in ("true", "True", "TRUE", "false", "False", "FALSE")}


def documents(source: Source, masked: str) -> Iterator[Node | Diagnostic]:
    """Each document that speaks of networks; instead of one that is not YAML, what is wrong with it."""
    for start, text in _parts(masked):
        if _INTERESTING.search(text) is None:
            continue
        try:
            node = _compose(text, source, masked, start)
        except _Refused as refused:
            yield refused.diagnostic
            continue
        if node is not None:
            yield node


def _parts(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    for match in BOUNDARY.finditer(text):
        if text[start : match.start()].strip():
            yield start, text[start : match.start()]
        # What stands on the line of the boundary belongs to the document, without the dashes.
        start = match.start() + 3
    if text[start:].strip():
        yield start, text[start:]


class _Refused(Exception):
    def __init__(self, message: str, span: Span, help: str | None = None) -> None:
        super().__init__(message)
        self.diagnostic = Diagnostic(YAML.code, YAML.severity, message, span, help=help)


def _compose(text: str, source: Source, masked: str, offset: int) -> Node | None:
    import ruamel.yaml
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    if len(text) > MAX_DOCUMENT:
        raise _Refused("larger than 2 MiB: no Kubernetes object is", Span(source, offset, offset + 1))
    depth = 0
    for match in re.finditer(r"[\[{]|[\]}]", text):
        depth += 1 if match[0] in "[{" else -1
        if depth > MAX_DEPTH:
            at = offset + match.start()
            raise _Refused(f"nested deeper than {MAX_DEPTH} levels", Span(source, at, at + 1))
    try:
        composed = ruamel.yaml.YAML(typ="safe", pure=True).compose(text)
        return _Tree(source, masked, offset).node(composed, 0) if composed is not None else None
    except MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        at = offset + (min(mark.index, len(text)) if mark is not None else 0)
        why = " ".join(str(problem.problem or problem.context or "not YAML").split())
        help = "indent with blanks" if "\\t" in why else None
        raise _Refused(f"not YAML: {why}", Span(source, at, min(at + 1, len(source.text))), help) from None
    except YAMLError as problem:
        at = offset + (getattr(problem, "position", 0) or 0)
        raise _Refused(f"not YAML: {getattr(problem, 'reason', '') or problem}", Span(source, at, at + 1)) from None
    except RecursionError:
        raise _Refused(f"nested deeper than {MAX_DEPTH} levels", Span(source, offset, offset + 1)) from None
    except (ValueError, OverflowError, AttributeError, TypeError, IndexError) as problem:
        # The parser's own slips over hostile texts.
        raise _Refused(f"not YAML: {problem}", Span(source, offset, offset + 1)) from None


class _Tree:
    __slots__ = ("count", "masked", "offset", "source")

    def __init__(self, source: Source, masked: str, offset: int) -> None:
        self.source, self.masked, self.offset, self.count = source, masked, offset, 0

    def node(self, node: Any, depth: int) -> Node:
        span = self.span(node)
        self.count += 1
        if self.count > MAX_VALUES or depth > MAX_DEPTH:
            raise _Refused("too many values, or nested too deep", span)
        if node.id == "mapping":
            members = []
            for key, value in node.value:
                name = key.value if isinstance(key.value, str) else ""
                members.append(Member(name, self.span(key), self.node(value, depth + 1)))
            return Node("object", span, members=tuple(members))
        if node.id == "sequence":
            return Node("list", span, elements=tuple(self.node(one, depth + 1) for one in node.value))
        return self.scalar(node, span)

    def scalar(self, node: Any, span: Span) -> Node:
        text: str = node.value
        if node.style is None:
            if text in _WORDS:
                word = _WORDS[text]
                return Node("null" if word is None else "boolean", span, word)
            if text.strip(HOLE) == "":
                return Node("hole", span)
            if len(text) < 400 and _INT.fullmatch(text):
                return Node("number", span, int(text))
            if len(text) < 400 and _FLOAT.fullmatch(text):
                return Node("number", span, float(text))
        return Node("string", span, text, text=scalars.text_of(node, self.source, self.masked, self.offset))

    def span(self, node: Any) -> Span:
        start, end = node.start_mark.index + self.offset, node.end_mark.index + self.offset
        trimmed = self.source.text[start:end].rstrip()
        return Span(self.source, start, start + max(len(trimmed), 1))
