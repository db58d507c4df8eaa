"""A project's own templates: Jinja2's sandbox, with bounds on time, memory and output, and errors at their line.

A template sees what it is handed and nothing else: no attribute that starts with `_`, nothing that changes a value, no
random numbers, no files but templates of the project. The same networks give the same text on every machine.
"""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any

from netc.diagnostics import Diagnostic, Severity, error
from netc.diagnostics.rule import Rule
from netc.emit.kubernetes import literal, scalar
from netc.sources import Source, SourceError, Sources, Span
from netc.spelling import nearest

if TYPE_CHECKING:
    import jinja2

TEMPLATE = Rule(
    "NC602",
    "template",
    Severity.ERROR,
    "project",
    """A template of the project can't be rendered.

Why:
    Names that do not exist are errors, not empty text: what a template leaves out silently is missed late. Loops, the
    text that comes out and the memory on the way are bounded, so that a mistake ends.

Bad:
    {{ network.nmae }}

Good:
    {{ network.name }}

Source:
    docs/manifests.md; the documentation of Jinja2.
""",
)

#: Lines of compiled templates that one output may run: some seconds' worth.
MAX_STEPS = 5_000_000
#: Characters of one output.
MAX_TEXT = 16 * 1024 * 1024
#: Bytes that rendering may add to the process, where the system can bound it.
MAX_MEMORY = 1024 * 1024 * 1024
_MAX_BITS = 10_000


class Refused(Exception):
    """A text can't be rendered; `finding` says why and where."""

    def __init__(self, finding: Diagnostic) -> None:
        super().__init__(finding.message)
        self.finding = finding


class _Exceeded(Exception):
    """A bound was reached."""


