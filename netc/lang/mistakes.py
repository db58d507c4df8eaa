"""What is wrong with a text that does not follow the grammar, in words, with the usual fix.

`explain` asks each of `_SLIPS` in turn; the first that knows the mistake says it and how to read on. What none knows
is said in general terms: what was found, and what could have stood there.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from netc.lang.build import Builder
from netc.lang.foreign import HABITS, digits, import_
from netc.lang.recovery import Reader, Repair
from netc.lang.token import Token
from netc.spelling import nearest

ITEMS = ("import", "param", "let", "chain", "pool", "type", "func", "pod", "network", "assert", "test")
STATEMENTS = ("plugin", "use", "let", "assert")

#: What other languages call an item.
_ELSEWHERE = {
    "variable": "param",
    "var": "let",
    "const": "let",
    "local": "let",
    "locals": "let",
    "def": "func",
    "function": "func",
    "fn": "func",
    "include": "import",
    "source": "import",
    "module": "import",
    "struct": "type",
    "template": "chain",
    "net": "network",
    "conflist": "network",
    "parameter": "param",
    "input": "param",
    "pods": "pod",
    "check": "assert",
}
_VALUE_STARTS = ("IDENT", "LITERAL", "STR_OPEN", "TEXT_OPEN", "LBRACE", "LSQB", "LPAR", "NEGATIVE", "NOT_SIGN")
_OPERATORS = (
    "COALESCE",
    "OR",
    "AND",
    "COMPARE",
    "PLUS",
    "MINUS",
    "STAR",
    "SLASH",
    "PERCENT",
    "IN",
    "NOT_SIGN",
    "NEGATIVE",
)
_WORD = re.compile(r"[A-Za-z_][\w-]*")
_ZERO = (("LITERAL", "0"),)
_NULL = (("IDENT", "null"),)


def find(lark: Any, builder: Builder) -> None:
    """Note in `builder.found` what is wrong with its source, which Lark could not read."""
    Reader(lark, builder).read()


def before(reader: Reader, token: Token) -> Repair | None:
    """A mistake that shows although `token` fits: an item or statement begins where a value is missing."""
    last = reader.last()
    if token.type != "IDENT" or last is None or last.type not in ("_EQUAL", *_OPERATORS):
        return None
    at = token.start_pos
    line = reader.text[reader.text.rfind("\n", 0, at) + 1 : at]
    words = ITEMS if not line else STATEMENTS
    if line.strip() or str(token) not in words or not re.match(r'[ \t]+["\w]', reader.text[at + len(token) :]):
        return None
    return _no_value(reader, last, at)


def explain(reader: Reader, at: int, token: Token | None) -> Repair:
    """What is wrong at offset `at`, where `token` (None: no token at all) does not fit."""
    for back in (1, 2):
        last = reader.last(back)
        if last is not None and last.type == "STR_BROKEN":
            end = last.start_pos
            return Repair("this string is not closed on its line", reader.span(reader.text.rfind('"', 0, end), end))
    for slip in _SLIPS:
        found = slip(reader, at, token)
        if found is not None:
            return found
    text = (str(token) if token is not None else reader.text[at : at + 1]).split("\n", 1)[0]
    message = f"expected {_expected(reader)}, found {_shown(text)}"
    return Repair(message, reader.span(at, at + max(len(text), 1)))


def at_end(reader: Reader) -> Repair:
    """What is wrong where the text ends too early."""
    last = reader.last()
    for habit in (import_, digits):
        if last is not None and (found := habit(reader, last.end_pos, None)) is not None:
            return found
    opening = reader.bracket()
    if opening is not None and opening.type in ("STR_OPEN", "TEXT_OPEN"):
        span = reader.span(opening.start_pos, len(reader.text))
        return Repair("this string is not closed", span, f"write the closing {opening}")
    if last is None:
        return Repair(f"the file ends where {_expected(reader)} is expected", reader.span(0, len(reader.text)))
    end = last.end_pos
    span = reader.span(last.start_pos, end)
    if last.type == "_EQUAL" or last.type in _OPERATORS:
        return Repair(f"a value is missing after `{last}`", span)
    if (body := _body_missing(reader, end)) is not None:
        return body
    if (message := _message_missing(reader, end)) is not None:
        return message
    return Repair(f"the file ends where {_expected(reader)} is expected", span)


# ---- words ---------------------------------------------------------------------------------------------------------


def _shown(text: str) -> str:
    if not text.strip():
        return "the end of the line"
    return f"`{text}`" if len(text) <= 40 else f"`{text[:37]}...`"


def _expected(reader: Reader) -> str:
    """What could stand here, in words: never the names that the grammar has for it."""
    can = reader.can
    if can("LITERAL") and can("LSQB") and not can("RSQB"):
        return "a value"
    if can("_COLON") and can("PLUS"):
        return "`:` and a second value"
    if can("$END") and can("PLUS"):
        return "an operator or a new item"
    if can("$END"):
        return "an item such as network, chain, let or param"
    if can("RBRACE") and can("IDENT"):
        return "`key = value`, a block or the closing `}`"
    if can("RBRACE") and (can("EXPECT") or can("ATTACH")):
        return "a step such as attach or expect, or the closing `}`"
    for terminals, words in _EXPECTED:
        if all(can(terminal) for terminal in terminals):
            return words
    return "something else"


_EXPECTED: tuple[tuple[tuple[str, ...], str], ...] = (
    (("RSQB", "LITERAL"), "a value or `]`"),
    (("RSQB", "COMMA"), "`,` or `]`"),
    (("RPAR", "COMMA"), "`,` or `)`"),
    (("RPAR", "IDENT"), "a parameter or `)`"),
    (("RSQB",), "`]`"),
    (("RPAR",), "`)`"),
    (("PLUS", "LBRACE"), "an operator or `{`"),
    (("PLUS", "COMMA"), "an operator or `,`"),
    (("PLUS", "RBRACE"), "an operator or `}`"),
    (("LPAR",), "`(`"),
    (("_EQUAL", "LBRACE"), "`= value` or `{`"),
    (("_EQUAL",), "`=`"),
    (("LBRACE",), "`{`"),
    (("_COLON", "OPTIONAL"), "`:`"),
    (("_COLON",), "`:`"),
    (("IN",), "`in`"),
    (("AS",), "`as`"),
    (("STR_OPEN", "IDENT"), "a name"),
    (("STR_OPEN",), "a text in double quotes"),
    (("IDENT",), "a name"),
    (("ARROW",), "`=>`"),
    (("COMMA",), "`,`"),
    (("RBRACE",), "`}`"),
)

# ---- slips ---------------------------------------------------------------------------------------------------------


def _colon(reader: Reader, at: int, token: Token | None) -> Repair | None:
    """`mtu: 1500`, `mtu := 1500`, `mtu => 1500`, `mtu == 1500`"""
    if token is None or token.type not in ("_COLON", "ARROW", "COMPARE") or not reader.can("_EQUAL"):
        return None
    if token.type == "COMPARE" and token != "==":
        return None
    mark = ":=" if reader.text.startswith(":=", at) else str(token)
    return Repair(
        f"a key gets its value by `=`, not by `{mark}`",
        reader.span(at, at + len(mark)),
        f"write {_key_before(reader)} = ...",
        tokens=(("_EQUAL", "="),),
        resume=at + len(mark),
    )


def _key_before(reader: Reader) -> str:
    last = reader.last()
    if last is not None and last.type == "STR_CLOSE":
        start = reader.text.rfind('"', 0, last.start_pos)
        return reader.text[max(start, 0) : last.end_pos]
    return str(last) if last is not None and last.type == "IDENT" else "key"


def _single_equal(reader: Reader, at: int, token: Token | None) -> Repair | None:
    """`if a = b`"""
    if token is None or token.type != "_EQUAL":
        return None
    last = reader.last()
    if last is not None and last.type == "_COLON":
        span = reader.span(last.start_pos, at + 1)
        return Repair("a value is given by `=`, not by `:=`", span, "write =")
    if last is not None and last.type in ("_EQUAL", "COMPARE"):
        span = reader.span(last.start_pos, at + 1)
        return Repair("one `=` too many", span, "write = to give a value, == to compare", resume=at + 1)
    if reader.can("COMPARE"):
        help = "write =="
        return Repair(
            "`=` gives a value; to compare, write `==`", reader.span(at, at + 1), help, (), (("COMPARE", "=="),), at + 1
        )
    if reader.can("_COLON"):
        return None
    return None


def _word_operator(reader: Reader, at: int, token: Token | None) -> Repair | None:
    """`a and b`, `a & b`"""
    word = _WORD.match(reader.text, at)
    text = word[0] if word else reader.text[at : at + 1]
    known = {"and": ("AND", "&&"), "or": ("OR", "||"), "&": ("AND", "&&"), "|": ("OR", "||")}.get(text.lower())
    if known is None or not reader.can(known[0]):
        return None
    span = reader.span(at, at + len(text))
    return Repair(f"`{text}` is written `{known[1]}`", span, f"write {known[1]}", (), (known,), span.end)


def _other_branch(reader: Reader, at: int, token: Token | None) -> Repair | None:
    """`else`"""
    word = _WORD.match(reader.text, at)
    if word is None or word[0] not in ("else", "elif", "then"):
        return None
    return Repair(f"netc has no `{word[0]}`", reader.span(at, word.end()), "write condition ? value : other")


def _no_equal(reader: Reader, at: int, token: Token | None) -> Repair | None:
    """`mtu 1500`"""
    if token is None or token.type == "LBRACE" or not reader.can("_EQUAL", token.type):
        return None
    last = reader.last()
    if last is None or reader.can("IDENT", "LBRACE") is False or token.type not in _VALUE_STARTS:
        return None
    key = _key_before(reader)
    value = reader.text[at:].split("\n", 1)[0].split(",", 1)[0].rstrip(" }\r")
    return Repair(
        f"`=` is missing between `{key}` and its value",
        reader.span(last.start_pos, at + len(token)),
        f"write {key} = {value}" if len(value) < 60 else f"write {key} = ...",
        tokens=(("_EQUAL", "="),),
        resume=at,
    )


def _body_missing(reader: Reader, at: int) -> Repair | None:
    """`plugin bridge` without braces; `mtu foo`, which is neither a key with its value nor a block."""
    if not reader.can("LBRACE", "RBRACE") or reader.can("_EQUAL") or reader.can("RBRACE") or reader.can("$END"):
        return None
    name = reader.last()
    keyword = reader.opened_by("PLUGIN", "NETWORK", "CHAIN", "POOL", "POD", "TEST", "LBRACE")
    if name is None or reader.can("LITERAL"):
        return None
    empty = (("LBRACE", "{"), ("RBRACE", "}"))
    end = name.end_pos
    if keyword is not None and keyword.type != "LBRACE" and (keyword.end_pos) < end:
        head = reader.span(keyword.start_pos, end)
        text = " ".join(head.text.split())
        if len(text) > 60:
            text = str(keyword)
        return Repair(f"`{text}` has no body", head, f"write {text} {{ }}", (), empty, at)
    key = reader.last(2)
    if key is None or name.type not in ("IDENT", "STR_CLOSE") or (name.type == "IDENT" and key.type != "IDENT"):
        return None
    span = reader.span(key.start_pos, end)
    if str(key) in (*ITEMS, *STATEMENTS):
        return _misplaced(reader, key)
    if name.type == "STR_CLOSE":
        opening = reader.text.rfind('"', 0, name.start_pos)
        start = reader.text.rfind("\n", 0, opening) + 1
        word = re.search(r"([\w-]+)[ \t]*$", reader.text[start:opening])
        begin = start + word.start() if word is not None else opening
        span = reader.span(begin, end)
        key_text, value = (word[1] if word is not None else "key"), reader.text[opening:end]
    else:
        key_text, value = str(key), str(name)
    message = f"`=` is missing between `{key_text}` and its value"
    return Repair(message, span, f"write {key_text} = {value}, or {key_text} {value} {{ }} for a block", (), empty, at)


def _misplaced(reader: Reader, keyword: Token) -> Repair:
    """`use` in a plugin, `chain` in a network."""
    start = keyword.start_pos
    word = str(keyword)
    where = (
        "in a network or chain, not in a plugin or block"
        if word in STATEMENTS
        else "at the top of the file, not in a block"
    )
    return Repair(f"`{word}` stands {where}", reader.span(start, start + len(word)))


def _no_comma(reader: Reader, at: int, token: Token | None) -> Repair | None:
    """`[1 2]`"""
    opening = reader.bracket()
    if token is None or opening is None or opening.type not in ("LSQB", "LPAR") or token.type not in _VALUE_STARTS:
        return None
    if not reader.can("COMMA", token.type):
        return None
    message = "a comma is missing between two " + ("elements" if opening.type == "LSQB" else "arguments")
    help = f"write a comma before {token}"
    return Repair(message, reader.span(at, at + len(token)), help, (), (("COMMA", ","),), at)


def _minus(reader: Reader, at: int, token: Token | None) -> Repair | None:
    """`a -1`"""
    if token is None or token.type != "NEGATIVE" or not reader.can("MINUS"):
        return None
    message = "a minus between two values has a space on both sides"
    return Repair(
        message,
        reader.span(at, at + 1),
        "write a - b: without spaces, `-` belongs to a name or number",
        (),
        (("MINUS", "-"),),
        at + 1,
    )


def _chained(reader: Reader, at: int, token: Token | None) -> Repair | None:
    """`a < b < c`"""
    if token is None or token.type not in ("COMPARE", "IN") or not reader.can("AND"):
        return None
    return Repair("comparisons do not chain", reader.span(at, at + len(token)), "write a < b && b < c")


def _stray_comma(reader: Reader, at: int, token: Token | None) -> Repair | None:
    """`[1,, 2]`, a comma between items"""
    if token is None or token.type != "COMMA":
        return None
    last = reader.last()
    if last is not None and (last.type == "_EQUAL" or last.type in _OPERATORS):
        return _no_value(reader, last, at if reader.bracket() is not None else at + 1)
    if last is None or last.type in ("COMMA", "LBRACE", "LSQB", "LPAR") or reader.can("$END"):
        return Repair("one comma too many", reader.span(at, at + 1), "remove it", resume=at + 1)
    return None


def _no_value(reader: Reader, last: Token, at: int) -> Repair:
    start = last.start_pos
    told = reader.left_out == len(reader.history)
    span = reader.span(start, start + len(last))
    return Repair(f"a value is missing after `{last}`", span, tokens=_NULL, resume=at, told=told)


def _missing_value(reader: Reader, at: int, token: Token | None) -> Repair | None:
    """`a =` at the end of a line, `(1 + )`"""
    last = reader.last()
    if token is None or last is None or not reader.can("LITERAL"):
        return None
    if last.type == "_EQUAL" or last.type in _OPERATORS:
        line_ends = "\n" in reader.text[last.end_pos : at]
        if line_ends or token.type in ("RBRACE", "RPAR", "RSQB", "COMMA"):
            return _no_value(reader, last, at)
        if token.type in _OPERATORS and token.type != "NOT_SIGN":
            message = f"a value is missing between `{last}` and `{token}`"
            return Repair(message, reader.span(last.start_pos, at + len(token)), None, (), _NULL, at)
    if token.type in ("RPAR", "RBRACE") and last.type in ("LPAR", "INTERP_OPEN"):
        message = f"a value is missing between `{last}` and `{token}`"
        return Repair(message, reader.span(last.start_pos, at + 1), None, (), _NULL, at)
    return None


def _unknown_item(reader: Reader, at: int, token: Token | None) -> Repair | None:
    """`netwrok n { }`, `mtu = 1500` or `plugin x { }` at the top of a file"""
    if not reader.can("$END"):
        return None
    word = _WORD.match(reader.text, at)
    if word is None:
        return None
    text = word[0]
    span = reader.span(at, word.end())
    rest = reader.text[word.end() :].lstrip(" \t")[:2]
    if text in ITEMS and rest[:1] in ("{", "=", "("):
        if text == "assert":
            return Repair("`assert` needs a condition", span, "write assert condition, message")
        return Repair(f"`{text}` needs a name", span, f"write {text} NAME ...")
    if text in ("plugin", "use"):
        return Repair(f"`{text}` stands in a network or chain", span, "write network NAME { ... } around it")
    if rest[:1] == "=" and rest != "==":
        message = f"a value at the top of a file is named by `let`: {text} = ... alone is no item"
        return Repair(message, span, f"write let {text} = ...", (), (("LET", "let"),), at)
    message = f"there is no item `{text}`"
    if text.lower() in _ELSEWHERE:
        return Repair(message, span, f"did you mean {_ELSEWHERE[text.lower()]}?")
    near = nearest(text, ITEMS)
    if near is None:
        return Repair(message, span, "items are " + " ".join(ITEMS))
    return Repair(message, span, f"did you mean {near}?", (), ((near.upper(), near),), word.end())


def _statement_in_body(reader: Reader, at: int, token: Token | None) -> Repair | None:
    """`let x = 1` in a plugin: read as a block `let` with the label x"""
    if token is None or reader.can("$END"):
        return None
    opening = reader.bracket()
    if token.type.lower() in (*ITEMS, *STATEMENTS) and opening is not None and reader.can("RBRACE"):
        return _misplaced(reader, token)
    if not reader.can("LBRACE"):
        return None
    for back in (1, 2):
        word = reader.last(back)
        if word is None or word.type != "IDENT" or str(word) not in (*ITEMS, *STATEMENTS):
            continue
        if opening is not None and opening.type == "LBRACE" and _first_on_line(reader, word):
            return _misplaced(reader, word)
    return None


def _first_on_line(reader: Reader, token: Token) -> bool:
    at = token.start_pos
    line = reader.text[reader.text.rfind("\n", 0, at) + 1 : at]
    return not line.strip() or line.rstrip()[-1] in "{,"


def _no_parameters(reader: Reader, at: int, token: Token | None) -> Repair | None:
    """`chain edge { }`"""
    if token is None or token.type != "LBRACE" or not reader.can("LPAR", "RPAR"):
        return None
    keyword, name = reader.last(2), reader.last()
    if keyword is None or name is None or keyword.type not in ("CHAIN", "FUNC"):
        return None
    span = reader.span(keyword.start_pos, name.end_pos)
    brackets = (("LPAR", "("), ("RPAR", ")"))
    return Repair(f"`{keyword} {name}` lacks its brackets", span, f"write {keyword} {name}() {{ }}", (), brackets, at)


#: Marks and words that are easily left out between two things.
_LEFT_OUT = (("_COLON", ":"), ("AS", "as"), ("IN", "in"), ("ARROW", "=>"))


def _left_out(reader: Reader, at: int, token: Token | None) -> Repair | None:
    """`param mtu int`, `import "x" edge`, `for n nodes`"""
    last = reader.last()
    if token is None or last is None or reader.can("PLUS") or "\n" in reader.text[last.end_pos : at]:
        return None
    for terminal, text in _LEFT_OUT:
        if reader.can(terminal, token.type):
            span = reader.span(last.start_pos, at + len(token))
            before = str(last) if last.type == "IDENT" else ""
            written = f"{before}: {token}" if text == ":" else f"{before} {text} {token}".strip()
            message = f"`{text}` is missing before `{token}`"
            return Repair(message, span, f"write {written}", (), ((terminal, text),), at)
    return None


def _message_missing(reader: Reader, at: int) -> Repair | None:
    keyword = reader.opened_by("ASSERT", "WHERE", "LBRACE", "LSQB", "LPAR")
    if keyword is None or keyword.type not in ("ASSERT", "WHERE") or not reader.can("COMMA", "STR_OPEN", "STR_CLOSE"):
        return None
    last = reader.last()
    end = (last.end_pos if last is not None else at) or at
    text = (("COMMA", ","), ("STR_OPEN", '"'), ("STR_CLOSE", '"'))
    span = reader.span(keyword.start_pos, end)
    help = 'write , "what it means to whoever sees it fail" after the condition'
    return Repair(f"`{keyword}` needs a message", span, help, (), text, at)


def _no_message(reader: Reader, at: int, token: Token | None) -> Repair | None:
    """`assert cond` without its message"""
    return _message_missing(reader, at) if token is None or token.type != "COMMA" else None


def _odd_character(reader: Reader, at: int, token: Token | None) -> Repair | None:
    """A character that netc has no use for."""
    if token is not None:
        return None
    character = reader.text[at]
    span = reader.span(at, at + 1)
    if character == "'":
        return Repair("a text stands in double quotes", span, 'write "text"')
    if character in "“”„‟":
        return Repair(f"{character} is no quote of a program", span, 'write straight quotes: "text"')
    if character.isspace():
        return Repair(
            f"U+{ord(character):04X} looks like a space and is none", span, "type the space anew", resume=at + 1
        )
    if character.isalpha():
        return Repair(f"a name has letters from a to z, not {character!r}", span, "put a text into double quotes")
    if character == "`":
        return Repair("a text stands in double quotes, not in back quotes", span, 'write "text"')
    return Repair(f"`{character}` can't stand here", span)


def _no_zero(reader: Reader, at: int, token: Token | None) -> Repair | None:
    """`.5`"""
    number = re.compile(r"\.(\d+)").match(reader.text, at)
    if number is None or not reader.can("LITERAL"):
        return None
    span = reader.span(at, number.end())
    return Repair("a number starts with a digit", span, f"write 0{number[0]}", (), _ZERO, number.end())


def _no_body(reader: Reader, at: int, token: Token | None) -> Repair | None:
    """A head without its braces."""
    return _body_missing(reader, at)


_SLIPS: tuple[Callable[[Reader, int, Any], Repair | None], ...] = (
    _word_operator,
    *HABITS,
    _odd_character,
    _no_zero,
    _colon,
    _single_equal,
    _other_branch,
    _stray_comma,
    _missing_value,
    _no_parameters,
    _left_out,
    _statement_in_body,
    _no_equal,
    _minus,
    _no_comma,
    _chained,
    _no_message,
    _no_body,
    _unknown_item,
)
