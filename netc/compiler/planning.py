"""The address plan of a program: what it asks of its pools meets the lock, and each request gets its block."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from netc.dataclass import dataclass, field
from netc.diagnostics import Diagnostic, Severity
from netc.lang.values import Ask, Cidr, PoolValue, Val
from netc.sources import Sources

if TYPE_CHECKING:
    from netc.ipam import Block, Demand, Lock, Look, Plan, Written


@dataclass(frozen=True, slots=True)
class Planned:
    """What a program asks of its pools, the lock that it was planned with, and the plan.

    `path` is where the lock lies or will lie; `plan` is None where the lock can't be read: a finding says so.
    `findings` are those about the lock and the plan.
    """

    path: Path
    demand: Demand
    lock: Lock
    plan: Plan | None
    findings: tuple[Diagnostic, ...] = ()


@dataclass(slots=True)
class Planning:
    """The planner that an evaluation calls; then `planned` has the plan, and `findings` what is wrong with it.

    Nothing is written: only a build that has no error writes `planned` to the lock.
    """

    root: Path
    sources: Sources
    #: Blocks that are as good as locked: what files compiled before this one would add to the lock.
    before: Sequence[Block] = ()
    look: Look | None = None
    planned: Planned | None = None
    findings: list[Diagnostic] = field(default_factory=list)

    def __call__(self, pools: tuple[PoolValue, ...], asks: tuple[Ask, ...]) -> Mapping[Ask, Cidr]:
        """The block of each request that gets one."""
        from netc import ipam
        from netc.ipam import codes
        from netc.ipam.lock import NAME

        demand, findings = demanded(pools, asks)
        self.findings += findings
        self.findings += ipam.check(demand.pools)
        path = self.root / NAME
        shown = os.path.relpath(path)
        path = path if shown.startswith(os.pardir) else Path(shown)
        plan = None
        try:
            lock = ipam.load(path, self.sources)
            about = list(lock.findings)
            if lock.legible:
                locked = (*lock.blocks, *self.before)
                plan, found = ipam.plan(demand.pools, demand.requests, locked, self.look or ipam.nothing)
                about = list(found)
        except ipam.LockError as unreadable:
            lock = ipam.Lock()
            text, file = str(unreadable), str(path)
            about = [Diagnostic(codes.BROKEN.code, Severity.ERROR, text, None, (), unreadable.help, file=file)]
        self.findings += about
        self.planned = Planned(path, demand, lock, plan, tuple(about))
        if plan is None:
            return {}
        requests = dict(zip(asks, demand.requests, strict=True))
        blocks = {ask: plan.granted[request] for ask, request in requests.items() if request in plan.granted}
        return {ask: Cidr(block.network.network_address, block.network.prefixlen) for ask, block in blocks.items()}


def demanded(pools: tuple[PoolValue, ...], asks: tuple[Ask, ...]) -> tuple[Demand, list[Diagnostic]]:
    """Pools and requests as planning has them, a request for each of `asks`, and what is wrong with the pools."""
    from netc import ipam

    declared = []
    findings: list[Diagnostic] = []
    for pool in pools:
        one, found = ipam.declare(pool.name, pool.span, _written(pool.cidrs), _written(pool.reserve))
        declared.append(one)
        findings += found if pool.sound or pool.cidrs else ()
    requests = tuple(ipam.Request(ask.pool, ask.key, ask.prefix, ask.family, ask.span, ask.trail) for ask in asks)
    return ipam.Demand(tuple(declared), requests), findings


def _written(elements: tuple[Val, ...]) -> list[Written]:
    from netc.ipam import Written

    return [Written(each.data, each.span) for each in elements]  # type: ignore[arg-type]  # the language checked them
