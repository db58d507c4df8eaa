"""`netc ipam` with the pools and requests of a project beside the lock."""

from __future__ import annotations

import json
import re
import shlex
from ipaddress import ip_network
from pathlib import Path

import jsonschema
import pytest

from netc.cli.main import main
from netc.ipam.blocks import Block, Request
from netc.ipam.lock import text
from netc.ipam.pools import Pool
from netc.lang.values import IpRange

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "ipam.schema.json").read_text(encoding="utf-8"))
LOCK = text(()) + (
    "\n"
    "pods  10.42.1.0/24  n1\n"
    "pods  10.42.2.0/25  old\n"
    "pods  10.42.4.0/22  big\n"
    "pods  fd00:42::/64  n1\n"
    "\n"
    "elsewhere  10.7.0.0/24  n1\n"
)


def reserve(cidr: str) -> IpRange:
    network = ip_network(cidr)
    return IpRange(network[0], network[-1])


PODS = Pool(
    "pods",
    (ip_network("10.42.0.0/16"), ip_network("fd00:42::/48")),
    (reserve("10.42.0.0/24"), reserve("10.42.255.128/25")),
)


def _declared(pool: Pool) -> str:
    """The pool as a file declares it."""
    reserved = ", ".join(f"{part.first}-{part.last}" for part in pool.reserve)
    return f"pool {pool.name} {{ cidrs = [{', '.join(map(str, pool.cidrs))}], reserve = [{reserved}] }}"


def _asking(request: Request) -> str:
    """A network whose subnet is the block."""
    family = f", family = {request.family}" if request.family else ""
    block = f"alloc({request.pool}, {json.dumps(request.key)}, {request.prefix}{family})"
    return f"network of-{abs(hash(request))} {{ plugin ptp {{ ipam host-local {{ subnet = {block} }} }} }}"


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A project whose files ask for what the test says, with `LOCK` beside them."""

    def asks(*requests: Request, pools: tuple[Pool, ...] = (PODS,)) -> Path:
        (tmp_path / "fleet.netc").write_text("\n".join([*map(_declared, pools), *map(_asking, requests)]))
        return tmp_path / "netc.lock"

    (tmp_path / "netc.lock").write_text(LOCK)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return asks


ASKED = [Request("pods", "n1", 24), Request("pods", "n1", 64), Request("pods", "big", 22), Request("pods", "n2", 24)]


FOUR = """\
  10.42.0.0/16
  2.5 % taken: 2 in use, 1 new, 1 held; largest free block /18

  10.42.0.0 ...      reserved
  10.42.1.0/24       used      n1
  10.42.2.0/25       held      old
  10.42.2.128 ...    free      up to /25
  10.42.3.0/24       new       n2
  10.42.4.0/22       used      big
  10.42.8.0 ...      free      up to /18
  10.42.255.128 ...  reserved

  10.42.0.0/16, each sign is a /24
  10.42.0.0    x#+*#### ........ ........ ........
  10.42.32.0   ........ ........ ........ ........
  10.42.64.0   ........ ........ ........ ........
  10.42.96.0   ........ ........ ........ ........
  10.42.128.0  ........ ........ ........ ........
  10.42.160.0  ........ ........ ........ ........
  10.42.192.0  ........ ........ ........ ........
  10.42.224.0  ........ ........ ........ .......+
  # used  * new  + in part  x reserved  . free
