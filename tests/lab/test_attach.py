"""`netc attach` as a person runs it: as root and without, its report, its exit codes, and an end at any moment."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest

pytestmark = pytest.mark.lab

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[1] / "examples"
SCHEMA = json.loads((HERE.parents[1] / "docs" / "attach.schema.json").read_text(encoding="utf-8"))
DBNET = EXAMPLES / "dbnet" / "dbnet.netc"
PORT = 'portMappings=[{"hostPort": 8080, "containerPort": 80, "protocol": "tcp"}]'

FAILING = """network n {
  cniVersion = "1.0.0"
  plugin ptp {
    ipam host-local { subnet = 10.5.0.0/24 }
  }
  plugin tuning {
    sysctl { "net.core.no_such_thing" = 1 }
  }
}
"""
BINARIES = pytest.mark.skipif("NETC_CNI_BIN" not in os.environ, reason="NETC_CNI_BIN names no folder of plugins")
EXECUTORS = ["builtin", pytest.param("exec", marks=[pytest.mark.parity, BINARIES])]


def _environment(**more):
    known = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS")}
    return {**known, "CNI_PATH": os.environ.get("NETC_CNI_BIN", ""), **more}


def attach(*arguments, python=(sys.executable,), text=None, cwd=None, **environment):
    """`netc attach ARGUMENTS`, ended; `text` is its stdin."""
    command = [*python, "-m", "netc.cli.main", "attach", *map(str, arguments)]
    return subprocess.run(
        command, input=text, capture_output=True, text=True, check=False, cwd=cwd, env=_environment(**environment)
    )


def stable(text):
    """The report without what differs from run to run."""
    text = re.sub(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}", "MA:CM:AC:MA:CM:AC", text)
    text = re.sub(r"veth[0-9a-f]{8}", "veth########", text)
    return re.sub(r" +\d+\.\d ms", "      #.# ms", text)


def test_the_report_is_the_expected_one_and_ends_with_nothing_left(python, request):
    done = attach("dbnet.netc", "--capability", PORT, python=python, cwd=DBNET.parent)
    assert (done.returncode, done.stderr) == (0, "")
    expected = HERE / "attach-dbnet.txt"
    if request.config.getoption("--update"):
        expected.write_text(stable(done.stdout), encoding="utf-8")
    assert stable(done.stdout) == expected.read_text(encoding="utf-8")
    assert done.stdout.endswith("\nDEL left behind: nothing\n")
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize("plugins", EXECUTORS)
def test_the_json_fits_its_schema_and_nothing_is_left(python, plugins):
    done = attach(DBNET, "--plugins", plugins, "--capability", PORT, "--output-format", "json", python=python)
    assert done.returncode == 0, done.stderr or done.stdout
    report = json.loads(done.stdout)
    jsonschema.Draft202012Validator(SCHEMA).validate(report)
    assert report["error"] is None
    assert report["leftovers"] == []
    assert report["result"]["ips"][0]["address"] == "10.1.0.2/16"
    assert report["host"]["port_maps"][0]["host_port"] == 8080


def test_colours_only_where_they_are_wanted_and_say_nothing_alone():
    plain = attach(DBNET, NO_COLOR="1", FORCE_COLOR="1")
    coloured = attach(DBNET, FORCE_COLOR="1")
    assert "\x1b[" in coloured.stdout
    assert "\x1b" not in plain.stdout
    assert stable(re.sub(r"\x1b\[[0-9;]*m", "", coloured.stdout)) == stable(plain.stdout)


def test_a_failing_plugin_is_shown_at_its_line_and_del_leaves_nothing(python):
    done = attach("-", "--stdin-filename", "n.netc", python=python, text=FAILING)
    assert done.returncode == 1
    assert "n.netc:7" in done.stdout
    assert '"net.core.no_such_thing"' in done.stdout
    assert "^^^" in done.stdout
    assert done.stdout.endswith("DEL left behind: nothing\n")
    assert "Traceback" not in done.stderr + done.stdout


def test_an_error_in_the_file_is_a_finding_and_nothing_is_attached():
    done = attach("-", text='network n {\n  plugin bridge { brigde = "x" }\n}\n')
    assert (done.returncode, done.stdout) == (1, "")
    assert "brigde" in done.stderr
    assert "not attached" in done.stderr


def test_the_trace_shows_requests_and_answers():
    done = attach(DBNET, "--trace")
    assert '"prevResult": {' in done.stdout
    assert "request {" in done.stdout
    assert "answer {" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((DBNET, "dbnett"), "did you mean dbnet?"),
        ((EXAMPLES / "team" / "team.netc",), "web, batch"),
        ((EXAMPLES / "team" / "team.netc", "nothing-like-it"), "web, batch"),
        (("no-such-file.netc",), "no such file"),
        ((EXAMPLES,), "name one with netc attach"),
        ((DBNET, "--capability", "mac"), "--capability 'mac="),
        ((DBNET, "--capability", "mac=02:00"), "is not JSON"),
        ((DBNET, "--args", "IP"), 'invalid CNI_ARGS pair "IP"'),
        ((DBNET, "--ifname", "an-interface-name"), "--ifname"),
        ((DBNET, "--plugins", "docker"), "invalid choice"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_wrong_use_is_told_and_exits_2(arguments, says):
    done = attach(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_missing_binaries_are_named_with_the_folders_that_were_searched(tmp_path):
    done = attach(DBNET, "--plugins", "exec", CNI_PATH=f"{tmp_path}:/nowhere")
    assert (done.returncode, done.stdout) == (3, "")
    assert "bridge, host-local, tuning, portmap" in done.stderr
    assert f"{tmp_path}, /nowhere" in done.stderr


NO_NAMESPACES = """
import os, sys
from pathlib import Path
from netc.lab import syscalls
uid, gid = os.geteuid(), os.getegid()
syscalls.unshare(syscalls.CLONE_NEWUSER)
for name, text in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {gid} 1")):
    Path("/proc/self", name).write_text(text)
