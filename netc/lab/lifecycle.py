"""A container's whole life: ADD, CHECK, a look at what is there, DEL, DEL again, and what is left.

It has one attachment or several, made in order and taken away in reverse, as a runtime does it. It lives in a sandbox,
or, where that is asked for, on the machine itself.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any, Literal, Protocol

from netc.cni import conflist
from netc.cni.conflist import NetworkList
from netc.cni.errors import CniError
from netc.cni.executor import DEFAULT_PATH, Executor
from netc.cni.gojson import Json
from netc.dataclass import dataclass, replace
from netc.lab import named
from netc.lab.blame import place
from netc.lab.report import Attached, AttachReport, Failure, Place, Step
from netc.lab.signals import held
from netc.lab.unsimulated import check_skipped, everything, not_simulated
from netc.model import Attachment, Network, Pod

if TYPE_CHECKING:
    from netc.cni.request import Attachment as Requested
    from netc.cni.runtime import Runtime
    from netc.lab.watch import Watch, WatchedStep

Plugins = Literal["builtin", "exec", "auto"]
Hold = Callable[[Any, str, Mapping[str, Json]], object]

#: The container's name in the sandbox, and its ID towards the plugins.
CONTAINER_ID = "netc-attach"


class Site(Protocol):
    """Where a container lives: a `Sandbox`, or the machine. Namespaces go by the path that plugins get."""

    def add_namespace(self, name: str) -> str:
        """A new network namespace: its path."""
        ...

    def bind_namespace(self, fd: int, name: str) -> str:
        """An open network namespace under a name of this site: its path."""
        ...


@dataclass(frozen=True, slots=True)
class Options:
    """How a container is attached. `path` are the folders of plugin binaries, for `exec` and `auto`.

    `netns` is the path of a namespace of the machine that is the container; a new one is made where it is empty.
    `on_machine` says that the host is the machine itself, not a sandbox. `hold` is called when the container is
    attached, with the site, the container's path and the DNS settings: it goes on when that returns, and what it
    returns is the report's `held`.
    """

    plugins: Plugins = "builtin"
    path: tuple[str, ...] = DEFAULT_PATH
    netns: str = ""
    on_machine: bool = False
    hold: Hold | None = None


#: Makes the executor for a run; the default is what `Options.plugins` says. A seam for tests.
Decorate = Callable[[Executor], Executor]


def alone(
    network: Network,
    ifname: str = "eth0",
    capabilities: Mapping[str, Json] | None = None,
    args: Mapping[str, str] | None = None,
) -> Pod:
    """A container with one attachment, which nothing but the command line speaks of."""
    attachment = Attachment(ifname, network, dict(capabilities or {}), dict(args or {}), network.span, network.span)
    return Pod(network.name, (attachment,), network.span)


def attach(pod: Pod, options: Options, *, decorate: Decorate | None = None) -> AttachReport:
    """The container's life. Raises `SandboxUnavailable` where the machine can't, `KernelError` for what is no `netns`.

    `decorate` is laid around the plugins' executor.
    """
    from netc.lab import dhcp, machine, sandbox

    started = time.perf_counter()
    options = replace(options, path=tuple(map(os.path.abspath, options.path)))  # a sandbox has its own working folder
    lists: list[NetworkList] = []
    for attachment in pod.attachments:
        try:
            lists.append(conflist.parse(attachment.network.conflist))
        except CniError as error:
            return _refused(pod, options, attachment, error)
    _load(pod)
    documents = [attachment.network.conflist for attachment in pod.attachments]
    with ExitStack() as held:
        given = None
        if options.netns:
            from netc.kernel.switch import open_namespace
            from netc.lab.unavailable import SandboxUnavailable

            if os.geteuid() != 0:
                raise SandboxUnavailable("only root may enter a namespace of the machine", help="run netc as root")
            given = open_namespace(options.netns)
            held.callback(os.close, given)

        def inside(site: Site) -> AttachReport:
            return _live(site, pod, lists, options, decorate, given, started)

        if options.on_machine:
            return machine.run(inside)

        def among_servers(site: sandbox.Sandbox) -> AttachReport:
            with dhcp.lent(documents, site.peer, binaries=options.path if options.plugins == "exec" else None):
                return inside(site)

        return sandbox.run(
            among_servers,
            state=[folder for document in documents for folder in named.state_folders(document)],
            keep=[*options.path, *(file for document in documents for file in named.files(document))],
        )


def _load(pod: Pod) -> None:
    """Import outside what the life cycle needs: inside, Python could not cache what it compiles."""
    from netc import plugins
    from netc.cni import cache, process, runtime  # noqa: F401 - loaded, not used
    from netc.kernel import nft  # noqa: F401
    from netc.lab import residue, views, watch  # noqa: F401

    for attachment in pod.attachments:
        for plugin_type in named.plugin_types(attachment.network):
            plugins.part(plugin_type, "driver")


def _live(
    site: Site,
    pod: Pod,
    lists: Sequence[NetworkList],
    options: Options,
    decorate: Decorate | None,
    given: int | None,
    started: float,
) -> AttachReport:
    from netc.cni.cache import Cache
    from netc.cni.runtime import Runtime
    from netc.kernel import Kernel
    from netc.lab import residue, views
    from netc.lab.filesystem import STATE
    from netc.lab.snapshot import Camera, diff
    from netc.lab.watch import Watch

    container_id = f"{CONTAINER_ID}-{os.getpid()}" if options.on_machine else CONTAINER_ID
    netns = site.add_namespace(container_id) if given is None else site.bind_namespace(given, container_id)
    seen = Kernel()
    documents = [attachment.network.conflist for attachment in pod.attachments]
    camera = Camera(
        {views.HOST: seen.here(), views.CONTAINER: seen.at(netns)},
        ["/run" if not options.on_machine else "/run/cni", STATE, *_in_any(named.state_folders, documents)],
        [key for one in pod.attachments for key in named.sysctls(one.network.conflist, one.ifname)],
    )
    watch = Watch(camera.take)
    executor = _executor(watch, options, decorate)
    runtime = Runtime(executor, Cache(STATE), path=options.path, on_step=watch.observe)
    before = watch.latest
    with _Container(pod, lists, container_id, netns, runtime, watch) as container:
        results = container.add(executor)
        marks = {container_id}
        shown = host = answer = None
        if None not in results:
            container.check()
            changes = diff(before, watch.latest)
            marks = views.marks(watch.latest.facts, marks)
            dns: Mapping[str, Json] = next((result["dns"] for result in results if result and result.get("dns")), {})
            shown = views.container(watch.latest, changes, dns)
            host = views.host(watch.latest, changes)
            if options.hold is not None:
                answer = options.hold(site, netns, dns)
        container.delete()
    leftovers, kept = residue.settle(before, watch.snapshot(), marks)
    camera.close()
    seen.close()
    capabilities = [attachment.runtime_config for attachment in pod.attachments]
    return AttachReport(
        attachments=tuple(map(_attached, pod.attachments, lists, results)),
        pod=None if _is_alone(pod) else pod.selector,
        executor=options.plugins,
        steps=_steps(pod, watch),
        failures=tuple(container.failures),
        container=shown,
        host=host,
        leftovers=leftovers,
        kept=kept,
        not_simulated=not_simulated(lists, options.plugins, capabilities, on_machine=options.on_machine),
        ms=(time.perf_counter() - started) * 1000,
        held=answer,
    )


def _in_any(function: Callable[[Json], Sequence[str]], documents: Sequence[Json]) -> list[str]:
    """What a function finds in any of the documents, each once."""
    return list(dict.fromkeys(found for document in documents for found in function(document)))


def _is_alone(pod: Pod) -> bool:
    return len(pod.attachments) == 1 and pod.attachments[0].span == pod.attachments[0].network.span


class _Container:
    """The verbs of a runtime on all attachments of a container; what fails is kept in `failures`.

    Leaving the `with` takes away what is attached by then, whatever the reason: nothing stays on a machine because of
    an interrupt.
    """

    def __init__(
        self,
        pod: Pod,
        lists: Sequence[NetworkList],
        container_id: str,
        netns: str,
        runtime: Runtime,
        watch: Watch,
    ) -> None:
        from netc.cni.request import Attachment as Requested

        self.pod, self.lists, self.runtime, self.watch = pod, lists, runtime, watch
        self.failures: list[Failure] = []
        self._requested: list[Requested] = [
            Requested(container_id, netns, one.ifname, tuple(one.args.items()), dict(one.runtime_config))
            for one in pod.attachments
        ]
        self._attached: list[int] = []

    def __enter__(self) -> _Container:
        return self

    def __exit__(self, *_: object) -> None:
        with held():
            for index in reversed(self._attached):
                with suppress(CniError):
                    self.runtime.delete(self.lists[index], self._requested[index])

    @contextmanager
    def _phase(self, name: str, index: int) -> Iterator[Requested]:
        self.watch.phase, self.watch.attachment = name, index
        try:
            yield self._requested[index]
        except CniError as error:
            self.failures.append(_failure(self.pod.attachments[index], error, name))

    def add(self, executor: Executor) -> list[dict[str, Any] | None]:
        """The results, None from the first attachment on that could not be made."""
        from netc.cni.result_json import render

        results: list[dict[str, Any] | None] = [None] * len(self.lists)
        for index, chain in enumerate(self.lists):
            with self._phase("ADD", index) as attachment:
                _find_all(executor, chain)
                results[index] = render(self.runtime.add(chain, attachment), chain.cni_version)
                self._attached.append(index)
            if results[index] is None:
                break
        return results

    def check(self) -> None:
        """CHECK of each that has one."""
        for index, chain in enumerate(self.lists):
            if not check_skipped(chain):
                with self._phase("CHECK", index) as attachment:
                    self.runtime.check(chain, attachment)

    def delete(self) -> None:
        """DEL in reverse, and DEL again, of all that has been tried; the runtime takes a failed ADD back by itself."""
        tried = sorted({step.attachment for step in self.watch.steps}, reverse=True)
        taken_back = {step.attachment for step in self.watch.steps if step.phase == "DEL"}
        for name in ("DEL", "DEL again"):
            for index in tried:
                if name == "DEL again" or index not in taken_back:
                    with self._phase(name, index) as attachment:
                        self.runtime.delete(self.lists[index], attachment)
                        if index in self._attached:
                            self._attached.remove(index)


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


def _attached(attachment: Attachment, chain: NetworkList, result: dict[str, Any] | None) -> Attached:
    plugins = tuple(plugin.type + (f" ({plugin.ipam_type})" if plugin.ipam_type else "") for plugin in chain.plugins)
    return Attached(attachment.network.name, attachment.ifname, chain.cni_version, plugins, result)


def _failure(attachment: Attachment, error: CniError, phase: str) -> Failure:
    where = place(attachment.network, error.pointer, f"{error.msg} {error.details}")
    command = phase.partition(" ")[0]
    return Failure(error.code, error.msg, error.details, error.plugin, where, command, attachment.ifname)


def _refused(pod: Pod, options: Options, attachment: Attachment, error: CniError) -> AttachReport:
    """The report of a configuration that no runtime loads: nothing was run."""
    return AttachReport(
        attachments=tuple(
            Attached(
                one.network.name,
                one.ifname,
                str(one.network.conflist.get("cniVersion", "")),
                tuple(plugin.type for plugin in one.network.plugins),
                None,
            )
            for one in pod.attachments
        ),
        pod=None if _is_alone(pod) else pod.selector,
        executor=options.plugins,
        steps=(),
        failures=(_failure(attachment, error, "ADD"),),
        container=None,
        host=None,
        leftovers=(),
        kept=(),
        not_simulated=everything(),
    )


def _steps(pod: Pod, watch: Watch) -> tuple[Step, ...]:
    return tuple(
        _step(pod.attachments[watched.attachment], watched) for watched in watch.steps if watched.record is not None
    )


def _step(attachment: Attachment, watched: WatchedStep) -> Step:
    network, record, at = attachment.network, watched.record, _pointer(watched)
    assert record is not None
    above = watched.parent.record if watched.parent is not None else None
    error = None
    if record.error is not None:
        where = place(network, at, f"{record.error.msg} {record.error.details}")
        code, msg, details = record.error.code, record.error.msg, record.error.details
        error = Failure(code, msg, details, record.plugin, where, record.verb, attachment.ifname)
    return Step(
        network=network.name,
        ifname=attachment.ifname,
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
