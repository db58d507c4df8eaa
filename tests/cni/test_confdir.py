"""Configuration directories: which file is a network, and which files it takes along."""

import json
import os
from pathlib import Path

import pytest

from netc.cni.confdir import conf_files, load, load_file
from netc.cni.errors import CniError


def put(path: Path, **keys: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(keys))
    return path


def put_list(path: Path, name: str, *types: str, **keys: object) -> Path:
    return put(path, cniVersion="1.0.0", name=name, plugins=[{"type": one} for one in types], **keys)


def types(directory: Path, name: str) -> list[str]:
    return [plugin.type for plugin in load(str(directory), name).plugins]


def message(directory: Path, name: str) -> str:
    with pytest.raises(CniError) as error:
        load(str(directory), name)
    return error.value.msg


def test_a_list_beats_a_single_configuration_whatever_the_files_are_called(tmp_path: Path) -> None:
    put(tmp_path / "00-n.conf", name="n", type="single")
    put_list(tmp_path / "99-n.conflist", "n", "first")
    put_list(tmp_path / "99-z.conflist", "n", "unreachable")
    assert types(tmp_path, "n") == ["first"]


def test_files_are_sorted_by_their_bytes(tmp_path: Path) -> None:
    for name in ("9-x", "10-x", "100-x", "B", "a"):
        put_list(tmp_path / f"{name}.conflist", "n", name)
    put_list(tmp_path / "1.CONFLIST", "n", "wrong-case")
    found = [os.path.basename(file) for file in conf_files(str(tmp_path), [".conflist"])]
    assert found == ["10-x.conflist", "100-x.conflist", "9-x.conflist", "B.conflist", "a.conflist"]


def test_single_configurations_of_both_kinds_are_sorted_together(tmp_path: Path) -> None:
    put(tmp_path / "b.conf", name="n", type="conf")
    put(tmp_path / "a.json", name="n", type="json")
    assert types(tmp_path, "n") == ["json"]


def test_dot_files_and_links_count_and_directories_do_not(tmp_path: Path) -> None:
    put_list(tmp_path / ".conflist", "dot", "dot")
    real = put_list(tmp_path / "elsewhere" / "x", "link", "link")
    (tmp_path / "l.conflist").symlink_to(real)
    (tmp_path / "d.conflist").mkdir()
    assert types(tmp_path, "dot") == ["dot"]
    assert types(tmp_path, "link") == ["link"]


def test_a_bad_file_counts_only_before_the_match(tmp_path: Path) -> None:
    put_list(tmp_path / "b.conflist", "n", "bridge")
    (tmp_path / "c.conflist").write_text("{")
    assert types(tmp_path, "n") == ["bridge"]
    (tmp_path / "a.conflist").write_text("{")
    assert message(tmp_path, "n") == "error parsing configuration list: unexpected end of JSON input"


def test_a_list_in_a_conf_file_is_an_error(tmp_path: Path) -> None:
    put_list(tmp_path / "a.conf", "n", "bridge")
    assert message(tmp_path, "n") == "error parsing configuration: missing 'type'"


def test_what_is_said_where_there_is_no_such_network(tmp_path: Path) -> None:
    assert message(tmp_path, "n") == f"no net configurations found in {tmp_path}"
    assert message(tmp_path / "missing", "n") == f"no net configurations found in {tmp_path / 'missing'}"
    put(tmp_path / "a.conf", name="other", type="x")
    assert message(tmp_path, "n") == f'no net configuration with name "n" in {tmp_path}'


def test_a_directory_that_can_not_be_read_is_an_error(tmp_path: Path) -> None:
    file = put(tmp_path / "file", name="n")
    assert message(file, "n") == f"error reading {file}: not a directory"


def test_a_file_that_can_not_be_read_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.conflist").symlink_to("nowhere")
    assert message(tmp_path, "n") == f"error reading {tmp_path / 'a.conflist'}: no such file or directory"


class TestDirectoryPlugins:
    """`DIRECTORY/NETWORK/*.conf` are appended to a list that stands in DIRECTORY."""

    def test_they_come_after_the_inlined_ones_in_the_order_of_their_files(self, tmp_path: Path) -> None:
        put_list(tmp_path / "n.conflist", "n", "bridge")
        put(tmp_path / "n" / "20.conf", type="second")
        second = put(tmp_path / "n" / "10.conf", type="first")
        put(tmp_path / "n" / "30.json", type="ignored")
        put_list(tmp_path / "n" / "40.conflist", "n", "ignored")
        network = load(str(tmp_path), "n")
        assert [plugin.type for plugin in network.plugins] == ["bridge", "first", "second"]
        assert [plugin.file for plugin in network.plugins][:2] == [None, str(second)]
        assert [body["type"] for body in network.effective["plugins"]] == ["bridge", "first", "second"]
        assert load_file(str(tmp_path / "n.conflist")) == network

    def test_they_may_be_the_only_ones(self, tmp_path: Path) -> None:
        put(tmp_path / "n.conflist", name="n")
        assert message(tmp_path, "n") == "no plugin configs found"
        put(tmp_path / "n" / "10.conf", type="first")
        assert types(tmp_path, "n") == ["first"]

    def test_a_list_can_refuse_them(self, tmp_path: Path) -> None:
        put_list(tmp_path / "n.conflist", "n", "bridge", loadOnlyInlinedPlugins=True)
        put(tmp_path / "n" / "10.conf", type="first")
        assert types(tmp_path, "n") == ["bridge"]

    def test_a_bad_one_fails_the_network(self, tmp_path: Path) -> None:
        put_list(tmp_path / "n.conflist", "n", "bridge")
        put(tmp_path / "n" / "10.conf", name="x")
        assert message(tmp_path, "n") == "error parsing configuration: missing 'type'"

    def test_a_single_configuration_takes_none(self, tmp_path: Path) -> None:
        put(tmp_path / "n.conf", name="n", type="ptp")
        put(tmp_path / "n" / "10.conf", type="first")
        assert types(tmp_path, "n") == ["ptp"]

    @pytest.mark.parametrize("name", ["", ".", "..", "../outside", "a/b", "n\n"])
    def test_no_name_leads_out_of_the_directory(self, tmp_path: Path, name: str) -> None:
        directory = tmp_path / "net.d"
        put_list(directory / "x.conflist", name, "bridge")
        put_list(directory / "y.conflist", "good", "bridge")
        put(directory / "single.conf", name="s", type="stolen")
        put(tmp_path / "outside" / "10.conf", type="stolen")
        with pytest.raises(CniError) as error:
            load(str(directory), name)
        assert error.value.code == 7
        assert types(directory, "good") == ["bridge"]
