"""`netc attach` elsewhere than in a sandbox of its own: `--netns`, `--host`, `--keep`.

What would change the machine runs in a network and a mount namespace of the test.
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.lab

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root may do this, which is another test")
FILE = """network one {
  plugin bridge { bridge = "br9", isGateway = true, ipam host-local { subnet = 10.66.0.0/24 } }
}
"""
#: A machine of its own: nothing that is mounted or made in it is seen outside.
MACHINE = """
mount -t tmpfs none /run && mount -t tmpfs none /var/lib && mkdir -p /run/netns && ip link set lo up
ip netns add given
{command}
code=$?
echo "links: $(ip -o link | cut -d' ' -f2 | tr '\\n' ' ')"
echo "names: $(ls /run/netns | tr '\\n' ' ')"
echo "leases: $(find /var/lib/cni/networks -name '10.*' 2>/dev/null | tr '\\n' ' ')"
echo "given: $(ip -n given -o link | cut -d' ' -f2 | tr '\\n' ' ')"
exit $code
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with one network."""
    path = tmp_path / "one.netc"
    path.write_text(FILE, encoding="utf-8")
    return path


def command(*words: object) -> list[str]:
    return [sys.executable, "-m", "netc", "attach", *map(str, words)]


def on_machine(*words: object, text: str | None = None) -> subprocess.CompletedProcess[str]:
    """`netc attach WORDS` on the machine of `MACHINE`; what is left there is told at the end of stdout."""
    script = MACHINE.format(command=shlex.join(command(*words)))
    arguments = ["unshare", "--net", "--mount", "sh", "-c", script]
    return subprocess.run(arguments, input=text, capture_output=True, text=True, check=False)


@AS_ROOT
def test_a_namespace_of_the_machine_is_the_container_and_the_host_a_sandbox(file: Path) -> None:
    done = on_machine(file, "--netns", "/run/netns/given")
    assert done.returncode == 0, done.stderr
    assert "container + address 10.66.0.2/24 on eth0" in done.stdout
    assert "DEL left behind: nothing\n" in done.stdout
    assert "links: lo: \nnames: given \nleases: \ngiven: lo: \n" in done.stdout


@AS_ROOT
def test_on_the_machine_the_bridge_stays_and_nothing_of_the_container(file: Path) -> None:
    done = on_machine(file, "--host", "--yes")
    assert done.returncode == 0, done.stderr
    assert "DEL left behind: nothing\n" in done.stdout
    assert "links: lo: br9: \nnames: given \nleases: \n" in done.stdout


@AS_ROOT
def test_a_machine_whose_user_was_not_asked_is_left_alone(file: Path) -> None:
    done = on_machine(file, "--host", text="")
    assert done.returncode == 2
    assert "add --yes if it may" in done.stderr
    assert "links: lo: \n" in done.stdout


@AS_ROOT
@pytest.mark.parametrize("path", ["/nowhere", "/etc/passwd", "/proc/self/ns/mnt"])
def test_what_is_no_network_namespace_is_told(file: Path, path: str) -> None:
    done = subprocess.run(command(file, "--netns", path), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert path in done.stderr
    assert "help: name a network namespace" in done.stderr


@pytest.mark.parametrize("words", [("--netns", "/proc/self/ns/net"), ("--host", "--yes")])
def test_a_plain_user_is_told_that_it_takes_root(python: list[str], words: tuple[str, ...]) -> None:
    if python[0] == sys.executable and os.geteuid() == 0:
        pytest.skip("root may")
    arguments = [*python, "-m", "netc", "attach", "-", *words]
    done = subprocess.run(arguments, input=FILE, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (3, "")
    assert "only root may" in done.stderr


def _kept(file: Path) -> tuple[subprocess.Popen[str], str]:
    """netc while it keeps the container attached, and the command that it names to look into it."""
    netc = subprocess.Popen(
        command(file, "--keep"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert netc.stderr is not None
    lines = list(iter(netc.stderr.readline, "It is detached when stdin ends.\n"))
    return netc, next(line for line in lines if "--net=" in line).strip()


@AS_ROOT
def test_a_kept_container_can_be_looked_into_until_stdin_ends(file: Path) -> None:
    netc, way_in = _kept(file)
    seen = subprocess.run(shlex.split(way_in), capture_output=True, text=True, check=False)
    assert "inet 10.66.0.2/24" in seen.stdout, seen.stderr
    out, _ = netc.communicate("", timeout=30)
    assert netc.returncode == 0
    assert out.endswith("DEL left behind: nothing\n")


def test_ctrl_c_ends_what_is_kept(file: Path) -> None:
    netc, way_in = _kept(file)
    netc.send_signal(signal.SIGINT)
    out, err = netc.communicate(timeout=30)
    assert (netc.returncode, out) == (130, "")
    assert "Traceback" not in err
    pid = Path("/proc", way_in.split()[2])
    end = time.monotonic() + 10
    while pid.exists() and time.monotonic() < end:
        time.sleep(0.02)
    assert not pid.exists()


@AS_ROOT
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_end_on_the_machine_takes_the_attachment_away(file: Path, number: signal.Signals) -> None:
    """While it is kept there, netc is ended: DEL runs all the same, and the container's name goes.

    What a shell runs in the background ignores SIGINT, unless told otherwise.
    """
    quoted = shlex.join(command(file, "--host", "--yes", "--keep"))
    script = f"mkfifo /run/in; env --default-signal=INT {quoted} </run/in 2>/run/err & pid=$!; exec 3>/run/in\n"
    script += "until grep -q attached /run/err; do sleep 0.05; done; ip -o link | grep -c veth\n"
    script += f"kill -{number.value} $pid; wait $pid; echo code $?"
    ended = subprocess.run(
        ["unshare", "--net", "--mount", "sh", "-c", MACHINE.format(command=script)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.stdout.startswith("1\n"), ended.stderr
    assert f"code {130 if number == signal.SIGINT else 128 + number}\n" in ended.stdout
    assert "links: lo: br9: \nnames: given \nleases: \n" in ended.stdout
