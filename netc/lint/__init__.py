"""Findings about networks: what their plugins do not decode, and what the rules know they will do.

Rules live in `netc/lint/rules/` (a chain, a list, a pod) and in their plugin's `rules.py`; this module runs those that
a network gives cause for, and turns what they find in the JSON into findings at the author's lines.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Collection, Iterable, Iterator
from functools import cache

from netc import plugins, resources
from netc.dataclass import replace
from netc.diagnostics import Diagnostic, Severity, Step, Trail
from netc.diagnostics.edits import renamed
from netc.diagnostics.rule import Rule
from netc.lint import rules as general
from netc.model import Network, Plugin, unescape, without
from netc.plugins import shape
from netc.rules import Violation, declared_in


def lint(network: Network) -> list[Diagnostic]:
    """All findings about one network, in no order.

    Rules see the network without the values that do not fit their keys, so that they can take every type for granted.
    A mistake is reported once: what a rule would say only because such a value is gone is not said.
    """
    misfits = [one for one in shape.check(network.conflist) if not _follows(one.pointer, one, network.unwritten)]
    found = [_misfit(one, network) for one in misfits]
    broken = {one.pointer for one in misfits if one.rule.severity is Severity.ERROR and one.pointer}
    unfit = {one.pointer for one in misfits if one.pointer in broken and one.on == "value"}
    sound = replace(network, conflist=without(network.conflist, unfit)) if unfit else network
    gaps = broken | network.unwritten
    for rule, base, violation in _violations(sound):
        pointer = base + violation.pointer
        if not _follows(pointer, violation, gaps):
            related = [(base + at, text) for at, text in violation.related]
            found.append(_finding(rule, pointer, violation.on, violation.message, violation.help, related, network))
    return found


def _misfit(one: shape.Misfit, network: Network) -> Diagnostic:
    """What does not fit at the author's line, with the edit that spells a key as it was surely meant."""
    found = _finding(one.rule, one.pointer, one.on, one.message, one.help, (), network)
    if one.meant is None or found.primary is None:
        return found
    edits = renamed(found.primary, unescape(one.pointer.rpartition("/")[2]), one.meant)
    return replace(found, edits=edits, safe=bool(edits))


def _follows(pointer: str, said: Violation | shape.Misfit, gaps: Collection[str]) -> bool:
    """Whether something is said only because a value is missing that has been reported already.

    That is so at the value's own place, around it, and in its plugin object where the words name its key.
    """
    for gap in gaps:
        if gap == pointer or (pointer.startswith("/plugins/") and gap.startswith(f"{pointer}/")):
            return True
        same_plugin = gap.split("/")[:3] == pointer.split("/")[:3] or gap.rpartition("/")[0] == pointer
        if same_plugin and gap.rpartition("/")[2] in re.findall(r"[\w.-]+", f"{said.message} {said.help or ''}"):
            return True
    return False


def _violations(network: Network) -> Iterator[tuple[Rule, str, Violation]]:
    """What each rule says, with the pointer that its own pointers start from."""
    chain = network.plugins
    for rule in general_rules():
        if rule.check is None or rule.input not in ("network", "plugin"):
            continue
        if rule.input == "network":
            yield from ((rule, "", violation) for violation in rule.check(network))
        else:
            for plugin in chain:
                yield from ((rule, plugin.pointer, violation) for violation in rule.check(plugin, network))
    for plugin in chain:
        for rule in _plugin_rules(plugin):
            assert rule.check is not None
            yield from ((rule, plugin.pointer, violation) for violation in rule.check(plugin, network))


@cache
def general_rules() -> tuple[Rule, ...]:
    """The rules of `netc/lint/rules/`, by module and then in the order written."""
    modules = (importlib.import_module(f"{general.__name__}.{name}") for name in resources.modules(general))
    return tuple(rule for module in modules for rule in declared_in(module))


@cache
def rules_of(plugin_type: str) -> tuple[Rule, ...]:
    """The rules that a plugin's own folder declares."""
    module = plugins.part(plugin_type, "rules")
    return tuple(declared_in(module)) if module is not None else ()


def _plugin_rules(plugin: Plugin) -> Iterable[Rule]:
    """The rules about this plugin object: its own, and those of the IPAM plugin that it calls."""
    ipam = plugin.ipam.get("type") if plugin.ipam is not None else None
    yield from rules_of(plugin.type)
    if isinstance(ipam, str) and ipam != plugin.type:
        yield from rules_of(ipam)


def _finding(
    rule: Rule,
    pointer: str,
    on: str,
    message: str,
    help: str | None,
    related: Iterable[tuple[str, str]],
    network: Network,
) -> Diagnostic:
    """A rule's words at the author's line, with the way that the key took to get there."""
    origin = network.origin(pointer)
    key = origin.key if on == "key" and pointer in network.origins else None
    span = key or origin.value
    labels: Trail = (
        *(Step(text, network.origin(at).value) for at, text in related),
        *(origin.labels if key is None else origin.trail),
    )
    return Diagnostic(rule.code, rule.severity, message, span, labels, help, network.name, pointer)
