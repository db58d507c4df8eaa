"""`github`: annotations of a pull request, as workflow commands that GitHub's runner reads from a step's output."""

from __future__ import annotations

from collections.abc import Sequence

from netc.diagnostics import Diagnostic, Severity
from netc.diagnostics.capping import capped
from netc.diagnostics.formats import Style
from netc.diagnostics.identity import in_repository

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def render(diagnostics: Sequence[Diagnostic], style: Style) -> str:
    """`::error file=...,line=...,col=...,title=CODE name::message` per finding, and a notice for what is cut."""
    shown, rest = capped(diagnostics)
    lines = [_command(_COMMANDS[found.severity], _properties(found, style), _message(found)) for found in shown]
    lines += [_command("notice", {}, one) for one in rest]
    return "".join(lines)


def _properties(found: Diagnostic, style: Style) -> dict[str, str]:
    properties: dict[str, str] = {}
    if found.path:
        properties["file"] = in_repository(found.path)
    if found.primary is not None:
        begin, finish = found.primary.begin, found.primary.finish
        properties |= {"line": str(begin.line), "endLine": str(finish.line)}
        if begin.line == finish.line:  # GitHub refuses columns of what reaches over several lines
            properties |= {"col": str(begin.column), "endColumn": str(finish.column)}
    rule = style.rule_of(found.code)
    properties["title"] = f"{found.code} {rule.name}" if rule is not None else found.code
    return properties


def _message(found: Diagnostic) -> str:
    trail = "".join(f"\n{step.span}: {step.text}" for step in found.labels)
    return found.message + trail + (f"\nhelp: {found.help}" if found.help else "")


def _command(name: str, properties: dict[str, str], message: str) -> str:
    shown = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{name}{' ' if shown else ''}{shown}::{_data(message)}\n"


def _data(text: str) -> str:
    """A text on one line: the runner takes these three escapes back; what drives a terminal is shown, not sent."""
    seen = "".join(char if char.isprintable() or char in "\r\n" else " " if char == "\t" else "�" for char in text)
    return seen.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
