"""No text whatever makes an exception, and every finding has a place and is in words."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from netc.lang import evaluate, parse
from netc.lang.parser import _with_mistakes
from netc.sources import Source

ROOT = Path(__file__).parents[2]
EXAMPLES = [
    *(path.read_text(encoding="utf-8") for path in sorted((ROOT / "examples").rglob("*.netc"))),
    *(
        re.sub(r"[ \t]*### NC.*", "", path.read_text(encoding="utf-8"))
        for path in sorted((ROOT / "tests/cases").rglob("*.netc"))
    ),
]
WORDS = [
    *[
        "{",
        "}",
        "[",
        "]",
        "(",
        ")",
        '"',
        '"""',
        "${",
        "=",
        "==",
        ":",
        ",",
        ".",
        "...",
        "?",
        "??",
        "||",
        "&&",
        "-",
        "+",
        "!",
        "#",
        "\\",
        "'",
        ";",
        "//",
        "=>",
        "@",
        "/",
        "%",
        "<",
    ],
    *[
        "network",
        "plugin",
        "use",
        "let",
        "param",
        "chain",
        "if",
        "for",
        "in",
        "key",
        "where",
        "assert",
        "type",
        "func",
        "test",
        "attach",
        "expect",
        "error",
        "within",
    ],
    *["10.1.0.0/16", "fd00::1", "1500", "100mbit", "a", "n", "true", "null", "and", "not", "else", "é"],
    "\n",
    "\t",
    "\r\n",
]
TERMINALS = re.compile(r"\b(?:IDENT|LITERAL|[A-Z]+_[A-Z]+|LBRACE|RBRACE|LSQB|RSQB|LPAR|RPAR|_EQUAL|_COLON|\$END)\b")


def check(text: str) -> None:
    source = Source("t.netc", text)
    parsed = parse(source)
    found = list(parsed.diagnostics)
    assert parsed.file is not None or found
    if parsed.file is not None:
        # Lark's own loop and lexer, which read what does not follow the grammar, see the same in what does.
        assert {(each.message, each.primary) for each in _with_mistakes(source).diagnostics} == {
            (each.message, each.primary) for each in found
        }
    if parsed.file is not None:
        found += evaluate(parsed.file, {}).diagnostics
    for each in found:
        assert each.primary is not None
        assert 0 <= each.primary.start <= each.primary.end <= len(each.primary.source.text)
        assert TERMINALS.search(text) or not TERMINALS.search(each.message)
        assert each.message
        assert "\n" not in each.message


@st.composite
def mangled(draw: st.DrawFn) -> str:
    text = draw(st.sampled_from([chunk for text in EXAMPLES for chunk in text.split("\n---\n")]))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 8)))
        text = text[:start] + draw(st.sampled_from(["", *WORDS])) + text[end:]
    return text


@settings(max_examples=150, deadline=None)
@given(mangled())
@example('let a = "l\n')
def test_mangled_files(text: str) -> None:
    """Files as people write them, with pieces cut out and put in."""
    check(text)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join))
def test_token_soup(text: str) -> None:
    """Words in any order."""
    check(text)


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=40))
def test_any_text(text: str) -> None:
    """Characters in any order."""
    check(text)
    check(f'let x = "{text}"')
