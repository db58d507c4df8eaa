"""Did-you-mean: the known word that a person most likely meant."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The word of `known` closest to `word`; None where none is close enough to be worth saying.

    A different case alone is always close. Otherwise up to a third of the word may differ, counting an exchange of
    two neighbours as one difference.
    """
    best: tuple[int, str] | None = None
    for candidate in known:
        if candidate.lower() == word.lower():
            return candidate
        allowed = max(1, min(len(word), len(candidate)) // 3)
        if abs(len(candidate) - len(word)) <= allowed:
            far = distance(word.lower(), candidate.lower(), allowed)
            if far <= allowed and (best is None or (far, candidate) < best):
                best = (far, candidate)
    return best[1] if best is not None else None


def distance(a: str, b: str, limit: int) -> int:
    """Edits (insert, delete, replace, swap neighbours) from `a` to `b`; `limit + 1` where there are more."""
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        now = [i]
        for j, y in enumerate(b, 1):
            cost = min(row[j] + 1, now[j - 1] + 1, row[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, before[j - 2] + 1)
            now.append(cost)
        if min(now) > limit:
            return limit + 1
        before, row = row, now
    return row[-1]
