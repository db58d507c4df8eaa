"""Changes of the list itself: its name, its versions, its being there at all."""

from __future__ import annotations

from collections.abc import Iterator

from netc.diff.effect import Effect, Grade
from netc.diff.effects.both import Both
from netc.model import Network


def removed(network: Network, title: str) -> Effect:
    """A network that is gone: DEL goes by the list, and there is none."""
    return Effect(
        "network-removed",
        Grade.BREAKS,
        title,
        f"a runtime that runs DEL by the current list can't take down what runs in {network.name}: "
        "its leases, rules and cache entries stay",
        "drain its pods before the file goes",
        network.span,
    )


def name_changed(both: Both) -> Iterator[Effect]:
    """Runtimes keep an attachment under the network's name."""
    if both.old.name != both.new.name:
        yield both.effect(
            "network-renamed",
            Grade.BREAKS,
            f"the runtime knows running pods by the name {both.old.name}: DEL and CHECK under {both.new.name} find no "
            "result of theirs",
            f"drain the pods of {both.old.name} first",
            old="/name",
            new="/name",
        )


def check_switched(both: Both) -> Iterator[Effect]:
    """CHECK comes or goes with a version or with `disableCheck`."""
    if both.old.is_checked != both.new.is_checked:
        says = "starts" if both.new.is_checked else "stops"
        why = "" if both.new.is_checked else ": nothing tells of an interface that was tampered with"
        yield both.effect(
            "check-switched",
            Grade.DIFFERS,
            f"CHECK {says}, for running pods too{why}",
            old="/disableCheck" if "disableCheck" in both.old.conflist else "/cniVersion",
            new="/disableCheck" if "disableCheck" in both.new.conflist else "/cniVersion",
        )
