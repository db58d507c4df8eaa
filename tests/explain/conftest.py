"""What the tests of explanations share: running an example as an author would."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

#: Files that examples refer to.
FILES = {
    "lib/edge.netc": "chain bridge(subnet: cidr) { plugin bridge { ipam host-local { subnet = subnet } } }\n",
    "nodes.yaml": "- { name: n1, mtu: 9000 }\n- { name: n2 }\n",
}
#: What an example may say of itself: a construct that the grammar is ahead of the compiler with.
NOT_BUILT = "NC113"


@pytest.fixture
def findings(tmp_path: Path, monkeypatch, capsys):
    """Lint a text as a file of its own, `FILES` beside it: the findings, as `netc lint --output-format json` has them."""
    from netc.cli.main import main

    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    def lint(text: str) -> list[dict]:
        Path("example.netc").write_text(text, encoding="utf-8")
        main(["lint", "--output-format", "json", "example.netc"])
        found = json.loads(capsys.readouterr().out)["findings"]
        return [one for one in found if one["code"] != NOT_BUILT]

    return lint
