"""The outputs that a project defines in `[emit.NAME]` of its netc.toml, through templates of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

from netc.dataclass import dataclass
from netc.diagnostics import Diagnostic, error
from netc.emit.conflist import text
from netc.emit.outputs import LIST_NAME
from netc.emit.request import Made, Output, Request
from netc.emit.sandbox import TEMPLATE, Refused, Templates
from netc.model import Json, Meta, Network
from netc.project_file import NamedTable, ProjectFile
from netc.sources import Span


@dataclass(frozen=True, slots=True)
class PluginView:
    """A plugin of a chain, as a template sees it; `place` is `file:line`, from the project's folder."""

    index: int
    type: str
    config: Mapping[str, Json]
    place: str


@dataclass(frozen=True, slots=True)
class NetworkView:
    """A network as a template sees it.

    `conflist` is the JSON document as a value, `json` the text of its file, `path` where `--emit conflist` writes it.
    """

    name: str
    conflist: Mapping[str, Json]
    json: str
    path: str
    meta: Meta
    place: str
    plugins: tuple[PluginView, ...]
    _network: Network
    _root: Path

    def origin(self, pointer: str) -> str:
        """`file:line` of the value at a JSON pointer of the conflist, or of what is around it."""
        return _place(self._network.origin(pointer).value, self._root)


@dataclass(frozen=True, slots=True)
class PoolView:
    """An address pool as a template sees it: its networks as text, and where it is declared."""

    name: str
    cidrs: tuple[str, ...]
    place: str


@dataclass(frozen=True, slots=True)
class BlockView:
    """A planned block as a template sees it; `held` where nothing asks for it any more."""

    pool: str
    key: str
    cidr: str
    family: int
    held: bool


@dataclass(frozen=True, slots=True)
class PlanView:
    """The address plan as a template sees it, in the order of the lock file; empty where there is no pool."""

    pools: tuple[PoolView, ...] = ()
    blocks: tuple[BlockView, ...] = ()


def make(name: str, request: Request) -> Made:
    """The outputs of `[emit.NAME]`: one, or one for each network or node; or what is wrong with the template."""
    assert request.project is not None
    project, table = request.project, request.project.named["emit"][name]
    template, path = table.settings["template"], table.settings["output"]
    templates = Templates(project.root)
    outputs: list[Output] = []
    findings: list[Diagnostic] = []
    for values in _each(table, request, project):
        try:
            where = templates.fill(path.value, path.span, values)
            problem = _path_problem(where)
            if problem is not None:
                findings.append(error(TEMPLATE.code, f"output {where!r} {problem}", path.span, help=_PATH_HELP))
                break
            outputs.append(Output(where, templates.render(template.value, template.span, values), path.span))
        except Refused as refused:
            findings.append(refused.finding)
            break  # the next network would most likely fail at the same line
    return Made(tuple(outputs), tuple(findings))


_PATH_HELP = "an output is a relative path with /, below the output folder"


def _path_problem(path: str) -> str | None:
    parts = path.split("/")
    if not path or "\\" in path or any(ord(character) < 0x20 or ord(character) == 0x7F for character in path):
        return "is no path"
    if path.startswith("/") or PurePosixPath(path).is_absolute() or ":" in parts[0]:
        return "is not relative"
    if any(part in ("", ".", "..") for part in parts):
        return "does not stay below the output folder"
    if parts[-1] == LIST_NAME:
        return "is netc's own list of outputs"
    if any(len(part.encode(errors="surrogatepass")) > 255 for part in parts):
        return "has a name that is too long for a file"
    return None


def _each(table: NamedTable, request: Request, project: ProjectFile) -> Iterator[dict[str, Any]]:
    """The names that a template sees, once for every output."""
    networks = tuple(_view(network, project.root) for network in request.networks)
    nodes: dict[str, list[NetworkView]] = {}
    for network in networks:
        if network.meta.node is not None:
            nodes.setdefault(network.meta.node, []).append(network)
    shared: dict[str, Any] = {"networks": networks, "nodes": nodes, "plan": _plan(request, project.root)}
    each = table.settings.get("each")
    if each is None:
        yield shared
    elif each.value == "network":
        for network in networks:
            yield {**shared, "network": network}
    else:
        for node, own in nodes.items():
            yield {**shared, "node": node, "networks": own}


def _plan(request: Request, root: Path) -> PlanView:
    planned = request.planned
    if planned is None:
        return PlanView()
    pools = (
        PoolView(pool.name, tuple(str(cidr) for cidr in pool.cidrs), _place(pool.span, root) if pool.span else "")
        for pool in planned.demand.pools
    )
    plan = planned.plan
    blocks = plan.blocks if plan is not None else ()
    held = {block.identity for block in plan.held} if plan is not None else set()
    return PlanView(
        tuple(pools),
        tuple(
            BlockView(block.pool, block.key, str(block.network), block.family, block.identity in held)
            for block in blocks
        ),
    )


def _view(network: Network, root: Path) -> NetworkView:
    plugins = tuple(PluginView(one.index, one.type, one.body, _place(one.span, root)) for one in network.plugins)
    return NetworkView(
        network.name,
        network.conflist,
        text(network),
        network.output_path,
        network.meta,
        _place(network.span, root),
        plugins,
        network,
        root,
    )


def _place(span: Span, root: Path) -> str:
    """`file:line`, the same whichever folder netc was started in."""
    return f"{_from_root(span.source.path, root)}:{span.begin.line}"


@lru_cache(maxsize=64)
def _from_root(path: str, root: Path) -> str:
    if not os.path.exists(path):
        return path
    return Path(os.path.relpath(os.path.realpath(path), os.path.realpath(root))).as_posix()
