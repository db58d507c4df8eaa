"""The syntax tree: shapes, places, comments, and texts that are meant to hurt."""

from __future__ import annotations

import pytest

from netc.lang import parse
from netc.lang import syntax as s
from netc.sources import Source


def tree(text: str) -> s.File:
    parsed = parse(Source("t.netc", text))
    assert parsed.diagnostics == ()
    assert parsed.file is not None
    return parsed.file


def shape(node: object) -> object:
    """A node as nested tuples, without places."""
    if isinstance(node, s.Literal):
        return node.span.text
    if isinstance(node, s.Name):
        return ("name", node.text)
    if isinstance(node, s.Ident):
        return node.text
    if isinstance(node, tuple):
        return tuple(shape(each) for each in node)
    if isinstance(node, s.Node):
        skipped = ("span", "depth", "op_span", "head")
        return (type(node).__name__, *[shape(getattr(node, name)) for name in node.attributes() if name not in skipped])
    return node


def value(text: str) -> object:
    (item,) = tree(f"let x = {text}").items
    assert isinstance(item, s.Let)
    return shape(item.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x-1", ("name", "x-1")),
        ("x - 1", ("Binary", "-", ("name", "x"), "1")),
        ("-1", ("Unary", "-", "1")),
        ("a.for.in", ("Attr", ("Attr", ("name", "a"), "for"), "in")),
        ("network(c)", ("Call", ("name", "network"), (("Argument", None, ("name", "c")),))),
        ("a ?? b ?? c", ("Binary", "??", ("name", "a"), ("Binary", "??", ("name", "b"), ("name", "c")))),
        ("a - b - c", ("Binary", "-", ("Binary", "-", ("name", "a"), ("name", "b")), ("name", "c"))),
        ("!a in b", ("Binary", "in", ("Unary", "!", ("name", "a")), ("name", "b"))),
        ("a || b && c == d + e * f", None),
        ("c ? fd00::1 : fd00::2", ("Ternary", ("name", "c"), "fd00::1", "fd00::2")),
        ("c ? ::1 : ::", ("Ternary", ("name", "c"), "::1", "::")),
        ("a[0].b[10.1.0.1]", None),
        ('"a ${m["k"]} b ${"n ${x} }"}"', None),
        ('"# no comment ${x}# nor here"', ("String", ("# no comment ", ("name", "x"), "# nor here"))),
        ('"cost $ 5, \\${x} stays"', ("String", ("cost $ 5, ${x} stays",))),
        ('""', ("String", ())),
        ('"""\nname\n  "quoted" ""\n"""', ("String", ('name\n  "quoted" ""',))),
        ('"""\r\n  a\r\n  """', ("String", ("a",))),
        ('"""\n    a\n      b\n    """', ("String", ("a\n  b",))),
        ("[for n in nodes if n.a ? n.b : n.c: n.name]", None),
        ("{for k, v in m if v != null: k => {a = v}}", None),
        ("{ for = 3, if = 4, in = 5, where = 6 }", None),
        ("a ? {b = 1} : {c = 2}", None),
        ("f(a, b = [1, 2,], )", None),
    ],
)
def test_expressions(text: str, expected: object) -> None:
    """What binds how; None where it only has to be read."""
    got = value(text)
    if expected is not None:
        assert got == expected


@pytest.mark.parametrize(
    "text",
    [
        'network "pods-${n.name}" for k, v in nodes if v.on { use edge.bridge(subnet = a)\nassert a == b, "m"\n"k" = 3 }',
        'network n { plugin "cilium-cni" if a != null { }, plugin vlan if ({a = 1} == b) { x = 1 } }',
        'test "t" { attach a = pods["n1"] { x = 1 } expect !reach(a, b) within 5s detach a expect error "e" { detach a } }',
        'param x: list[{name: string, mtu: int?}] = [] where len(x) > 0, "some"\nparam y: cidr?\nlet z: map[ip] = {}',
        "chain edge(subnet: cidr, mtu: int = 1500,) { plugin bridge { mtu = mtu } }",
        "pool p { cidr = 10.0.0.0/8, reserve = [10.0.0.0/24, 10.1.0.1-10.1.0.9] }",
        'pod app { attach eth0 = pods["n1"], attach net1 = storage { runtimeConfig { } } }',
        "func blocks(n: Node): cidr = n.cidr",
        'import "lib/edge.netc" as edge',
    ],
)
def test_the_whole_grammar(text: str) -> None:
    """Also what is not evaluated yet."""
    tree(text)


@pytest.mark.parametrize(
    "body",
    [
        'chain = "x"',
        'a = 1, chain = "x"',
        "a = b, network { c = 1 }",
        "a = b, in = 3, plugin = 4, use = 5",
        "a = b, pool { }",
        "a = b, if { c = 1 }",
        'a = b, "c" d { }',
        "a = b, ...c",
        "a = 1, b = 2, c { },",
        "import = 1",
    ],
)
def test_every_key_can_be_bare(body: str) -> None:
    """A plugin's keys are its own: no word of the language is forbidden there."""
    tree(f"network n {{ plugin x {{ {body} }} }}")


