"""Networks against the targets of their project: what the hosts that they are made for lack."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from netc import plugins
from netc.diagnostics import Diagnostic, Step
from netc.diagnostics.rule import Rule
from netc.lint import general_rules
from netc.model import Network
from netc.plugins import releases, subschema
from netc.rules import Violation
from netc.target import Target

#: The rule about keys that no release of today reads: a target may have one that does.
RETIRED = "NC406"


def lint_against(network: Network, targets: Sequence[Target]) -> list[Diagnostic]:
    """All findings about a network on the targets that it is for, in no order; what several lack is said once."""
    found: dict[tuple[str, str, str], tuple[Rule, Violation, list[Target]]] = {}
    for target in _of(network, targets):
        for rule in general_rules():
            if rule.input == "target" and rule.check is not None:
                for violation in rule.check(network, target):
                    key = rule.code, violation.pointer, violation.message
                    found.setdefault(key, (rule, violation, []))[2].append(target)
    return [_finding(network, *one) for one in found.values()]


def still_read(found: Iterable[Diagnostic], network: Network, targets: Sequence[Target]) -> Iterator[Diagnostic]:
    """The findings without those about keys that every target of the network still reads."""
    meant = list(_of(network, targets))
    for one in found:
        if one.code != RETIRED or not meant or not all(_reads(network, one.pointer, target) for target in meant):
            yield one


def _of(network: Network, targets: Sequence[Target]) -> Iterator[Target]:
    return (target for target in targets if target.speaks_of(network.meta.node))


def _reads(network: Network, pointer: str | None, target: Target) -> bool:
    parts = (pointer or "").split("/")
    for plugin in network.plugins:
        info = plugins.find(plugin.type)
        schema = subschema.of_plugin(plugin.type)
        if info is None or schema is None or plugin.pointer != "/".join(parts[:3]) or len(parts) < 4:
            continue
        at = target.release_of(plugin.type, is_reference=plugins.is_reference(plugin.type))
        key = schema.key(parts[3])
        return at is not None and key is not None and releases.read_in(key.node.get("x-netc", {}), at)
    return False


def _finding(network: Network, rule: Rule, violation: Violation, targets: Sequence[Target]) -> Diagnostic:
    origin = network.origin(violation.pointer)
    key = origin.key if violation.on == "key" and violation.pointer in network.origins else None
    names = ", ".join(target.name for target in targets if target.name)
    message = f"{violation.message} (on {names})" if names else violation.message
    labels = (
        *(Step("the target says so here", target.place(violation.setting)) for target in targets[:3]),
        *(Step(text, network.origin(at).value) for at, text in violation.related),
        *(origin.labels if key is None else origin.trail),
    )
    return Diagnostic(
        rule.code, rule.severity, message, key or origin.value, labels, violation.help, network.name, violation.pointer
    )