class Templates:
    """The templates below a project's root, each read and compiled once."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._sources = Sources(root=root)
        self._read: dict[str, Source] = {}
        self._unreadable: dict[str, SourceError] = {}
        self._environment = _environment(self._load)
        self._short: dict[str, jinja2.Template] = {}

    def render(self, name: str, asked: Span, values: Mapping[str, Any]) -> str:
        """The text of the template at path `name`, with these names; raises `Refused`.

        `asked` is where the project asks for it, for a template that can't be read.
        """
        with self._guarded(asked, values):
            template = self._environment.get_template(name)
            return self._text(template, values)

    def fill(self, text: str, asked: Span, values: Mapping[str, Any]) -> str:
        """A short text that is a template itself, such as a path; raises `Refused` with `asked` as the place."""
        with self._guarded(asked, values):
            if text not in self._short:
                self._short[text] = self._environment.from_string(text)
            return self._text(self._short[text], values)

    def _text(self, template: jinja2.Template, values: Mapping[str, Any]) -> str:
        parts: list[str] = []
        size = 0
        for part in template.generate(values):
            parts.append(part)
            size += len(part)
            if size > MAX_TEXT:
                raise _Exceeded(f"more than {MAX_TEXT // 1024 // 1024} MiB of text come out of this")
        return "".join(parts)

    def _load(self, name: str) -> tuple[str, str, None]:
        import jinja2

        try:
            source = self._sources.read(self._root / name, shown=_shown(self._root, name))
        except SourceError as failed:
            self._unreadable[name] = failed
            raise jinja2.TemplateNotFound(name) from None
        path = str(self._root / name)
        self._read[path] = self._read[name] = source
        return source.text, path, None

    @contextlib.contextmanager
    def _guarded(self, asked: Span, values: Mapping[str, Any]) -> Iterator[None]:
        """Bounds what happens within, and turns every way to fail into `Refused`."""
        try:
            with _bounded_memory(), _bounded_steps(self._environment):
                yield
        except Exception as failed:  # noqa: BLE001  # a template can raise whatever its filters raise
            finding = self._finding(failed, asked, values)
        else:
            return
        raise Refused(finding)

    def _finding(self, failed: Exception, asked: Span, values: Mapping[str, Any]) -> Diagnostic:
        import jinja2

        if isinstance(failed, jinja2.TemplateNotFound):
            name = str(failed.name or "")
            unreadable = self._unreadable.get(name)
            place = self._raised_at(failed.__traceback__)
            span = asked if place is None else _word(*place, name)
            message = str(unreadable) if unreadable is not None else f"{name}: no such template"
            return error(TEMPLATE.code, message, span, help=unreadable.help if unreadable is not None else None)
        message, words = _said(failed)
        if isinstance(failed, jinja2.TemplateSyntaxError):
            source = self._read.get(failed.name or "") or self._read.get(failed.filename or "")
            span = _word(source, failed.lineno, *words) if source is not None else asked
        else:
            place = self._raised_at(failed.__traceback__)
            span = asked if place is None else _word(*place, *words)
        return error(TEMPLATE.code, message, span, help=_help(failed, words, values))

    def _raised_at(self, trace: TracebackType | None) -> tuple[Source, int] | None:
        """The innermost line of a template that an exception came through; Jinja2 has put those into the traceback."""
        place = None
        while trace is not None:
            source = self._read.get(trace.tb_frame.f_code.co_filename)
            if source is not None:
                place = (source, trace.tb_lineno)
            trace = trace.tb_next
        return place


def _environment(load: Any) -> jinja2.Environment:
    import jinja2
    from jinja2.exceptions import SecurityError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Environment(ImmutableSandboxedEnvironment):
        intercepted_binops = frozenset({"*", "**"})

        def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
            if _grows_too_large(operator, left, right):
                raise SecurityError(f"the result of {operator} is too large")
            return super().call_binop(context, operator, left, right)

    environment = Environment(
        loader=jinja2.FunctionLoader(load),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        autoescape=False,
    )
    environment.globals.pop("lipsum", None)
    environment.filters.pop("random", None)
    environment.filters |= {"scalar": scalar, "literal": literal}
    return environment


def _grows_too_large(operator: str, left: Any, right: Any) -> bool:
    if isinstance(left, int) and isinstance(right, int):
        bits = left.bit_length() * abs(right) if operator == "**" else left.bit_length() + right.bit_length()
        return bits > _MAX_BITS
    if operator == "*":
        sized, times = (right, left) if isinstance(left, int) else (left, right)
        return isinstance(times, int) and hasattr(sized, "__len__") and len(sized) * times > MAX_TEXT
    return False


@contextlib.contextmanager
def _bounded_steps(environment: jinja2.Environment) -> Iterator[None]:
    """Counts the lines that compiled templates run, the one measure that is the same on every machine."""
    steps = 0

    def outer(frame: FrameType, event: str, argument: Any) -> Any:
        return inner if frame.f_globals.get("environment") is environment else None

    def inner(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal steps
        steps += 1
        if steps > MAX_STEPS:
            raise _Exceeded("this runs for too long")
        return inner

    before = sys.gettrace()
    sys.settrace(outer)
    try:
        yield
    finally:
        sys.settrace(before)


@contextlib.contextmanager
def _bounded_memory() -> Iterator[None]:
    """Lets the process grow by `MAX_MEMORY` only, where the system says how large it is (Linux)."""
    try:
        import resource

        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        bound = pages * resource.getpagesize() + MAX_MEMORY
    except (ImportError, OSError, ValueError):
        yield
        return
    if soft == resource.RLIM_INFINITY or soft > bound:
        resource.setrlimit(resource.RLIMIT_AS, (bound, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _said(failed: Exception) -> tuple[str, tuple[str, ...]]:
    """What an exception says, as one sentence in lower case, and the words of the template that it names."""
    if isinstance(failed, MemoryError):
        return "this needs too much memory", ()
    if isinstance(failed, RecursionError):
        return "this is nested too deeply, or includes itself", ()
    import jinja2

    said = (failed.message or "").partition(". ")[0] if isinstance(failed, jinja2.TemplateSyntaxError) else str(failed)
    text = " ".join(said.split()) or type(failed).__name__
    text = _OBJECT.sub(lambda found: _CALLED.get(found[1], f"a {found[1]}"), text)
    words = tuple(re.findall(r"'([^']+)'", text))
    return f"{text[0].lower()}{text[1:]}".rstrip("."), tuple(reversed(words))


_OBJECT = re.compile(r"'(?:[\w.]+[. ])?(\w+) object'")
_CALLED = {
    "NetworkView": "a network",
    "PluginView": "a plugin",
    "PlanView": "the plan",
    "BlockView": "a block",
    "PoolView": "a pool",
    "Meta": "meta",
    "dict": "this object",
}


def _help(failed: Exception, words: tuple[str, ...], values: Mapping[str, Any]) -> str | None:
    import jinja2

    if isinstance(failed, jinja2.TemplateSyntaxError):
        return (failed.message or "").partition(". ")[2].rstrip(".") or None
    if not isinstance(failed, jinja2.UndefinedError) or not words:
        return None
    if str(failed).endswith("is undefined"):
        meant = nearest(words[0], values)
        return f"did you mean {meant}?" if meant else f"there is {', '.join(values)}"
    return None


def _word(source: Source, line: int, *words: str) -> Span:
    """The first of these words on a line of a template, or what stands on the line.

    Jinja2 knows lines only; the names in its messages lead to the column.
    """
    line = min(max(line, 1), len(source.line_starts))
    text = source.line(line)
    start = source.offset(line, 1)
    for word in words:
        found = re.search(rf"(?<![\w]){re.escape(word)}(?![\w])", text)
        if found is not None:
            return Span(source, start + found.start(), start + found.end())
    code = re.search(r"\{\{.*?\}\}|\{%.*?%\}", text)
    if code is not None:
        return Span(source, start + code.start(), start + code.end())
    return Span(source, start + len(text) - len(text.lstrip()), start + len(text.rstrip()))


def _shown(root: Path, name: str) -> str:
    import os

    shown = os.path.relpath(root / name)
    return str(root / name) if shown.startswith("..") else shown
