"""Who gets which block, and what is said where that can't be decided."""

from __future__ import annotations

import random

from netc.diagnostics import Severity
from netc.ipam import codes
from netc.ipam.lock import text
from netc.ipam.planning import plan


def networks(planned) -> dict[str, str]:
    """Key to network, of all blocks."""
    return {block.key: str(block.network) for block in planned.blocks}


def test_the_largest_first_then_by_key_at_the_lowest_address(project) -> None:
    pool = project.pool("pods", "10.42.0.0/16", "10.42.0.0/24")
    sizes = {"a": 26, "b": 24, "n10": 24, "n9": 24, "y": 23, "z": 22}
    asked = [project.request("pods", key, prefix) for key, prefix in sizes.items()]
    planned, findings = plan([pool], asked, ())
    assert findings == ()
    assert networks(planned) == {
        "z": "10.42.4.0/22",  # the lowest that is aligned and free of what is reserved
        "y": "10.42.2.0/23",
        "b": "10.42.1.0/24",
        "n10": "10.42.8.0/24",
        "n9": "10.42.9.0/24",
        "a": "10.42.10.0/26",
    }
    assert [planned.granted[one].key for one in asked] == list(sizes)
    assert set(planned.added) == set(planned.blocks)
    assert planned.held == ()


def test_the_order_of_everything_does_not_matter(project) -> None:
    pools = [project.pool("pods", "10.42.0.0/16"), project.pool("storage", "10.9.0.0/20 fd00::/56")]
    asked = [project.request("pods", f"n{i}", 24 + i % 3) for i in range(30)]
    asked += [project.request("storage", f"n{i}", prefix) for i in range(5) for prefix in (26, 64)]
    first, _ = plan(pools, asked, ())
    locked = list(first.blocks[::3])
    again, _ = plan(pools, asked, locked)
    for seed in range(5):
        for some in (pools, asked, locked):
            random.Random(seed).shuffle(some)
        assert text(plan(pools, asked, ())[0].blocks) == text(first.blocks)
        assert text(plan(pools, asked, locked)[0].blocks) == text(again.blocks)


def test_what_is_locked_stays_and_what_is_gone_stays_held(project, lock) -> None:
    pool = project.pool("pods", "10.42.0.0/16")
    locked = lock("pods  10.42.0.0/24  old\npods  10.42.7.0/24  n1\n").blocks
    planned, findings = plan([pool], [project.request("pods", key, 24) for key in ("n1", "a")], locked)
    assert findings == ()
    assert networks(planned) == {"old": "10.42.0.0/24", "a": "10.42.1.0/24", "n1": "10.42.7.0/24"}
    assert [block.key for block in planned.added] == ["a"]
    assert [block.key for block in planned.held] == ["old"]


def test_a_key_that_comes_back_gets_the_block_that_was_held(project, lock) -> None:
    planned, _ = plan(
        [project.pool("pods", "10.42.0.0/16")],
        [project.request("pods", "old", 24)],
        lock("pods  10.42.9.0/24  old\n").blocks,
    )
    assert networks(planned) == {"old": "10.42.9.0/24"}
    assert planned.added == planned.held == ()


def test_asked_twice_the_same_block_is_given(project) -> None:
    asked = [project.request("pods", "n1", 24), project.request("pods", "n1", 24, 4)]
    planned, findings = plan([project.pool("pods", "10.42.0.0/16")], asked, ())
    assert findings == ()
    assert planned.granted[asked[0]] == planned.granted[asked[1]]
    assert len(planned.blocks) == 1


def test_asked_twice_with_two_prefixes_is_an_error_that_shows_both(project) -> None:
    pool = project.pool("pods", "10.42.0.0/16")
    asked = [project.request("pods", "n1", 24), project.request("pods", "n2", 24), project.request("pods", "n1", 25)]
    for some in (asked, asked[::-1]):
        planned, (found,) = plan([pool], some, ())
        assert found.code == codes.DISAGREE.code
        assert found.message == "n1 asks pool pods for a /25 here and for a /24 elsewhere"
        assert (found.primary, found.labels[0].span) == (asked[2].span, asked[0].span)
        assert networks(planned) == {"n2": "10.42.0.0/24"}, "one mistake does not hide the others"


