"""The results cache, in libcni's format."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from netc.cni.cache import Cache
from netc.cni.conflist import parse_list
from netc.cni.errors import CniError
from netc.cni.request import Attachment

NETWORK = parse_list({"cniVersion": "1.0.0", "name": "n", "plugins": [{"type": "bridge"}]})
ATTACHMENT = Attachment("c1", "/run/netns/c1", "eth0", (("K", "v"),), {"mac": "M"})
RESULT = {"cniVersion": "1.0.0", "dns": {"domain": "<d>"}}


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cni")


def entry_file(cache: Cache, name: str = "n-c1-eth0") -> Path:
    return Path(cache.root, "results", name)


def test_an_entry_is_the_file_that_libcni_writes(cache: Cache) -> None:
    cache.write(NETWORK, ATTACHMENT, RESULT)
    file = entry_file(cache)
    config = base64.b64encode(b'{"cniVersion":"1.0.0","name":"n","plugins":[{"type":"bridge"}]}').decode()
    assert file.read_text() == (
        '{"kind":"cniCacheV1","containerId":"c1","config":"' + config + '","ifName":"eth0","networkName":"n",'
        '"netns":"/run/netns/c1","cniArgs":[["K","v"]],"capabilityArgs":{"mac":"M"},'
        '"result":{"cniVersion":"1.0.0","dns":{"domain":"\\u003cd\\u003e"}}}'
    )
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert [path.name for path in file.parent.iterdir()] == ["n-c1-eth0"]


def test_what_is_empty_is_left_out(cache: Cache) -> None:
    cache.write(NETWORK, Attachment("c1", "", "eth0"), RESULT)
    assert list(json.loads(entry_file(cache).read_text())) == [
        "kind", "containerId", "config", "ifName", "networkName", "result"
    ]  # fmt: skip


def test_what_was_written_reads_back(cache: Cache) -> None:
    assert cache.read("n", ATTACHMENT) is None
    cache.write(NETWORK, ATTACHMENT, RESULT)
    entry = cache.read("n", Attachment("c1", "", "eth0"))
    assert entry is not None
    assert (entry.network, entry.attachment, entry.result, entry.legacy) == ("n", ATTACHMENT, RESULT, False)
    assert parse_list(entry.config) == NETWORK
    cache.delete("n", ATTACHMENT)
    cache.delete("n", ATTACHMENT)
    assert cache.read("n", ATTACHMENT) is None


def test_a_file_without_the_kind_is_a_bare_result(cache: Cache) -> None:
    entry_file(cache).parent.mkdir(parents=True)
    entry_file(cache).write_text('{"cniVersion": "0.4.0"}')
    entry = cache.read("n", ATTACHMENT)
    assert entry is not None
    assert entry.legacy
    assert entry.result == {"cniVersion": "0.4.0"}
    assert cache.entries() == ()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"kind": "cniCacheV1", "containerId": 5}',
        '{"kind": "cniCacheV1", "config": "?"}',
        '{"kind": "cniCacheV1", "cniArgs": [5]}',
        '{"kind": "cniCacheV1", "result": []}',
    ],
)
def test_a_broken_file_is_an_error_until_it_is_deleted(cache: Cache, text: str) -> None:
    entry_file(cache).parent.mkdir(parents=True)
    entry_file(cache).write_text(text)
    with pytest.raises(CniError) as error:
        cache.read("n", ATTACHMENT)
    assert error.value.code == 6
    assert cache.entries() == ()
    cache.delete("n", ATTACHMENT)
    assert not entry_file(cache).exists()


def test_two_attachments_can_share_a_file_name_but_not_an_entry(cache: Cache) -> None:
    one, other = Attachment("b-c", "", "eth0"), Attachment("c", "", "eth0")
    cache.write(parse_list({"name": "a", "plugins": [{"type": "t"}]}), one, RESULT)
    assert cache.path("a", one) == cache.path("a-b", other)
    assert cache.read("a-b", other) is None
    cache.delete("a-b", other)
    assert cache.read("a", one) is not None
    cache.claim("a", one)
    with pytest.raises(CniError, match='belongs to container "b-c" on network "a"'):
        cache.claim("a-b", other)


@pytest.mark.parametrize(
    "attachment", [Attachment("", "", "eth0"), Attachment("c", "", ""), Attachment("../x", "", "e")]
)
def test_no_path_leads_out_of_the_cache(cache: Cache, attachment: Attachment) -> None:
    with pytest.raises(CniError) as error:
        cache.read("n", attachment)
    assert error.value.code == 4


def test_entries_are_sorted_by_file_and_broken_ones_left_out(cache: Cache) -> None:
    for container in ("c2", "c1"):
        cache.write(NETWORK, Attachment(container, "", "eth0"), RESULT)
    cache.write(parse_list({"name": "m", "plugins": [{"type": "t"}]}), ATTACHMENT, RESULT)
    entry_file(cache, "x").write_text("{")
    entry_file(cache, "y").write_text('{"kind": "cniCacheV1", "containerId": "c", "networkName": "n"}')
    assert [(entry.network, entry.attachment.container_id) for entry in cache.entries()] == [
        ("m", "c1"), ("n", "c1"), ("n", "c2")
    ]  # fmt: skip
    assert [entry.attachment.container_id for entry in cache.entries("n")] == ["c1", "c2"]
    assert Cache(cache.root + "-missing").entries() == ()


def test_what_a_crash_leaves_behind_is_no_entry(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(draft: str, path: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.replace", crash)
    with pytest.raises(KeyboardInterrupt):
        cache.write(NETWORK, ATTACHMENT, RESULT)
    assert list(Path(cache.root, "results").iterdir()) == []
    assert cache.entries() == ()


def test_a_write_that_fails_leaves_nothing(cache: Cache) -> None:
    entry_file(cache).mkdir(parents=True)
    with pytest.raises(CniError) as error:
        cache.write(NETWORK, ATTACHMENT, RESULT)
    assert error.value.code == 5
    assert [path.name for path in Path(cache.root).iterdir()] == ["results"]


def test_a_root_that_can_not_be_used_is_an_error_of_io(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CniError) as error:
        Cache(tmp_path / "file").write(NETWORK, ATTACHMENT, RESULT)
    assert error.value.code == 5


class TestTurns:
    """`locked` keeps operations apart."""

    @contextmanager
    def another(self, cache: Cache, container: str | None) -> Iterator[threading.Event]:
        """A second thread that wants a turn; the event is set once it has one."""
        done = threading.Event()

        def work() -> None:
            with cache.locked(container):
                done.set()

        thread = threading.Thread(target=work)
        thread.start()
        yield done
        thread.join()

    @pytest.mark.parametrize(("first", "second"), [("c1", "c1"), (None, "c1"), ("c1", None), (None, None)])
    def test_who_comes_second_waits(self, cache: Cache, first: str | None, second: str | None) -> None:
        with cache.locked(first):
            waiting = self.another(cache, second)
            done = waiting.__enter__()
            assert not done.wait(0.1)
        waiting.__exit__(None, None, None)
        assert done.is_set()

    def test_two_containers_do_not_wait_for_each_other(self, cache: Cache) -> None:
        with cache.locked("c1"), self.another(cache, "c2") as done:
            assert done.wait(10)
