"""The `netc` command: finds the subcommand, turns every way to fail into a message and an exit code.

Exit codes: 0 clean; 1 findings, failed expectations, differences; 2 wrong use or unreadable input; 3 this machine
can't; 130 interrupted. A bug in netc itself ends with 70.
"""

from __future__ import annotations

import argparse
import importlib
import io
import os
import sys
from collections.abc import Mapping, Sequence
from typing import NoReturn, Protocol, cast

from netc.spelling import nearest

CLEAN, FINDINGS, MISUSE, UNABLE, INTERRUPTED, BUG = 0, 1, 2, 3, 130, 70

#: Subcommand to what it does; each is a module of this package, imported when it is called.
COMMANDS: Mapping[str, str] = {
    "init": "start a project in a folder",
    "build": "compile a .netc file to conflists",
    "lint": "report what is wrong with .netc files",
    "fmt": "lay .netc files out",
    "adopt": "make .netc files of conflists and manifests that you have",
    "ipam": "show the address plan of a project, and change it",
    "explain": "explain a plugin, a key, a word of the language, or a finding",
    "eval": "print the value of an expression",
    "attach": "dry-run a network in a throw-away sandbox and show what it does",
    "test": "run the tests that files have, and the life of every network",
    "conform": "try on a plugin binary what the specification asks of it",
    "graph": "draw networks: containers, bridges, the way out",
    "diff": "compare networks, and say what the change means for running pods",
    "run": "run a command, or a container, on a network",
    "plugin": "be a CNI plugin, or install netc's drivers as plugins",
    "doctor": "say what this machine can do for netc, and what it lacks",
    "cni": "run a network's plugins on this machine, as cnitool does",
    "completion": "print a script that completes commands in bash, zsh or fish",
    "version": "print the versions of netc and of the CNI specification",
}


class Command(Protocol):
    """What a subcommand's module offers."""

    EXAMPLES: str

    def configure(self, parser: argparse.ArgumentParser) -> None:
        """Declare the arguments."""

    def run(self, arguments: argparse.Namespace) -> int:
        """Do it; the exit code."""


class _Parser(argparse.ArgumentParser):
    """argparse with netc's own words for a wrong call: one line, a suggestion, where to read on."""

    def error(self, message: str) -> NoReturn:
        help = f"{self.prog} --help shows examples and all options"
        if message.startswith("unrecognized arguments: -"):
            word = message.partition(": ")[2].split()[0].partition("=")[0]
            meant = nearest(word, self._option_string_actions)
            message, help = f"no option {word}", f"did you mean {meant}?" if meant else help
        sys.stderr.write(f"{self.prog}: {message}\n  help: {help}\n")
        raise SystemExit(MISUSE)


class _Help(argparse.RawDescriptionHelpFormatter):
    """argparse's own, which loads `shutil` for the width of the terminal before anybody wants help."""

    def __init__(self, prog: str) -> None:
        columns = os.environ.get("COLUMNS", "")
        try:
            width = int(columns) if columns.isdigit() else os.get_terminal_size(sys.stdout.fileno()).columns
        except (OSError, ValueError):
            width = 80
        super().__init__(prog, width=(width or 80) - 2)


