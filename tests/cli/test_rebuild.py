"""A build that is not done again, and everything that makes it be done again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from netc.cli import rebuild
from netc.cli.main import main

FILES = {
    "project/netc.toml": '[project]\nparams = ["site.yaml"]\n',
    "project/site.yaml": "mtu: 1400\n",
    "project/lib.netc": "let prefix = 24\n",
    "project/nodes.json": '["a", "b"]\n',
    "project/fleet.netc": """import "lib.netc" as lib
param mtu: int
pool p { cidrs = [10.9.0.0/16] }
network n for k in data("nodes.json") key k {
  meta { node = k }
  plugin ptp { mtu = mtu, ipam host-local { subnet = alloc(p, k, lib.prefix) } }
}
""",
}


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[bool, int]]:
    """Builds; whether it was done, and the exit code."""
    from netc.cli import project

    calls = []
    check = project.check
    monkeypatch.setattr(project, "check", lambda *args, **options: calls.append(1) or check(*args, **options))

    def build(*words: str) -> tuple[bool, int]:
        calls.clear()
        code = main(["build", "project/fleet.netc", "-o", "out", *words])
        return bool(calls), code

    assert build() == (True, 0)
    return build


def test_nothing_changed(done, capsys) -> None:
    capsys.readouterr()
    before = {path: path.stat().st_mtime_ns for path in Path("out").rglob("*")}
    assert done() == (False, 0)
    assert capsys.readouterr().err == "2 files up to date\n"
    assert done("--check") == (True, 0), "other words are another build"
    assert done("--check") == (False, 0)
    assert {path: path.stat().st_mtime_ns for path in Path("out").rglob("*")} == before


CHANGES = {
    "the file": lambda: Path("project/fleet.netc").write_text(FILES["project/fleet.netc"] + "# more\n"),
    "a module": lambda: Path("project/lib.netc").write_text("let prefix = 24 # more\n"),
    "data": lambda: Path("project/nodes.json").write_text('["a", "b", "c"]\n'),
    "the project's params": lambda: Path("project/site.yaml").write_text("mtu: 1300\n"),
    "netc.toml": lambda: Path("project/netc.toml").write_text(FILES["project/netc.toml"] + "# more\n"),
    "netc.toml, gone": lambda: Path("project/netc.toml").unlink(),
    "a nearer root": lambda: (Path("project/sub").mkdir(), Path("project/netc.toml").unlink(),
                              Path("netc.toml").write_text("")),
    "the lock": lambda: Path("project/netc.lock").write_text(Path("project/netc.lock").read_text() + "\n# more\n"),
    "an output": lambda: Path("out/a/n.conflist").write_text("{}"),
    "an output, gone": lambda: Path("out/b/n.conflist").unlink(),
    "the list of outputs": lambda: Path("out/.netc-outputs").unlink(),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_what_has_changed_is_built(done, change: str) -> None:
    CHANGES[change]()
    assert done()[0]


def test_the_same_text_again_is_no_change(done) -> None:
    Path("project/nodes.json").write_text(FILES["project/nodes.json"])
    assert done() == (False, 0)


def test_other_words_are_another_build(done) -> None:
    assert done("-p", "mtu=1280") == (True, 0)
    assert '"mtu": 1280' in Path("out/a/n.conflist").read_text()
    assert done() == (True, 0), "its outputs are not those that it left"
    assert '"mtu": 1400' in Path("out/a/n.conflist").read_text()


def test_a_finding_is_told_each_time(done, capsys) -> None:
    text = FILES["project/fleet.netc"].replace("plugin ptp", "plugin frobnicator { }\n  plugin ptp")
    Path("project/fleet.netc").write_text(text)
    for _ in range(2):
        capsys.readouterr()
        assert done() == (True, 0)
        assert "NC405" in capsys.readouterr().err


def test_another_netc_builds_again(done, monkeypatch) -> None:
    monkeypatch.setattr(rebuild, "VERSION", "9.9.9")
    assert done()[0]


@pytest.mark.parametrize("broken", ["", "{}", "[]", "null", '{"words": 1}'])
def test_a_record_that_is_none_is_passed_over(done, broken: str) -> None:
    (record,) = Path("cache/netc").glob("build-*.json")
    record.write_text(broken)
    assert done() == (True, 0)
    assert done() == (False, 0)


def test_without_a_home_every_build_is_done(done, monkeypatch) -> None:
    monkeypatch.setattr("netc.kept.folder", lambda: None)
    assert done() == (True, 0)
    assert done() == (True, 0)


def test_only_so_many_are_remembered(done, monkeypatch) -> None:
    monkeypatch.setattr(rebuild, "_MOST", 3)
    for mtu in range(1280, 1286):
        assert done("-p", f"mtu={mtu}") == (True, 0)
    assert len(list(Path("cache/netc").glob("build-*.json"))) == 3
    assert json.loads(Path("out/a/n.conflist").read_text())["plugins"][0]["mtu"] == 1285
