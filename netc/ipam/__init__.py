"""Address planning: pools, the plan, and the lock file that keeps it.

The road is `declare` and `check` (pools), `read` (the lock), `plan`, and `write`:

    pool, findings = declare("pods", span, cidrs, reserve)
    lock = load(path, sources)
    planned, findings = plan(pools, requests, lock.blocks)
    network = planned.granted[request].network
    write(path, lock, planned.blocks)

Every mistake is a `Diagnostic`; with an error among them nothing may be written. Nothing here knows the language's
syntax: pools and requests come with the places that they were written at, and that is all.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from netc.ipam.blocks import Block, Demand, Request
    from netc.ipam.elsewhere import Elsewhere, Look, identities, nothing
    from netc.ipam.lock import Lock, read
    from netc.ipam.lockfile import LockError, changes, load, write
    from netc.ipam.planning import Plan, plan
    from netc.ipam.pools import Pool, Written, check, declare

__all__ = [
    "Block",
    "Demand",
    "Elsewhere",
    "Lock",
    "LockError",
    "Look",
    "Plan",
    "Pool",
    "Request",
    "Written",
    "changes",
    "check",
    "declare",
    "identities",
    "load",
    "nothing",
    "plan",
    "read",
    "write",
]

_HOMES = {
    "blocks": ("Block", "Demand", "Request"),
    "elsewhere": ("Elsewhere", "Look", "identities", "nothing"),
    "lock": ("Lock", "read"),
    "lockfile": ("LockError", "changes", "load", "write"),
    "planning": ("Plan", "plan"),
    "pools": ("Pool", "Written", "check", "declare"),
}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            value = getattr(importlib.import_module(f"{__name__}.{home}"), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
