"""Tests of networks in a sandbox: the scenarios that authors write, and the life that every network must stand.

Each trial has a sandbox of its own, runs the real chain in it, and is over when the sandbox is: nothing is left.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal

from netc.cni import conflist
from netc.cni.errors import CniError
from netc.cni.executor import DEFAULT_PATH, Executor
from netc.dataclass import dataclass, replace
from netc.lab import named
from netc.lab.blame import place
from netc.lab.report import Place

if TYPE_CHECKING:
    from netc.cni.conflist import NetworkList
    from netc.cni.request import Attachment as Requested
    from netc.cni.runtime import Runtime
    from netc.kernel import Kernel, Namespace
    from netc.lab.sandbox import Sandbox
    from netc.model import Network, Pod

Plugins = Literal["builtin", "exec"]
#: Whose a rule is, which tells a reader nothing here.
_COMMENT = re.compile(r' comment "[^"]*"')


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a trial ended.

    `why` is empty where it passed; else its first line says what failed, at `place`. `details` are further lines: the
    values on both sides, and what interfaces, routes and rules there were. `outcome` is what two executors must have in
    common, `notes` what is worth knowing though nothing failed.
    """

    why: str = ""
    place: Place | None = None
    details: tuple[str, ...] = ()
    ms: float = 0.0
    outcome: Any = None
    notes: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether nothing failed."""
        return not self.why


class TrialError(Exception):
    """A trial failed here."""

    def __init__(self, why: str, at: Place | None, details: tuple[str, ...] = ()) -> None:
        super().__init__(why)
        self.why, self.at, self.details = why, at, details


@dataclass(slots=True, eq=False)
class Container:
    """A container of a trial: its namespace, and what it is attached to, in order."""

    name: str
    netns: str
    made: list[tuple[Network, NetworkList, Requested, Any]]


class Host:
    """The sandbox's side of a trial: namespaces, the runtime, and every container by its name."""

    def __init__(self, site: Sandbox, plugins: Plugins, path: tuple[str, ...]) -> None:
        from netc.cni.cache import Cache
        from netc.cni.process import ProcessExecutor
        from netc.cni.runtime import Runtime
        from netc.kernel import Kernel
        from netc.lab.builtin import Builtin
        from netc.lab.filesystem import STATE

        self.site = site
        self.kernel: Kernel = Kernel()
        self._drivers = Kernel() if plugins == "builtin" else None
        executor: Executor = ProcessExecutor(path) if self._drivers is None else Builtin(self._drivers)
        self.runtime: Runtime = Runtime(executor, Cache(STATE), path=path)
        self.plugins = plugins
        self.containers: dict[str, Container] = {}
        self.notes: list[str] = []
        self._count = 0

    def namespace(self, container: Container) -> Namespace:
        """The container's."""
        return self.kernel.at(container.netns)

    def container(self, name: str) -> Container:
        """A new container, attached to nothing."""
        self._count += 1
        id = f"netc-test-{self._count}-{name}"
        made = self.containers[name] = Container(name, self.site.add_namespace(id), [])
        from netc.lab.topology import bring_up_loopback

        bring_up_loopback(self.namespace(made))
        return made

    def let_go(self, netns: str) -> None:
        """Close what is open in a namespace: it ends with the last that holds it."""
        for kernel in filter(None, (self.kernel, self._drivers)):
            kernel.forget_path(netns)

    def attach(self, container: Container, pod: Pod) -> None:
        """ADD of each attachment, in order; raises `TrialError` at the line of the plugin that failed."""
        from netc.cni.request import Attachment
        from netc.cni.result_json import render

        for one in pod.attachments:
            chain = conflist.parse(one.network.conflist)
            id = container.netns.rpartition("/")[2]
            wanted = Attachment(id, container.netns, one.ifname, tuple(one.args.items()), dict(one.runtime_config))
            try:
                result = render(self.runtime.add(chain, wanted), chain.cni_version)
            except CniError as error:
                at = place(one.network, error.pointer, f"{error.msg} {error.details}")
                raise TrialError(
                    f"attaching {container.name} to {one.network.name} failed: {words(error)}", at
                ) from error
            container.made.append((one.network, chain, wanted, result))

    def detach(self, container: Container) -> None:
        """DEL of each attachment, the last one first; raises `TrialError`."""
        while container.made:
            network, chain, wanted, _ = container.made.pop()
            try:
                self.runtime.delete(chain, wanted)
            except CniError as error:
                at = place(network, error.pointer, f"{error.msg} {error.details}")
                raise TrialError(
                    f"detaching {container.name} from {network.name} failed: {words(error)}", at
                ) from error

    def clear(self) -> None:
        """Detach what is attached, whatever happens."""
        for container in reversed(self.containers.values()):
            with suppress(TrialError):
                self.detach(container)
        self.kernel.close()

    def state(self) -> Iterator[str]:
        """What there is on the host and in the containers, in lines for a person."""
        from netc.lab import facts

        places = [("host", self.kernel.here()), *((name, self.namespace(one)) for name, one in self.containers.items())]
        for name, namespace in places:
            yield f"{name}:"
            for kind, fact, details in (*facts.links(namespace), *facts.on_links(namespace)):
                shown = ", ".join(" ".join(filter(None, pair)) for pair in details if pair[1])
                yield f"  {kind} {fact}{f' ({shown})' if shown else ''}"
        for kind, fact, _ in facts.firewall(self.kernel.here()):
            if "rule" in kind or "element" in kind:
                yield f"  {kind} {_COMMENT.sub('', fact)}"


def words(error: CniError) -> str:
    """A CNI error on one line."""
    return "; ".join(filter(None, (error.msg.replace("\n", "; "), error.details)))


def load(networks: Iterable[Network]) -> None:
    """Import what trials of these networks need, once for all of them: each runs in a process of its own."""
    from netc import plugins
    from netc.cni import cache, process, request, result_json, runtime  # noqa: F401 - loaded, not used
    from netc.kernel import conntrack, nft, qdiscs  # noqa: F401
    from netc.lab import builtin, facts, filesystem, life, probes, residue, sandbox, scenario, snapshot  # noqa: F401

    for name in {name for network in networks for name in named.plugin_types(network)}:
        plugins.part(name, "driver")


def carried_out(
    trial: Callable[[Host], Any], network_documents: list[Any], plugins: Plugins, path: tuple[str, ...] = DEFAULT_PATH
) -> Verdict:
    """Run a trial in a sandbox of its own. Raises `SandboxUnavailable` where the machine can't."""
    from netc.lab import dhcp, sandbox

    def inside(site: Sandbox) -> Verdict:
        host = Host(site, plugins, path)
        with dhcp.lent(network_documents, site.peer, binaries=None if plugins == "builtin" else path):
            try:
                outcome = trial(host)
                return Verdict(outcome=outcome, notes=tuple(host.notes))
            except TrialError as failed:
                return Verdict(failed.why, failed.at, failed.details, notes=tuple(host.notes))
            finally:
                host.clear()

    began = time.perf_counter()
    verdict = sandbox.run(
        inside,
        state=[folder for document in network_documents for folder in named.state_folders(document)],
        keep=[*path, *(file for document in network_documents for file in named.files(document))],
    )
    ms = (time.perf_counter() - began) * 1000
    return replace(verdict, ms=ms)
