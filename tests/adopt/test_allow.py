"""What is wrong with a file in use is allowed where it stands, so that a build writes what was there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from netc.adopt import adopt
from netc.cli.main import main
from netc.documents.document import read
from netc.lint.project import checked
from netc.sources import Source

SEVERAL = {
    "cniVersion": "0.4.0",
    "name": "a",
    "plugins": [
        {"type": "bridge", "isGatway": True, "mtu": "1500", "ipam": {"type": "host-local", "subnet": "10.1.0.5/16"}},
        {"type": "bandwidth", "runtimeConfig": {}, "ingressRate": 8},
        {"type": "bridge", "name": "b", "bridge": "a-name-that-is-too-long"},
    ],
}
WHOLE = [
    {"name": "no version", "plugins": [{"type": "loopback"}]},
    {"cniVersion": "1.0.0", "name": "a", "plugins": []},
    {"cniVersion": "1.0.0", "name": "bad@name", "plugins": [{"type": "ptp"}]},
    {"cniVersion": 4, "name": "a", "adapterName": "", "plugins": [{"type": "ptp", "ipam": [], "dns": "10.1.0.1"}]},
]


@pytest.mark.parametrize("conflist", [SEVERAL, *WHOLE], ids=range(1 + len(WHOLE)))
def test_a_build_writes_what_was_there(conflist: dict[str, object], tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    Path("10-a.conflist").write_text(json.dumps(conflist), encoding="utf-8")
    assert main(["adopt", "10-a.conflist", "-o", "."]) == 0
    assert "error" in capsys.readouterr().err, "it is said as well"
    assert main(["build", "10-a.netc"]) == 0, capsys.readouterr().err
    (file,) = Path("out").glob("*.conflist")
    assert file.name == f"10-{conflist['name']}.conflist"
    assert json.loads(file.read_text(encoding="utf-8")) == conflist


def test_no_comment_is_useless() -> None:
    adopted = adopt([read(Source("a.conflist", json.dumps(SEVERAL)))], Path("/a/project"))
    found = checked(Source("a.netc", adopted.texts["a.netc"]), {}).findings
    assert {one.code for one in found} & {"NC190", "NC191"} == set()
    assert not any(one.severity == "error" for one in found)


def test_comments_above_each_other_speak_of_one_line() -> None:
    text = (
        "network n {\n  # netc: allow NC401 one\n  # netc: allow NC201 two\n"
        "  plugin bridge { nope = 1, ipam host-local { subnet = 10.1.0.5/16 } }\n}\n"
    )
    assert checked(Source("a.netc", text), {}).findings == ()
