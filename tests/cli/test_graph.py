"""`netc graph` as a command."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from netc.cli.main import main

ROOT = Path(__file__).parents[2]
NET = (
    "network n { plugin bridge { isDefaultGateway = true, ipMasq = true, ipam host-local { subnet = 10.1.0.0/24 } }\n"
    "  plugin portmap { capabilities { portMappings = true } } }\n"
)
PORTS = 'portMappings=[{"hostPort": 8080, "containerPort": 80, "protocol": "tcp"}]'


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("n.netc").write_text(NET)


def test_the_page_shows_what_the_command_prints(monkeypatch, capsys) -> None:
    monkeypatch.chdir(ROOT)
    (shown,) = re.findall(r"```mermaid\n(.*?)```", Path("docs/graph.md").read_text(), re.DOTALL)
    assert main(["graph", "examples/dbnet/dbnet.netc"]) == 0
    assert capsys.readouterr().out == shown


@pytest.mark.parametrize(("name", "start"), [("a.svg", "<svg "), ("a.html", "<!DOCTYPE"), ("a.mmd", "flowchart"),
                                             ("a.dot", "graph netc {")])  # fmt: skip
def test_the_ending_says_the_format(name: str, start: str) -> None:
    assert main(["graph", "n.netc", "-o", name]) == 0
    assert Path(name).read_text().startswith(start)


def test_conflists_and_folders_are_drawn_too(capsys) -> None:
    assert main(["build", "n.netc", "-o", "net.d"]) == 0
    capsys.readouterr()
    assert main(["graph", "net.d/n.conflist"]) == 0
    assert main(["graph", "net.d"]) == 0
    assert capsys.readouterr().out.count("10.1.0.1/24") == 2


def test_a_fleet_in_mermaid_is_one_of_its_nodes(capsys) -> None:
    Path("nodes.json").write_text(json.dumps([f"n{number}" for number in range(60)]))
    Path("fleet.netc").write_text(
        'network pods for n in data("nodes.json") key n { meta { node = n }, plugin loopback { } }\n'
    )
    assert main(["graph", "fleet.netc"]) == 0
    assert capsys.readouterr().out.count("subgraph") == 1
    assert main(["graph", "--alike", "all", "fleet.netc"]) == 0
    assert capsys.readouterr().out.count("subgraph") == 60
    assert main(["graph", "--output-format", "svg", "fleet.netc"]) == 0
    assert capsys.readouterr().out.count('class="frame"') == 60


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["n.netc", "-o", "a.png"], "a.png: the ending names no format"),
        (["n.netc", "m"], "n.netc has no network m"),
        (["nope.netc"], "nope.netc: no such file"),
        (["n.netc", "--capability", "mac=1"], "--capability is for an attach"),
        (["n.netc", "-o", "nowhere/a.svg"], "can't write nowhere/a.svg"),
    ],
)
def test_a_wrong_call_is_told_why(words: list[str], says: str, capsys) -> None:
    assert main(["graph", *words]) == 2
    captured = capsys.readouterr()
    assert says in captured.err
    assert captured.out == ""


def test_what_does_not_compile_is_not_drawn(capsys) -> None:
    Path("bad.netc").write_text("network n {\n")
    assert main(["graph", "bad.netc", "-o", "bad.svg"]) == 1
    assert "NC101" in capsys.readouterr().err
    assert not Path("bad.svg").exists()


@pytest.mark.lab
def test_an_attach_shows_what_is_there(capsys) -> None:
    assert main(["graph", "--attach", "n.netc", "--capability", PORTS]) == 0
    text = capsys.readouterr().out
    for line in ("10.1.0.2/24", "10.1.0.1/24", "forwards IPv4", "masquerades", "tcp 8080 to 10.1.0.2:80"):
        assert line in text, line
    assert re.search(r'---\|"veth[0-9a-f]{8}"\|', text)


@pytest.mark.lab
def test_a_chain_that_fails_is_not_drawn(capsys) -> None:
    # A dry run that the rules let pass: the sysctl exists on no machine.
    Path("f.netc").write_text(
        'network n { plugin loopback { }\n plugin tuning { sysctl { "net.core.nosuch" = 5 } } }\n'
    )
    assert main(["graph", "--attach", "f.netc"]) == 1
    captured = capsys.readouterr()
    assert "ADD failed: " in captured.err
    assert captured.out == ""
