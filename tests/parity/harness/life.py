"""A case's whole life with one executor, in a sandbox of its own."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any, Literal

from harness import state
from harness.case import Attach, Case
from netc.cni import conflist
from netc.cni.cache import Cache
from netc.cni.errors import CniError
from netc.cni.executor import Executor
from netc.cni.plugin import Environment, Verb
from netc.cni.process import ProcessExecutor
from netc.cni.request import Attachment
from netc.cni.runtime import Runtime
from netc.kernel import Kernel, Namespace
from netc.lab import probes, sandbox
from netc.lab.builtin import Builtin
from netc.lab.named import state_folders
from netc.lab.sandbox import Sandbox

Side = Literal["reference", "netc"]
#: What was there and what was said, in order: a moment, and its lines.
Record = list[tuple[str, list[str]]]

#: The host's end of a veth pair into a namespace that is to go: it goes together with all that was in there.
_MARKER = "marker0"
_END_S = 5.0


def live(case: Case, side: Side, binaries: str) -> Record:
    """The record of a case's life. `binaries` is the folder of the reference plugins."""

    def inside(box: Sandbox) -> Record:
        return _Life(box, case, side, binaries).record()

    return sandbox.run(inside, state=state_folders(case.conflist), keep=[binaries])


class _Life:
    def __init__(self, box: Sandbox, case: Case, side: Side, binaries: str) -> None:
        self._box, self._case = box, case
        self._roles = state.Roles(case.text)
        self._kernel = Kernel()
        executor: Executor = Builtin(Kernel()) if side == "netc" else ProcessExecutor((binaries,))
        self._runtime = Runtime(_Listening(executor, self._heard), Cache("/var/lib/cni"), path=(binaries,))
        self._moments: Record = []
        self._namespaces: dict[str, Namespace] = {"host": self._kernel.here()}

    def record(self) -> Record:
        case = self._case
        self._prepare()
        chain = conflist.parse(case.conflist)
        with self._moment("STATUS"):
            self._runtime.status(chain)
        for number, one in enumerate(case.attach):
            with self._moment(f"ADD {one}"):
                self._runtime.add(chain, self._attachment(one))
            self._look(f"after ADD {one}")
            if number == 0:
                self._check(f"CHECK {one}", chain)
        for probe in case.probes:
            self._moments.append((_told(probe), [self._probe(**probe)]))
        for command in case.tamper:
            self._run(command)
            self._check(f"CHECK after {command}", chain)
        if case.gone:
            self._vanish(case.attach[0].container)
        for one in case.attach:
            with self._moment(f"DEL {one}"):
                self._runtime.delete(chain, self._attachment(one))
            self._await_end()
            self._look(f"after DEL {one}")
        for one in case.attach:
            with self._moment(f"DEL again {one}"):
                self._runtime.delete(chain, self._attachment(one))
        self._look("after all")
        return self._moments

    def _prepare(self) -> None:
        host = self._namespaces["host"]
        host.set_sysctl("net/ipv6/conf/default/accept_dad", "0")
        for name in dict.fromkeys(one.container for one in self._case.attach if not one.netns):
            self._namespaces[name] = self._kernel.at(self._box.add_namespace(name))
            if not self._case.dad:
                self._namespaces[name].set_sysctl("net/ipv6/conf/default/accept_dad", "0")
            with self._namespaces[name].entered():
                for command in self._case.container:
                    self._run(command)
        for path, text in self._case.files.items():
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8", newline="") as file:
                file.write(text)
        for command in self._case.host:
            self._run(command)

    def _attachment(self, one: Attach) -> Attachment:
        path = one.netns or f"{sandbox.NETNS}/{one.container}"
        return Attachment(one.container, path, one.ifname, tuple(one.args.items()), dict(one.capabilities))

    def _check(self, moment: str, chain: conflist.NetworkList) -> None:
        with self._moment(moment):
            self._runtime.check(chain, self._attachment(self._case.attach[0]))

    def _vanish(self, name: str) -> None:
        namespace = self._namespaces.pop(name)
        self._namespaces["host"].add_veth(_MARKER, "marker1", peer_netns=namespace)
        self._kernel.forget(namespace)
        namespace.close()
        self._box.remove_namespace(name)

    def _await_end(self) -> None:
        """A namespace without a name goes when nobody has it open any more, in the kernel's own time."""
        deadline = time.monotonic() + _END_S
        while self._namespaces["host"].link(_MARKER) is not None and time.monotonic() < deadline:
            time.sleep(0.01)

    @contextmanager
    def _moment(self, name: str) -> Iterator[None]:
        """What the plugins say is noted under this name; the runtime's own refusals, too."""
        lines: list[str] = []
        self._moments.append((name, lines))
        try:
            yield
        except CniError as error:
            if not lines:
                lines.append(self._failed("runtime", "", error))

    def _heard(self, plugin: str, verb: str, answer: Any) -> None:
        lines = self._moments[-1][1]
        if isinstance(answer, CniError):
            lines.append(self._failed(plugin, verb, answer))
        elif answer is None:
            lines.append(f"{plugin} {verb}: done")
        else:
            links = state.Links(self._namespaces, self._roles)
            lines += (f"{plugin} {verb}: {line}" for line in self._answer(answer, links))

    def _failed(self, plugin: str, verb: str, error: CniError) -> str:
        text = self._roles.text(f"{error.msg}; {error.details}" if error.details else error.msg)
        return f"{plugin} {verb}: fails with code {error.code}: {text}"

    def _answer(self, answer: Mapping[str, Any], links: state.Links) -> Iterator[str]:
        answer = dict(answer)
        interfaces = []
        for item in answer.get("interfaces", ()):
            place = os.path.basename(item["sandbox"]) if item.get("sandbox") else "host"
            own = item.get("mac") and item["mac"] == links.mac(place, item["name"])
            given = self._roles.is_given(item.get("mac", ""))
            interfaces.append({**item, "mac": "<its own>"} if own and not given else item)
        if "interfaces" in answer:
            answer["interfaces"] = interfaces
        yield from (self._roles.text(line) for line in _flat("", answer))

    def _look(self, moment: str) -> None:
        sysctls = [
            key.replace(".", "/").removeprefix("net/").replace("IFNAME", self._case.attach[0].ifname)
            for key in re.findall(r'"(net[./][^"]+)"', str(self._case.text).replace("ifname", "IFNAME"))
        ]
        folders = ["/var/lib/cni", "/run/cni", *state_folders(self._case.conflist)]
        self._moments.append((moment, state.take(self._namespaces, self._roles, folders, sysctls)))

    def _run(self, command: str) -> None:
        def port(found: re.Match[str]) -> str:
            inner = self._namespaces[found[1]].link(found[2])
            assert inner is not None
            outer = self._namespaces["host"].link_at(inner.parent)
            assert outer is not None
            return outer.name

        command = re.sub(r"\{port (\w+) (\w+)\}", port, command)
        done = subprocess.run(shlex.split(command), capture_output=True, text=True, check=False)
        if done.returncode:
            before = [line for _, lines in self._moments for line in lines if "fails with code" in line]
            raise AssertionError("\n".join([f"{command}: {done.stdout}{done.stderr}", *before]))

    def _probe(self, by: str, address: str, **how: Any) -> str:
        places = {**self._namespaces, "peer": self._kernel.at(self._box.peer)}
        source, target = places[how.pop("from")], places[how.pop("to")]
        # A kernel with rare features may run in an emulated machine, which takes its time.
        seconds = 5.0 if self._case.needs else 0.5
        if by == "ping":
            return "gets through" if probes.ping(source, ip_address(address), seconds=seconds) else "is lost"
        probe: Callable[..., probes.Reach] = {"tcp": probes.tcp, "udp": probes.udp}[by]
        reach = probe(source, target, ip_address(address), seconds=seconds, **how)
        return f"gets through, seen from {reach.seen_from}" if reach else f"is lost, seen from {reach.seen_from or '-'}"


def _told(probe: Mapping[str, Any]) -> str:
    return " ".join(f"{key} {value}" for key, value in probe.items())


class _Listening:
    """An executor that repeats what it hears."""

    def __init__(self, executor: Executor, heard: Callable[[str, str, Any], None]) -> None:
        self._executor, self._heard = executor, heard

    def find(self, plugin_type: str) -> str:
        return self._executor.find(plugin_type)

    def run(self, plugin_type: str, env: Environment, request: Mapping[str, Any]) -> Any:
        try:
            answer = self._executor.run(plugin_type, env, request)
        except CniError as error:
            self._heard(plugin_type, env.command, error)
            raise
        self._heard(plugin_type, env.command, answer if env.command == Verb.ADD else None)
        return answer


def _flat(path: str, value: Any) -> Iterator[str]:
    """A line for each leaf of a JSON document; an empty object or list is one, too."""
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _flat(f"{path}/{key}", inner)
    elif isinstance(value, list) and value:
        for index, inner in enumerate(value):
            yield from _flat(f"{path}/{index}", inner)
    else:
        yield f"{path} = {value!r}"
