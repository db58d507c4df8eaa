"""The manual page: every command and option is in it, and the reader of such pages has no complaint."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from netc.cli.main import COMMANDS, command_of, main


@pytest.fixture
def page(capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["help", "--man"]) == 0
    return capsys.readouterr().out


def test_every_command_and_option_is_in_it(page: str) -> None:
    plain = page.replace(r"\-", "-")
    for name in COMMANDS:
        assert f'.SS "netc {name}"' in plain
        for option in {*command_of(name)[1]._option_string_actions} - {"-h", "--help"}:
            assert option in plain


def test_it_reads_well(page: str) -> None:
    groff = shutil.which("groff")
    if groff is None:
        pytest.skip("groff is not installed")
    done = subprocess.run(
        [groff, "-man", "-Tutf8", "-ww", "-b"], input=page, capture_output=True, check=True, text=True
    )
    assert done.stderr == ""
    assert "netc lint" in done.stdout
    assert "interrupted" in done.stdout
