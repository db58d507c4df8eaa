"""The text of netc.lock, and everything that a merge or an editor can do to it."""

from __future__ import annotations

import random
import shutil
import subprocess
from ipaddress import ip_network

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from netc.ipam import codes
from netc.ipam.blocks import Block
from netc.ipam.lock import read, text
from netc.ipam.quoting import TOKEN, quoted, unquoted, word
from netc.sources import Source

HEADER = "# netc.lock version 1: the address blocks that netc planned. Commit it; change it with `netc ipam`.\n"


def findings(lock) -> list[tuple[str, str, str]]:
    """Code, place and sentence of each finding."""
    return [(found.code, str(found.primary).removeprefix("netc.lock:"), found.message) for found in lock.findings]


def test_one_line_a_block_in_the_order_of_addresses(block) -> None:
    blocks = [
        block("storage", "10.9.0.0/24", "n1"),
        block("pods", "fd00:42::/64", "n1"),
        block("pods", "10.42.10.0/24", "a"),
        block("pods", "10.42.9.0/24", "Größe"),
        block("pods", "10.42.8.0/24", 'rack 1, "left"\nside'),
    ]
    expected = HEADER + (
        "\n"
        'pods  10.42.8.0/24  "rack 1, \\"left\\"\\nside"\n'
        "pods  10.42.9.0/24  Größe\n"
        "pods  10.42.10.0/24  a\n"
        "pods  fd00:42::/64  n1\n"
        "\n"
        "storage  10.9.0.0/24  n1\n"
    )
    assert text(blocks) == text(blocks[::-1]) == expected
    lock = read(Source("netc.lock", expected))
    assert lock.findings == ()
    assert set(lock.blocks) == set(blocks)
    assert [str(one.span) for one in lock.blocks][:2] == ["netc.lock:3:1", "netc.lock:4:1"]


def test_an_empty_plan_is_a_header() -> None:
    assert text(()) == HEADER
    assert read(Source("netc.lock", HEADER)).blocks == ()


@pytest.mark.parametrize(
    ("key", "written"),
    [
        ("n1", "n1"),
        ("eu/rack-1:n1.example", "eu/rack-1:n1.example"),
        ("", '""'),
        ("#1", '"#1"'),
        ("a b", '"a b"'),
        ("\t", '"\\t"'),
        ("a\\b", '"a\\\\b"'),
        ("<<<<<<< ours", '"<<<<<<< ours"'),
        ("日本", "日本"),
        ("a\u00a0b", '"a\\u00a0b"'),  # looks like a space
        ("\u202e1n", '"\\u202e1n"'),  # writes from right to left
        ("e\u0301", '"e\\u0301"'),  # an editor may make one character of it
        ("\U000e0001", '"\\U000e0001"'),
        ("\ud800", '"\\ud800"'),
    ],
)
def test_a_key_is_written_so_that_nobody_misreads_it(key: str, written: str) -> None:
    assert word(key) == written
    assert unquoted(written) == key


@given(st.lists(st.tuples(st.text(), st.text(), st.booleans()), unique_by=lambda one: one[:2], max_size=8))
@example([("", "", True), ("\r", "\u2028\x85", False), ('"', "\\", True)])
def test_any_name_survives(names) -> None:
    blocks = [
        Block(pool, key, ip_network((at << 8, 24)) if four else ip_network((at << 64, 64)))
        for at, (pool, key, four) in enumerate(names, 1)
    ]
    written = text(blocks)
    lock = read(Source("netc.lock", written.encode().decode()))
    assert lock.findings == ()
    assert set(lock.blocks) == set(blocks)
    assert text(lock.blocks) == written
    assert all(TOKEN.fullmatch(word(block.key)) for block in blocks)


@pytest.mark.parametrize(
    ("key", "copied"),
    [
        ("n1", "n1"),
        ("", "''"),
        ("a b", "'a b'"),
        ("it's", "'it'\\''s'"),
        ("-x", "'-x'"),
        ("a\u00a0'b\\\x1b\n", r"$'a\u00a0\'b\\\u001b\n'"),
    ],
)
def test_a_key_in_a_command_can_be_copied_into_a_shell(key: str, copied: str) -> None:
    assert quoted(key) == copied
    bash = shutil.which("bash")
    if bash is not None:
        done = subprocess.run(
            [bash, "-c", f"printf %s {copied}"], capture_output=True, env={"LC_ALL": "C.UTF-8"}, check=True
        )
        assert done.stdout.decode() == key


