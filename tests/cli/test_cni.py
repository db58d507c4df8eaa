"""`netc cni`: what cnitool documents, on good and bad input, and where netc says more."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from netc.cli.main import main
from netc.cni.cache import Cache

pytestmark = pytest.mark.lab

GOOD = """{
  "cniVersion": "1.0.0",
  "name": "dbnet",
  "plugins": [
    { "type": "bridge", "bridge": "cni0", "isGateway": true,
      "ipam": { "type": "host-local", "subnet": "10.1.0.0/16", "routes": [{ "dst": "0.0.0.0/0" }] } },
    { "type": "tuning", "capabilities": { "mac": true }, "sysctl": { "net.core.somaxconn": "500" } }
  ]
}
"""
RESULT_KEYS = ["cniVersion", "interfaces", "ips", "routes"]


@pytest.fixture
def conf_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one network, and an environment that names it and nothing else."""
    for name in [name for name in os.environ if name.startswith(("CNI_", "CAP_"))]:
        monkeypatch.delenv(name)
    folder = tmp_path / "net.d"
    folder.mkdir()
    (folder / "10-dbnet.conflist").write_text(GOOD)
    monkeypatch.setenv("NETCONFPATH", str(folder))
    monkeypatch.setattr("netc.cni.Cache", lambda: Cache(tmp_path / "cache"))  # not the machine's
    return folder


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["cni", *words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


BAD = [
    # the words, what is added to the environment, what stderr says
    ([], {}, "no verb"),
    (["ad", "dbnet", "/x"], {}, "did you mean add?"),
    (["add"], {}, "add takes a network and a namespace, not 0 words"),
    (["add", "dbnet"], {}, "add takes a network and a namespace, not 1 words"),
    (["gc", "dbnet"], {}, "gc takes a network and a namespace"),
    (["add", "dbnet", "/x", "y"], {}, "not 3 words"),
    (["add", "dbnett", "/x"], {}, 'no net configuration with name "dbnett" in'),
    (["add", "dbnett", "/x"], {}, "did you mean dbnet?"),
    (["add", "dbnet", "/x"], {}, 'plugin type="bridge" failed (add): no paths provided'),
    (["add", "dbnet", "/x"], {"CNI_PATH": "/nowhere"}, 'failed to find plugin "bridge" in path [/nowhere]'),
    (["add", "dbnet", "/x"], {"CNI_ARGS": "a"}, 'invalid CNI_ARGS pair "a"'),
    (["add", "dbnet", "/x"], {"CNI_ARGS": "a=b;c="}, 'invalid CNI_ARGS pair "c="'),
    (["add", "dbnet", "/x"], {"CAP_ARGS": "["}, "CAP_ARGS is no JSON"),
    (["add", "dbnet", "/x"], {"CAP_ARGS": "[]"}, "CAP_ARGS is no JSON object"),
    (["add", "dbnet", "/x"], {"NETCONFPATH": "/nowhere"}, "no net configurations found in /nowhere"),
    (["version", "dbnet"], {}, "no paths provided"),
]


@pytest.mark.parametrize(("words", "environment", "says"), BAD, ids=[f"{one[0]} {one[1]}" for one in BAD])
def test_a_failure_is_1_and_stdout_stays_empty(
    conf_dir: Path, words: list[str], environment: dict[str, str], says: str, monkeypatch, capsys
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    code, out, err = said(capsys, *words)
    assert (code, out) == (1, "")
    assert says in err


def test_the_key_at_fault_is_shown(conf_dir: Path, capsys) -> None:
    _, _, err = said(capsys, "add", "dbnet", "/x")
    assert f" --> {conf_dir}/10-dbnet.conflist:5:5\n" in err
    assert "help: set CNI_PATH" in err


def test_a_file_that_can_not_be_read_is_told_with_all_that_is_wrong_in_it(conf_dir: Path, capsys) -> None:
    (conf_dir / "00-bad.conflist").write_text(
        '{ "cniVersion": "1.0.0", "name": "x",\n "plugins": [ { "type": "a", } ]\n'
    )
    code, _, err = said(capsys, "add", "dbnet", "/x")
    assert code == 1
    assert err.startswith("error parsing configuration list: ")
    assert "00-bad.conflist:1:1" in err
    assert "a comma before `}`" in err


def test_version_of_nothing_is_netcs(capsys) -> None:
    code, out, _ = said(capsys, "version")
    assert code == 0
    assert json.loads(out)["supportedVersions"][-1] == "1.1.0"


def on_a_machine(folder: Path, script: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """What a script prints on a machine of its own that has the namespace c1; `netc_cni` is the command."""
    head = (
        "mount -t tmpfs none /run && mount -t tmpfs none /var/lib && mkdir -p /run/netns && ip netns add c1\n"
        f'netc_cni() {{ {shlex.quote(sys.executable)} -m netc cni "$@"; }}\n'
    )
    return subprocess.run(
        ["unshare", "--net", "--mount", "sh", "-c", head + script],
        env={**os.environ, "NETCONFPATH": str(folder), **environment}, capture_output=True, text=True, check=False,
        timeout=60,
    )  # fmt: skip


@pytest.mark.parity
@pytest.mark.skipif(os.geteuid() != 0, reason="the plugins need root")
@pytest.mark.parametrize("plugins", ["exec", "builtin"])
def test_a_life_by_the_verbs(conf_dir: Path, plugins: str, reference_plugins: Path) -> None:
    cache_name = "dbnet-cnitool-" + hashlib.sha512(b"/run/netns/c1").digest()[:10].hex() + "-net7"
    done = on_a_machine(
        conf_dir,
        f"""
        netc_cni add dbnet /run/netns/c1 --plugins {plugins}; echo "=add $?"
        ip -n c1 -o -4 address show net7; ls /var/lib/cni/results
        netc_cni check dbnet /run/netns/c1 --plugins {plugins}; echo "=check $?"
        ip -n c1 link set net7 down; ip -n c1 address flush dev net7
        netc_cni check dbnet /run/netns/c1 --plugins {plugins}; echo "=check $?"
        netc_cni status dbnet /run/netns/c1 --plugins {plugins}; echo "=status $?"
        netc_cni version dbnet --plugins {plugins} >/dev/null; echo "=version $?"
        netc_cni del dbnet /run/netns/c1 --plugins {plugins}; echo "=del $?"
        netc_cni del dbnet /run/netns/c1 --plugins {plugins}; echo "=del $?"
        netc_cni add dbnet /run/netns/c1 --plugins {plugins} >/dev/null
        netc_cni gc dbnet unused --plugins {plugins}; echo "=gc $?"
        echo "left $(ls /var/lib/cni/results | wc -l) $(ls /var/lib/cni/networks/dbnet | grep -c ^10)"
        """,
        CNI_PATH=str(reference_plugins),
        CNI_IFNAME="net7",
        CAP_ARGS='{"mac": "02:00:00:00:00:07"}',
    )
    result, _, rest = done.stdout.partition("=add 0\n")
    assert list(json.loads(result)) == RESULT_KEYS, done.stderr
    assert result.startswith('{\n    "cniVersion": "1.0.0",\n')
    assert json.loads(result)["interfaces"][2]["mac"] == "02:00:00:00:00:07"
    assert "10.1.0.2/16" in rest
    assert cache_name in rest
    assert [line for line in rest.splitlines() if line.startswith("=")] == [
        "=check 0", "=check 1", "=status 0", "=version 0", "=del 0", "=del 0", "=gc 0",
    ]  # fmt: skip
    assert rest.endswith("left 0 0\n")


@pytest.mark.parity
@pytest.mark.skipif(os.geteuid() != 0, reason="the plugins need root")
def test_a_plugins_error_is_shown_at_its_line_and_the_add_taken_back(conf_dir: Path, reference_plugins: Path) -> None:
    file = conf_dir / "10-dbnet.conflist"
    file.write_text(GOOD.replace("somaxconn", "nosuch"))
    done = on_a_machine(
        conf_dir,
        "netc_cni add dbnet /run/netns/c1; echo $? $(ip -n c1 -o link | wc -l) $(ls /var/lib/cni/results | wc -l)",
        CNI_PATH=str(reference_plugins),
    )
    assert done.stdout == "1 1 0\n"
    assert 'plugin type="tuning" failed (add): open /proc/sys/net/core/nosuch: no such file or directory' in done.stderr
    assert f" --> {file}:7:70\n" in done.stderr
