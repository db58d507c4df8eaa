"""What the suite says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from netc.dataclass import dataclass

State = Literal["ok", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Requirement:
    """Something that a plugin has to do. `section` is where the specification says so, `holds` tries it.

    `holds` raises `Broken` where the plugin does not do it, and `NotApplicable` where it can't be asked for.
    """

    name: str
    title: str
    section: str
    holds: Callable[[Any], None]


@dataclass(frozen=True, slots=True)
class Finding:
    """How a requirement came out; `why` says what was seen where it failed, or why it was not tried."""

    requirement: Requirement
    state: State
    why: str
    ms: float
