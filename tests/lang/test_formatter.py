"""`netc fmt` has one layout, keeps every comment, is idempotent, and never changes a value.

Shown by pairs of files that a person can review (tests/cases/fmt/NAME.in.netc and NAME.out.netc; `pytest --update`
rewrites the latter), and on programs made up from the grammar with comments and line ends wherever they may stand.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from netc.compiler import compile_source
from netc.emit.conflist import text as conflist
from netc.lang import parse
from netc.lang.formatter import difference, formatted
from netc.sources import Source

ROOT = Path(__file__).parents[2]
PAIRS = sorted((ROOT / "tests" / "cases" / "fmt").glob("*.in.netc"))
EXAMPLES = sorted((ROOT / "examples").rglob("*.netc"))
CASES = sorted((ROOT / "tests" / "cases").rglob("*.netc"))


def lay_out(text: str) -> str:
    """The layout of a text without mistakes."""
    result = formatted(Source("case.netc", text))
    assert result.text is not None, result.diagnostics
    return result.text


def judge(text: str) -> str:
    """Everything that is promised of a layout, checked; returns it."""
    out = lay_out(text)
    assert lay_out(out) == out, "not idempotent"
    one, other = parse(Source("case.netc", text)), parse(Source("case.netc", out))
    assert one.file is not None
    assert other.file is not None
    assert [each.text for each in one.comments] == [each.text for each in other.comments]
    assert difference(one.file, other.file) is None
    assert meaning(text) == meaning(out)
    assert not out or (out.endswith("\n") and not out.endswith("\n\n"))
    return out


def meaning(text: str) -> tuple[list[str], list[str]]:
    """The networks of a file, as bytes, and the codes of what is found wrong with it."""
    compiled = compile_source(Source("case.netc", text))
    return [conflist(each) for each in compiled.networks], sorted(each.code for each in compiled.findings)


# ---- files that a person can review ---------------------------------------------------------------------------------


@pytest.mark.parametrize("case", PAIRS, ids=lambda case: case.name.removesuffix(".in.netc"))
def test_pair(case: Path, request: pytest.FixtureRequest) -> None:
    """The layout of NAME.in.netc is NAME.out.netc."""
    out = case.with_name(case.name.replace(".in.", ".out."))
    got = judge(case.read_bytes().decode("utf-8-sig"))
    if request.config.getoption("--update"):
        out.write_text(got, encoding="utf-8", newline="")
    assert got == out.read_bytes().decode()


def test_there_are_pairs() -> None:
    """The folder was found: an empty list would pass by itself."""
    assert len(PAIRS) >= 25


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_examples_are_laid_out(path: Path) -> None:
    """What readers copy from has the layout itself."""
    assert lay_out(path.read_text(encoding="utf-8")) == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_case_keeps_its_meaning(path: Path) -> None:
    """Each chunk of every case file that follows the grammar."""
    for chunk in path.read_text(encoding="utf-8").split("\n---\n"):
        if not parse(Source("case.netc", chunk)).diagnostics:
            judge(chunk)


# ---- programs made up from the grammar ------------------------------------------------------------------------------

#: Between two tokens comes a gap, between two entries a line end or a comma. "" glues two tokens.
GAP, END, COMMA = "GAP", "END", "COMMA"

NAMES = st.sampled_from(["a", "mtu", "cni0", "batch-rate", "_x", "a-very-long-name-that-fills-the-line-quickly"])
KEYS = st.one_of(
    NAMES,
    st.sampled_from(["in", "if", "for", "type", "plugin", "network", "use", "key", "assert", "where", "test", "true"]),
    st.sampled_from(['"a.b"', '"with ${mtu} in it"', '"in"']),
)
LITERALS = st.sampled_from(
    [
        "null",
        "true",
        "1_500",
        "0x1f",
        "1.50",
        "10.1.0.1",
        "10.1.0.0/16",
        "10.1.0.10-10.1.0.99",
        "fd00::1",
        "::/0",
        "fd00::1/64",
        "02:42:0A:00:00:01",
        "100mbit",
        "1.5gbit",
        "64KiB",
        "200ms",
    ]
)
STRINGS = st.sampled_from(
    [
        '""',
        '"plain"',
        r'"\u0041 \${x} \" # no comment \\"',
        '"""one line"""',
        '"""\n    two\n      lines\n    """',
        '"' + "long " * 18 + '"',
        '"""\n  # no comment\n\n\n  """',
        '"tab\t$ {"',
    ]
)


