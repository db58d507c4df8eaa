"""`junit`: a test report, for CI servers that show nothing else. A file is a suite, a finding a test that failed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from netc.diagnostics import Diagnostic, Severity
from netc.diagnostics.formats import Style
from netc.diagnostics.identity import in_repository

#: What XML 1.0 can't hold in any form.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(diagnostics: Sequence[Diagnostic], style: Style) -> str:
    """XML as JUnit's reports have it; with no finding one test that passed, since servers refuse an empty report."""
    suites: dict[str, list[Diagnostic]] = {}
    for found in diagnostics:
        suites.setdefault(in_repository(found.path) or "netc", []).append(found)
    body = [_suite(path, findings) for path, findings in suites.items()] or [_passed()]
    failures = sum(map(_fails, diagnostics))
    head = f'<testsuites name="netc lint" tests="{max(len(diagnostics), 1)}" failures="{failures}" errors="0">'
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', head, *body, "</testsuites>"]) + "\n"


def _fails(found: Diagnostic) -> bool:
    return found.severity is not Severity.INFO


def _suite(path: str, findings: Sequence[Diagnostic]) -> str:
    failures = sum(map(_fails, findings))
    head = f'  <testsuite name={_value(path)} tests="{len(findings)}" failures="{failures}" errors="0" skipped="0">'
    return "\n".join([head, *(_case(path, found) for found in findings), "  </testsuite>"])


def _case(path: str, found: Diagnostic) -> str:
    begin = found.primary.begin if found.primary is not None else None
    name = f"{found.code} at {begin.line}:{begin.column}" if begin is not None else found.code
    line = f' line="{begin.line}"' if begin is not None else ""
    text = f"{found.primary if begin is not None else path}: {found.severity}[{found.code}] {found.message}"
    text += "".join(f"\n{step.span}: {step.text}" for step in found.labels)
    text += f"\nhelp: {found.help}" if found.help else ""
    said = escape(_clean(text))
    if _fails(found):
        inner = f'<failure type="{found.severity}" message={_value(found.message)}>{said}</failure>'
    else:
        inner = f"<system-out>{said}</system-out>"
    case = f"<testcase name={_value(name)} classname={_value(path)} file={_value(path)}{line}>"
    return f"    {case}\n      {inner}\n    </testcase>"


def _passed() -> str:
    return (
        '  <testsuite name="netc" tests="1" failures="0" errors="0" skipped="0">\n'
        '    <testcase name="no findings" classname="netc"/>\n'
        "  </testsuite>"
    )


def _value(text: str) -> str:
    return quoteattr(_clean(text))


def _clean(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
