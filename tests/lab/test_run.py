"""`netc run`: a command on a network, and what is left of it."""

from __future__ import annotations

import os
import pty
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.lab

FILE = """network one {
  plugin bridge { bridge = "br9", isDefaultGateway = true, ipMasq = true, ipam host-local { subnet = 10.66.0.0/24 }
    dns { nameservers = [192.0.2.53], search = ["a.example"] } }
}
network two { plugin ptp { ipam host-local { subnet = 10.67.0.0/24 } } }
pod both { attach eth0 = one, attach net1 = two }
"""
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root may change the machine, which is another test")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with two networks and a pod."""
    path = tmp_path / "nets.netc"
    path.write_text(FILE, encoding="utf-8")
    for folder in (tmp_path, *tmp_path.parents):  # a plain user is to read it, too
        if folder == Path(tempfile.gettempdir()):
            break
        folder.chmod(0o755)
    return path


def netc(*words: object, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "netc", "run", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, **options)  # type: ignore[call-overload]


def test_a_command_has_the_networks_interface_and_its_own_views(file: Path, python: list[str]) -> None:
    script = "ip -br address; ip route; cat /etc/resolv.conf; ls /sys/class/net"
    done = subprocess.run(
        [*python, "-m", "netc", "run", str(file), "one", "--", "sh", "-c", script],
        capture_output=True, text=True, check=False, cwd="/",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "10.66.0.2/24" in done.stdout
    assert "127.0.0.1/8" in done.stdout
    assert "default via 10.66.0.1" in done.stdout
    assert "nameserver 192.0.2.53\nsearch a.example\n" in done.stdout
    assert done.stdout.endswith("eth0\nlo\n")
    assert done.stderr == ""


def test_masquerade_leads_to_the_peer_and_back(file: Path) -> None:
    script = (
        "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP); s.settimeout(5);"
        "s.sendto(bytes.fromhex('0800f7fd00010001'), ('198.51.100.1', 0)); print(s.recvfrom(99)[1][0])"
    )
    done = netc(file, "one", "--", sys.executable, "-c", script)
    assert done.stdout == "198.51.100.1\n", done.stderr


def test_a_pod_has_all_its_interfaces(file: Path) -> None:
    done = netc(file, "both", "--", "ip", "-br", "-4", "address")
    assert {"10.66.0.2/24", "10.67.0.2/24"} <= set(done.stdout.split())


@pytest.mark.parametrize(
    ("command", "code"),
    [(["true"], 0), (["sh", "-c", "exit 42"], 42), (["sh", "-c", "kill -TERM $$"], 143), (["no-such-command"], 127),
     (["/etc/passwd"], 126)],
    ids=str,
)  # fmt: skip
def test_the_exit_code_is_the_commands(file: Path, command: list[str], code: int) -> None:
    assert netc(file, "two", "--", *command).returncode == code


def test_stdin_and_the_folder_are_the_callers(file: Path) -> None:
    done = netc(file, "two", "--", "sh", "-c", "cat; pwd", input="typed\n", cwd=file.parent)
    assert done.stdout == f"typed\n{file.parent.resolve()}\n"


def test_a_chain_that_fails_runs_no_command(file: Path) -> None:
    file.write_text('network bad { plugin loopback { }\n plugin tuning { sysctl { "net.core.nosuch" = 5 } } }\n')
    done = netc(file, "--", "echo", "ran")
    assert done.returncode == 1
    assert done.stdout == ""
    assert f"netc: ADD failed ({file}:2): " in done.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "no file"),
        (["FILE"], "there is no command"),
        (["FILE", "--", "true"], "has 2 networks"),
        (["FILE", "three", "--", "true"], "no network three"),
        (["a", "b", "c", "--", "true"], "3 words before --"),
        (["-", "--", "true"], "a file from stdin"),
        (["FILE", "one", "--docker", "i", "--podman", "j", "--", "true"], "not allowed with"),
        (["FILE", "one", "--yes", "--", "true"], "--yes without --host"),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, list) else "",
)
def test_a_wrong_call_is_told_why(file: Path, words: list[str], says: str) -> None:
    done = netc(*[str(file) if word == "FILE" else word for word in words])
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stdout == ""


def on_a_terminal(*words: object) -> tuple[int, int]:
    """`netc run WORDS` as a terminal's foreground process: its pid, and the terminal's other end."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(sys.executable, [sys.executable, "-m", "netc", "run", *map(str, words)])
    return pid, terminal


def read_until(terminal: int, wanted: bytes, seconds: float = 20) -> bytes:
    """What a terminal shows, up to and with `wanted`, or as much as there is."""
    import select

    text, end = b"", time.monotonic() + seconds
    while wanted not in text and time.monotonic() < end:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                part = os.read(terminal, 1 << 12)
            except OSError:
                break
            if not part:
                break
            text += part
    return text


def test_ctrl_c_is_the_commands_and_it_may_end_as_it_likes(file: Path) -> None:
    script = "trap 'echo caught; exit 5' INT; echo ready; while true; do sleep 0.05; done"
    pid, terminal = on_a_terminal(file, "two", "--", "sh", "-c", script)
    assert b"ready" in read_until(terminal, b"ready")
    os.write(terminal, b"\x03")
    assert b"caught" in read_until(terminal, b"caught")
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 5
    os.close(terminal)


def test_a_second_ctrl_c_ends_a_command_that_does_not_listen(file: Path) -> None:
    script = "trap '' INT; echo ready; while true; do sleep 0.05; done"
    pid, terminal = on_a_terminal(file, "two", "--", "sh", "-c", script)
    assert b"ready" in read_until(terminal, b"ready")
    os.write(terminal, b"\x03")
    time.sleep(0.2)
    os.write(terminal, b"\x03")
    read_until(terminal, b"interrupted")
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 130
    os.close(terminal)


def test_nothing_survives_a_kill(file: Path, marked) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "netc", "run", str(file), "two", "--", "sh", "-c", "echo ready; sleep 60"],
        env=marked.environment(), stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    marked.wait_until_gone()


@AS_ROOT
@pytest.mark.parametrize("ending", ["exit 3", "kill -KILL $$"])
def test_on_the_machine_it_is_taken_down_again(file: Path, ending: str) -> None:
    command = shlex.join([sys.executable, "-m", "netc", "run", str(file), "one", "--host", "--yes", "--", "sh", "-c",
                          f"ip -br address; {ending}"])  # fmt: skip
    script = (
        "mount -t tmpfs none /run && mount -t tmpfs none /var/lib && mkdir -p /run/netns && ip link set lo up\n"
        f"{command}\necho code $?\n"
        'echo "left: $(ls /run/netns) $(ip -o link | grep -c veth) $(ls /var/lib/cni/networks/one | grep -c 10.66)"'
    )
    done = subprocess.run(
        ["unshare", "--net", "--mount", "sh", "-c", script], capture_output=True, text=True, check=False
    )
    assert "10.66.0.2/24" in done.stdout, done.stderr
    assert f"code {'3' if ending == 'exit 3' else '137'}\n" in done.stdout
    assert "left:  0 0" in done.stdout
