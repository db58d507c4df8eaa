"""`netc completion`: a script for bash, zsh or fish, and what the scripts ask while somebody types.

The scripts know nothing by themselves: they hand the words before the cursor to `netc __complete`, which prints one
candidate a line, and `:files` where names of files fit as well.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence

from netc.resources import folder

EXAMPLES = """examples:
  source <(netc completion bash)                                     in ~/.bashrc
  netc completion zsh > "${fpath[1]}/_netc"
  netc completion fish > ~/.config/fish/completions/netc.fish"""

_SHELLS = ("bash", "zsh", "fish")
#: The line that says that names of files fit too.
_FILES = ":files"
#: A file larger than this is not read while somebody waits for a name.
_MAX_BYTES = 1_000_000


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("shell", metavar="SHELL", choices=_SHELLS, help="bash, zsh or fish")


def run(arguments: argparse.Namespace) -> int:
    """Print the script."""
    script = folder("templates") / "completion" / f"netc.{arguments.shell}"
    sys.stdout.write(script.read_text(encoding="utf-8"))
    return 0


def answer(words: Sequence[str]) -> int:
    """Print what the last of `words`, those behind `netc`, may become. Whatever goes wrong, nothing is said of it."""
    try:
        found = list(candidates(words))
    except (Exception, SystemExit):  # noqa: BLE001  # a half-typed line is no mistake
        found = []
    sys.stdout.write("".join(f"{one}\n" for one in found))
    return 0


def candidates(words: Sequence[str]) -> Iterator[str]:
    """The words that start with the last of `words` and make sense there; `:files` where a file does."""
    *before, current = words or [""]
    for one in dict.fromkeys(_all(before, current)):
        if one == _FILES or one.startswith(current):
            yield one


def _all(before: Sequence[str], current: str) -> Iterable[str]:
    from netc.cli.main import COMMANDS, command_of

    if not before:
        return [*COMMANDS, "help", "--help", "--version"]
    name, *given = before
    if name == "help":
        return [*COMMANDS, *_topics(current)]
    if name not in COMMANDS:
        return ()
    _, parser = command_of(name)
    return _arguments(name, parser, given, current)


def _arguments(name: str, parser: argparse.ArgumentParser, given: Sequence[str], current: str) -> Iterator[str]:
    options = {text: action for action in parser._actions for text in action.option_strings}
    last = options.get(given[-1]) if given else None
    if last is not None and last.nargs != 0:
        yield from _values(last, given, current)
        return
    if current.startswith("-"):
        yield from options
        return
    if name == "explain":
        yield from _topics(current)
    positional = [action for action in parser._actions if not action.option_strings]
    for action in positional:
        yield from map(str, action.choices or ())
        if _takes_files(action):
            yield _FILES
    if name == "attach":
        yield from _networks(given)


def _values(action: argparse.Action, given: Sequence[str], current: str) -> Iterator[str]:
    """What may stand behind an option."""
    yield from map(str, action.choices or ())
    if action.metavar == "CODE":
        lead = current.rpartition(",")[0]
        yield from (f"{lead},{code}" if lead else code for code in _codes())
    elif action.dest == "network":
        yield from _networks(given)
    elif action.dest == "params":
        yield from _params(given)
    elif _takes_files(action):
        yield _FILES


def _takes_files(action: argparse.Action) -> bool:
    return action.metavar in ("FILE", "DIR", "PATH")


def _topics(current: str) -> Iterator[str]:
    """What `netc explain` knows; keys only once a dot, or nothing else, asks for them: there are hundreds."""
    from netc import explain

    if "." in current:
        yield from explain.topics()
    else:
        yield from (topic for topic in explain.topics() if "." not in topic)


def _codes() -> Iterator[str]:
    from netc.lint.catalogue import all_rules

    yield from (rule.code for rule in all_rules())
    yield from (rule.name for rule in all_rules())


def _networks(given: Sequence[str]) -> Iterator[str]:
    """The networks whose names stand in the files on the command line."""
    yield from _named(given, r"^[ \t]*network[ \t]+(?:\"([\w.-]+)\"|([\w-]+))")


def _params(given: Sequence[str]) -> Iterator[str]:
    yield from (f"{name}=" for name in _named(given, r"^[ \t]*param[ \t]+([\w-]+)"))


def _named(given: Sequence[str], pattern: str) -> Iterator[str]:
    """What a pattern finds in the .netc files; to parse them would take longer than a person waits."""
    import re

    for path in given:
        if path.endswith(".netc"):
            with open(path, encoding="utf-8", errors="replace") as file:
                text = file.read(_MAX_BYTES)
            for match in re.finditer(pattern, text, re.MULTILINE):
                yield next(group for group in match.groups() if group)
