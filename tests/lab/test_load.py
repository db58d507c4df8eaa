"""Many attachments, at once and one after another: each has an address of its own, and nothing is left of them."""

from __future__ import annotations

import gc
import os
import random
import signal
import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from netc.cni import conflist
from netc.cni.cache import Cache
from netc.cni.conflist import NetworkList
from netc.cni.request import Attachment
from netc.cni.runtime import Runtime
from netc.lab.builtin import Builtin
from netc.lab.snapshot import Camera, Snapshot, diff

pytestmark = pytest.mark.lab

_AT_ONCE, _CYCLES, _KILLS = 50, 1000, 100
_ROUNDS, _THREADS = 5, 10


def chain(work: Path) -> NetworkList:
    """A bridge whose containers are masqueraded, limited, and reached through a port of the host."""
    ranges = [[{"subnet": "10.1.0.0/24"}], [{"subnet": "fd00:1::/64"}]]
    ipam = {"type": "host-local", "ranges": ranges, "dataDir": str(work / "leases")}
    masquerade = {"ipMasq": True, "ipMasqBackend": "nftables"}
    plugins = [
        {"type": "bridge", "bridge": "br0", "isDefaultGateway": True, **masquerade, "ipam": ipam},
        {"type": "bandwidth", "ingressRate": 8000000, "ingressBurst": 800000},
        {"type": "portmap", "backend": "nftables", "capabilities": {"portMappings": True}},
    ]
    return conflist.parse({"cniVersion": "1.0.0", "name": "blue", "plugins": plugins})


def attachment(number: int, netns: str) -> Attachment:
    ports = [{"hostPort": 20000 + number, "containerPort": 80, "protocol": "tcp"}]
    return Attachment(f"c{number}", netns, "eth0", capability_args={"portMappings": ports})


def addresses(result: Any) -> list[str]:
    return [str(one.address.ip) for one in result.ips]


def leases(work: Path) -> list[str]:
    return sorted(path.name for path in work.glob("leases/blue/*") if path.name[0].isdigit() or ":" in path.name)


def runtime(sandbox: Any, work: Path) -> Runtime:
    return Runtime(Builtin(sandbox.kernel), Cache(str(work / "cache")), path=("/nowhere",))


def warm(sandbox: Any, work: Path) -> Snapshot:
    """The host after one attachment has come and gone: what is made once for all is there."""
    netns = sandbox.container()
    one = runtime(sandbox, work)
    one.add(chain(work), attachment(0, netns))
    one.delete(chain(work), attachment(0, netns))
    return seen(sandbox)


def seen(sandbox: Any) -> Snapshot:
    camera = Camera({"host": sandbox.kernel.here()})
    try:
        return camera.take()
    finally:
        camera.close()


def test_fifty_threads_get_fifty_addresses(in_namespace: Any, tmp_path: Path) -> None:
    before = warm(in_namespace, tmp_path)
    one, net = runtime(in_namespace, tmp_path), chain(tmp_path)
    asked = [attachment(number, in_namespace.container()) for number in range(_AT_ONCE)]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        results = list(pool.map(lambda each: one.add(net, each), asked))
        given = [address for result in results for address in addresses(result)]
        assert len(set(given)) == len(given) == 2 * _AT_ONCE
        assert len(leases(tmp_path)) == 2 * _AT_ONCE
        list(pool.map(lambda each: one.delete(net, each), asked))
    assert leases(tmp_path) == []
    assert diff(before, seen(in_namespace)) == ()


def test_fifty_processes_get_fifty_addresses(in_namespace: Any, tmp_path: Path) -> None:
    before = warm(in_namespace, tmp_path)
    paths = [in_namespace.container() for _ in range(_AT_ONCE)]

    def all_at_once(verb: str) -> None:
        def one(number: int) -> None:
            in_namespace.renew()
            attach = runtime(in_namespace, tmp_path)
            (attach.add if verb == "ADD" else attach.delete)(chain(tmp_path), attachment(number, paths[number]))

        assert in_processes(one, range(_AT_ONCE)) == [0] * _AT_ONCE

    all_at_once("ADD")
    assert len(leases(tmp_path)) == 2 * _AT_ONCE
    all_at_once("DEL")
    assert leases(tmp_path) == []
    assert diff(before, seen(in_namespace)) == ()


def in_processes(work: Callable[[int], None], numbers: Sequence[int]) -> list[int]:
    """How each process ended, all begun before any is waited for."""
    children = []
    for number in numbers:
        child = os.fork()
        if child == 0:
            status = 1
            try:
                work(number)
                status = 0
            except Exception:  # noqa: BLE001 - told, and the child ends
                traceback.print_exc()
            finally:
                os._exit(status)
        children.append(child)
    return [os.waitpid(child, 0)[1] for child in children]


def test_a_thousand_cycles_leave_nothing(in_namespace: Any, tmp_path: Path) -> None:
    before = warm(in_namespace, tmp_path)
    one, net = runtime(in_namespace, tmp_path), chain(tmp_path)

    def cycles(first: int) -> None:
        for number in range(first, first + _CYCLES // _ROUNDS // _THREADS):
            one.add(net, attachment(number, netns[first]))
            one.delete(net, attachment(number, netns[first]))

    held_before = 0
    with ThreadPoolExecutor(_THREADS) as pool:  # most of a DEL is waiting for the kernel
        for first in range(0, _CYCLES, _CYCLES // _ROUNDS):
            starts = range(first, first + _CYCLES // _ROUNDS, _CYCLES // _ROUNDS // _THREADS)
            netns = {start: in_namespace.container() for start in starts}
            list(pool.map(cycles, starts))
            for path in netns.values():
                in_namespace.vanish(path)
            held_before = held_before or open_files()
    assert open_files() <= held_before, "file descriptors leak"
    assert leases(tmp_path) == []
    assert list((tmp_path / "cache").rglob("*-*")) == []
    assert diff(before, seen(in_namespace)) == ()


def open_files() -> int:
    gc.collect()
    return len(os.listdir("/proc/self/fd"))


def test_a_kill_at_a_hundred_moments(in_namespace: Any, tmp_path: Path) -> None:
    before = warm(in_namespace, tmp_path)
    moments = random.Random(11)
    net = chain(tmp_path)
    started = time.monotonic()
    in_processes(lambda _: add_alone(in_namespace, tmp_path, net, in_namespace.container()), [0])
    whole = time.monotonic() - started
    runtime(in_namespace, tmp_path).delete(net, attachment(1, "/nowhere"))
    ended = 0
    for _ in range(_KILLS):
        netns = in_namespace.container()
        child = os.fork()
        if child == 0:
            add_alone(in_namespace, tmp_path, net, netns)
            os._exit(0)
        time.sleep(moments.uniform(0, whole))
        os.kill(child, signal.SIGKILL)
        ended += os.WIFSIGNALED(os.waitpid(child, 0)[1])
        runtime(in_namespace, tmp_path).delete(net, attachment(1, netns))
        in_namespace.vanish(netns)
        assert leases(tmp_path) == []
        assert diff(before, seen(in_namespace)) == ()
    assert ended > _KILLS // 4, "most processes were done before their end came"


def add_alone(sandbox: Any, work: Path, net: NetworkList, netns: str) -> None:
    sandbox.renew()
    runtime(sandbox, work).add(net, attachment(1, netns))
