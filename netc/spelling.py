"""Did you mean: the known word next to a misspelt one."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The word among `known` that `word` is most likely meant to be; None where none is near."""
    if len(word) > 60:
        return None
    best: tuple[int, bool, str] | None = None
    limit = 1 if len(word) <= 4 else 2 if len(word) <= 8 else 3
    folded = _fold(word)
    for candidate in sorted(known):
        if _fold(candidate) == folded:
            return candidate
        if abs(len(candidate) - len(word)) <= limit:
            distance = _distance(word.lower(), candidate.lower())
            # Of two at one distance, the one that begins alike: few mistype the first letter.
            guess = (distance, word[:1].lower() != candidate[:1].lower(), candidate)
            if distance <= limit and distance < len(candidate) and (best is None or guess < best):
                best = guess
    return best[2] if best is not None else None


def surely(word: str, known: Iterable[str]) -> str | None:
    """The word that `word` can only be a slip of: one letter away, or the same in another case, and no other near."""
    words = sorted(known)
    near = nearest(word, words)
    if near is None or len(word) < 5:
        return None
    same = [one for one in words if _fold(one) == _fold(word)]
    if same:
        return near if same == [near] else None
    rivals = [one for one in words if one != near and abs(len(one) - len(word)) <= 2]
    if _distance(word.lower(), near.lower()) > 1:
        return None
    return near if all(_distance(word.lower(), one.lower()) > 2 for one in rivals) else None


def suggest(word: str, known: Iterable[str], mark: str = "") -> str | None:
    """A help line that names the nearest word, or lists the words where they are few; None where there is none.

    `mark` goes around the names, such as `()` behind a function's.
    """
    words = sorted(known)
    near = nearest(word, words)
    if near is not None:
        return f"did you mean {near}{mark}?"
    return f"there is {', '.join(w + mark for w in words)}" if 0 < len(words) <= 10 else None


def _fold(word: str) -> str:
    return word.lower().replace("_", "").replace("-", "")


def _distance(left: str, right: str) -> int:
    """Insertions, deletions, replacements and swaps of neighbours that turn one into the other."""
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, x in enumerate(left, 1):
        before, last, row = row, before, [i]
        for j, y in enumerate(right, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y))
            if i > 1 and j > 1 and x == right[j - 2] and left[i - 2] == y:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
    return row[-1]
