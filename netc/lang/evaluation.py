"""From a syntax tree and parameters to networks: chains expanded, conditions decided, every key with its place."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from netc.dataclass import dataclass, field
from netc.diagnostics import Diagnostic
from netc.lang import codes
from netc.lang import syntax as s
from netc.lang.expressions import MAX_STEPS, Observer, OutOfStepsError
from netc.lang.resolve import resolve
from netc.lang.run import Run
from netc.lang.values import Ask, Cidr, NetworkValue, PodValue, PoolValue, Val
from netc.sources import Source, Sources, Span, project_root

if TYPE_CHECKING:
    from netc.lang.program import Program
    from netc.lang.scenes import Scene


@dataclass(frozen=True, slots=True)
class Given:
    """A param's value from outside: text from the command line, a value of a data file, or plain JSON.

    `span` is where it stands, if that is in a file; `shown` how it was given, such as `-p mtu=9000`. An `optional` one
    is for whoever has the param: given to several files, it is no mistake in those that don't.
    """

    value: Any
    shown: str
    span: Span | None = None
    optional: bool = False

    @property
    def place(self) -> Span:
        """Where the value stands: in a text of its own where it comes from the command line."""
        if self.span is not None:
            return self.span
        text = self.value if isinstance(self.value, str) else str(self.value)
        return Span(Source(self.shown, text), 0, len(text))


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The networks and pods without mistakes, the mistakes, and what the file's names stand for.

    `values` are the params and lets of the file; None for one with a mistake. `comments` are those of all files.
    `scenes` are the file's tests, if nothing is wrong with it.
    """

    networks: tuple[NetworkValue, ...]
    diagnostics: tuple[Diagnostic, ...]
    values: Mapping[str, Val | None] = field(default_factory=dict)
    pods: tuple[PodValue, ...] = ()
    comments: tuple[Span, ...] = ()
    scenes: tuple[Scene, ...] = ()


#: Gives each request its block. One that is not in the answer has none: there is a finding about it.
Planner = Callable[[tuple[PoolValue, ...], tuple[Ask, ...]], Mapping[Ask, Cidr]]


def evaluate(
    file: s.File,
    params: Mapping[str, Given],
    observe: Observer | None = None,
    *,
    sources: Sources | None = None,
    planner: Planner | None = None,
) -> Evaluation:
    """The networks of a file. Never raises: what is wrong is in `diagnostics`, and a network with a mistake left out.

    The same files and params, and the same plan, give the same networks everywhere: nothing else is read. `observe` is
    told each value. What the file imports and its data are read through `sources`, by default from the disk within the
    project's folder. Where there are pools, all that is asked of them is collected first and handed to `planner`, once;
    without a planner no `alloc()` has a value.
    """
    if sources is None:
        sources = Sources(project_root(file.source.file))
    program = resolve(file, sources)
    found: dict[Any, Diagnostic] = {}
    blocks: Mapping[Ask, Cidr] = {}
    with _deep_stack():
        if any(module.pools for module in program.modules):
            from netc.lang.survey import Survey

            survey = Survey(program, sources, params)
            _carry_out(survey)
            found |= survey.told
            blocks = planner(survey.pools, survey.requests) if planner is not None else {}
        run = Run(program, sources, params, blocks)
        if observe is not None:
            run.tell(observe)
        _carry_out(run)
    found |= run.found
    return Evaluation(
        tuple(run.networks),
        (*program.diagnostics, *found.values()),
        run.scopes[id(program.root)].names,
        tuple(run.pods),
        tuple(comment.span for module in program.modules for comment in module.file.comments),
        _scenes(run, program) if not found else (),
    )


def _scenes(run: Run, program: Program) -> tuple[Scene, ...]:
    tests = [item for item in program.root.file.items if isinstance(item, s.Test)]
    if not tests:
        return ()
    from netc.lang.scenes import Scene

    return tuple(Scene(run, item) for item in tests)


def _carry_out(run: Run) -> None:
    try:
        run.program_()
    except OutOfStepsError as out:
        message = f"this takes more than {MAX_STEPS:,} steps to evaluate"
        run.mistake(codes.LIMIT.code, message, out.span, help="loops within loops multiply")


@contextmanager
def _deep_stack() -> Iterator[None]:
    """Room for the deepest tree within the deepest calls. Frames of Python functions take no C stack since 3.11."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, 20_000))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