def test_line_ends_of_windows_and_comments_are_read() -> None:
    lock = read(Source("netc.lock", (HEADER + "\n# by hand\npods  10.42.0.0/24  n1\n").replace("\n", "\r\n")))
    assert lock.findings == ()
    assert [block.key for block in lock.blocks] == ["n1"]


@pytest.mark.parametrize(
    ("line", "column", "message"),
    [
        ("pods  10.42.1.5/24  n1", 7, "10.42.1.5/24 is an address in a network, not a network"),
        ("pods  fd00::1/64  n1", 7, "fd00::1/64 is an address in a network, not a network"),
        ("pods  10.42.1.0  n1", 7, "10.42.1.0 is no network"),
        ("pods  10.42.1.0/33  n1", 7, "10.42.1.0/33 is no network"),
        ("pods  10.42.1.0/255.255.255.0  n1", 7, "10.42.1.0/255.255.255.0 is no network"),
        ("pods  10.42.01.0/24  n1", 7, "10.42.01.0/24 is no network"),
        ("pods  n1  10.42.1.0/24", 7, "n1 is no network"),
        ("pods  10.42.1.0/24", 1, "a line has 3 words, this one has 2"),
        ("  pods  10.42.1.0/24  n 1", 25, "a line has 3 words, this one has more"),
        ('pods  10.42.1.0/24  "n1', 21, "a quote that is not closed"),
        ('pods  10.42.1.0/24  "n\\1"', 21, "an escape that does not exist"),
        ('pods  10.42.1.0/24  "\\U00110000"', 21, "an escape that does not exist"),
        ('pods  10.42.1.0/24  "n1"x', 25, "two words without a space between them"),
        ("pods  10.42.1.0/24  n1 # mine", 24, "'#' has no place here"),
        ("pods  10.42.1.0/24  n\u200b1", 22, "'\\u200b' has no place here"),
    ],
)
def test_a_broken_line_has_one_finding_at_its_place(lock, line: str, column: int, message: str) -> None:
    broken = lock(f"pods  10.42.0.0/24  n0\n{line}\npods  10.42.2.0/24  n2\n")
    assert findings(broken) == [(codes.BROKEN.code, f"3:{column}", message)]
    assert broken.findings[0].help
    assert [block.key for block in broken.blocks] == ["n0", "n2"]
    assert not broken.legible


@pytest.mark.parametrize(
    "content", ["", "\n", "{}", "pods  10.42.0.0/24  n1\n", "# netc.lock\n", "# netc.lock version x"]
)
def test_a_file_that_is_no_lock_is_not_an_empty_plan(content: str) -> None:
    (found,) = read(Source("netc.lock", content)).findings
    assert found.code == codes.HEADER.code
    assert found.help == "restore the file from version control; without one, everything is planned anew"


def test_a_lock_of_a_newer_netc_is_refused() -> None:
    lock = read(Source("netc.lock", "# netc.lock version 2: pods have colours\npods red 10.42.0.0/24 n1\n"))
    assert findings(lock) == [
        (codes.HEADER.code, "1:1", "netc.lock has version 2, and this netc reads version 1"),
    ]


def test_a_merge_conflict_is_one_finding_where_it_starts(lock) -> None:
    merged = lock(
        "pods  10.42.0.0/24  n0\n<<<<<<< HEAD\npods  10.42.1.0/24  n1\n||||||| 1f3c\n=======\n"
        "pods  10.42.1.0/24  n2\n>>>>>>> add-n2\npods  10.42.9.0/24  n9\n<<<<<<< HEAD\n=======\n>>>>>>> add-n2\n"
    )
    assert [found[:2] for found in findings(merged)] == [(codes.CONFLICT.code, "3:1"), (codes.CONFLICT.code, "10:1")]
    assert "keep the lines of one side" in (merged.findings[0].help or "")
    assert not merged.legible
    assert [found[:2] for found in findings(lock("=======\n>>>>>>> theirs\n"))] == [(codes.CONFLICT.code, "2:1")]
    assert read(Source("netc.lock", "<<<<<<< HEAD\n" + HEADER)).findings[0].code == codes.CONFLICT.code


