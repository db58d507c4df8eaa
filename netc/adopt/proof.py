"""What was written is read again: it compiles to the JSON that it was made of, and what is wrong with that is allowed.

Errors about networks keep a build from writing anything. Files that are in use have some, and are to be adopted all the
same: each gets a comment that allows it, with the reason that it was there before.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from netc.adopt.pieces import Param, Read
from netc.diagnostics import Diagnostic, Severity
from netc.sources import Source, Sources

if TYPE_CHECKING:
    from netc.lang import Given

#: A comment can move what stands beside it, once or twice.
_ROUNDS = 6
ALLOW = "# netc: allow"
_REASON = "adopted as it was"


def agrees(text: str, file: Path, params: Sequence[Param], reads: Sequence[Read], beside: Mapping[Path, str]) -> bool:
    """Whether a text compiles to the JSON of the configurations: the same keys, values and order."""
    from netc.compiler import compile_source

    source = Source(file.name, text, file)
    compiled = compile_source(source, _given(params), sources=Sources(file.parent, beside))
    made = [json.dumps(network.conflist) for network in compiled.networks]
    return compiled.ok and made == [json.dumps(read.conflist) for read in reads]


def allowing(
    text: str, file: Path, params: Sequence[Param], beside: Mapping[Path, str]
) -> tuple[str, Mapping[Path, str], list[Diagnostic]]:
    """The text and the module of chains with a comment for each error; and the errors that none can allow."""
    from netc.lang.formatter import formatted

    texts = {file: text, **beside}
    errors: list[Diagnostic] = []
    for _ in range(_ROUNDS):
        errors = _errors(texts, file, params)
        by_file: dict[Path, dict[int, list[str]]] = {}
        for found in errors:
            place = found.primary
            if place is not None and place.source.file in texts and _allowable(found.code):
                of_line = by_file.setdefault(place.source.file, {}).setdefault(place.begin.line, [])
                if found.code not in of_line:
                    of_line.append(found.code)
        if not by_file:
            break
        for path, wanted in by_file.items():
            commented = _commented(texts[path], wanted)
            laid_out = formatted(Source(path.name, commented)).text
            if laid_out is None:
                return texts[file], {key: one for key, one in texts.items() if key != file}, errors
            texts[path] = laid_out
    return texts[file], {key: one for key, one in texts.items() if key != file}, errors


def _errors(texts: Mapping[Path, str], file: Path, params: Sequence[Param]) -> list[Diagnostic]:
    from netc.compiler import compile_source, validate
    from netc.lint import allow, lint
    from netc.lint.together import lint_together

    source = Source(file.name, texts[file], file)
    compiled = compile_source(source, _given(params), sources=Sources(file.parent, texts))
    found = [*compiled.findings, *(one for network in compiled.networks for one in lint(network))]
    if len(compiled.networks) > 1:
        found += lint_together(compiled.networks)
    judged = allow.apply(found, compiled.comments, compiled.shared)
    errors = [one for one in judged.findings if one.severity is Severity.ERROR]
    return errors or [one for one in validate(compiled.networks, judged.silenced) if one.severity is Severity.ERROR]


def _allowable(code: str) -> bool:
    from netc.lint.catalogue import find

    rule = find(code)
    return rule is not None and rule.input != "syntax"


def _commented(text: str, wanted: Mapping[int, Sequence[str]]) -> str:
    """The text with comments above the lines that need some."""
    lines = text.split("\n")
    for number in sorted(wanted, reverse=True):
        line = lines[number - 1]
        indent = line[: len(line) - len(line.lstrip())]
        lines[number - 1 : number - 1] = [f"{indent}{ALLOW} {code} {_REASON}" for code in wanted[number]]
    return "\n".join(lines)


def _given(params: Sequence[Param]) -> dict[str, Given]:
    from netc.lang import Given

    return {param.name: Given(param.sample, f"-p {param.name}") for param in params if param.default is None}
