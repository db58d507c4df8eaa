"""What holds under any sequence of edits of a project and its lock."""

from __future__ import annotations

import random

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from netc.diagnostics import Severity
from netc.ipam.blocks import Request
from netc.ipam.edits import EditError, move, release
from netc.ipam.lock import Lock, read, text
from netc.ipam.planning import plan
from netc.ipam.pools import Pool, Written, declare
from netc.ipam.space import interval, within
from netc.lang.literals import address_like
from netc.sources import Source, Span

KEY = st.sampled_from(["n1", "n2", "n10", "rack 1", "größe", "", "#", "a\nb"])
#: Small pools, so that full ones and gaps are met all the time; the second reserves, the third has both families.
SPACES = {
    "pods": ("10.42.0.0/28", ""),
    "odd": ("10.43.0.0/29 10.43.0.16/28", "10.43.0.3-10.43.0.5 10.43.0.20"),
    "dual": ("10.44.0.0/28 fd00::/124", "fd00::8/126"),
}
SOURCE = Source("fleet.netc", "pool")
SPAN = Span(SOURCE, 0, 4)


def pool(name: str, cidrs: str, reserve: str) -> Pool:
    found, findings = declare(
        name, SPAN, [Written(address_like(one), SPAN) for one in cidrs.split()],
        [Written(address_like(one), SPAN) for one in reserve.split()],
    )  # fmt: skip
    assert findings == ()
    return found


POOLS = [pool(name, *space) for name, space in SPACES.items()]


class Fleet(RuleBasedStateMachine):
    """A project whose nodes come, go and change, and which is built after every change."""

    @initialize()
    def start(self) -> None:
        self.asked: dict[tuple[str, str, int], Request] = {}
        self.lock = Lock()
        self.build()

    def build(self) -> None:
        """Plan, and write the lock unless something is wrong, as a build does."""
        requests = list(self.asked.values())
        planned, findings = plan(POOLS, requests, self.lock.blocks)
        chance = random.Random(len(requests))
        for some in (requests, pools := list(POOLS), locked := list(self.lock.blocks)):
            chance.shuffle(some)
        other, said = plan(pools, requests, locked)
        assert text(other.blocks) == text(planned.blocks), "the order of requests, pools and blocks does not matter"
        assert sorted(map(str, said)) == sorted(map(str, findings))
        assert other.granted == planned.granted

        errors = [found for found in findings if found.severity is Severity.ERROR]
        assert set(self.lock.blocks) <= set(planned.blocks), "nothing that is locked moves or goes"
        assert errors or set(planned.granted) == set(requests), "who gets nothing is told why"
        for request, block in planned.granted.items():
            assert (block.pool, block.key, block.network.prefixlen) == (request.pool, request.key, request.prefix)
            assert request.family in (None, block.family)
        if errors:
            return
        again, _ = plan(POOLS, requests, read(Source("netc.lock", text(planned.blocks))).blocks)
        assert again.added == ()
        assert text(again.blocks) == text(planned.blocks), "planning a plan changes nothing"
        self.lock = read(Source("netc.lock", text(planned.blocks)))

    @rule(pool=st.sampled_from(sorted(SPACES)), key=KEY, prefix=st.integers(27, 33), family=st.sampled_from([4, 4, 6]))
    def add_or_resize(self, pool: str, key: str, prefix: int, family: int) -> None:
        wide = prefix + 96 if family == 6 else prefix
        self.asked[pool, key, family] = Request(pool, key, wide, family if pool == "dual" else None, SPAN)
        self.build()

    @rule(data=st.data())
    def remove(self, data) -> None:
        if self.asked:
            del self.asked[data.draw(st.sampled_from(sorted(self.asked)))]
            self.build()

    @rule(data=st.data())
    def release(self, data) -> None:
        if self.lock.blocks:
            block = data.draw(st.sampled_from(self.lock.blocks))
            blocks = release(self.lock.blocks, block.pool, [block.key]).blocks
            self.lock = read(Source("netc.lock", text(blocks)))
            self.build()

    @rule(data=st.data(), new=KEY, both=st.booleans())
    def move(self, data, new: str, both: bool) -> None:
        """A node is renamed, in the lock and (else only there) in the source."""
        if not self.lock.blocks:
            return
        block = data.draw(st.sampled_from(self.lock.blocks))
        try:
            edited = move(self.lock.blocks, block.pool, block.key, new, block.family)
        except EditError:
            return
        self.lock = read(Source("netc.lock", text(edited.blocks)))
        request = self.asked.pop(block.identity, None) if both else None
        if request is not None:
            self.asked[block.pool, new, block.family] = Request(block.pool, new, request.prefix, request.family, SPAN)
        self.build()
        if request is not None and request.prefix == block.network.prefixlen:
            assert (block.pool, new, block.network) in {(one.pool, one.key, one.network) for one in self.lock.blocks}

    @invariant()
    def the_lock_is_sound(self) -> None:
        """No overlap, nothing reserved, nothing outside; one block a key and family."""
        if not hasattr(self, "lock"):
            return
        assert self.lock.findings == (), "no key twice, no overlap"
        seen: set[tuple[str, int, int]] = set()
        for block in self.lock.blocks:
            space = next(one for one in POOLS if one.name == block.pool)
            assert space.contains(block.network)
            assert not [*within(interval(block.network), space.reserved(block.family))]
            mine = {(block.pool, block.family, at) for at in range(block.first, block.last + 1)}
            assert not mine & seen
            seen |= mine


Fleet.TestCase.settings = settings(max_examples=80, stateful_step_count=25, deadline=None)
TestFleet = Fleet.TestCase