def test_a_key_with_two_blocks_shows_both_lines(lock) -> None:
    twice = lock("pods  10.42.7.0/24  n1\npods  10.42.1.0/24  n1\npods  fd00::/64  n1\npods  10.42.1.0/24  n1\n")
    assert findings(twice) == [
        (codes.KEY_TWICE.code, "5:1", "n1 has 10.42.1.0/24 twice in pool pods"),
        (codes.KEY_TWICE.code, "3:1", "n1 has two blocks of pool pods: 10.42.7.0/24 and 10.42.1.0/24"),
    ]
    assert [str(found.labels[0].span) for found in twice.findings] == ["netc.lock:3:1", "netc.lock:2:1"]
    assert twice.legible


def test_blocks_that_overlap_show_both_lines_and_the_ways_out(lock) -> None:
    bad = lock("pods  10.42.4.0/22  big\npods  10.42.5.0/24  n5\npods  10.42.7.128/25  n7\nother  10.42.5.0/24  n5\n")
    assert findings(bad) == [
        (codes.COLLISION.code, "3:1", "10.42.5.0/24 of n5 overlaps 10.42.4.0/22 of big in pool pods"),
        (codes.COLLISION.code, "4:1", "10.42.7.128/25 of n7 overlaps 10.42.4.0/22 of big in pool pods"),
    ]
    assert str(bad.findings[0].labels[0].span) == "netc.lock:2:1"
    assert (bad.findings[0].help or "").splitlines()[1:] == ["netc ipam release pods n5", "netc ipam release pods big"]
    assert bad.legible


WHOLE = HEADER + "\n" + "".join(f"pods  10.42.{i}.0/24  n{i}\n" for i in range(20)) + '\nvips  fd00::/64  "a b"\n'


@given(st.integers(0, 2**32), st.integers(1, 12))
@settings(deadline=None, max_examples=300)
def test_a_mangled_lock_is_found_or_read_but_never_fails(seed: int, edits: int) -> None:
    """Characters lost, doubled, changed; lines lost, doubled, swapped, cut off."""
    chance = random.Random(seed)
    mangled = WHOLE
    for _ in range(edits):
        at, to = sorted(chance.randrange(len(mangled) + 1) for _ in range(2))
        piece = mangled[at : min(to, at + chance.choice([1, 1, 1, 40, 400]))]
        insert = chance.choice(["", piece * 2, piece[::-1], chance.choice('\x00"\\#/.:9\n\r\t<>=|\u2028\ud800é ')])
        mangled = mangled[:at] + insert + mangled[at + len(piece) :]
        if not mangled:
            break
    lock = read(Source("netc.lock", mangled))
    for found in lock.findings:
        assert found.primary is not None
        assert found.message.isprintable() or "\x00" not in text(lock.blocks)
        assert 0 <= found.primary.start <= found.primary.end <= len(mangled)
    if not lock.findings:
        assert read(Source("netc.lock", text(lock.blocks))).findings == ()


def test_a_file_of_mistakes_and_a_line_without_end_are_read(lock) -> None:
    """Findings that nobody can read are not made, and no work is done twice for a long line."""
    assert len(lock("x\n" * 100_000).findings) == 1000
    assert len(lock("".join(f"pods  10.0.0.0/8  {at}\n" for at in range(5000))).findings) == 1000
    for line in ("a " * 2_000_000, '"' * 4_000_000, '"' + "\\" * 4_000_000, "a" * 4_000_000, "#" * 4_000_000 + "x"):
        assert len(lock(line).findings) == (0 if line.startswith("#") else 1)


@given(st.text())
def test_any_text_is_read(content: str) -> None:
    read(Source("netc.lock", content))
    read(Source("netc.lock", HEADER + content))
