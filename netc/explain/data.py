"""The pages that are kept as data: `netc/explain/pages/*.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

#: Where the language is documented as a whole.
LANGUAGE = "docs/language.md"


@cache
def pages(name: str) -> Mapping[str, Mapping[str, Any]]:
    """The pages of `functions`, `keywords` or `types`, by the word that each is about, in the order to list them."""
    return tomllib.loads((Path(__file__).parent / "pages" / f"{name}.toml").read_text(encoding="utf-8"))


def examples(pairs: list[list[str]]) -> str:
    """Expressions with what they are, one a line: `subnet(…)  ->  10.42.3.0/24`."""
    return "\n".join(f"{expression}\n  {value}" for expression, value in pairs)