def test_the_prefix_says_the_family_where_only_one_fits(project) -> None:
    pool = project.pool("pods", "10.42.0.0/16 fd00:42::/48")
    asked = [project.request("pods", "n1", 24), project.request("pods", "n1", 64)]
    planned, findings = plan([pool], asked, ())
    assert findings == ()
    assert [str(planned.granted[one].network) for one in asked] == ["10.42.0.0/24", "fd00:42::/64"]


def test_where_both_families_fit_one_has_to_be_given(project) -> None:
    pool = project.pool("pods", "10.0.0.0/8 fd00::/20")
    _, (found,) = plan([pool], [project.request("pods", "n1", 28)], ())
    assert found.code == codes.AMBIGUOUS.code
    assert found.message == "a /28 for n1 fits both families of pool pods (10.0.0.0/8, fd00::/20)"
    four, six = (project.request("pods", "n1", 28, family) for family in (4, 6))
    planned, findings = plan([pool], [four, six], ())
    assert findings == ()
    assert [str(planned.granted[one].network) for one in (four, six)] == ["10.0.0.0/28", "fd00::/28"]


def test_what_never_fits_says_what_would(project) -> None:
    pools = [project.pool("pods", "10.42.0.0/16"), project.pool("dual", "10.43.0.0/16 fd00::/48")]
    asked = [
        project.request("pods", "a", 8),
        project.request("pods", "b", 33),
        project.request("pods", "c", 24, 6),
        project.request("dual", "d", 40),
    ]
    _, findings = plan(pools, asked, ())
    assert {found.code for found in findings} == {codes.FITS_NOT.code}
    assert [(found.message, found.help) for found in findings] == [
        (
            "pool pods (10.42.0.0/16) has no /8 for a: no network of the pool can hold it",
            "a block can be /16 to /32 in IPv4",
        ),
        (
            "pool pods (10.42.0.0/16) has no /33 for b: no network of the pool can hold it",
            "a block can be /16 to /32 in IPv4",
        ),
        (
            "pool pods (10.42.0.0/16) has no /24 for c: the pool has no IPv6 cidr",
            "add one to the pool's cidrs, or ask for the other family",
        ),
        (
            "pool dual (10.43.0.0/16, fd00::/48) has no /40 for d: no network of the pool can hold it",
            "a block can be /16 to /32 in IPv4 or /48 to /128 in IPv6",
        ),
    ]


def test_an_exhausted_pool_says_how_full_it_is_and_by_whom(project, lock) -> None:
    pool = project.pool("pods", "10.42.0.0/29", "10.42.0.7")
    locked = lock("pods  10.42.0.0/30  big\npods  10.42.0.4/32  gone\n").blocks
    asked = [project.request("pods", "big", 30), *(project.request("pods", f"n{i}", 31) for i in range(3))]
    planned, (found,) = plan([pool], [*asked, project.request("pods", "small", 32)], locked)
    assert found.code == codes.EXHAUSTED.code
    assert found.message == "pool pods (10.42.0.0/29) has no free /31 for n0 and 2 more"
    assert found.help == (
        "85.7 % of it is taken, the largest free block is a /32; 1 address is reserved\n"
        "in use by 2: big 10.42.0.0/30, small 10.42.0.5/32\n"
        "held for 1 that nothing asks for: gone 10.42.0.4/32\n"
        "give those up (netc ipam release pods gone), or add a cidr"
    )
    assert networks(planned)["small"] == "10.42.0.5/32", "what fits is planned all the same"
    assert set(planned.granted) == {asked[0], project.request("pods", "small", 32)}