@st.composite
def expressions(draw, depth: int) -> list[str]:
    """The tokens of an expression, with gaps where white space and comments may stand."""

    def below() -> list[str]:
        return draw(expressions(depth - 1))

    kind = draw(st.integers(0, 14 if depth > 0 else 2))
    match kind:
        case 0:
            return [draw(NAMES)]
        case 1:
            return [draw(LITERALS)]
        case 2:
            return [draw(STRINGS)]
        case 3:
            op = draw(st.sampled_from(["+", "-", "*", "/", "%", "==", "<=", "in", "&&", "||", "??"]))
            return ["(", *below(), GAP, ")", GAP, op, GAP, *draw(operand(depth - 1))]
        case 4:
            ops = draw(st.lists(st.sampled_from(["&&", "||", "??", "+"]), min_size=1, max_size=4))
            out = draw(operand(depth - 1))
            for op in ops:
                out += [GAP, op, GAP, *draw(operand(depth - 1))]
            return out
        case 5:
            return [*draw(operand(depth - 1)), GAP, "?", GAP, *below(), GAP, ":", GAP, *below()]
        case 6:
            return [*draw(st.sampled_from([["!"], ["-"], ["!", "", "-"]])), "", *draw(operand(depth - 1))]
        case 7:
            return [*draw(operand(depth - 1)), GAP, ".", GAP, draw(NAMES)]
        case 8:
            return [*draw(operand(depth - 1)), GAP, "[", GAP, *below(), GAP, "]"]
        case 9:
            return [draw(NAMES), GAP, "(", *draw(listed(depth - 1, named=True)), ")"]
        case 10:
            return ["[", *draw(listed(depth - 1)), "]"]
        case 11:
            only = [GAP, "if", GAP, *below()] if draw(st.booleans()) else []
            head = ["for", GAP, "k", GAP, ",", GAP, "v", GAP, "in", GAP, *below(), *only, " ", GAP, ":", GAP]
            if draw(st.booleans()):
                return ["[", GAP, *head, *below(), GAP, "]"]
            return ["{", GAP, *head, *below(), GAP, "=>", GAP, *below(), GAP, "}"]
        case 12:
            quote = draw(st.sampled_from(['"', '"""', '"""\n  ']))
            end = '"""' if len(quote) > 1 else '"'
            return [quote + "x ${", GAP, *below(), GAP, "} ${", GAP, *below(), GAP, "} y" + end]
        case 13:
            return ["(", GAP, *below(), GAP, ")"]
    return draw(bodies(depth - 1))


@st.composite
def operand(draw, depth: int) -> list[str]:
    """An expression that binds tightly."""
    if depth <= 0:
        return [draw(st.one_of(NAMES, LITERALS, STRINGS))]
    return ["(", GAP, *draw(expressions(depth)), GAP, ")"] if draw(st.booleans()) else draw(postfix(depth))


@st.composite
def postfix(draw, depth: int) -> list[str]:
    """A list, object, call or word."""
    kind = draw(st.integers(0, 3))
    if kind == 0:
        return ["[", *draw(listed(depth - 1)), "]"]
    if kind == 1:
        return draw(bodies(depth - 1))
    if kind == 2:
        return [draw(NAMES), "(", *draw(listed(depth - 1, named=True)), ")"]
    return [draw(NAMES), GAP, ".", "b"]


@st.composite
def listed(draw, depth: int, named: bool = False) -> list[str]:
    """Elements of a list, or arguments of a call."""
    out: list[str] = [GAP]
    for number in range(draw(st.integers(0, 3))):
        out += [",", GAP] if number else []
        out += [f"p{number}", GAP, "=", GAP] if named and draw(st.booleans()) else []
        out += [*draw(expressions(depth)), GAP]
    return [*out, ",", GAP] if len(out) > 1 and draw(st.booleans()) else out