def test_a_span_covers_what_was_written() -> None:
    """From the first character to the last, brackets and keyword included."""
    text = "let a: list[int] = [1, (2 + 3) * 4]\nnetwork n {\n  plugin bridge if true { ipam x { y = 1 } }\n}"
    let, network = tree(text).items
    assert isinstance(let, s.Let)
    assert let.span.text == "let a: list[int] = [1, (2 + 3) * 4]"
    assert let.type is not None
    assert let.type.span.text == "list[int]"
    assert isinstance(let.value, s.ListExpr)
    assert let.value.items[1].span.text == "(2 + 3) * 4"
    assert isinstance(network, s.Network)
    assert network.head.text == "network n"
    (plugin,) = network.body.statements
    assert isinstance(plugin, s.Plugin)
    assert (plugin.head.text, plugin.body.span.text) == ("plugin bridge", "{ ipam x { y = 1 } }")
    (block,) = plugin.body.entries
    assert isinstance(block, s.Block)
    assert (block.head.text, block.span.text) == ("ipam x", "ipam x { y = 1 }")


def test_comments_are_kept() -> None:
    """With their places, for the formatter, for documentation and for `netc: allow`."""
    file = tree("## what it is\nparam mtu: int = 1500 # bytes\r\n")
    assert [(c.span.text, c.text, c.documents) for c in file.comments] == [
        ("## what it is", "what it is", True),
        ("# bytes", "bytes", False),
    ]


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("let x = a < b < c", 1, 15),
        ("let x = x -1", 1, 11),
        ("network n { plugin x { a = } }", 1, 26),
        ('let x = "ab\nlet y = "cd"', 1, 9),
        ("let x = 10.1.0.256/33", 1, 16),
        ("let x = 10.1.0.1/33", 1, 18),
        ("let x = 100mbps", 1, 12),
        ("let x = 10.1.0.99-10.1.0.1", 1, 19),
        ("let x = fe80::1%eth0", 1, 16),
    ],
)
def test_a_mistake_is_pointed_at(text: str, line: int, column: int) -> None:
    """The first finding starts at the very character."""
    (first, *_) = parse(Source("t.netc", text)).diagnostics
    assert first.primary is not None
    assert (first.primary.begin.line, first.primary.begin.column) == (line, column)


HOSTILE = {
    "brackets": "[" * 1_000_000,
    "braces": "network n { plugin x { " + "a { " * 50_000,
    "closing": "]" * 1_000_000,
    "brackets in a value": "let x = " + "[" * 100_000 + "]" * 100_000,
    "not not not": "let x = " + "!" * 1_000_000,
    "attributes": "let x = a" + ".a" * 100_000,
    "sums": "let x = 1" + " + 1" * 100_000,
    "alternatives": "let x = 1" + " ?? 1" * 100_000,
    "conditions": "let x = 1" + " ? 1 : 1" * 100_000,
    "interpolations": "let x = " + '"${' * 10_000,
    "digits": "let x = " + "9" * 1_000_000,
    "long float": "let x = 1." + "9" * 1_000_000,
    "colons": "let x = " + "a:" * 100_000,
    "nul": "let x = 1\0",
    "lone surrogate": 'let x = "\ud800"',
    "garbage lines": "a\n" * 100_000,
    "one open quote": "let x = '" + "a" * 1_000_000,
    "quotes": '"' * 100_001,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_texts_get_an_answer(text: str) -> None:
    """No recursion, no hang: a few findings, the first of them at a place in the text."""
    found = parse(Source("t.netc", text)).diagnostics
    assert 1 <= len(found) <= 30
    assert found[0].primary is not None


@pytest.mark.parametrize("text", ["let a = 1\r\nlet b = 2\r\n", "\tlet a = 1\n", "", "\n\n", "# only a comment"])
def test_layout_does_not_matter(text: str) -> None:
    """CRLF, tabs, empty files."""
    tree(text)


def test_independent_mistakes_are_told_once_each() -> None:
    """Seven mistakes of seven kinds in one file: seven findings, each on its line, and none more."""
    text = "\n".join(
        [
            "network a {",
            "  plugin bridge { subnet = = 10.0.0.0/24 }",
            "}",
            "network b { plugin bridge {",
            "  mtu 1500",
            "  routes = [{ dst: 0.0.0.0/0 } { dst = 1.2.3.4/8 }]",
            "  good = 1",
            "} }",
            "let x = (1 + ) * 3",
            'let y = "unterminated',
            "let z = $$",
        ]
    )
    found = parse(Source("t.netc", text)).diagnostics
    assert [each.primary.begin.line for each in found if each.primary] == [2, 5, 6, 6, 9, 10, 11]
