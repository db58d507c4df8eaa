"""A sandbox has a host, a peer and containers; it can't write to the machine; nothing of it outlives netc."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from netc.kernel import Kernel
from netc.lab import sandbox
from netc.lab.sandbox import Sandbox, SandboxUnavailable
from netc.lab.unavailable import explain

pytestmark = pytest.mark.lab


def test_the_host_reaches_the_peer_over_its_uplink_in_both_families():
    def inside(box: Sandbox) -> list[str]:
        kernel = Kernel()
        said = []
        for family, address in ((socket.AF_INET, "198.51.100.1"), (socket.AF_INET6, "2001:db8:ffff:ffff::1")):
            server = kernel.at(box.peer).socket(family, socket.SOCK_STREAM)
            server.bind((address, 8080))
            server.listen()
            client = socket.create_connection((address, 8080), timeout=2)
            said.append(server.accept()[1][0])
            client.close()
        return said

    assert sandbox.run(inside) == ["198.51.100.2", "2001:db8:ffff:ffff::2"]


def test_the_peer_knows_no_way_back_but_the_link_itself():
    def inside(box: Sandbox) -> tuple[list[str], list[str]]:
        kernel = Kernel()
        defaults = [str(route.gateway) for route in kernel.here().routes() if route.dst.prefixlen == 0]
        peer = kernel.at(box.peer).routes()
        return defaults, [str(route.dst) for route in peer if not route.dst.is_link_local]

    defaults, peer = sandbox.run(inside)
    assert defaults == ["198.51.100.1", "2001:db8:ffff:ffff::1"]
    assert peer == ["198.51.100.0/24", "2001:db8:ffff:ffff::/64"]


def test_a_container_is_a_new_namespace_with_lo_down_and_can_be_removed():
    def inside(box: Sandbox) -> tuple[list[tuple[str, bool]], int, bool]:
        path = box.add_namespace("web")
        kernel = Kernel()
        links = [(link.name, link.up) for link in kernel.at(path).links()]
        namespaces = {os.stat(p).st_ino for p in (path, box.host, box.peer)}
        kernel.close()
        box.remove_namespace("web")
        return links, len(namespaces), os.path.exists(path)

    assert sandbox.run(inside) == ([("lo", False)], 3, False)


SCRIPT = """
import json, os, sys
from pathlib import Path
from netc.lab import sandbox
def inside(box):
    refused = {}
    for path in json.loads(sys.argv[1]):
        try:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            Path(path).write_text("1")
        except OSError as error:
            refused[path] = error.strerror
    return refused, os.geteuid()
print(json.dumps(sandbox.run(inside, state=json.loads(sys.argv[2]))))
"""


def _written(python: list[str], paths: list[str], state: list[str]) -> dict[str, str]:
    """Which of the writes were refused, and why."""
    done = subprocess.run(
        [*python, "-c", SCRIPT, json.dumps(paths), json.dumps(state)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    refused, uid = json.loads(done.stdout)
    assert uid == 0
    return refused


def test_files_of_the_machine_cannot_be_written(python, tmp_path):
    paths = ["/etc/netc-was-here", "/netc-was-here", str(tmp_path / "x"), "/usr/x", "/proc/sys/kernel/domainname"]
    assert set(_written(python, paths, [])) == set(paths)


def test_run_and_state_folders_are_fresh_wherever_they_lie(python, tmp_path):
    existing = tmp_path / "existing"
    existing.mkdir()
    (existing / "lease").write_text("the machine's own")
    tmp_path.chmod(0o755)
    state = [str(existing), str(tmp_path / "not" / "yet"), "/no-such-folder-on-the-machine/cni", "/srv/netc/state"]
    paths = [f"{folder}/net/lease" for folder in state]
    paths += ["/run/cni/x", "/run/xtables.lock", "/var/run/x", "/var/lib/cni/networks/x/10.0.0.1", "relative/x"]
    paths += ["/proc/sys/net/ipv4/conf/uplink0/proxy_arp"]
    assert _written(python, paths, state) == {}
    assert [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")] == ["existing", "existing/lease"]
    assert not os.path.exists("/no-such-folder-on-the-machine")


def test_a_state_folder_that_holds_the_systems_programs_is_opened_not_covered():
    done = sandbox.run(lambda box: (os.path.exists("/usr/bin/env"), os.path.exists("/etc/passwd")), state=["/usr", "/"])
    assert done == (True, True)


def test_kept_files_below_a_fresh_folder_stay_readable_and_read_only(tmp_path):
    kept = tmp_path / "state" / "resolv.conf"
    kept.parent.mkdir()
    kept.write_text("nameserver 192.0.2.53\n")

    def inside(box: Sandbox) -> tuple[list[str], str, bool]:
        try:
            kept.write_text("")
            refused = False
        except OSError:
            refused = True
        return os.listdir(kept.parent), kept.read_text(), refused

    seen = sandbox.run(inside, state=[str(kept.parent)], keep=[str(kept)])
    assert seen == (["resolv.conf"], "nameserver 192.0.2.53\n", True)


def test_what_the_function_raises_is_raised_outside_with_its_traceback():
    def inside(box: Sandbox) -> None:
        raise LookupError("nothing there")

    with pytest.raises(LookupError, match="nothing there") as caught:
        sandbox.run(inside)
    assert "in inside" in caught.value.__notes__[0]


def test_what_cannot_be_pickled_is_reported_as_that():
    with pytest.raises(RuntimeError, match="can't leave the sandbox"):
        sandbox.run(lambda box: lambda: None)


def test_processes_that_the_function_leaves_behind_end_with_it(marked):
    def inside(box: Sandbox) -> int:
        return subprocess.Popen(["sleep", "1000"], env=marked.environment(), start_new_session=True).pid

    assert sandbox.run(inside) > 1


LONG = """
import os, subprocess, sys
from netc.lab import sandbox
def inside(box):
    subprocess.Popen(["sh", "-c", "sleep 1000 & sleep 1000"], start_new_session=True)
    os.write(1, b"ready")
    subprocess.run(["sleep", "1000"])
