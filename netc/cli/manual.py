"""`netc help --man`: the manual page, of the same words as every `--help`."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from netc.cli.main import COMMANDS, command_of
from netc.version import VERSION

_EXIT_CODES = (
    ("0", "clean"),
    ("1", "findings, failed expectations, or differences"),
    ("2", "wrong use, or input that can't be read"),
    ("3", "this machine can't: what it says names the setting or the package"),
    ("130", "interrupted"),
)
_ENVIRONMENT = (
    ("CNI_PATH", "folders with plugin binaries, with colons between them"),
    ("NO_COLOR", "no colours, whatever the terminal can"),
    ("NETC_DEBUG", "show the traceback of a bug in netc"),
)


def page() -> str:
    """The whole page in the language of man(7): each command with its options and examples."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield f'.TH NETC 1 "" "netc {VERSION}" "User Commands"'
    yield from (".SH NAME", r"netc \- networks for containers, from a description that is checked")
    yield from (".SH SYNOPSIS", r".B netc", r"\fICOMMAND\fR [\fIargument\fR ...]")
    yield ".SH DESCRIPTION"
    yield _text("netc compiles .netc files to CNI configurations, finds what is wrong with those, and dry-runs them.")
    yield ".SH COMMANDS"
    for name in COMMANDS:
        yield from _command(name)
    for title, entries in (("EXIT STATUS", _EXIT_CODES), ("ENVIRONMENT", _ENVIRONMENT)):
        yield f".SH {title}"
        for term, words in entries:
            yield from _entry(term, words)


def _command(name: str) -> Iterator[str]:
    command, parser = command_of(name)
    yield f'.SS "netc {name}"'
    yield _text(f"{COMMANDS[name][0].upper()}{COMMANDS[name][1:]}.")
    yield ".PP"
    yield _text(" ".join(parser.format_usage().split()).removeprefix("usage: "))
    formatter = parser._get_formatter()
    for action in parser._actions:
        if action.help is argparse.SUPPRESS or "-h" in action.option_strings:
            continue
        words = formatter._expand_help(action) if action.help else ""
        yield from _entry(formatter._format_action_invocation(action), words)
    head, _, examples = command.EXAMPLES.partition("\n")
    yield from (".PP", _text(head[0].upper() + head[1:]), ".PP", ".nf", ".RS 4")
    yield from (_text(line.removeprefix("  ")) for line in examples.splitlines())
    yield from (".RE", ".fi")


def _entry(term: str, words: str) -> Iterator[str]:
    yield from (".TP", rf"\fB{_text(term)}\fR", _text(words))


def _text(words: str) -> str:
    """A line that roff takes for text: no control line, and each hyphen what a shell wants to be given."""
    escaped = words.replace("\\", r"\e").replace("-", r"\-").replace("`", r"\(ga").replace("'", r"\(aq")
    return rf"\&{escaped}" if escaped.startswith((".", "\\(aq")) else escaped