def main(argv: Sequence[str] | None = None) -> int:
    """Run `netc` with these arguments (those of the process by default); returns the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a locale must not decide whether there is an answer
    try:
        code = _run(words)
        sys.stdout.flush()
    except KeyboardInterrupt:
        sys.stderr.write("netc: interrupted\n")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output went away: there is nobody left to tell, and nothing may fail at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + 13
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else CLEAN
    except Exception as error:  # noqa: BLE001  # the last resort: no input may show a traceback
        return _report_bug(error, words)
    return code


def _run(words: list[str]) -> int:
    name = next((word for word in words if not word.startswith("-")), None)
    if name is None or words[0].startswith("-"):
        return _without_command(words)
    if name == "help":
        return _help(words[1:])
    if name == "__complete":
        from netc.cli import completion

        return completion.answer(words[1:])
    if name not in COMMANDS:
        meant = nearest(name, COMMANDS)
        sys.stderr.write(f"netc: no command {name!r}\n  help: ")
        sys.stderr.write(f"did you mean `netc {meant}`?\n" if meant else f"commands: {', '.join(COMMANDS)}\n")
        return MISUSE
    command, parser = command_of(name)
    if getattr(command, "TAKES_COMMAND", False):
        at = words.index("--") if "--" in words else len(words)
        return command.run(parser.parse_intermixed_args(words[1:at], argparse.Namespace(behind=words[at + 1 :])))
    # Options may stand between two files, or between a file and an expression; behind `--` there are none.
    parse = parser.parse_args if "--" in words else parser.parse_intermixed_args
    arguments = parse(words[1:])
    if getattr(arguments, "watch", False) and (paths := arguments.paths if "paths" in arguments else [arguments.file]):
        from netc.cli import watching

        return watching.again(words, paths)
    return command.run(arguments)


def command_of(name: str) -> tuple[Command, argparse.ArgumentParser]:
    """The module of a subcommand and the parser of its arguments."""
    command = cast(Command, importlib.import_module(f"netc.cli.{name}"))
    parser = _Parser(
        prog=f"netc {name}",
        usage=None,
        description=f"{COMMANDS[name][0].upper()}{COMMANDS[name][1:]}.\n\n{command.EXAMPLES}",
        formatter_class=_Help,
        allow_abbrev=False,
    )
    command.configure(parser)
    return command, parser


def _help(topics: list[str]) -> int:
    """`netc help`: of a command how to call it, of anything else what it is; `--man` is the manual page."""
    if not topics:
        return _without_command(["--help"])
    if topics == ["--man"]:
        from netc.cli import manual

        sys.stdout.write(manual.page())
        return CLEAN
    if topics[0] in COMMANDS:
        return _run([topics[0], "--help"])
    return _run(["explain", *topics])


def _without_command(words: list[str]) -> int:
    if words and words[0] in ("--version", "-V"):
        return _run(["version"])
    stream = sys.stdout if words and words[0] in ("--help", "-h") else sys.stderr
    if words and stream is sys.stderr:
        stream.write(f"netc: no option {words[0]}\n  help: netc --help shows the commands\n")
        return MISUSE
    stream.write("Networks for containers, from a description that is checked.\n\n")
    stream.write("  netc build dbnet.netc            write dbnet.conflist\n")
    stream.write("  netc lint .                      check every .netc file below this folder\n")
    stream.write("  netc attach dbnet.netc           try it in a sandbox: ADD, CHECK, DEL, what is left\n")
    stream.write("  netc explain bridge.ipMasq       what a key means, its type and default, an example\n\n")
    stream.write("commands:\n")
    for name, summary in COMMANDS.items():
        stream.write(f"  {name:<10} {summary}\n")
    stream.write("\nnetc COMMAND --help says more; netc help --man > netc.1 makes the manual page.\n")
    return CLEAN if stream is sys.stdout else MISUSE


def _report_bug(error: Exception, words: list[str]) -> int:
    """A bug: say so, keep the traceback in a file, show it only to those who ask."""
    import platform
    import tempfile
    import traceback

    from netc.version import VERSION

    text = "".join(traceback.format_exception(error))
    if os.environ.get("NETC_DEBUG"):
        sys.stderr.write(text)
    sys.stderr.write(f"netc: this is a bug in netc: {type(error).__name__}: {error}\n")
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="netc-bug-", suffix=".txt", delete=False, encoding="utf-8"
        ) as file:
            file.write(f"netc {VERSION}, Python {platform.python_version()}, {platform.platform()}\n")
            file.write(f"arguments: {words!r}\n\n{text}")
        sys.stderr.write(f"  help: please file {file.name} with the input that caused it; NETC_DEBUG=1 shows it here\n")
    except OSError:
        sys.stderr.write("  help: run it again with NETC_DEBUG=1 and file what that shows\n")
    return BUG


if __name__ == "__main__":
    raise SystemExit(main())