sandbox.run(inside)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_signal_to_netc_ends_everything_inside(python, marked, number):
    netc = subprocess.Popen([*python, "-c", LONG], env=marked.environment(), stdout=-1, stderr=-3)
    assert netc.stdout is not None
    assert netc.stdout.read(5) == b"ready"
    assert len(marked.pids()) >= 4
    netc.send_signal(number)
    assert netc.wait(10) == -number
    if number != signal.SIGKILL:  # netc itself waits for all of them before it goes
        assert marked.pids() == []
    marked.wait_until_gone()


def test_kill_at_any_moment_of_the_set_up_leaves_nothing(python, marked):
    moments = random.Random(8)
    for _ in range(10):
        netc = subprocess.Popen([*python, "-c", LONG], env=marked.environment(), stdout=-3, stderr=-3)
        time.sleep(moments.uniform(0, 0.5))
        netc.kill()
        netc.wait()
        marked.wait_until_gone()


LIMITED = """
from pathlib import Path
from netc.lab import sandbox, syscalls
import os, sys
uid, gid = os.geteuid(), os.getegid()
syscalls.unshare(syscalls.CLONE_NEWUSER | (syscalls.CLONE_NEWPID if "pid" in sys.argv[1] else 0))
for name, text in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {gid} 1")):
    Path("/proc/self", name).write_text(text)
Path("/proc/sys/user", sys.argv[1]).write_text("0")
try:
    sandbox.run(lambda box: None)
except sandbox.SandboxUnavailable as refused:
    print(refused, refused.setting, refused.help, sep="\\n")
"""


@pytest.mark.parametrize("limit", ["max_net_namespaces", "max_mnt_namespaces"])
def test_a_limit_of_zero_namespaces_is_named(python, limit):
    """The limits are those of a user namespace that the test makes for itself: the machine's stay as they are."""
    done = subprocess.run([*python, "-c", LIMITED, limit], capture_output=True, text=True, check=False)
    reason, setting, help = done.stdout.splitlines()
    assert setting == f"user.{limit}", done.stderr
    assert f"user.{limit} is 0" in reason
    assert f"sysctl user.{limit}=" in help


SECCOMP = """
import ctypes, struct, sys
from netc.lab import sandbox
libc = ctypes.CDLL(None, use_errno=True)
# Load the system call's number; answer unshare (272, on x86-64) with EPERM, allow all others.
program = struct.pack("HBBI" * 4, 0x20, 0, 0, 0, 0x15, 0, 1, 272, 0x06, 0, 0, 0x00050001, 0x06, 0, 0, 0x7FFF0000)
buffer = ctypes.create_string_buffer(program)
class Filter(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]
libc.prctl(38, 1, 0, 0, 0)
assert libc.prctl(22, 2, ctypes.byref(Filter(4, ctypes.addressof(buffer))), 0, 0) == 0
try:
    sandbox.run(lambda box: None)
except sandbox.SandboxUnavailable as refused:
    print(refused.setting, refused.help, sep="\\n")
"""


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the filter's system call number is that of x86-64")
def test_a_container_that_forbids_namespaces_is_named(python):
    done = subprocess.run([*python, "-c", SECCOMP], capture_output=True, text=True, check=False)
    setting, help = done.stdout.splitlines()
    assert setting == "seccomp", done.stderr
    assert "--privileged" in help


@pytest.mark.parametrize(
    ("setting", "value"),
    [("kernel.unprivileged_userns_clone", "0"), ("kernel.apparmor_restrict_unprivileged_userns", "1")],
)
def test_a_distributions_ban_on_user_namespaces_is_named(tmp_path, setting, value):
    """No machine can be switched for a test, so the settings are read from a folder that looks like /proc."""
    path = tmp_path / "sys" / setting.replace(".", "/")
    path.parent.mkdir(parents=True)
    path.write_text(value + "\n")
    refused = explain(PermissionError(1, "Operation not permitted", "unshare"), euid=1000, proc=tmp_path)
    assert isinstance(refused, SandboxUnavailable)
    assert refused.setting == setting
    assert f"sysctl {setting}={1 - int(value)}" in refused.help


def test_an_older_kernel_without_mount_setattr_is_read_only_all_the_same(monkeypatch):
    from netc.lab import filesystem

    def missing(path: str) -> None:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(filesystem, "make_read_only", missing)

    def inside(box: Sandbox) -> str:
        try:
            Path("/etc/netc-was-here").write_text("x")
        except OSError as error:
            return str(error.strerror)
        return "written"

    assert sandbox.run(inside) == "Read-only file system"


def test_without_a_proc_of_its_own_a_sandbox_still_works(monkeypatch, marked):
    """A container may forbid to mount /proc: then there is no pid namespace, and the processes are killed as a group."""
    from netc.lab import filesystem

    real = filesystem.mount

    def refuse(source, target, kind, flags=0, data=None):
        if kind == "proc":
            raise PermissionError(1, "Operation not permitted", "mount /proc")
        real(source, target, kind, flags, data)

    monkeypatch.setattr(filesystem, "mount", refuse)
    for key in marked.environment().keys() - os.environ.keys():
        monkeypatch.setenv(key, "1")

    def inside(box: Sandbox) -> str:
        Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
        subprocess.Popen(["sleep", "1000"])
        return Path("/proc/sys/net/ipv4/ip_forward").read_text()

    assert sandbox.run(inside) == "1\n"
    monkeypatch.undo()
