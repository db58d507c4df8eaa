"""Which findings are reported, and which make `netc lint` fail: what the command line and netc.toml say of them.

A word for findings is a code (`NC203`), the start of codes (`NC2`, `NC`) or a name (`overlapping-networks`). Of two
that fit one finding the longer decides, and of two as long the one that ignores. `--select` takes the place of the
project's `select`, and counts before an `ignore` of the project that is as long. What is ignored of single files is
ignored whoever selects it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Literal

from netc.dataclass import dataclass
from netc.diagnostics import Diagnostic, Severity, error, ordered
from netc.project_file import PROJECT_FILE
from netc.sources import Span

if TYPE_CHECKING:
    from netc.project_file import ProjectFile, Setting

FailOn = Literal["error", "warning", "info", "never"]
#: What fails, by the least that does.
FAILING: dict[str, tuple[Severity, ...]] = {
    "never": (),
    "error": (Severity.ERROR,),
    "warning": (Severity.ERROR, Severity.WARNING),
    "info": (Severity.ERROR, Severity.WARNING, Severity.INFO),
}
_START = re.compile(r"NC[0-9]{0,3}")


class UnknownFindings(Exception):
    """A word that stands for no finding. `str()` is the message, `help` the fix, `word` the word itself."""

    def __init__(self, word: str, help: str | None) -> None:
        super().__init__(f"netc has no finding {word!r}")
        self.word, self.help = word, help


@dataclass(frozen=True, slots=True)
class Choice:
    """The starts of codes that are selected, None for all, and those that are ignored."""

    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()

    def of(self, code: str) -> bool | None:
        """Whether a code is chosen by what is said of it; None where nothing is."""
        wanted, unwanted = _longest(code, self.select or ()), _longest(code, self.ignore)
        return None if wanted == unwanted == -1 else wanted > unwanted


@dataclass(frozen=True, slots=True)
class Policy:
    """What `[lint]` of a netc.toml says. `per_file` are patterns for paths from `root`, with what each ignores."""

    root: Path
    choice: Choice = Choice()
    per_file: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = ()
    fail_on: str | None = None
    baseline: Path | None = None


@dataclass(frozen=True, slots=True)
class Selection:
    """What the command line says. `fail_on` is None where it says nothing."""

    choice: Choice = Choice()
    fail_on: str | None = None

    def reports(self, found: Diagnostic, policy: Policy | None, file: Path) -> bool:
        """Whether a finding in `file`, an absolute path, is reported; `policy` is that of the file's project.

        A file that can't be read is reported, unless the very kind of mistake is ignored: to leave it out because
        other findings were selected would call a file clean that nobody has looked into.
        """
        policy = policy or Policy(Path("/"))
        if any(_longest(found.code, words) >= 0 for words in _of_file(policy, file)):
            return False
        if self.choice.of(found.code) is False:
            return False
        select = policy.choice.select if self.choice.select is None else self.choice.select
        wanted, unwanted = _longest(found.code, select or ()), _longest(found.code, policy.choice.ignore)
        if unwanted >= 0 and (unwanted > wanted or (unwanted == wanted and self.choice.select is None)):
            return False
        return wanted >= 0 or select is None or (found.code.startswith("NC1") and found.severity is Severity.ERROR)

    def fails(self, found: Diagnostic, policy: Policy | None) -> bool:
        """Whether a finding that is reported makes the exit code 1."""
        fail_on = self.fail_on or (policy.fail_on if policy is not None else None) or "warning"
        return found.severity in FAILING[fail_on]


def starts(words: Iterable[str]) -> tuple[str, ...]:
    """The starts of codes that words, or lists of them with commas, stand for; raises `UnknownFindings`."""
    return tuple(_start(word.strip()) for listed in words for word in listed.split(",") if word.strip())


def policy(project: ProjectFile) -> tuple[Policy, tuple[Diagnostic, ...]]:
    """What a project's `[lint]` says, with findings about words in it that stand for nothing."""
    findings: list[Diagnostic] = []

    def listed(key: str) -> tuple[str, ...] | None:
        setting = project.setting("lint", key)
        return None if setting is None else _starts_in(setting.value, setting, findings)

    per_file = project.setting("lint", "per-file-ignores")
    patterns = per_file.value.items() if per_file is not None else ()
    ignored = tuple((pattern(glob), _starts_in(words, per_file, findings)) for glob, words in patterns if per_file)
    fail_on, baseline = project.setting("lint", "fail-on"), project.setting("lint", "baseline")
    found = Policy(
        project.root.absolute(),
        Choice(listed("select"), listed("ignore") or ()),
        ignored,
        fail_on.value if fail_on is not None else None,
        project.root.absolute() / baseline.value if baseline is not None else None,
    )
    return found, tuple(ordered(findings))


def pattern(glob: str) -> re.Pattern[str]:
    """What a path with `/` between its parts fits.

    `*` and `?` stay in one part, `**` spans parts, `[ab]` is one of these characters and `[!ab]` any other. Without a
    `/`, before its end, a pattern fits at any depth. One for a folder fits all below it.
    """
    inside = glob.strip("/")
    lead = "" if "/" in glob.rstrip("/") else "(?:.*/)?"
    parts = re.split(r"(\*\*/|\*\*|\*|\?|\[!?[^\]/]+\])", inside)
    made = "".join(_glob_part(part) if at % 2 else re.escape(part) for at, part in enumerate(parts))
    return re.compile(f"{lead}{made}(?:/.*)?", re.DOTALL)


def _glob_part(part: str) -> str:
    known = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    if part in known:
        return known[part]
    inner = re.sub(r"([\\\[\]^&~|])", r"\\\1", part[2:-1] if part[1] == "!" else part[1:-1])
    return f"(?!/)[{'^' if part[1] == '!' else ''}{inner}]"


def _of_file(policy: Policy, file: Path) -> Iterable[tuple[str, ...]]:
    if not policy.per_file or not file.is_relative_to(policy.root):
        return ()
    path = PurePath(file).relative_to(policy.root).as_posix()
    return (words for fits, words in policy.per_file if fits.fullmatch(path))


def _starts_in(words: Sequence[str], setting: Setting, findings: list[Diagnostic]) -> tuple[str, ...]:
    try:
        return starts(words)
    except UnknownFindings as unknown:
        at = max(setting.span.text.find(unknown.word), 0)
        place = Span(setting.span.source, setting.span.start + at, setting.span.start + at + len(unknown.word))
        findings.append(error(PROJECT_FILE.code, str(unknown), place, help=unknown.help))
        return ()


def _longest(code: str, words: Iterable[str]) -> int:
    return max((len(word) for word in words if code.startswith(word)), default=-1)


@cache
def _start(word: str) -> str:
    from netc.lint.catalogue import all_rules
    from netc.spelling import nearest

    rules = all_rules()
    if _START.fullmatch(word) and any(rule.code.startswith(word) for rule in rules):
        return word
    named = {rule.name: rule.code for rule in rules}
    if word in named:
        return named[word]
    meant = nearest(word, [*named, *named.values()])
    raise UnknownFindings(word, f"did you mean {meant}?" if meant else "netc lint --list shows all")
