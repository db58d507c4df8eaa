"""Networks that one host or one cluster has at the same time, and what is wrong between them.

A folder of configurations is one host's, and so are the definitions of one manifest. The networks of a project are one
fleet's: those of a node, and those of no node in particular, meet on that node.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from netc.diagnostics import Diagnostic, Step
from netc.diagnostics.rule import Rule
from netc.lint import general_rules
from netc.model import Network
from netc.rules import Clash
from netc.sources import PROJECT_FILE, Source, project_root

if TYPE_CHECKING:
    from netc.documents.document import Document


PointerOf = Callable[[Network, str], str]


def _same(_: Network, pointer: str) -> str:
    return pointer


def lint_together(networks: Sequence[Network], pointer_of: PointerOf = _same) -> list[Diagnostic]:
    """All findings between networks that meet, in no order.

    `pointer_of` gives the pointer to show for one into a network, where that was not written as it is.
    """
    found: list[Diagnostic] = []
    for rule in general_rules():
        if rule.input != "project" or rule.check is None:
            continue
        for meeting in _by_node(networks):
            found += [_finding(rule, clash, pointer_of) for clash in rule.check(meeting)]
    return found


def meetings(
    networks: Iterable[Network], documents: Iterable[Document], folders: Collection[str]
) -> Iterator[list[Network]]:
    """The networks that meet, by what they stand in.

    `networks` are those of `.netc` files: a project's meet, and where there is no `netc.toml` those of a file. Of
    `folders`, absolute paths, the configurations in each meet.
    """
    groups: dict[tuple[str, str], list[Network]] = {}
    for network in networks:
        groups.setdefault(("netc", _project(network.span.source)), []).append(network)
    for document in documents:
        if not document.loads:
            continue  # nothing is known of what it is to become
        for written in document.written:
            path = _absolute(document.source)
            if written.place == "definition":
                groups.setdefault(("definitions", path), []).append(written.network)
            elif written.place == "file" and os.path.dirname(path) in folders:
                groups.setdefault(("folder", os.path.dirname(path)), []).append(written.network)
    yield from groups.values()


def _project(source: Source) -> str:
    root = project_root(source.file)
    return str(root) if os.path.isfile(root / PROJECT_FILE) else _absolute(source)


def _absolute(source: Source) -> str:
    return str(source.file) if source.file is not None else os.path.abspath(source.path)


def _by_node(networks: Sequence[Network]) -> Iterator[Sequence[Network]]:
    nodes: dict[str | None, list[Network]] = {}
    for network in networks:
        nodes.setdefault(network.meta.node, []).append(network)
    everywhere = nodes.pop(None, [])
    if not nodes:
        yield everywhere
    for members in nodes.values():
        yield [*everywhere, *members]


def _finding(rule: Rule, clash: Clash, pointer_of: PointerOf) -> Diagnostic:
    origin = clash.network.origin(clash.pointer)
    key = origin.key if clash.on == "key" and clash.pointer in clash.network.origins else None
    labels = (
        *(Step(text, network.origin(at).value) for network, at, text in clash.related),
        *(origin.labels if key is None else origin.trail),
    )
    shown = pointer_of(clash.network, clash.pointer)
    return Diagnostic(
        rule.code, rule.severity, clash.message, key or origin.value, labels, clash.help, clash.network.name, shown
    )
