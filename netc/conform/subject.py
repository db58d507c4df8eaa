"""The plugin that is examined: its binary, what it is configured with, and the containers that it works on."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from netc.cni.versions import at_least
from netc.dataclass import dataclass

if TYPE_CHECKING:
    from netc.lab.sandbox import Sandbox

Json = Any
_TIMEOUT_S = 30


class Broken(Exception):
    """The plugin does not do what it has to."""


class NotApplicable(Exception):
    """It can't be asked of this plugin, or in this version."""


@dataclass(frozen=True, slots=True)
class Target:
    """What to examine: a binary, the plugin object to configure it with, and the folders of its IPAM plugins.

    `before` are plugin objects that come before it in a chain, run by netc's own drivers: a chained plugin needs an
    interface to work on.
    """

    binary: str
    config: Mapping[str, Json]
    path: tuple[str, ...]
    before: tuple[Mapping[str, Json], ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """How a call ended: exit status, stdout as it is, and as JSON (None where it is none)."""

    status: int
    out: str
    log: str

    @property
    def json(self) -> Json:
        """stdout as JSON; None where it is not one JSON document."""
        try:
            return json.loads(self.out)
        except ValueError:
            return None

    @property
    def shown(self) -> str:
        """What to show of it in a sentence."""
        words = " ".join((self.out or self.log or "nothing").split())
        return f"exit {self.status}, {words[:160]}"


@dataclass(frozen=True, slots=True)
class Container:
    """A container: its ID, the path of its namespace, and the result of what comes before the plugin."""

    id: str
    netns: str
    previous: Json = None


class Subject:
    """The plugin in one sandbox."""

    def __init__(self, target: Target, site: Sandbox) -> None:
        self.target, self.site = target, site
        self._count = 0
        self._kernels: list[Any] = []
        #: What takes down what comes before the plugin, by the container's ID.
        self._taken_down: dict[str, Callable[[], None]] = {}
        self._versions: tuple[str, ...] | None = None

    @property
    def versions(self) -> tuple[str, ...]:
        """What it says that it supports; raises `Broken` where it does not say."""
        if self._versions is None:
            answer = self.call("VERSION")
            listed = answer.json.get("supportedVersions") if isinstance(answer.json, dict) else None
            if answer.status or not isinstance(listed, list) or not listed:
                raise Broken(f"VERSION gives no supportedVersions: {answer.shown}")
            self._versions = tuple(str(one) for one in listed)
        return self._versions

    @property
    def version(self) -> str:
        """The newest that it and netc know; raises `Broken`."""
        from netc.cni.versions import SUPPORTED

        known = [one for one in SUPPORTED if one in self.versions]
        if not known:
            raise Broken(f"it supports no known version: {', '.join(self.versions)}")
        return known[-1]

    @property
    def ifname(self) -> str:
        """The interface that it is asked for: loopback has but one."""
        return "lo" if self.target.config.get("type") == "loopback" else "eth0"

    def since(self, version: str) -> None:
        """Raises `NotApplicable` for a plugin that does not speak this version or a later one."""
        if not at_least(self.version, version):
            raise NotApplicable(f"it speaks {self.version}, and this came with {version}")

    def config(self, version: str | None = None, /, **more: Json) -> dict[str, Json]:
        """Its configuration in a version, with further keys; one that is None is left out."""
        whole = {"cniVersion": version or self.version, "name": "netc-conform", **self.target.config, **more}
        return {key: value for key, value in whole.items() if value is not None}

    def container(self, version: str | None = None) -> Container:
        """A new container, with what comes before the plugin made in it."""
        from netc.lab.topology import bring_up_loopback

        self._count += 1
        id = f"netc-conform-{self._count}"
        netns = self.site.add_namespace(id)
        kernel = self._kernel()
        bring_up_loopback(kernel.at(netns))
        if not self.target.before:
            return Container(id, netns)
        from netc.cni.cache import Cache
        from netc.cni.conflist import parse
        from netc.cni.request import Attachment
        from netc.cni.result_json import render
        from netc.cni.runtime import Runtime
        from netc.lab.builtin import Builtin
        from netc.lab.filesystem import STATE

        spoken = version or self.version
        chain = parse({"cniVersion": spoken, "name": "netc-conform", "plugins": list(self.target.before)})
        runtime, attachment = Runtime(Builtin(kernel), Cache(STATE)), Attachment(id, netns, "eth0")
        result = runtime.add(chain, attachment)
        self._taken_down[id] = lambda: runtime.delete(chain, attachment)
        return Container(id, netns, render(result, spoken))

    def call(
        self, command: str | None, config: Json = None, container: Container | None = None, **environment: str | None
    ) -> Answer:
        """Run the plugin: `config` is JSON or a text as it is, `environment` replaces CNI_ variables (None: takes out).

        Raises `Broken` where it takes too long, or can't be run.
        """
        variables: dict[str, str | None] = {"CNI_COMMAND": command, "CNI_PATH": ":".join(self.target.path)}
        if container is not None:
            variables |= {"CNI_CONTAINERID": container.id, "CNI_NETNS": container.netns, "CNI_IFNAME": self.ifname}
        variables |= {f"CNI_{name}": value for name, value in environment.items()}
        kept = {key: value for key, value in os.environ.items() if not key.startswith("CNI_")}
        given = {key: value for key, value in variables.items() if value is not None}
        stdin = config if isinstance(config, str) else json.dumps(config or {"cniVersion": "1.0.0"})
        try:
            done = subprocess.run(
                [self.target.binary], input=stdin.encode(), env={**kept, **given}, capture_output=True, check=False,
                timeout=_TIMEOUT_S,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise Broken(f"{command} takes longer than {_TIMEOUT_S} s") from None
        except OSError as error:
            raise Broken(f"it can't be run: {(error.strerror or str(error)).lower()}") from None
        return Answer(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))

    def request(self, container: Container, version: str | None = None, /, **more: Json) -> dict[str, Json]:
        """The configuration with the result of what came before."""
        previous = {"prevResult": container.previous} if container.previous is not None else {}
        return self.config(version, **{**previous, **more})

    def add(self, container: Container, version: str | None = None, /, **more: Json) -> Json:
        """ADD that has to succeed: its result as JSON; raises `Broken`."""
        answer = self.call("ADD", self.request(container, version, **more), container)
        if answer.status or not isinstance(answer.json, dict):
            raise Broken(f"ADD fails: {answer.shown}")
        return answer.json

    def error(self, answer: Answer, what: str) -> Json:
        """The error object of a call that has to fail; raises `Broken` where it does not, or says so in no JSON."""
        if not answer.status:
            raise Broken(f"{what} succeeds: {answer.shown}")
        if not isinstance(answer.json, dict) or not isinstance(answer.json.get("code"), int):
            raise Broken(f"{what} fails without an error object on stdout: {answer.shown}")
        return answer.json

    def snapshot(self) -> Any:
        """What is on the host now, and in the files where plugins keep state."""
        from netc.lab import named
        from netc.lab.filesystem import STATE
        from netc.lab.snapshot import Camera

        folders = named.state_folders({"plugins": [self.target.config]})
        camera = Camera({"host": self._kernel().here()}, ["/run", STATE, *folders], ())
        try:
            return camera.take()
        finally:
            camera.close()

    def end(self, container: Container) -> None:
        """Take down what comes before the plugin, and end the container's namespace."""
        if container.id in self._taken_down:
            self._taken_down.pop(container.id)()
        for kernel in self._kernels:
            kernel.forget_path(container.netns)
        self.site.remove_namespace(container.id)

    def namespace(self, container: Container) -> Any:
        """The container's namespace."""
        return self._kernel().at(container.netns)

    def _kernel(self) -> Any:
        from netc.kernel import Kernel

        if not self._kernels:
            self._kernels.append(Kernel())
        return self._kernels[0]

    def close(self) -> None:
        """Close what is open."""
        for kernel in self._kernels:
            with suppress(OSError):
                kernel.close()
