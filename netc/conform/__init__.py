"""A conformance suite for CNI plugins: what the specification asks of one, tried on a binary in a sandbox.

`requirements` has them, each with the section of the specification that it comes from; `subject` runs the plugin.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from netc.conform.finding import Finding, Requirement, State
from netc.conform.requirements import REQUIREMENTS
from netc.conform.subject import Broken, NotApplicable, Subject, Target

if TYPE_CHECKING:
    from netc.lab.sandbox import Sandbox

__all__ = ["REQUIREMENTS", "Finding", "Requirement", "Target", "examine"]


def examine(target: Target) -> list[Finding]:
    """How each requirement came out, in order; each in a sandbox of its own.

    Raises `SandboxUnavailable` where the machine can't.
    """
    return [_tried(target, requirement) for requirement in REQUIREMENTS]


def _tried(target: Target, requirement: Requirement) -> Finding:
    from netc.lab import named, sandbox

    def inside(site: Sandbox) -> tuple[State, str]:
        subject = Subject(target, site)
        try:
            requirement.holds(subject)
        except NotApplicable as reason:
            return "skipped", str(reason)
        except Broken as broken:
            return "failed", str(broken)
        finally:
            subject.close()
        return "ok", ""

    began = time.perf_counter()
    state, why = sandbox.run(
        inside, state=named.state_folders({"plugins": [target.config]}), keep=[target.binary, *target.path]
    )
    return Finding(requirement, state, why, (time.perf_counter() - began) * 1000)
