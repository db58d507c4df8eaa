"""What differs between two lives, and which of it is meant to."""

from __future__ import annotations

import fnmatch
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.case import Case
from harness.life import Record


@dataclass(frozen=True)
class Line:
    """A line of one side that the other does not have: `sign` is `-` for the reference plugins', `+` for netc's."""

    moment: str
    sign: str
    text: str

    def __str__(self) -> str:
        return f"{self.sign} {self.text}"


@dataclass(frozen=True)
class Difference:
    """A difference that is meant: patterns of the lines that only the `reference`, only `netc` has, and why."""

    plugin: str
    cases: tuple[str, ...]
    why: str
    reference: tuple[str, ...] = ()
    netc: tuple[str, ...] = ()

    def covers(self, case: Case) -> bool:
        return any(fnmatch.fnmatchcase(case.name, pattern) for pattern in self.cases)

    def patterns(self) -> Iterator[tuple[str, str]]:
        """(sign, pattern) of all."""
        yield from (("-", pattern) for pattern in self.reference)
        yield from (("+", pattern) for pattern in self.netc)


def listed(path: Path) -> list[Difference]:
    """The differences that a file lists."""
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    return [
        Difference(**{key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()})
        for entry in document["difference"]
    ]


def compare(case: Case, reference: Record, netc: Record) -> list[Line]:
    """The lines that differ, moment by moment."""
    assert [moment for moment, _ in reference] == [moment for moment, _ in netc], "the two lives took other turns"
    # iptables' own rules only say something where both sides use it.
    plain = all(any("host iptables " in line for _, lines in record for line in lines) for record in (reference, netc))
    found = []
    for (moment, theirs), (_, ours) in zip(reference, netc, strict=True):
        wanted, got = (
            Counter(line for line in lines if plain or not line.startswith("host iptables "))
            for lines in (theirs, ours)
        )
        missing, extra = sorted((wanted - got).elements()), sorted((got - wanted).elements())
        missing, extra = _folded(missing, ours), _folded(extra, theirs)
        for words in case.fails:
            _drop_same_errors(words, missing, extra)
        found += [Line(moment, "-", line) for line in missing] + [Line(moment, "+", line) for line in extra]
    return found


def _folded(lines: list[str], other: list[str]) -> list[str]:
    """The same lines, but one for a link that the other side does not have at all, instead of all that is on it."""
    elsewhere = {line.partition(": ")[0] for line in other}
    links = {line.partition(": ")[0] for line in lines if re.match(r"\S+ link ", line)} - elsewhere
    for link in sorted(links):
        place, _, name = link.partition(" link ")
        about = re.compile(
            rf"{place} (link|vlan|address|route|sysctl|qdisc|filter) .*(?<![\w.]){re.escape(name)}(?![\w.])"
        )
        lines = [line for line in lines if not about.match(line)] + [f"{link} with all that is on it"]
    return sorted(lines)


def _drop_same_errors(words: str, missing: list[str], extra: list[str]) -> None:
    """Two errors of the same plugin and code with these words in them are the same error."""
    for one in list(missing):
        start = re.match(r"\S+ \w*: fails with code \d+: ", one)
        if start is None or words not in one:
            continue
        other = next((line for line in extra if line.startswith(start[0]) and words in line), None)
        if other is not None:
            missing.remove(one)
            extra.remove(other)


def lacking(case: Case, record: Record) -> list[str]:
    """The words that the case says an error has, and none does."""
    errors = [line for _, lines in record for line in lines if "fails with code" in line]
    return [words for words in case.fails if not any(words in line for line in errors)]


def occurring(case: Case, lines: Iterable[Line], differences: Iterable[Difference]) -> set[tuple[int, str, str]]:
    """(index of the difference, sign, pattern) of those that explain a line of this case."""
    return {
        (index, sign, pattern)
        for index, difference in enumerate(differences)
        if difference.covers(case)
        for sign, pattern in difference.patterns()
        if any(line.sign == sign and re.search(pattern, f"{line.moment} | {line.text}") for line in lines)
    }


def unexplained(case: Case, lines: Iterable[Line], differences: Iterable[Difference]) -> list[Line]:
    """The lines that no listed difference covers."""
    patterns = [pair for difference in differences if difference.covers(case) for pair in difference.patterns()]
    return [
        line
        for line in lines
        if not any(
            line.sign == sign and re.search(pattern, f"{line.moment} | {line.text}") for sign, pattern in patterns
        )
    ]


class Judge:
    """Compares the lives of cases, one after the other, and knows in the end which listed differences were not seen."""

    def __init__(self, cases: Sequence[Case], differences: Sequence[Difference]) -> None:
        self.cases, self.differences = cases, differences
        #: By the name of each case that was compared: which listed differences it showed.
        self.seen: dict[str, set[tuple[int, str, str]]] = {}

    def verdict(self, case: Case, reference: Record, netc: Record) -> str:
        """What is wrong: lines that no listed difference covers, promised words that nobody says; "" if nothing is."""
        lines = compare(case, reference, netc)
        self.seen[case.name] = occurring(case, lines, self.differences)
        left = unexplained(case, lines, self.differences)
        sides = {"the reference plugins": reference, "netc": netc}
        said = [f"no error of {side} says {words!r}" for side, life in sides.items() for words in lacking(case, life)]
        return "\n".join(["- reference plugins, + netc:", shown(left), *said]) if left or said else ""

    def stale(self) -> list[str]:
        """What is listed and did not occur.

        Nothing is said of a pattern of names as long as not every case that it matches was compared. Raises
        `ValueError` for one that matches none.
        """
        found = []
        for index, difference in enumerate(self.differences):
            for name in difference.cases:
                matching = [one.name for one in self.cases if fnmatch.fnmatchcase(one.name, name)]
                if not matching:
                    raise ValueError(f"no case is called {name}")
                if not all(one in self.seen for one in matching):
                    continue
                occurred = set().union(*(self.seen[one] for one in matching))
                found += [
                    f"{name} ({difference.plugin}): {sign} {pattern}"
                    for sign, pattern in difference.patterns()
                    if (index, sign, pattern) not in occurred
                ]
        return found


def shown(lines: Iterable[Line]) -> str:
    """The lines under their moments, `-` the reference plugins', `+` netc's."""
    text, moment = [], ""
    for line in lines:
        if line.moment != moment:
            moment = line.moment
            text.append(f"@ {moment}")
        text.append(str(line))
    return "\n".join(text)
