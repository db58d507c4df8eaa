"""`netc diff` as a command: what its words may be, its formats and its exit codes."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import jsonschema
import pytest

from netc.cli.main import main

ROOT = Path(__file__).parents[2]
OLD = "network n { plugin ptp { mtu = 1400, ipam host-local { subnet = 10.1.0.0/24 } } }\n"
NEW = OLD.replace("1400", "1500")


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    for name in [one for one in os.environ if one.startswith("GIT_")]:
        monkeypatch.delenv(name)


def git(*words: str) -> None:
    identity = ("-c", "user.name=n", "-c", "user.email=n@example.org", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *identity, *words], check=True, capture_output=True)


@pytest.fixture
def repository() -> None:
    """`nets/n.netc` as it was is a commit, as it is lies in the working tree."""
    Path("nets").mkdir()
    Path("nets/n.netc").write_text(OLD)
    git("init")
    git("add", ".")
    git("commit", "-m", "first")
    git("tag", "v1")
    Path("nets/n.netc").write_text(NEW)


def diffed(capsys: pytest.CaptureFixture[str], *words: str) -> dict:
    code = main(["diff", "--output-format", "json", *words])
    found = json.loads(capsys.readouterr().out)
    jsonschema.validate(found, json.loads((ROOT / "docs/diff.schema.json").read_text()))
    assert code == (1 if found["networks"] or found["effects"] else 0)
    return found


def test_the_page_shows_what_the_command_prints(monkeypatch, capsys) -> None:
    monkeypatch.chdir(ROOT)
    ((command, shown),) = re.findall(r"```console\n\$ netc (.*)\n((?:.*\n)*?)```", Path("docs/diff.md").read_text())
    assert main(command.split()) == 1
    assert capsys.readouterr().out == shown


def test_the_page_has_every_effect() -> None:
    page = (ROOT / "docs/diff.md").read_text()
    code = "".join(path.read_text() for path in (ROOT / "netc/diff/effects").glob("*.py"))
    names = set(re.findall(r"(?:effect\(|Effect\(|\belse |^ +)\s*\"([a-z]+-[a-z-]+)\"(?!:)", code, re.MULTILINE))
    assert len(names) >= 18
    assert not {one for one in names if f"`{one}`" not in page}


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize(
    "words", [["v1"], ["HEAD", "nets"], ["v1:nets/n.netc", "nets/n.netc"], ["main:./nets", "nets"]]
)
def test_a_revision_is_a_state_of_the_same_path(words: list[str], capsys) -> None:
    (one,) = diffed(capsys, *words)["networks"]
    (change,) = one["changes"]
    assert (change["plugin"], change["path"]) == ("ptp", "mtu")
    assert change["old"]["at"]["file"] == f"{words[0].partition(':')[0]}:nets/n.netc"
    assert change["new"]["at"]["file"] == "nets/n.netc"


@pytest.mark.usefixtures("repository")
def test_two_revisions_from_below_the_repositorys_folder(monkeypatch, capsys) -> None:
    git("commit", "-am", "second")
    monkeypatch.chdir("nets")
    assert [one["name"] for one in diffed(capsys, "v1", "HEAD", "n.netc")["networks"]] == ["n"]
    assert diffed(capsys, "HEAD", "main")["networks"] == []


@pytest.mark.usefixtures("repository")
def test_a_revision_has_its_own_modules_data_and_plan(capsys) -> None:
    Path("nets/lib.netc").write_text("let mtu = 1300\n")
    Path("nets/nodes.yaml").write_text("- a\n")
    text = (
        'import "lib.netc" as lib\npool p { cidrs = [10.9.0.0/16] }\n'
        'network m for n in data("nodes.yaml") key n {\n'
        "  meta { node = n }\n  plugin ptp { mtu = lib.mtu, ipam host-local { subnet = alloc(p, n, 24) } }\n}\n"
    )
    Path("nets/n.netc").write_text(text)
    Path("nets/netc.lock").write_text("# netc.lock version 1\n\np  10.9.7.0/24  a\n")
    git("add", ".")
    git("commit", "-m", "second")
    Path("nets/lib.netc").write_text("let mtu = 1200\n")
    Path("nets/netc.lock").unlink()
    (one,) = diffed(capsys, "HEAD", "nets/n.netc")["networks"]
    assert [(change["path"], change["old"]["value"], change["new"]["value"]) for change in one["changes"]] == [
        ("mtu", 1300, 1200),
        ("ipam.subnet", "10.9.7.0/24", "10.9.0.0/24"),
    ]


def test_json_compares_with_what_netc_makes(capsys) -> None:
    Path("n.netc").write_text(OLD)
    assert main(["build", "n.netc", "-o", "out"]) == 0
    capsys.readouterr()
    assert diffed(capsys, "n.netc", "out/n.conflist") == {"version": 1, "networks": [], "effects": [], "same": 1}
    assert diffed(capsys, ".", "out")["same"] == 1, "what a build made of the folder's sources counts once"


def test_an_error_of_a_rule_hinders_nobody(capsys) -> None:
    Path("old.netc").write_text(OLD)
    Path("new.netc").write_text(OLD.replace("mtu", "mtuu"))
    (one,) = diffed(capsys, "old.netc", "new.netc")["networks"]
    assert {change["path"] for change in one["changes"]} == {"mtu", "mtuu"}


def test_markdown_holds_names_that_are_markup(capsys) -> None:
    Path("old.netc").write_text('network n { plugin x { a = "|" } }\n')
    Path("new.netc").write_text('network n { plugin x { a = "`b` <i>" } }\n')
    assert main(["diff", "--output-format", "markdown", "old.netc", "new.netc"]) == 1
    (row,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("| changed")]
    assert '`"\\|"`' in row
    assert '``"`b` <i>"``' in row


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["old.netc"], "there is nothing to compare with"),
        (["nope", "old.netc"], "nope is no file, no folder and no git revision"),
        (["old.netc", "olt.netc"], "did you mean old.netc?"),
        (["--leases", "nowhere", "old.netc", "old.netc"], "--leases nowhere: no such file or directory"),
        (["old.netc", "old.netc", "old.netc"], "a PATH is for two revisions"),
        (["old.netc", "broken.netc"], "not compared: 1 error"),
        (["--frmat", "x", "old.netc", "old.netc"], "no option --frmat"),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, list) else "",
)
def test_a_wrong_call_is_told_why(words: list[str], says: str, capsys) -> None:
    Path("old.netc").write_text(OLD)
    Path("broken.netc").write_text("network n {\n")
    assert main(["diff", *words]) == 2
    captured = capsys.readouterr()
    assert says in captured.err
    assert captured.out == ""


@pytest.mark.usefixtures("repository")
def test_a_path_that_a_revision_has_not(capsys) -> None:
    assert main(["diff", "v1:nest", "nets"]) == 2
    assert "v1 has no nest" in capsys.readouterr().err


@pytest.mark.usefixtures("repository")
def test_without_git_it_says_so(monkeypatch, capsys) -> None:
    monkeypatch.setenv("PATH", "")
    assert main(["diff", "v1"]) == 3
    assert "install the package git" in capsys.readouterr().err