@st.composite
def entry(draw, depth: int) -> list[str]:
    """An entry of a body."""
    match draw(st.integers(0, 3)):
        case 0:
            return ["...", GAP, *draw(expressions(depth))]
        case 1:
            label = [GAP, draw(KEYS)] if draw(st.booleans()) else []
            return [draw(KEYS), *label, GAP, *draw(bodies(depth - 1))]
    return [draw(KEYS), GAP, "=", GAP, *draw(expressions(depth))]


@st.composite
def between(draw, parts: list[list[str]]) -> list[str]:
    """Entries between braces, with a comma or a line end behind each."""
    out = ["{", GAP]
    for part in parts:
        out += [*part, draw(st.sampled_from([END, END, COMMA]))]
    return [*out, GAP, "}"]


@st.composite
def bodies(draw, depth: int) -> list[str]:
    """An object or a plugin's body."""
    return draw(between(draw(st.lists(entry(max(depth, 0)), max_size=3 if depth > 0 else 1))))


@st.composite
def statement(draw, depth: int) -> list[str]:
    """A statement of a network or chain."""
    condition = ["if", GAP, *draw(expressions(1)), GAP] if draw(st.booleans()) else []
    match draw(st.integers(0, 4)):
        case 0:
            return [
                "plugin",
                " ",
                GAP,
                draw(st.sampled_from(["bridge", '"x"'])),
                " ",
                GAP,
                *condition,
                *draw(bodies(depth)),
            ]
        case 1:
            return ["use", " ", GAP, "edge", "(", *draw(listed(depth, named=True)), ")", " ", GAP, *condition]
        case 2:
            return ["let", " ", GAP, draw(NAMES), GAP, "=", GAP, *draw(expressions(depth))]
        case 3:
            return ["assert", " ", GAP, *draw(expressions(depth)), GAP, ",", GAP, draw(STRINGS)]
    return draw(entry(depth))


@st.composite
def types(draw, depth: int) -> list[str]:
    """A type."""
    optional = [GAP, "?"] if draw(st.booleans()) else []
    match draw(st.integers(0, 2 if depth else 0)):
        case 0:
            return [draw(st.sampled_from(["int", "cidr", "Node"])), *optional]
        case 1:
            return ["list", GAP, "[", GAP, *draw(types(depth - 1)), GAP, "]", *optional]
    out = ["{", GAP]
    for number in range(draw(st.integers(0, 3))):
        out += [f"f{number}", GAP, ":", GAP, *draw(types(depth - 1)), GAP, ",", GAP]
    return [*out, "}", *optional]


@st.composite
def formals(draw) -> list[str]:
    """The parameters of a chain or function."""
    out = ["(", GAP]
    for number in range(draw(st.integers(0, 3))):
        out += [f"p{number}", GAP]
        out += [":", GAP, *draw(types(1)), GAP] if draw(st.booleans()) else []
        out += ["=", GAP, *draw(expressions(1)), GAP] if draw(st.booleans()) else []
        out += [",", GAP]
    return [*out, ")"]


@st.composite
def step(draw, depth: int) -> list[str]:
    """A step of a test."""
    match draw(st.integers(0, 3)):
        case 0:
            return ["attach", " ", GAP, "a", GAP, "=", GAP, "web", *draw(st.sampled_from([[], [GAP, "[", "0", "]"]]))]
        case 1:
            return ["detach", " ", GAP, "a"]
        case 2 if depth:
            return ["expect", " ", "error", " ", '"text"', GAP, "{", GAP, *draw(step(depth - 1)), END, "}"]
    return [
        "expect",
        " ",
        GAP,
        *draw(expressions(1)),
        *draw(st.sampled_from([[], [" ", GAP, "within", " ", GAP, "5s"]])),
    ]


