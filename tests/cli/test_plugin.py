"""`netc plugin`: a driver as a program, and launchers in a folder."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from netc.cli.main import main
from netc.lab import launchers

CONFIG = {
    "cniVersion": "1.0.0",
    "name": "n",
    "type": "ptp",
    "ipam": {"type": "host-local", "subnet": "10.1.0.0/24"},
}


def plugin(name: str, stdin: object = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """The driver as a process, with nothing of CNI in its environment but this."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("CNI_")}
    return subprocess.run(
        [sys.executable, "-m", "netc", "plugin", name],
        input=stdin if isinstance(stdin, str) else json.dumps(stdin),
        env={**kept, **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_version_is_the_protocols() -> None:
    done = plugin("bridge", CNI_COMMAND="VERSION")
    assert done.returncode == 0
    assert json.loads(done.stdout)["supportedVersions"][-1] == "1.1.0"


def test_without_a_command_it_says_what_it_is() -> None:
    done = plugin("bridge")
    assert (done.returncode, done.stdout) == (0, "")
    assert "CNI protocol versions supported: " in done.stderr


@pytest.mark.parametrize(
    ("environment", "stdin", "code", "msg"),
    [
        ({"CNI_COMMAND": "ADD"}, CONFIG, 4, "required env variables"),
        ({"CNI_COMMAND": "FROB", "CNI_PATH": "/x"}, CONFIG, 4, "unknown CNI_COMMAND: FROB"),
        ({"CNI_COMMAND": "STATUS", "CNI_PATH": "/x"}, "{", 6, "error unmarshall network config"),
        ({"CNI_COMMAND": "STATUS", "CNI_PATH": "/x"}, {"name": "n", "cniVersion": "1.0.0"}, 1, "does not allow STATUS"),
    ],
)
def test_an_error_is_an_object_on_stdout(environment: dict[str, str], stdin: object, code: int, msg: str) -> None:
    done = plugin("ptp", stdin, **environment)
    assert done.returncode == 1
    error = json.loads(done.stdout)
    assert error["code"] == code
    assert msg in error["msg"]


def test_launchers_are_written_once_and_taken_away_alone(tmp_path: Path, capsys) -> None:
    folder = tmp_path / "deep" / "bin"
    assert main(["plugin", "install", str(folder)]) == 0
    assert sorted(path.name for path in folder.iterdir()) == list(launchers.types())
    assert all(os.access(path, os.X_OK) for path in folder.iterdir())
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    capsys.readouterr()
    assert main(["plugin", "install", str(folder)]) == 0
    assert capsys.readouterr().err == f"{len(before)} files up to date\n"
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before
    (folder / "stranger").write_text("#!/bin/sh\n")
    assert main(["plugin", "uninstall", str(folder)]) == 0
    assert [path.name for path in folder.iterdir()] == ["stranger"]


def test_a_strangers_file_stays_unless_it_is_forced(tmp_path: Path, capsys) -> None:
    (tmp_path / "ptp").write_bytes(b"\x7fELF")
    assert main(["plugin", "install", str(tmp_path), "bridge", "ptp"]) == 2
    assert f"{tmp_path}/ptp is no launcher of netc" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["ptp"]
    assert (tmp_path / "ptp").read_bytes() == b"\x7fELF"
    assert main(["plugin", "install", str(tmp_path), "ptp", "--force"]) == 0
    assert launchers.is_launcher(tmp_path / "ptp")


def test_a_link_to_a_strangers_file_is_a_strangers(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("mine")
    (tmp_path / "ptp").symlink_to("nowhere")
    assert main(["plugin", "install", str(tmp_path), "ptp"]) == 2
    assert (tmp_path / "ptp").is_symlink()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "no plugin type"),
        (["brige"], "did you mean bridge?"),
        (["flannel-x"], "netc has no driver"),
        (["bridge", "more"], "bridge takes no such words: more"),
        (["install"], "install takes a folder"),
        (["install", "FOLDER", "brige"], "did you mean bridge?"),
        (["install", "/dev/null/x"], "can't write /dev/null/x"),
        (["uninstall", "/nowhere"], "can't change /nowhere"),
        (["list", "x"], "list takes no more words"),
    ],
    ids=" ".join,
)
def test_a_wrong_call_is_told_why(words: list[str], says: str, tmp_path: Path, capsys) -> None:
    assert main(["plugin", *[str(tmp_path) if word == "FOLDER" else word for word in words]]) == 2
    captured = capsys.readouterr()
    assert says in captured.err
    assert captured.out == ""