Path("/proc/sys/user/max_net_namespaces").write_text("0")
from netc.cli.main import main
raise SystemExit(main(["attach", sys.argv[1]]))
"""


def test_a_machine_that_can_not_is_told_why_and_exits_3(python):
    done = subprocess.run(
        [*python, "-c", NO_NAMESPACES, str(DBNET)], capture_output=True, text=True, check=False, env=_environment()
    )
    assert (done.returncode, done.stdout) == (3, "")
    assert "user.max_net_namespaces is 0" in done.stderr
    assert "help: " in done.stderr


CHAIN = """network long {
  cniVersion = "1.0.0"
  plugin bridge {
    bridge    = "cni7"
    isGateway = true
    ipMasq    = true
    ipam host-local { subnet = 10.1.0.0/16, routes = [{ dst = 0.0.0.0/0 }] }
  }
  plugin tuning { sysctl { "net.core.somaxconn" = 500 } }
  plugin portmap { capabilities { portMappings = true } }
}
"""


def _started(tmp_path, marked, python, plugins):
    source = tmp_path / "long.netc"
    source.write_text(CHAIN, encoding="utf-8")
    command = [*python, "-m", "netc.cli.main", "attach", "-", "--plugins", plugins, "--capability", PORT]
    with source.open(encoding="utf-8") as stdin:  # the plain user could not open it
        return subprocess.Popen(
            command,
            env=_environment(**{marked.mark: "1"}),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


def _in_the_sandbox(marked):
    """Whether a process with the mark is in a network namespace of its own."""
    mine = os.readlink("/proc/self/ns/net")
    for pid in marked.pids():
        try:
            if os.readlink(f"/proc/{pid}/ns/net") != mine:
                return True
        except OSError:
            continue
    return False


@pytest.mark.parametrize("plugins", EXECUTORS)
def test_ctrl_c_is_told_without_a_traceback_and_exits_130(python, plugins, marked, tmp_path):
    for _ in range(10):  # on a busy machine it may be over before we have seen it
        netc = _started(tmp_path, marked, python, plugins)
        while netc.poll() is None and not _in_the_sandbox(marked):
            time.sleep(0.002)
        netc.send_signal(signal.SIGINT)
        out, err = netc.communicate(timeout=20)
        assert marked.pids() == []
        if netc.returncode != 0:
            break
    assert (netc.returncode, out, err) == (130, "", "netc: interrupted\n")


@pytest.mark.parametrize("plugins", EXECUTORS)
def test_an_end_at_any_moment_leaves_nothing_on_the_machine(python, plugins, marked, tmp_path):
    """The machine is compared around the test; here, that no process survives, and each end is the expected one."""
    started = time.monotonic()
    netc = _started(tmp_path, marked, python, plugins)
    netc.communicate(timeout=60)
    whole = time.monotonic() - started
    assert netc.returncode == 0
    moments = random.Random(7)
    signals = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL)
    for number in signals:
        netc = _started(tmp_path, marked, python, plugins)
        time.sleep(moments.uniform(0.1, whole))
        netc.send_signal(number)
        _, err = netc.communicate(timeout=20)
        assert netc.returncode in (0, -number, 130), (number, err)
        if number != signal.SIGINT:  # an interrupt of the interpreter's own start-up is Python's to report
            assert "Traceback" not in err
        marked.wait_until_gone()
