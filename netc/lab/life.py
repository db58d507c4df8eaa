"""The life that every network must stand, without anybody writing a test: from ADD to what is left in the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from netc.cni.errors import CniError
from netc.lab import named
from netc.lab.blame import place
from netc.lab.report import Place
from netc.lab.trial import Host, TrialError, words
from netc.lab.unsimulated import check_skipped

if TYPE_CHECKING:
    from netc.cni.request import Attachment
    from netc.lab.snapshot import Camera
    from netc.model import Network

_ID = "netc-test-life"


def run(network: Network, host: Host) -> Any:
    """What the container was given. Raises `TrialError` at the first thing that a network must stand and does not.

    ADD, CHECK, ADD of the same container again (which may be refused), DEL, DEL again, DEL when the namespace is gone
    as after a reboot, and GC. After each of the last four, nothing of the container may be left.
    """
    return _Life(network, host).live()


class _Life:
    def __init__(self, network: Network, host: Host) -> None:
        from netc.cni import conflist
        from netc.lab.filesystem import STATE
        from netc.lab.snapshot import Camera

        self.network, self.host = network, host
        try:
            self.chain = conflist.parse(network.conflist)
        except CniError as error:
            raise TrialError(f"no runtime loads {network.name}: {words(error)}", self._at(error)) from error
        document = network.conflist
        self._camera: Camera = Camera(
            {"host": host.kernel.here()},
            ["/run", STATE, *named.state_folders(document)],
            named.sysctls(document, "eth0"),
        )
        self._count = 0

    def live(self) -> Any:
        outcome = self._whole_life()
        self._after_a_reboot()
        self._collected()
        return outcome

    def _whole_life(self) -> Any:
        from netc.cni.result_json import render

        before, wanted = self._camera.take(), self._container()
        with self._step("ADD"):
            result = render(self.host.runtime.add(self.chain, wanted), self.chain.cni_version)
        if not check_skipped(self.chain):
            with self._step("CHECK after ADD"):
                self.host.runtime.check(self.chain, wanted)
        with suppress(CniError):  # runtimes are not to do it; what matters is that DEL still takes everything away
            self.host.runtime.add(self.chain, wanted)
        for name in ("DEL", "DEL again"):
            with self._step(name):
                self.host.runtime.delete(self.chain, wanted)
        self._nothing_left(before, wanted, "DEL")
        self._let_go(wanted)
        return {"ips": result.get("ips"), "routes": result.get("routes"), "dns": result.get("dns")}

    def _after_a_reboot(self) -> None:
        """The namespace is gone, and the runtime has no path for it any more."""
        from netc.dataclass import replace

        before, wanted = self._camera.take(), self._container()
        with self._step("ADD"):
            self.host.runtime.add(self.chain, wanted)
        self._let_go(wanted)
        with self._step("DEL without a namespace, as after a reboot"):
            self.host.runtime.delete(self.chain, replace(wanted, netns=""))
        # The reference plugins leave rules behind then, whatever an author writes: that is to be known, and no failure.
        known = self.host.plugins == "exec"
        self._nothing_left(before, wanted, "DEL without a namespace, as after a reboot,", known=known)

    def _collected(self) -> None:
        before, wanted = self._camera.take(), self._container()
        with self._step("ADD"):
            self.host.runtime.add(self.chain, wanted)
        with self._step("GC"):
            self.host.runtime.gc(self.chain, None)
        if not self.chain.disable_gc:
            self._nothing_left(before, wanted, "GC")
        with self._step("DEL after GC"):
            self.host.runtime.delete(self.chain, wanted)

    def _container(self) -> Attachment:
        from netc.cni.request import Attachment
        from netc.lab.topology import bring_up_loopback

        self._count += 1
        id = f"{_ID}-{self._count}"
        netns = self.host.site.add_namespace(id)
        bring_up_loopback(self.host.kernel.at(netns))
        return Attachment(id, netns, "eth0")

    def _let_go(self, wanted: Attachment) -> None:
        """End the namespace, and wait until what hung on it is gone, too."""
        self.host.let_go(wanted.netns)
        self.host.site.remove_namespace(wanted.container_id)

    def _nothing_left(self, before: Any, wanted: Attachment, after: str, *, known: bool = False) -> None:
        import time

        from netc.lab import residue

        for attempt in range(40):
            leftovers, _ = residue.settle(before, self._camera.take(), {wanted.container_id})
            if not leftovers:
                return
            time.sleep(0.05 if attempt < 39 else 0)  # the kernel ends a namespace's links when it finds the time
        lines = tuple(f"{one.netns}: {one.kind} {one.name}" for one in leftovers)
        if known:
            self.host.notes.append(f"{after} leaves {lines[0]}" + (f" and {len(lines) - 1} more" if lines[1:] else ""))
            return
        raise TrialError(f"{after} leaves something behind in {self.network.name}", Place.of(self.network.span), lines)

    def _step(self, name: str) -> _Step:
        return _Step(name, self)

    def _at(self, error: CniError) -> Place:
        return place(self.network, error.pointer, f"{error.msg} {error.details}")


class _Step:
    """What fails within is the trial's failure, by this name."""

    def __init__(self, name: str, life: _Life) -> None:
        self._name, self._life = name, life

    def __enter__(self) -> None:
        return

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, CniError):
            life = self._life
            lines: Iterator[str] = life.host.state()
            raise TrialError(
                f"{self._name} of {life.network.name} failed: {words(error)}", life._at(error), tuple(lines)
            ) from error