def test_a_changed_prefix_never_moves_a_block(project, lock) -> None:
    locked = lock("pods  10.42.0.0/24  n1\n").blocks
    asked = project.request("pods", "n1", 25)
    planned, (found,) = plan([project.pool("pods", "10.42.0.0/16")], [asked], locked)
    assert found.code == codes.RESIZED.code
    assert found.message == "n1 has 10.42.0.0/24 of pool pods and now asks for a /25"
    assert found.help == "ask for a /24, or give the block up and get another one: netc ipam release pods n1"
    assert [str(step.span) for step in found.labels] == ["netc.lock:2:1"]
    assert (planned.blocks, planned.granted) == (locked, {})


def test_a_pool_that_leaves_a_block_never_moves_it(project, lock) -> None:
    locked = lock("pods  10.42.0.0/24  n1\npods  10.43.1.0/24  n2\npods  10.44.0.0/24  gone\n").blocks
    pool = project.pool("pods", "10.43.0.0/16", "10.43.1.128/25")
    asked = [project.request("pods", key, 24) for key in ("n1", "n2", "n3")]
    planned, findings = plan([pool], asked, locked)
    assert [(found.code, found.severity, found.message) for found in findings] == [
        (
            codes.DISPLACED.code,
            Severity.ERROR,
            "n1 has 10.42.0.0/24, which is not in pool pods (10.43.0.0/16) any more",
        ),
        (codes.DISPLACED.code, Severity.ERROR, "n2 has 10.43.1.0/24, and pool pods now reserves addresses in it"),
        (codes.STRANDED.code, Severity.WARNING, "10.44.0.0/24 is held for gone outside of pool pods (10.43.0.0/16)"),
    ]
    assert set(planned.granted) == {asked[2]}
    assert set(locked) < set(planned.blocks)


def test_a_block_in_a_network_that_grew_stays(project, lock) -> None:
    locked = lock("pods  10.42.3.0/24  n1\n").blocks
    planned, findings = plan([project.pool("pods", "10.0.0.0/8")], [project.request("pods", "n1", 24)], locked)
    assert findings == ()
    assert planned.blocks == locked


def test_a_renamed_pool_is_noticed(project, lock) -> None:
    locked = lock("pods  10.42.0.0/24  n1\npods  10.42.1.0/24  n2\nother  10.99.0.0/24  n1\n").blocks
    asked = [project.request("cluster", key, 24) for key in ("n1", "n2")]
    planned, (found,) = plan([project.pool("cluster", "10.42.0.0/16")], asked, locked)
    assert (found.code, found.severity) == (codes.RENAMED.code, Severity.WARNING)
    assert found.message == "pool cluster plans anew for n1 and 1 more, whose blocks are held under pool pods"
    assert found.help == "if the pool was renamed, before the next build: netc ipam rename pods cluster"
    assert set(locked) < set(planned.blocks), "blocks of another part of the project are kept"


def test_a_lock_that_contradicts_itself_is_an_error_of_the_plan_too(project, block) -> None:
    """A caller may come with blocks that no file was read for."""
    locked = [block("pods", "10.42.0.0/24", "n1"), block("pods", "10.42.0.0/25", "n2")]
    asked = [project.request("pods", key, prefix) for key, prefix in (("n1", 24), ("n2", 25), ("n3", 24))]
    planned, (found,) = plan([project.pool("pods", "10.42.0.0/16")], asked, locked)
    assert found.code == codes.COLLISION.code
    assert set(planned.granted) == {asked[2]}, "nobody knows which of the two is right"
    assert networks(planned)["n3"] == "10.42.1.0/24"


def test_no_block_spans_two_networks_of_a_pool(project) -> None:
    pool = project.pool("pods", "10.0.0.0/24 10.0.1.0/24")
    planned, (found,) = plan([pool], [project.request("pods", "a", 23), project.request("pods", "b", 24)], ())
    assert found.code == codes.FITS_NOT.code
    assert networks(planned) == {"b": "10.0.0.0/24"}