@st.composite
def item(draw) -> list[str]:
    """An item of a file."""
    loop = ["for", " ", GAP, "n", GAP, "in", " ", GAP, *draw(expressions(1)), " ", GAP]
    loop += ["key", " ", GAP, "n", ".", "name", " ", GAP] if draw(st.booleans()) else []
    loop += ["if", " ", GAP, *draw(expressions(1)), " ", GAP] if draw(st.booleans()) else []
    generator = loop if draw(st.booleans()) else []
    body = draw(between(draw(st.lists(statement(2), max_size=4))))
    match draw(st.integers(0, 9)):
        case 0:
            return ["import", GAP, '"lib/edge.netc"', GAP, "as", " ", GAP, "edge"]
        case 1:
            rule = [GAP, " ", "where", " ", GAP, *draw(expressions(2)), GAP, ",", GAP, '"message"']
            typed = [GAP, ":", GAP, *draw(types(1))] if draw(st.booleans()) else []
            default = [GAP, "=", GAP, *draw(expressions(2))] if draw(st.booleans()) else []
            return ["param", " ", GAP, draw(NAMES), *typed, *default, *(rule if draw(st.booleans()) else [])]
        case 2:
            return ["let", " ", GAP, draw(NAMES), GAP, ":", GAP, *draw(types(2)), GAP, "=", GAP, *draw(expressions(3))]
        case 3:
            return ["chain", " ", GAP, draw(NAMES), GAP, *draw(formals()), GAP, *body]
        case 4:
            return ["pool", " ", GAP, draw(NAMES), GAP, *draw(bodies(2))]
        case 5:
            return ["type", " ", GAP, "Node", GAP, "=", GAP, *draw(types(2))]
        case 6:
            return ["func", " ", GAP, draw(NAMES), GAP, *draw(formals()), GAP, "=", GAP, *draw(expressions(3))]
        case 7:
            attach = ["attach", " ", GAP, "eth0", GAP, "=", GAP, "web", GAP, *draw(bodies(1))]
            return ["pod", " ", GAP, "app", " ", GAP, *generator, *draw(between([attach] * draw(st.integers(0, 2))))]
        case 8:
            steps = draw(st.lists(step(2), max_size=3))
            return ["test", GAP, '"it works"', GAP, "{", GAP, *[token for one in steps for token in (*one, END)], "}"]
    return ["network", " ", GAP, draw(st.one_of(NAMES, STRINGS)), " ", GAP, *generator, *body]


@pytest.mark.parametrize("word", ["import", "chain", "key", "if", "type", "within", "test", "assert", "in", "network"])
def test_a_comment_is_white_space(word: str) -> None:
    """Whether a word is a key or a keyword is not for a comment to decide, whatever stands in it: comments move."""
    text = f"let o = {{\n  a = 1\n  {word}  # a = {{ }}\n    = 2\n}}\n"
    assert judge(text) == f"let o = {{\n  {'a'.ljust(len(word))} = 1\n  {word} = 2  # a = {{ }}\n}}\n"
    loop = "network n for x in [1] key  # = {\n  x { plugin loopback { } }\n"
    assert judge(loop) == "network n for x in [1] key x { plugin loopback { } }  # = {\n"


COMMENT = st.sampled_from(
    ["# c{}\n", "  ## doc{}\n", "\n\n  # own{} \n", "\n# {} netc: allow NC203 why\r\n\n", "\n#\n"]
)


@st.composite
def programs(draw) -> str:
    """The text of a file: tokens with white space, line ends and comments between them."""
    tokens = [token for one in draw(st.lists(item(), min_size=1, max_size=3)) for token in (*one, END)]
    style = draw(st.sampled_from([["", " "], [" ", " ", "\n"], [" ", "\n", "#"], ["", " ", " ", " ", " ", " ", "#"]]))
    out: list[str] = []
    last = ""
    for number, token in enumerate(tokens):
        if token not in (GAP, END, COMMA):
            if _would_join(last, token):
                out.append(" ")
            out.append(token)
            last = token
            continue
        white = draw(st.sampled_from(style))
        if white == "#":
            white = " " + draw(COMMENT).format(number)
        if token == COMMA:
            white = "," + white
        elif token == END and "\n" not in white:
            white += draw(st.sampled_from(["\n", "\n\n\n", "\r\n"]))
        out.append(white)
        last = last if white == "" else white
    return "".join(out)


def _would_join(before: str, token: str) -> bool:
    """Whether two tokens without anything between would be one, or (an operator minus) another."""
    if before == "" or token == "":
        return False
    word = (before[-1].isalnum() or before[-1] in "_-:.?") and (token[0].isalnum() or token[0] in "_:-.?/&|")
    return word or token in ("-", "/") or before in ("-x",)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(programs())
def test_any_program(text: str) -> None:
    """Comments, values and the tree survive, wherever the line ends and comments stood; twice is as good as once."""
    assume(not parse(Source("case.netc", text)).diagnostics)
    judge(text)