"""


def test_the_table_and_the_map_in_80_columns(fleet, capsys) -> None:
    """Names and lists that are too long for that are cut and wrapped."""
    wide = Pool("wide", tuple(ip_network(f"172.16.{at}.0/26") for at in range(12)))
    fleet(*ASKED, Request("wide", "a " * 60, 28), pools=(PODS, wide))
    assert main(["ipam", "fleet.netc"]) == 0
    told = capsys.readouterr()
    assert told.err == ""
    assert max(map(len, told.out.splitlines())) <= 80
    assert told.out.partition("pods IPv4\n")[2].partition("\npods IPv6\n")[0] == FOUR


def test_colours_say_nothing_that_the_text_does_not(fleet, capsys) -> None:
    fleet(*ASKED)
    main(["ipam", "fleet.netc"])
    plain = capsys.readouterr().out
    main(["ipam", "fleet.netc", "--color", "always"])
    painted = capsys.readouterr().out
    assert painted != plain
    assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == plain


def test_the_json_follows_the_schema(fleet, capsys) -> None:
    fleet(*ASKED)
    assert main(["ipam", "fleet.netc", "--output-format", "json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(answer, SCHEMA)
    elsewhere, four, six = answer["pools"]
    assert [(block["key"], block["network"], block["state"], block["line"]) for block in four["blocks"]] == [
        ("n1", "10.42.1.0/24", "used", 3),
        ("old", "10.42.2.0/25", "held", 4),
        ("n2", "10.42.3.0/24", "new", None),
        ("big", "10.42.4.0/22", "used", 5),
    ]
    assert four["addresses"] == {"usable": str(65536 - 256 - 128), "taken": str(256 + 128 + 256 + 1024)}
    assert four["reserved"] == ["10.42.0.0-10.42.0.255", "10.42.255.128-10.42.255.255"]
    everything = [*map(ip_network, four["free"]), *(ip_network(block["network"]) for block in four["blocks"])]
    assert sum(one.num_addresses for one in everything) == 65536 - 256 - 128
    assert six["largest_free_prefix"] == 49
    assert elsewhere["cidrs"] is None
    assert [block["state"] for block in elsewhere["blocks"]] == ["locked"]


def test_showing_writes_nothing(fleet) -> None:
    path = fleet(*ASKED)
    main(["ipam", "fleet.netc"])
    assert path.read_text() == LOCK


def test_an_error_of_the_plan_is_said_and_the_plan_shown(fleet, capsys) -> None:
    fleet(Request("pods", "n1", 25))
    assert main(["ipam", "fleet.netc"]) == 1
    told = capsys.readouterr()
    assert "n1 has 10.42.1.0/24 of pool pods and now asks for a /25" in told.err
    assert "10.42.1.0/24" in told.out


def test_a_block_in_use_is_released_by_force_alone(fleet, capsys) -> None:
    path = fleet(*ASKED)
    assert main(["ipam", "release", "pods", "old", "n1", "--file", "fleet.netc"]) == 2
    assert "n1 uses 10.42.1.0/24 of pool pods" in capsys.readouterr().err
    assert path.read_text() == LOCK
    assert main(["ipam", "release", "pods", "old", "n1", "--file", "fleet.netc", "--force"]) == 0
    assert [line.split() for line in path.read_text().splitlines()[1:] if line] == [
        ["elsewhere", "10.7.0.0/24", "n1"],
        ["pods", "10.42.4.0/22", "big"],
    ]


def test_a_block_that_can_not_serve_any_more_is_released_as_the_error_says(fleet) -> None:
    """The key is asked for, but its block is of the wrong size: that is what a release is for."""
    path = fleet(Request("pods", "n1", 25))
    assert main(["ipam", "release", "pods", "n1", "--family", "4", "--file", "fleet.netc"]) == 0
    assert "10.42.1.0/24" not in path.read_text()
    assert "pods  fd00:42::/64  n1\n" in path.read_text()


def test_a_contradiction_is_released_as_the_error_says(fleet) -> None:
    path = fleet(Request("pods", "n1", 24), Request("pods", "n9", 24))
    path.write_text(LOCK.replace("n1\n", "n1\npods  10.42.1.0/24  n9\n", 1))
    assert main(["ipam", "fleet.netc"]) == 1
    assert main(["ipam", "release", "pods", "n9", "--file", "fleet.netc"]) == 0
    assert "n9" not in path.read_text()


@pytest.mark.parametrize("key", ["-x", "--force", "it's", "a b", "release"])
def test_the_command_of_an_error_can_be_copied(fleet, key: str, capsys) -> None:
    path = fleet(Request("pods", key, 24))
    path.write_text(text([Block("pods", key, ip_network("10.42.1.0/25"))]))
    assert main(["ipam", "fleet.netc"]) == 1
    command = capsys.readouterr().err.partition("another one: netc ")[2].splitlines()[0]
    assert main(shlex.split(command)) == 0
    assert path.read_text() == text(())


def test_a_move_before_the_source_is_renamed_says_so(fleet, capsys) -> None:
    path = fleet(*ASKED)
    assert main(["ipam", "move", "pods", "big", "large", "--file", "fleet.netc"]) == 0
    assert "the project still asks for big: rename it there before the next build" in capsys.readouterr().err
    assert "pods  10.42.4.0/22  large\n" in path.read_text()


def test_a_lock_that_can_not_be_written(fleet, capsys) -> None:
    path = fleet(*ASKED)
    path.unlink()
    path.mkdir()
    assert main(["ipam", "release", "pods", "old"]) == 2
    assert capsys.readouterr().err == "netc: netc.lock: is a directory, not a file\n"
