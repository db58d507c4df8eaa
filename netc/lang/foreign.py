"""Habits from other languages, each with the words that name it: what `mistakes` asks before anything else."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from netc.lang.recovery import Reader, Repair
from netc.lang.token import Token

_WORD = re.compile(r"[A-Za-z_][\w-]*")
_UNIT = re.compile(r"(?:[kKmMgGtT]i?)?(?:bit|bits|B|bps)\b|ms\b|s\b")
_IF_ELSE = re.compile(r"if\s+(.+?)\s*(?:then\s+|\{\s*)(.+?)\s*(?:\}\s*)?else\s*(?:\{\s*)?([^{}]+?)\s*\}?$")
#: Operators of other languages: what netc has in their place.
_OPERATORS = {
    "===": "==",
    "!==": "!=",
    "<>": "!=",
    "**": None,
    "^": None,
    "~": None,
    "<<": None,
    ">>": None,
    "++": None,
    "--": None,
    "?:": "??",
    "?.": None,
    "|>": None,
    "..": None,
}
_COMPARISONS = {"is": "==", "isnt": "!=", "eq": "==", "ne": "!=", "equals": "=="}
#: What stands for a new body or item where a name has been given already.
_INHERITANCE = ("extends", "inherits", "from", "with", "uses")


def _rest(reader: Reader, at: int) -> str:
    end = reader.text.find("\n", at)
    return reader.text[at : end if end >= 0 else len(reader.text)]


def _before(reader: Reader, at: int) -> str:
    return reader.text[reader.text.rfind("\n", 0, at) + 1 : at]


def if_value(reader: Reader, at: int, token: Token | None) -> Repair | None:
    """`let b = if a { 1 } else { 2 }`, `if a then b`: `if` is read as a name."""
    last, before = reader.last(), reader.last(2)
    if last is None or last.type != "IDENT" or str(last) != "if" or before is None or before.type in ("DOT", "LBRACE"):
        return None
    start = last.start_pos
    rest = _IF_ELSE.match(_rest(reader, start))
    help = (
        f"write {rest[1]} ? {rest[2]} : {rest[3]}" if rest and len(rest[0]) < 60 else "write condition ? value : other"
    )
    return Repair(
        "`if` is no value: one that depends on a condition is `c ? a : b`", reader.span(start, start + 2), help
    )


def arrow(reader: Reader, at: int, token: Token | None) -> Repair | None:
    """`mtu => 1500`, `func f(x) => x`, `func f(x) -> int`, `"a" -> n`, `x => x`"""
    last = reader.last()
    mark = reader.text[at : at + 2]
    if last is not None and last.type == "_EQUAL" and reader.text.startswith(">", at) and last.end_pos == at:
        start = at - 1
        return Repair("a value is given by `=`, not by `=>`", reader.span(start, at + 1), "write =", (), (), at + 1)
    if mark not in ("=>", "->"):
        return None
    span = reader.span(at, at + 2)
    if mark == "->":
        if reader.can("ARROW"):
            return Repair(
                "a key and its value have `=>` between them", span, "write =>", (), (("ARROW", "=>"),), at + 2
            )
        if reader.can("_COLON") and reader.can("_EQUAL"):
            message = "the type of a result stands behind `:`, not `->`"
            return Repair(message, span, "write : TYPE", (), (("_COLON", ":"),), at + 2)
        return Repair("netc has no `->`", span)
    if reader.can("_COLON") and reader.can("IF") and reader.bracket() is not None:
        return Repair("the element stands behind `:`", span, "write [for x in list: x]", (), (("_COLON", ":"),), at + 2)
    if reader.can("PLUS") and not reader.can("ARROW"):
        return Repair("netc has no functions without a name", span, "write func NAME(x) = ... at the top of the file")
    return None


def colon_in_object_for(reader: Reader, at: int, token: Token | None) -> Repair | None:
    """`{ for n in list: "a": n }`"""
    if token is None or token.type != "_COLON" or not reader.can("ARROW"):
        return None
    message = "a key and its value have `=>` between them"
    return Repair(message, reader.span(at, at + 1), "write KEY => VALUE", (), (("ARROW", "=>"),), at + 1)


def comprehension(reader: Reader, at: int, token: Token | None) -> Repair | None:
    """`[n for n in list]`"""
    opening = reader.bracket()
    if token is None or str(token) != "for" or opening is None or opening.type not in ("LSQB", "LBRACE"):
        return None
    if not reader.can("PLUS") or "\n" in reader.text[opening.start_pos : at]:
        return None
    shape = "[for n in list: n]" if opening.type == "LSQB" else "{ for n in list: n.key => n }"
    close = reader.layout.pairs.get(opening.start_pos)
    message = "a comprehension starts with its `for`"
    if close is not None and opening.type == "LSQB":
        return Repair(message, reader.span(at, at + 3), f"write {shape}", resume=close)
    return Repair(message, reader.span(at, at + 3), f"write {shape}")


def operator(reader: Reader, at: int, token: Token | None) -> Repair | None:
    """`a <> b`, `a ** b`, `a is b`"""
    last = reader.last()
    for start in (at - 1, at):
        for mark, ours in sorted(_OPERATORS.items(), key=lambda each: -len(each[0])):
            if not reader.text.startswith(mark, start) or start + len(mark) <= at:
                continue
            if start < at and (last is None or last.start_pos != start):
                continue
            if start == at and not reader.can("PLUS") and not reader.can("OPTIONAL"):
                continue
            span = reader.span(start, start + len(mark))
            if mark == "..":
                return Repair("netc has no `..`", span, "a range of addresses is written 10.1.0.1-10.1.0.9")
            if mark == "?:":
                return Repair("netc has no `?:`", span, "write ??: a value, or another where it is null")
            if ours is not None:
                return Repair(f"netc has no `{mark}`", span, f"write {ours}", resume=span.end)
            return Repair(f"netc has no operator `{mark}`", span)
    word = _WORD.match(reader.text, at)
    if word is not None and word[0] in _COMPARISONS and reader.can("COMPARE"):
        ours = _COMPARISONS[word[0]]
        end = word.end()
        negated = re.match(r"[ \t]+not\b", reader.text[end:])
        if negated:
            ours, end = "!=", end + negated.end()
        span = reader.span(at, end)
        shown = " ".join(span.text.split())
        return Repair(f"`{shown}` is written `{ours}`", span, f"write {ours}", (), (("COMPARE", ours),), end)
    return None


def interpolation(reader: Reader, at: int, token: Token | None) -> Repair | None:
    """`let a = ${b}`, `let a = $b`"""
    if not reader.text.startswith("$", at) or not reader.can("LITERAL"):
        return None
    braced = re.match(r"\$\{([^{}\n]*)\}", reader.text[at:])
    if braced is not None:
        return Repair(
            "`${ }` stands in a string only", reader.span(at, at + braced.end()), f"write {braced[1].strip()}"
        )
    named = re.match(r"\$([A-Za-z_][\w-]*)", reader.text[at:])
    if named is None:
        return None
    return Repair("a name has no `$`", reader.span(at, at + named.end()), f"write {named[1]}", resume=at + 1)


def type_(reader: Reader, at: int, token: Token | None) -> Repair | None:
    """`[int]`, `list<int>`, `int | null`, `type N { }`, `{ a = int }`"""
    text = reader.text
    last, before = reader.last(), reader.last(2)
    in_type = not reader.can("LITERAL") and not reader.can("PLUS")
    if not in_type:
        return None
    if text.startswith("[", at) and reader.can("IDENT", "RSQB") is False and last is not None and last.type == "_COLON":
        element = re.match(r"\[\s*([\w.]+)\s*\]", text[at:])
        if element:
            return Repair("a list's type is list[T]", reader.span(at, at + element.end()), f"write list[{element[1]}]")
    if text.startswith("<", at) and last is not None and str(last) in ("list", "map"):
        element = re.match(r"<\s*([\w.]+)\s*>", text[at:])
        shown = f"write {last}[{element[1] if element else 'T'}]"
        return Repair(f"the type in a {last} stands in square brackets", reader.span(at, at + 1), shown)
    if text.startswith("|", at) and reader.can("OPTIONAL") and last is not None:
        null = re.match(r"\|\s*null\b", text[at:])
        end = at + (null.end() if null else 1)
        help = f"write {last}?" if null else "a type is one type; T? may be null as well"
        tokens = (("OPTIONAL", "?"),) if null else ()
        return Repair("a type has no `|`", reader.span(at, end), help, (), tokens, end if null else None)
    if text.startswith("{", at) and before is not None and before.type == "TYPE" and reader.can("_EQUAL"):
        message = f"`=` is missing between {last} and its fields"
        return Repair(message, reader.span(at, at + 1), f"write type {last} = {{ }}", (), (("_EQUAL", "="),), at)
    if (
        text.startswith("=", at)
        and reader.can("_COLON")
        and not reader.can("_EQUAL")
        and reader.opened_by("TYPE", "FUNC")
    ):
        message = "the type of a field stands behind `:`"
        return Repair(message, reader.span(at, at + 1), f"write {last}: TYPE", (), (("_COLON", ":"),), at + 1)
    return None


def assertion(reader: Reader, at: int, token: Token | None) -> Repair | None:
    """`assert(condition, "message")`"""
    opening = reader.bracket()
    if token is None or token.type != "COMMA" or opening is None or opening.type != "LPAR":
        return None
    start = opening.start_pos
    if not reader.text[:start].rstrip(" \t").endswith("assert"):
        return None
    message = "assert takes no brackets"
    return Repair(message, reader.span(start, start + 1), 'write assert condition, "message"')


def import_(reader: Reader, at: int, token: Token | None) -> Repair | None:
    """`import "a.netc"`, `import a from "a.netc"`, `from "a.netc" import a`"""
    last = reader.last()
    shape = 'write import "FILE.netc" as NAME'
    if last is not None and last.type == "IMPORT" and not reader.text.startswith('"', at):
        return Repair("import takes the path of a file first", reader.span(last.start_pos, last.end_pos), shape)
    if reader.can("AS") and last is not None and not re.match(r"[ \t]*[A-Za-z_]", reader.text[last.end_pos :]):
        keyword = reader.opened_by("IMPORT")
        start = keyword.start_pos if keyword is not None else at
        path = reader.span(start, last.end_pos)
        name = re.search(r'([A-Za-z_][\w-]*?)(?:\.netc)?"$', path.text)
        message = "an import needs a name for what it brings"
        tokens = (("AS", "as"), ("IDENT", name[1] if name else "it"))
        return Repair(message, path, f"write {path.text} as {name[1] if name else 'NAME'}", (), tokens, last.end_pos)
    word = _WORD.match(reader.text, at)
    if word is not None and word[0] == "from" and reader.can("$END") and not _before(reader, at).strip():
        return Repair("there is no item `from`", reader.span(at, word.end()), shape)
    return None


def unit(reader: Reader, at: int, token: Token | None) -> Repair | None:
    """`10 mbit`"""
    last = reader.last()
    found = _UNIT.match(reader.text, at)
    if (
        found is None
        or last is None
        or last.type != "LITERAL"
        or not str(last).replace("_", "").replace(".", "").isdigit()
    ):
        return None
    span = reader.span(last.start_pos, found.end())
    if "\n" in span.text:
        return None
    return Repair("a number and its unit stand together", span, f"write {last}{found[0]}", resume=found.end())


def control(reader: Reader, at: int, token: Token | None) -> Repair | None:
    """`for`, `if` and `else` as statements; a network that is made under a condition; `extends`."""
    word = _WORD.match(reader.text, at)
    if word is None:
        return None
    text, span = word[0], reader.span(at, word.end())
    head = reader.opened_by("NETWORK", "POD", "CHAIN", "PLUGIN", "LBRACE")
    if reader.can("$END") and text in ("for", "if", "foreach", "while") and not _before(reader, at).strip():
        if text == "if":
            return Repair(
                "there is no item `if`", span, "a condition stands behind a plugin or use: use edge() if cond"
            )
        return Repair(
            f"there is no item `{text}`", span, "write network NAME for x in list { }, or [for x in list: ...]"
        )
    if head is not None and head.type in ("NETWORK", "POD") and reader.can("FOR") and reader.can("LBRACE"):
        if text == "if":
            help = f"write {head} ... for x in cond ? [1] : [] {{ }}, or put the `if` behind its plugins"
            return Repair(f"a {head} has an `if` only behind its `for`", span, help)
        if text in _INHERITANCE:
            return Repair(f"netc has no `{text}`", span, "put what they share into a chain, and `use` it in both")
    if head is not None and head.type == "PLUGIN" and text == "for" and reader.can("IF") and reader.can("LBRACE"):
        message = "a plugin has no `for`"
        return Repair(message, span, "write network NAME for ..., or give the plugin a list: [for x in list: ...]")
    return None


def statement_for(reader: Reader, at: int, token: Token | None) -> Repair | None:
    """`for x in list { plugin ... }` in a body: read as a block `for` with the label x."""
    key = reader.last(2)
    if token is None or str(token) != "in" or key is None or str(key) != "for" or key.type != "IDENT":
        return None
    start = key.start_pos
    message = "a body has no `for`"
    help = "write network NAME for x in list { }: one network for each element"
    return Repair(message, reader.span(start, start + 3), help)


def pool(reader: Reader, at: int, token: Token | None) -> Repair | None:
    """`pool p = 10.0.0.0/8`"""
    name, keyword = reader.last(), reader.last(2)
    if token is None or token.type != "_EQUAL" or keyword is None or name is None:
        return None
    if keyword.type not in ("POOL", "CHAIN", "NETWORK", "POD"):
        return None
    shape = f"pool {name} {{ cidrs = [...] }}" if keyword.type == "POOL" else f"{keyword} {name} {{ }}"
    span = reader.span(keyword.start_pos, name.end_pos)
    return Repair(f"a {keyword} has a body in braces, and no `=`", span, f"write {shape}")


def function_body(reader: Reader, at: int, token: Token | None) -> Repair | None:
    """`func f(x) { x }`"""
    if token is None or token.type != "LBRACE" or not (reader.can("_EQUAL") and reader.can("_COLON")):
        return None
    last, keyword = reader.last(), reader.opened_by("FUNC")
    if last is None or last.type != "RPAR" or keyword is None:
        return None
    head = reader.span(keyword.start_pos, last.end_pos)
    shown = " ".join(head.text.split())
    help = f"write {shown} = ..." if len(shown) < 60 else "write func NAME(...) = ..."
    return Repair("a function is one expression, behind `=`", head, help)


def digits(reader: Reader, at: int, token: Token | None) -> Repair | None:
    """`1.`"""
    last, before = reader.last(), reader.last(2)
    if last is None or before is None or last.type != "DOT" or before.type != "LITERAL":
        return None
    span = reader.span(before.start_pos, last.end_pos)
    return Repair("a digit is missing behind the point", span, f"write {before}.0")


HABITS: tuple[Callable[[Reader, int, Any], Repair | None], ...] = (
    if_value,
    arrow,
    colon_in_object_for,
    comprehension,
    interpolation,
    unit,
    import_,
    digits,
    control,
    statement_for,
    function_body,
    type_,
    pool,
    assertion,
    operator,
)
