"""A network's whole life in a sandbox: ADD, CHECK, a look at what is there, DEL, DEL again, and what is left."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from netc.cni import conflist
from netc.cni.args import Pairs
from netc.cni.conflist import NetworkList
from netc.cni.errors import CniError
from netc.cni.executor import DEFAULT_PATH, Executor
from netc.cni.gojson import Json
from netc.lab import named, sandbox
from netc.lab.blame import place
from netc.lab.report import AttachReport, Failure, Missing, Place, Step
from netc.lab.sandbox import Sandbox
from netc.lab.unsimulated import check_skipped, not_simulated
from netc.model import Network

if TYPE_CHECKING:
    from netc.lab.watch import Watch, WatchedStep

Plugins = Literal["builtin", "exec", "auto"]

#: The container's name in the sandbox, and its ID towards the plugins.
CONTAINER_ID = "netc-attach"


@dataclass(frozen=True, slots=True)
class Options:
    """How a network is attached. `path` are the folders of plugin binaries, for `exec` and `auto`; `capabilities` the
    values of `runtimeConfig`, `args` the pairs of CNI_ARGS.
    """

    plugins: Plugins = "builtin"
    ifname: str = "eth0"
    capabilities: Mapping[str, Json] = field(default_factory=dict)
    args: Pairs = ()
    path: tuple[str, ...] = DEFAULT_PATH


#: Makes the executor for a run; the default is what `Options.plugins` says. A seam for tests.
Decorate = Callable[[Executor], Executor]


def attach(network: Network, options: Options, *, decorate: Decorate | None = None) -> AttachReport:
    """The network's life in a new sandbox. Raises `SandboxUnavailable` where the machine can't make one.

    `decorate` is laid around the plugins' executor.
    """
    started = time.perf_counter()
    options = replace(options, path=tuple(map(os.path.abspath, options.path)))  # the sandbox has its own working folder
    try:
        chain = conflist.parse(network.conflist)
    except CniError as error:
        return _refused(network, options, error)

    _load(network)

    def inside(box: Sandbox) -> AttachReport:
        return _live(box, network, chain, options, decorate, started)

    return sandbox.run(
        inside, state=named.state_folders(network.conflist), keep=[*options.path, *named.files(network.conflist)]
    )


def _load(network: Network) -> None:
    """Import outside what the life cycle needs: inside, Python could not cache what it compiles."""
    from netc import plugins
    from netc.cni import cache, process, runtime  # noqa: F401 - loaded, not used
    from netc.kernel import nft  # noqa: F401
    from netc.lab import residue, views, watch  # noqa: F401

    for plugin_type in named.plugin_types(network):
        plugins.part(plugin_type, "driver")


def _live(
    box: Sandbox,
    network: Network,
    chain: NetworkList,
    options: Options,
    decorate: Decorate | None,
    started: float,
) -> AttachReport:
    from netc.cni.cache import Cache
    from netc.cni.request import Attachment
    from netc.cni.result_json import render
    from netc.cni.runtime import Runtime
    from netc.kernel import Kernel
    from netc.lab import residue, views
    from netc.lab.filesystem import STATE
    from netc.lab.snapshot import Camera, diff
    from netc.lab.watch import Watch

    netns = box.add_namespace(CONTAINER_ID)
    seen = Kernel()
    camera = Camera(
        {views.HOST: seen.here(), views.CONTAINER: seen.at(netns)},
        ["/run", STATE, *named.state_folders(network.conflist)],
        named.sysctls(network.conflist, options.ifname),
    )
    watch = Watch(camera.take)
    executor = _executor(watch, options, decorate)
    attachment = Attachment(CONTAINER_ID, netns, options.ifname, options.args, dict(options.capabilities))
    runtime = Runtime(executor, Cache(STATE), path=options.path, on_step=watch.observe)
    failures: list[Failure] = []

    @contextmanager
    def phase(name: str) -> Iterator[None]:
        watch.phase = name
        try:
            yield
        except CniError as error:
            failures.append(_failure(network, error, name))

    before = watch.latest
    result: Any = None
    container = host = None
    with phase("ADD"):
        _find_all(executor, chain)
        result = render(runtime.add(chain, attachment), chain.cni_version)
    marks = {CONTAINER_ID}
    if result is not None:
        if not check_skipped(chain):
            with phase("CHECK"):
                runtime.check(chain, attachment)
        changes = diff(before, watch.latest)
        marks = views.marks(watch.latest.facts, marks)
        container = views.container(watch.latest, changes, result)
        host = views.host(watch.latest, changes)
    if watch.steps:
        taken_back = any(step.phase == "DEL" for step in watch.steps)
        for name in ("DEL again",) if taken_back else ("DEL", "DEL again"):
            with phase(name):
                runtime.delete(chain, attachment)
    leftovers, kept = residue.settle(before, watch.snapshot(), marks)
    camera.close()
    seen.close()
    return AttachReport(
        network=network.name,
        executor=options.plugins,
        ifname=options.ifname,
        cni_version=chain.cni_version,
        chain=tuple(plugin.type + (f" ({plugin.ipam_type})" if plugin.ipam_type else "") for plugin in chain.plugins),
        steps=_steps(network, watch),
        result=result,
        failures=tuple(failures),
        container=container,
        host=host,
        leftovers=leftovers,
        kept=kept,
        not_simulated=not_simulated(chain, options.plugins, options.capabilities),
        ms=(time.perf_counter() - started) * 1000,
    )


def _find_all(executor: Executor, chain: NetworkList) -> None:
    """Raises `CniError` for the first plugin, delegates included, that nobody can run: before any of them runs."""
    for index, plugin in enumerate(chain.plugins):
        for pointer, plugin_type in ((f"/plugins/{index}", plugin.type), (f"/plugins/{index}/ipam", plugin.ipam_type)):
            if plugin_type:
                try:
                    executor.find(plugin_type)
                except CniError as error:
                    error.plugin, error.pointer = plugin_type, pointer
                    raise


def _executor(watch: Watch, options: Options, decorate: Decorate | None) -> Executor:
    from netc.cni.process import ProcessExecutor
    from netc.kernel import Kernel
    from netc.lab.builtin import Builtin
    from netc.lab.watch import Watched, WatchedBuiltin

    binaries = ProcessExecutor(options.path)
    if options.plugins == "exec":
        return Watched(watch, decorate(binaries) if decorate else binaries)
    fallback = binaries if options.plugins == "auto" else None
    if decorate is not None:
        return Watched(watch, decorate(Builtin(Kernel(), fallback)))
    return WatchedBuiltin(watch, Kernel(), fallback)


def _failure(network: Network, error: CniError, phase: str) -> Failure:
    where = place(network, error.pointer, f"{error.msg} {error.details}")
    command = phase.partition(" ")[0]
    return Failure(error.code, error.msg, error.details, error.plugin, where, command)


def _refused(network: Network, options: Options, error: CniError) -> AttachReport:
    """The report of a configuration that no runtime loads: nothing was run."""
    return AttachReport(
        network=network.name,
        executor=options.plugins,
        ifname=options.ifname,
        cni_version=str(network.conflist.get("cniVersion", "")),
        chain=tuple(plugin.type for plugin in network.plugins),
        steps=(),
        result=None,
        failures=(_failure(network, error, "ADD"),),
        container=None,
        host=None,
        leftovers=(),
        kept=(),
        not_simulated=(Missing("everything", "no runtime loads this configuration, so nothing was run"),),
    )


def _steps(network: Network, watch: Watch) -> tuple[Step, ...]:
    return tuple(_step(network, watched) for watched in watch.steps if watched.record is not None)


def _step(network: Network, watched: WatchedStep) -> Step:
    record, at = watched.record, _pointer(watched)
    assert record is not None
    above = watched.parent.record if watched.parent is not None else None
    error = None
    if record.error is not None:
        where = place(network, at, f"{record.error.msg} {record.error.details}")
        error = Failure(record.error.code, record.error.msg, record.error.details, record.plugin, where, record.verb)
    return Step(
        plugin=record.plugin,
        command=str(record.verb),
        phase=watched.phase,
        ms=watched.ms,
        changes=watched.changes,
        place=Place.of(network.origin(at).value) if at is not None else None,
        delegated_by=above.plugin if above is not None else None,
        error=error,
        request=record.request,
        response=record.response,
        log=record.log,
    )


def _pointer(step: WatchedStep) -> str | None:
    """Where the plugin's object stands in the conflist; a delegate's is its delegator's `ipam`."""
    if step.record is not None and step.record.pointer is not None:
        return step.record.pointer
    above = _pointer(step.parent) if step.parent is not None else None
    return f"{above}/ipam" if above is not None else None
