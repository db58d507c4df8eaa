"""The files that a file imports, each read once, and the rings that imports must not have."""

from __future__ import annotations

import os

from netc.dataclass import replace
from netc.diagnostics import Diagnostic, Step, Trail, error
from netc.lang import codes
from netc.lang import syntax as s
from netc.lang.program import Module, Program
from netc.lang.rings import ring_found
from netc.sources import Source, SourceError, Sources, Span

#: Imports within imports, and files in one program.
MAX_DEPTH = 50
MAX_MODULES = 1_000


def load(file: s.File, sources: Sources) -> Program:
    """The program of a root file; nothing is looked up yet. What is wrong with other files is in its `diagnostics`."""
    loader = _Loader(sources)
    loader.module(file, ())
    loader.program.modules = tuple(loader.done)
    return loader.program


class _Loader:
    def __init__(self, sources: Sources) -> None:
        self.sources = sources
        self.program = Program()
        self.done: list[Module] = []
        self.known: dict[str, Module | None] = {}
        #: The files that are being read, outermost first, with the import in each that leads to the next.
        self.path: list[str] = []
        self.steps: list[s.Import] = []
        self.shown: list[str] = []

    def report(self, found: Diagnostic, trail: Trail = ()) -> None:
        self.program.diagnostics.append(replace(found, labels=(*found.labels, *trail)) if trail else found)

    def module(self, file: s.File, trail: Trail) -> Module:
        """A file's module, with those that it imports before it in `done`."""
        module = Module(file, trail)
        place = _place(file.source)
        self.path.append(place)
        self.shown.append(file.source.path)
        for item in file.items:
            if isinstance(item, s.Import):
                self._import(module, item)
        self.path.pop()
        self.shown.pop()
        self.known[place] = module
        self.done.append(module)
        return module

    def _import(self, module: Module, item: s.Import) -> None:
        alias = item.alias.text
        before = module.aliases.setdefault(alias, item.alias)
        if before is not item.alias:
            message = f"{alias!r} is defined twice"
            self.report(
                error(codes.TWICE.code, message, item.alias.span, Step("first here", before.span)), module.trail
            )
            return
        module.imports[alias] = self._imported(module, item)

    def _imported(self, module: Module, item: s.Import) -> Module | None:
        path = item.path.plain
        if path is None:
            message = "the path of an import is written out, without ${ }"
            self.report(error(codes.FILE.code, message, item.path.span), module.trail)
            return None
        try:
            source = self.sources.beside(module.file.source, path)
        except SourceError as failed:
            self.report(error(codes.FILE.code, str(failed), item.path.span, help=failed.help), module.trail)
            return None
        place = _place(source)
        if place in self.path:
            self._ring(self.path.index(place), item, module.trail)
            return None
        if place not in self.known:
            self.known[place] = None  # for good, where it can't be read
            if len(self.path) >= MAX_DEPTH or len(self.known) >= MAX_MODULES:
                limit = f"{MAX_DEPTH} deep" if len(self.path) >= MAX_DEPTH else f"{MAX_MODULES:,} files"
                self.report(error(codes.LIMIT.code, f"imports of more than {limit}", item.span), module.trail)
                return None
            self.steps.append(item)
            self._read(source, (Step("imported here", item.span), *module.trail))
            self.steps.pop()
        return self.known[place]

    def _read(self, source: Source, trail: Trail) -> None:
        from netc.lang.parser import parse

        parsed = parse(source)
        for found in parsed.diagnostics:
            self.report(found, trail)
        if parsed.file is not None:
            self.module(parsed.file, trail)

    def _ring(self, start: int, item: s.Import, trail: Trail) -> None:
        spans: list[Span] = [*[step.span for step in self.steps[start:]], item.span]
        self.report(ring_found(self.shown[start:], spans, "imports"), trail if start else ())


def _place(source: Source) -> str:
    """What a file is known by, whichever way leads to it."""
    return os.path.realpath(source.file) if source.file is not None else f"<{id(source)}>"
