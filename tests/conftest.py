"""Tests of the kernel run in a process of their own, in a network namespace of their own.

A test that takes the `in_namespace` fixture is forked; the child leaves the machine's namespace before the first line
of the test runs, so that whatever the test does ends with it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import settings

# A change is judged by the same examples each time: CI stays a fact about the change. Other runs look further.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")

# What netc says must not hang on where the tests run: a test that is about CI's variables sets them itself.
for _name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE", "CI_PROJECT_DIR"):
    os.environ.pop(_name, None)

# What starts the tests may ignore these, as a shell does for its background; netc would inherit it and never be ended.
for _signal, _usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(_signal) == signal.SIG_IGN:
        signal.signal(_signal, _usual)

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


def _unshare(flags: int) -> None:
    if _libc.unshare(flags):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _leave_the_machine() -> None:
    """A fresh network namespace; a plain user gets a user namespace first."""
    uid, gid = os.geteuid(), os.getegid()
    if uid:
        _unshare(CLONE_NEWUSER | CLONE_NEWNET)
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"0 {uid} 1")
        Path("/proc/self/gid_map").write_text(f"0 {gid} 1")
    else:
        _unshare(CLONE_NEWNET)


class Sandbox:
    """What a test in its own namespace works with: `kernel` (its namespace is the host) and container namespaces."""

    def __init__(self) -> None:
        self._kernel = None
        self._containers: dict[str, int] = {}

    @property
    def kernel(self):
        """A `Kernel` of the sandbox, made in the forked child when first asked for."""
        from netc.kernel import Kernel

        if self._kernel is None:
            self._kernel = Kernel()
        return self._kernel

    def renew(self, **options) -> None:
        """A `Kernel` of this process's own, for a test that forked: two processes can't share netlink sockets."""
        from netc.kernel import Kernel

        self._kernel = Kernel(**options)

    def start_over(self) -> None:
        """Go on in another new namespace: a host on which nothing has been yet."""
        _unshare(CLONE_NEWNET)
        self._kernel = None

    def container(self) -> str:
        """The path of a new network namespace, good for this process and its children."""
        back = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        _unshare(CLONE_NEWNET)
        fd = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        if _libc.setns(back, CLONE_NEWNET):
            os._exit(70)
        os.close(back)
        path = f"/proc/{os.getpid()}/fd/{fd}"
        self._containers[path] = fd
        return path

    def run(self, plugin: str, verb: str, config: dict, netns: str, *, id: str = "c1", ifname: str = "eth0",
            args: str = "", prev: dict | None = None) -> dict | None:  # fmt: skip
        """Run netc's driver of a plugin as a runtime would; `prev` is the result that CHECK and DEL are handed."""
        from netc.cni.plugin import Environment
        from netc.lab.builtin import Builtin

        request = {"cniVersion": "1.1.0", "name": "net1", "type": plugin, **config}
        if prev is not None:
            request["prevResult"] = prev
        return Builtin(self.kernel).run(plugin, Environment(verb, id, netns, ifname, args, "/nowhere"), request)

    def vanish(self, path: str) -> None:
        """The container ends: its namespace and everything in it is gone, and the other ends of its veth pairs."""
        host, namespace = self.kernel.here(), self.kernel.at(path)
        ends = [link.parent for link in namespace.links() if link.kind == "veth"]
        self.kernel.forget(namespace)
        del namespace
        os.close(self._containers.pop(path))
        for _ in range(1000):  # The kernel tears namespaces down in its own time.
            if not any(host.link_at(index) for index in ends):
                return
            time.sleep(0.01)
        raise AssertionError("the namespace did not go away: somebody holds it open")


@cache
def _refusal() -> str:
    """Why this machine lets nobody make a network namespace; "" if it does."""
    if not sys.platform.startswith("linux"):
        return "network namespaces need Linux"
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            _leave_the_machine()
        except OSError as error:
            os.write(write, str(error).encode())
        os._exit(0)
    os.close(write)
    with open(read, encoding="utf-8") as answer:
        text = answer.read()
    os.waitpid(child, 0)
    return text and f"this machine allows no network namespace: {text}"


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--update` rewrites the expectations of the cases under tests/cases and of generated pages; review the diff."""
    parser.addoption("--update", action="store_true", help="rewrite the expected output of cases")


@pytest.fixture(autouse=True)
def signals_arrive() -> Iterator[None]:
    """Fails the test after which this process would not hear a signal: the next one may wait for it for ever."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    yield
    after = signal.pthread_sigmask(signal.SIG_SETMASK, before)
    assert after == before, "signals stay blocked"


@pytest.fixture
def in_namespace() -> Sandbox:
    """The test runs in a forked process and its own network namespace; see `Sandbox`."""
    refusal = _refusal()
    if refusal:
        pytest.skip(refusal)
    return Sandbox()


@pytest.fixture(scope="session")
def reference_plugins() -> Path:
    """The folder of the reference plugins' binaries, from NETC_CNI_BIN."""
    folder = os.environ.get("NETC_CNI_BIN", "")
    if not folder:
        pytest.skip("NETC_CNI_BIN names no folder with the reference plugins")
    return Path(folder)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest comes first, so that the workers are done at the same time."""
    longest = ("tests/vm/", "tests/lab/test_faults.py", "tests/lab/test_load.py", "tests/lab/")
    items.sort(
        key=lambda item: next((at for at, part in enumerate(longest) if part in item.path.as_posix()), len(longest))
    )


@cache
def _import_once() -> None:
    """Load in the parent what every child would load again, at a fifth of a second each."""
    import pyroute2  # noqa: F401

    import netc.kernel
    import netc.lab.builtin  # noqa: F401


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test that takes `in_namespace` in a child; its failure is shown as it stands."""
    if "in_namespace" not in pyfuncitem.fixturenames:
        return None
    _import_once()
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        _run_in_child(pyfuncitem, write)
    os.close(write)
    with open(read, encoding="utf-8", errors="replace") as answer:
        verdict, _, text = answer.read().partition("\n")
    _, status = os.waitpid(child, 0)
    if verdict == "skipped":
        pytest.skip(text)
    if verdict != "passed":
        pytest.fail(text or f"the test's process ended with status {status}", pytrace=False)
    return True


def _run_in_child(item: pytest.Function, answer: int) -> None:
    verdict = "passed\n"
    try:
        _leave_the_machine()
        names = item._fixtureinfo.argnames
        item.obj(**{name: item.funcargs[name] for name in names})
    except pytest.skip.Exception as skipped:
        verdict = f"skipped\n{skipped.msg}"
    except BaseException:  # noqa: BLE001 - whatever it is, the parent reports it
        found = pytest.ExceptionInfo.from_current()
        found.traceback = found.traceback.cut(path=item.path)
        verdict = f"failed\n{found.getrepr(style='long')}"
    sys.stdout.flush()
    sys.stderr.flush()
    data = verdict.encode(errors="replace")
    while data:
        data = data[os.write(answer, data) :]
    os._exit(0)
