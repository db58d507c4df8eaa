"""`netc test`: the scenarios of this project pass by netc's drivers and by the reference plugins, and fail where they must."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import jsonschema
import pytest

from netc.cli.main import main

pytestmark = pytest.mark.lab

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "docs/test.schema.json").read_text())
NETS = """network plain { plugin bridge { bridge = "b", ipam host-local { subnet = 10.1.0.0/24 } } }
network way { plugin bridge { bridge = "w", isDefaultGateway = true, ipam host-local { subnet = 10.2.0.0/24 } } }
"""


def results(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict]:
    """The tests of a call, as its JSON has them."""
    code = main(["test", "--output-format", "json", *words])
    found = json.loads(capsys.readouterr().out)
    jsonschema.validate(found, SCHEMA)
    assert code == (0 if all(one["passed"] for one in found["tests"]) else 1)
    return found["tests"]


def failures(found: list[dict]) -> list[str]:
    return [
        f"{one['name']} ({one['plugins']}): {one['why']} {one['details'][:4]}" for one in found if not one["passed"]
    ]


def results_of_a_process(*words: str, **environment: str) -> list[dict]:
    """The same by a process of its own, which is smaller to fork than this one."""
    # Most of the time is spent waiting for the kernel to be sure of IPv6 addresses.
    command = [sys.executable, "-m", "netc", "test", "-j", "6", "--output-format", "json", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **environment})
    assert done.stdout, done.stderr
    return json.loads(done.stdout)["tests"]


def test_the_scenarios_by_netcs_drivers() -> None:
    found = results_of_a_process(str(ROOT / "tests/scenarios"), str(ROOT / "examples"))
    assert failures(found) == []
    assert sum(not one["name"].startswith("life of") for one in found) >= 37
    assert sum(one["name"].startswith("life of") for one in found) >= 25


@pytest.mark.parity
def test_the_scenarios_by_the_reference_plugins(reference_plugins: Path) -> None:
    found = results_of_a_process(str(ROOT / "tests/scenarios"), "--plugins", "exec", CNI_PATH=str(reference_plugins))
    assert failures(found) == []


@pytest.mark.parity
def test_both_ways_are_compared(reference_plugins: Path, monkeypatch, tmp_path: Path, capsys) -> None:
    monkeypatch.setenv("CNI_PATH", str(reference_plugins))
    file = tmp_path / "n.netc"
    file.write_text(NETS)
    found = results(capsys, str(file), "--plugins", "both")
    assert failures(found) == []
    assert [one["plugins"] for one in found] == ["builtin", "builtin", "exec", "exec"]
    fake = tmp_path / "bin"
    fake.mkdir()
    (fake / "host-local").symlink_to(reference_plugins / "host-local")
    wrapper = fake / "bridge"
    wrapper.write_text(
        f'#!/bin/sh\nexec {reference_plugins}/bridge | sed "s/10.1.0.1\\"/10.1.0.9\\"/"\n'.replace("exec ", "")
    )
    wrapper.chmod(0o755)
    monkeypatch.setenv("CNI_PATH", str(fake))
    (why,) = failures(results(capsys, str(file), "--plugins", "both", "-k", "plain"))
    assert "do not come to the same" in why


MUST_FAIL = {
    "a ping": ("attach a = plain\n expect reach(a, 192.0.2.9) within 100ms", "reach(a, 192.0.2.9): "),
    "a ping that should not be answered": ("attach a = plain\n attach b = plain\n expect !reach(a, b) within 100ms", ""),
    "a connection": ('attach a = plain\n expect reach(a, 10.1.0.99, "tcp/80") within 100ms', "nobody is at port 80"),
    "a datagram": ('attach a = plain\n attach b = way\n expect reach(a, b, "udp/80") within 100ms', "UDP to 10.2.0.2:80"),
    "a published port that nobody published": (
        'attach a = plain\n expect reach(host, "127.0.0.1:8080") within 100ms', "no port map was asked for"),
    "a route": ("attach a = plain\n expect route(a, 0.0.0.0/0).gw == 10.1.0.1 within 100ms", "there is no such route"),
    "a rate": ("attach a = plain\n attach b = plain\n expect throughput(a, b) < 1kbit within 100ms", "mbit"),
    "a value": ("attach a = plain\n expect a.mtu == 9000 within 100ms", "a.mtu is 1500"),
    "an error that is none": ('expect error "x" { attach a = plain }', "bridge"),
    "another error": ('expect error "moon" { attach a = plain { args { IP = "x" } } }', "the error is"),
}  # fmt: skip


@pytest.mark.parametrize("what", MUST_FAIL)
def test_each_probe_fails_where_it_must(what: str, tmp_path: Path, capsys) -> None:
    steps, detail = MUST_FAIL[what]
    file = tmp_path / "n.netc"
    file.write_text(f'{NETS}\ntest "t" {{\n{steps}\n}}\n')
    (one,) = results(capsys, str(file), "-k", "n.netc: t")
    assert not one["passed"]
    assert one["why"].startswith("expected ")
    assert one["at"]["file"] == str(file)
    assert any(detail in line for line in one["details"]), one["details"]


@pytest.mark.parametrize(
    ("steps", "why"),
    [
        ("expect reach(a, 10.1.0.1)", "NC103"),
        ("attach a = nowhere", "NC103"),
        ("detach a", "NC103"),
        ("attach a = plain\n expect 5", "an expectation is true or false"),
        ("attach a = plain\n expect reach(a)", "it is reach(from, to)"),
        ("attach a = plain\n expect reach(a, 5)", "reach() takes a container"),
        ('attach a = plain\n expect reach(a, host, "icmp")', 'reach() takes "tcp/PORT"'),
        ("attach a = plain\n expect route(host, true).gw == null", "route() takes a network"),
        ("attach a = plain\n expect throughput(a, 10.1.0.9) > 1bit", "throughput() takes two containers"),
        ("attach a = plain\n expect a.mtu == 1500 within 5", "within takes a duration"),
        ("attach a = plain\n expect a.moon == 1", "moon"),
    ],
)
def test_a_step_that_makes_no_sense_is_told_at_its_place(steps: str, why: str, tmp_path: Path, capsys) -> None:
    file = tmp_path / "n.netc"
    file.write_text(f'{NETS}\ntest "t" {{\n{steps}\n}}\n')
    assert main(["test", str(file), "-k", "n.netc: t"]) in (1, 2)
    captured = capsys.readouterr()
    assert why in captured.out + captured.err
    assert f"{file}:" in captured.out + captured.err


def test_a_network_that_leaves_something_behind_fails_its_life(tmp_path: Path, monkeypatch, capsys) -> None:
    leaky = tmp_path / "leaky"
    leaky.write_text(
        '#!/bin/sh\n[ "$CNI_COMMAND" = ADD ] || exit 0\nip link add leak$$ type veth peer name kael$$\n'
        'echo \'{"cniVersion": "1.0.0", "interfaces": [], "ips": []}\'\n'
    )
    leaky.chmod(0o755)
    monkeypatch.setenv("CNI_PATH", str(tmp_path))
    (tmp_path / "n.conflist").write_text('{"cniVersion": "1.0.0", "name": "n", "plugins": [{"type": "leaky"}]}')
    (one,) = results(capsys, str(tmp_path / "n.conflist"), "--plugins", "exec")
    assert one["why"] == "DEL leaves something behind in n"
    assert any(line.startswith("host: link leak") for line in one["details"])


def test_names_list_keyword_durations_and_junit(tmp_path: Path, capsys) -> None:
    file = tmp_path / "n.netc"
    file.write_text(NETS + 'test "odd <name> & more" { attach a = plain\n expect a.mtu == 1 within 100ms }\n')
    assert main(["test", "--list", str(file)]) == 0
    names = capsys.readouterr().out.splitlines()
    assert names == [f"{file}: {one}" for one in ("odd <name> & more", "life of plain", "life of way")]
    assert main(["test", str(file), "-k", "LIFE", "--durations", "1", "-j", "1"]) == 0
    out = capsys.readouterr().out
    assert "2 passed" in out
    assert re.search(r"slowest:\n +\d+\.\d\d s  .*life of", out)
    assert main(["test", str(file), "--output-format", "junit"]) == 1
    suite = ElementTree.fromstring(capsys.readouterr().out)[0]
    assert (suite.get("tests"), suite.get("failures")) == ("3", "1")
    assert suite[0].get("name") == "odd <name> & more"
    assert "a.mtu is 1500" in (suite[0][0].text or "")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["nope.netc"], "no such file"),
        (["FILE", "-k", "moon"], "no test has 'moon' in its name"),
        (["FILE", "-j", "-1"], "take a number from 0 on"),
        (["FILE", "--plugin", "exec"], "did you mean --plugins?"),
    ],
)
def test_a_wrong_call_is_told_why(words: list[str], says: str, tmp_path: Path, capsys) -> None:
    file = tmp_path / "n.netc"
    file.write_text(NETS)
    assert main(["test", *[str(file) if word == "FILE" else word for word in words]]) == 2
    assert says in capsys.readouterr().err


def test_errors_of_a_file_are_told_and_others_run(tmp_path: Path, capsys) -> None:
    (tmp_path / "bad.netc").write_text("network n {\n")
    (tmp_path / "good.netc").write_text("network n { plugin loopback { } }\n")
    assert main(["test", str(tmp_path)]) == 1
    captured = capsys.readouterr()
    assert "1 passed" in captured.out
    assert "NC101" in captured.err
    assert "not run: what 1 error above" in captured.err


def test_ctrl_c_ends_everything(tmp_path: Path, marked) -> None:
    file = tmp_path / "n.netc"
    file.write_text(NETS + 'test "long" { attach a = plain\n expect reach(a, 192.0.2.1) within 60s }\n' * 1)
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(sys.executable, [sys.executable, "-m", "netc", "test", str(file), "-j", "2"], marked.environment())
    end, text = time.monotonic() + 20, b""
    while b"life of way" not in text and time.monotonic() < end:
        text += os.read(terminal, 1 << 12)
    os.write(terminal, b"\x03")
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 130
    os.close(terminal)
    marked.wait_until_gone()


def test_nothing_survives_a_kill(tmp_path: Path, marked) -> None:
    file = tmp_path / "n.netc"
    file.write_text(NETS + 'test "long" { attach a = plain\n expect reach(a, 192.0.2.1) within 60s }\n')
    process = subprocess.Popen(
        [sys.executable, "-m", "netc", "test", str(file), "-j", "2"], env=marked.environment(), stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    marked.wait_until_gone()
