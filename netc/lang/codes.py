"""The codes of what the language itself finds wrong: NC1xx."""

from __future__ import annotations

from netc.diagnostics import Severity
from netc.diagnostics.rule import Rule


def _code(code: str, name: str, doc: str) -> Rule:
    return Rule(code, name, Severity.ERROR, "syntax", doc)


SYNTAX = _code(
    "NC101",
    "syntax",
    """
    The text does not follow the grammar.

    Why: netc can't tell what is meant. Each place is reported once, with the fix where there is a usual one; what
    follows a mistake is read on from the next entry or item.

    Bad:
        network n {
          plugin loopback { mtu: 1500 }
        }

    Good:
        network n {
          plugin loopback { mtu = 1500 }
        }

    Source: docs/language.md
    """,
)

LITERAL = _code(
    "NC102",
    "bad-literal",
    """
    An address, range, MAC, number or quantity is none, or a string has an escape that does not exist.

    Why: A network value is checked where it is written, not on the node where a plugin reads it. `mbps` is refused
    because tc reads it as megabytes while most people mean megabits.

    Bad:
        let subnet = 10.1.0.256/24

    Good:
        let subnet = 10.1.0.0/24

    Source: RFC 4632 (IPv4 prefixes), RFC 4291 (IPv6 addresses), tc(8) (units)
    """,
)

UNKNOWN_NAME = _code(
    "NC103",
    "unknown-name",
    """
    A name, chain, function, type or key that does not exist.

    Why: A misspelt name would otherwise be taken for something else, or for nothing.

    Bad:
        let mtu = 1500
        network n { plugin bridge { mtu = mtuu } }

    Good:
        let mtu = 1500
        network n { plugin bridge { mtu = mtu } }

    Source: docs/language.md
    """,
)

TWICE = _code(
    "NC104",
    "given-twice",
    """
    A name, key, argument or network is given twice.

    Why: One of the two would silently win. To override a key that comes from elsewhere, spread it first: what follows
    `...` wins.

    Bad:
        network n { plugin bridge { mtu = 1500, mtu = 9000 } }

    Good:
        network n { plugin bridge { mtu = 9000 } }

    Source: RFC 8259, section 4 (what a JSON reader does with a name that stands twice is unpredictable)
    """,
)

RING = _code(
    "NC105",
    "definition-ring",
    """
    Definitions need each other in a ring.

    Why: None of them can be worked out first. The language has no recursion, so that every file has an end.

    Bad:
        let a = b
        let b = a

    Good:
        let a = 1
        let b = a

    Source: docs/language.md
    """,
)

TYPE = _code(
    "NC106",
    "wrong-type",
    """
    A value has another type than what takes it: an operator, a function, a declared type, a condition.

    Why: netc converts nothing by itself. A condition is true or false, and an address is no string.

    Bad:
        let mtu: int = "big"

    Good:
        let mtu: int = 1500

    Source: docs/language.md
    """,
)

CALL = _code(
    "NC107",
    "wrong-arguments",
    """
    A chain or function gets arguments that it does not take, or lacks one that it needs.

    Why: A misspelt argument would leave the default in place without a word.

    Bad:
        chain edge(subnet: cidr) { plugin bridge { ipam host-local { subnet = subnet } } }
        network n { use edge() }

    Good:
        chain edge(subnet: cidr) { plugin bridge { ipam host-local { subnet = subnet } } }
        network n { use edge(subnet = 10.1.0.0/16) }

    Source: docs/language.md
    """,
)

ASSERTION = _code(
    "NC108",
    "assertion",
    """
    An `assert`, or the `where` of a param, does not hold.

    Why: It is a rule of the file's authors; the message is theirs.

    Bad:
        let mtu = 9500
        assert mtu <= 9000, "no link here carries more than 9000"

    Good:
        let mtu = 9000
        assert mtu <= 9000, "no link here carries more than 9000"

    Source: docs/language.md
    """,
)

PARAM = _code(
    "NC109",
    "param",
    """
    A param has no value, or a value is given for a param that the file does not have.

    Why: A build with a misspelt `-p` would otherwise be built with the default.

    Bad:
        param subnet: cidr
        network n { plugin bridge { ipam host-local { subnet = subnet } } }

    Good:
        param subnet: cidr = 10.1.0.0/16
        network n { plugin bridge { ipam host-local { subnet = subnet } } }

    Source: docs/language.md
    """,
)

VALUE = _code(
    "NC110",
    "bad-value",
    """
    An operator or function can't work with these values: an index past the end, a division with a rest, a prefix that
    does not fit.

    Why: There is no result that is right.

    Bad:
        let second = [10.1.0.1][1]

    Good:
        let second = [10.1.0.1, 10.1.0.2][1]

    Source: docs/language.md
    """,
)

LIMIT = _code(
    "NC111",
    "too-large",
    """
    The file, a value or the work to evaluate it is too large.

    Why: A build always ends, within seconds. No network description needs 100,000 elements in one value, strings of
    a million characters or a hundred nested brackets.

    Bad:
        let all = count(1_000_000)

    Good:
        let all = count(1_000)

    Source: docs/language.md
    """,
)

MISPLACED = _code(
    "NC112",
    "misplaced",
    """
    Something stands where it has no meaning: `name` among a network's keys, a key of `meta` that netc does not know.

    Why: It would not reach the JSON, or would contradict what the head says.

    Bad:
        network n {
          meta { prio = 10 }
          plugin loopback { }
        }

    Good:
        network n {
          meta { priority = 10 }
          plugin loopback { }
        }

    Source: docs/language.md
    """,
)

FILE = _code(
    "NC113",
    "unreadable-file",
    """
    A file that is imported, or read by `data()`, can't be read, or lies outside the project's folder.

    Why: A build reads files of the project only: those below the folder of `netc.toml`, or of the file that is
    compiled where there is none. So it gives the same on every machine.

    Bad:
        let nodes = data("/etc/nodes.yaml")

    Good:
        let nodes = [{ name = "n1" }]

    Source: docs/language.md
    """,
)

DEPENDS = _code(
    "NC114",
    "alloc-depends-on-alloc",
    """
    What an `alloc()` asks for, or whether it asks, depends on the block that another one is given.

    Why: All requests of a build are planned together, so that their order never matters. None can wait for another.

    Bad:
        pool pods { cidrs = [10.42.0.0/16] }
        let first = alloc(pods, "a", 24)
        let second = alloc(pods, string(first), 24)

    Good:
        pool pods { cidrs = [10.42.0.0/16] }
        let first = alloc(pods, "a", 24)
        let second = alloc(pods, "b", 24)

    Source: docs/language.md
    """,
)