def test_the_list_has_every_driver(capsys) -> None:
    assert main(["plugin", "list", "--output-format", "json"]) == 0
    assert [one["type"] for one in json.loads(capsys.readouterr().out)["plugins"]] == list(launchers.types())
    assert main(["plugin", "list"]) == 0
    assert "bridge " in capsys.readouterr().out


@pytest.mark.lab
def test_a_runtime_that_knows_programs_only_runs_a_chain_of_them(tmp_path: Path, monkeypatch, capsys) -> None:
    folder = tmp_path / "bin"
    launchers.install(folder, ["bridge", "host-local", "portmap", "tuning"])
    file = Path(__file__).parents[2] / "examples/dbnet/dbnet.netc"
    ports = 'portMappings=[{"hostPort": 8080, "containerPort": 80, "protocol": "tcp"}]'
    results = []
    for plugins in ("builtin", "exec"):
        monkeypatch.setenv("CNI_PATH", str(folder))
        words = ["attach", str(file), "--plugins", plugins, "--capability", ports, "--output-format", "json"]
        assert main(words) == 0
        report = json.loads(capsys.readouterr().out)
        assert report["leftovers"] == []
        results.append((report["result"]["ips"], report["container"]["routes"], report["host"]["port_maps"]))
    assert results[0] == results[1]


# ---- the dhcp daemon ----------------------------------------------------------------------------------------------


def daemon(folder: Path, *flags: str) -> subprocess.Popen[str]:
    """A daemon that listens in a folder."""
    words = [sys.executable, "-m", "netc", "plugin", "dhcp", "daemon", "-socketpath", str(folder / "dhcp.sock"), *flags]
    started = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
    assert started.stderr is not None
    assert started.stderr.readline() == f"keeping leases for whoever asks at {folder / 'dhcp.sock'}\n"
    return started


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_the_dhcp_daemon_takes_away_what_it_made(tmp_path: Path, number: int, code: int) -> None:
    socket, pidfile = tmp_path / "dhcp.sock", tmp_path / "pid"
    started = daemon(tmp_path, "-pidfile", str(pidfile), "-timeout", "1m30s", "--broadcast")
    assert int(pidfile.read_text()) == started.pid
    assert stat.S_IMODE(socket.stat().st_mode) == 0o600
    asked = {"ipam": {"type": "dhcp", "daemonSocketPath": str(socket)}, "cniVersion": "1.1.0", "name": "n", "type": "x"}
    assert plugin("dhcp", asked, CNI_COMMAND="STATUS", CNI_PATH="/nowhere").returncode == 0
    started.send_signal(number)
    assert started.communicate(timeout=10) == (None, "")
    assert started.returncode == code
    assert list(tmp_path.iterdir()) == []


def test_a_dhcp_daemon_that_was_killed_is_no_hindrance_and_one_that_listens_is(tmp_path: Path, capsys) -> None:
    killed = daemon(tmp_path)
    killed.kill()
    killed.communicate()
    started = daemon(tmp_path)
    assert main(["plugin", "dhcp", "daemon", "-socketpath", str(tmp_path / "dhcp.sock")]) == 3
    assert f"something listens at {tmp_path / 'dhcp.sock'} already" in capsys.readouterr().err
    started.terminate()
    started.communicate()


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["dhcp", "daemon", "-timeout", "soon"], 2, "'soon' is no duration: write 10s, 500ms or 1m30s"),
        (["bridge", "-pidfile", "x"], 2, "-pidfile is the dhcp daemon's"),
        (["dhcp", "demon"], 2, "dhcp takes no such words: demon"),
        (["dhcp", "daemon", "-socketpath", "/proc/nowhere/s"], 3, "/proc/nowhere/s can't be listened at"),
        (["dhcp", "daemon", "-socketpath", "s", "-pidfile", "/proc/nowhere/p"], 3, "/proc/nowhere/p can't be written"),
        (["dhcp", "daemon", "-socketpath", "/tmp/" + "s" * 200], 3, "can't be listened at: AF_UNIX path too long"),
    ],
)  # fmt: skip
def test_a_dhcp_daemon_that_can_not_start_says_why(words, code, says, tmp_path: Path, capsys, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["plugin", *words]) == code
    assert says in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
