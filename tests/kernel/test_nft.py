"""nftables through the library and through the program: the same transactions, listings and refusals."""

from __future__ import annotations

import errno
import os
import signal
import threading

import pytest

from netc.kernel import KernelError, nft

pytestmark = pytest.mark.lab

TABLE = {"family": "inet", "table": "t"}


@pytest.fixture(params=["library", "program"])
def way(request, monkeypatch) -> str:
    """The way to nftables: the library, or the `nft` program where the library is not installed."""
    if request.param == "program":
        if nft.find_program("nft") is None:
            pytest.skip("there is no nft program")
        monkeypatch.setattr(nft, "LIBRARY", "libnone.so.1")
    return request.param


def add_table(namespace, name: str = "t") -> None:
    namespace.nft.run({"add": {"table": {"family": "inet", "name": name}}})


def add_chain(name: str) -> dict:
    return {"add": {"chain": {**TABLE, "name": name}}}


def test_what_is_added_is_listed(in_namespace, way):
    host = in_namespace.kernel.here()
    assert host.nft.list_table("inet", "t") is None

    add_table(host)
    rule = {**TABLE, "chain": "c", "expr": [{"accept": None}], "comment": "why"}
    host.nft.run(add_chain("c"), {"add": {"rule": rule}})

    table, chain, listed = host.nft.list_table("inet", "t")
    assert table["table"]["name"] == "t"
    assert chain["chain"]["name"] == "c"
    assert (listed["rule"]["expr"], listed["rule"]["comment"]) == (rule["expr"], "why")
    assert host.nft.listing("chain", name="c", **TABLE) == [chain, listed]
    assert host.nft.listing("chain", name="d", **TABLE) is None
    assert [item["table"]["name"] for item in host.nft.listing("tables")] == ["t"]


def test_a_run_is_all_or_nothing(in_namespace, way):
    host = in_namespace.kernel.here()
    add_table(host)

    with pytest.raises(KernelError):
        host.nft.run(add_chain("good"), {"add": {"rule": {**TABLE, "chain": "bad", "expr": [{"accept": None}]}}})
    with pytest.raises(KernelError):
        host.nft.run_script("add chain inet t good\nadd rule inet t bad accept")

    assert [item for item in host.nft.list_table("inet", "t") if "chain" in item] == []


def test_refusals_have_a_number_and_nfts_words(in_namespace, way):
    host = in_namespace.kernel.here()

    with pytest.raises(KernelError) as missing:
        host.nft.run(add_chain("c"))
    assert (missing.value.errno, missing.value.is_missing()) == (errno.ENOENT, True)
    assert "No such file or directory" in missing.value.reason
    assert "internal:" not in missing.value.reason
    add_table(host)
    with pytest.raises(KernelError) as twice:
        host.nft.run({"create": {"table": {"family": "inet", "name": "t"}}})
    assert twice.value.errno == errno.EEXIST
    with pytest.raises(KernelError, match="syntax error"):
        host.nft.run_script("add elephant")
    with pytest.raises(KernelError, match="Unknown object"):
        host.nft.run({"add": {"elephant": {}}})


def test_concatenated_maps_of_a_script_take_elements_of_json(in_namespace, way):
    host = in_namespace.kernel.here()
    host.nft.run_script("table inet t { map m { type inet_proto . inet_service : ipv4_addr . inet_service; }; }")
    element = [{"elem": {"val": {"concat": [6, 80]}, "comment": "whose"}}, {"concat": ["10.0.0.2", 8080]}]

    host.nft.run({"create": {"element": {**TABLE, "name": "m", "elem": [element]}}})

    (listed,) = host.nft.listing("map", name="m", **TABLE)
    assert listed["map"]["elem"] == [
        [{"elem": {"val": {"concat": ["tcp", 80]}, "comment": "whose"}}, {"concat": ["10.0.0.2", 8080]}]
    ]
    with pytest.raises(KernelError) as twice:
        host.nft.run({"create": {"element": {**TABLE, "name": "m", "elem": [element]}}})
    assert twice.value.errno == errno.EEXIST
    host.nft.run({"delete": {"element": {**TABLE, "name": "m", "elem": [[{"concat": [6, 80]}, element[1]]]}}})
    assert "elem" not in host.nft.listing("map", name="m", **TABLE)[0]["map"]


def test_each_namespace_has_its_own_tables(in_namespace, way):
    host = in_namespace.kernel.here()
    container = in_namespace.kernel.at(in_namespace.container())

    add_table(host, "outer")
    add_table(container, "inner")
    add_table(host, "again")

    assert [item["table"]["name"] for item in host.nft.listing("tables")] == ["outer", "again"]
    assert [item["table"]["name"] for item in container.nft.listing("tables")] == ["inner"]


def test_threads_share_a_namespace(in_namespace):
    host = in_namespace.kernel.here()
    add_table(host)
    threads = [threading.Thread(target=host.nft.run, args=(add_chain(f"c{number}"),)) for number in range(20)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    chains = {item["chain"]["name"] for item in host.nft.list_table("inet", "t") if "chain" in item}
    assert chains == {f"c{number}" for number in range(20)}


def test_other_processes_may_change_what_is_being_read(in_namespace, way):
    host = in_namespace.kernel.here()
    add_table(host)
    host.nft.run_script("add set inet t s { type ipv4_addr; }; add element inet t s { 10.0.0.1 }")
    children = []
    for number in range(4):
        child = os.fork()
        if child == 0:
            in_namespace.renew()
            own = in_namespace.kernel.here()
            while True:
                own.nft.run_script(f"add element inet t s {{ 10.0.1.{number} }}")
                own.nft.run_script(f"delete element inet t s {{ 10.0.1.{number} }}")
        children.append(child)
    try:
        for _ in range(200 if way == "library" else 20):
            assert host.nft.element("inet", "t", "s", "10.0.0.1")
            assert host.nft.list_table("inet", "t")
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def test_changes_are_told_before_they_are_made_and_listings_are_not(in_namespace, way):
    host = in_namespace.kernel.here()
    told: list[str] = []
    in_namespace.kernel.before_call = told.append

    host.nft.list_table("inet", "t")
    host.nft.run({"list": {"tables": None}})
    assert told == []
    add_table(host)
    host.nft.run_script("add chain inet t c")

    assert told == ["nft", "nft"]


def test_a_hook_that_raises_keeps_the_change_from_being_made(in_namespace):
    host = in_namespace.kernel.here()

    def refuse(operation: str) -> None:
        raise KernelError(errno.EIO, operation)

    in_namespace.kernel.before_call = refuse
    with pytest.raises(KernelError):
        add_table(host)

    assert host.nft.list_table("inet", "t") is None


def test_a_closed_one_opens_again(in_namespace, way):
    host = in_namespace.kernel.here()
    add_table(host)

    host.nft.close()

    assert host.nft.list_table("inet", "t") is not None


def test_without_library_and_program_the_package_is_named(in_namespace, monkeypatch):
    monkeypatch.setattr(nft, "LIBRARY", "libnone.so.1")
    monkeypatch.setattr(nft, "find_program", lambda name: None)

    with pytest.raises(KernelError, match="install the package nftables"):
        add_table(in_namespace.kernel.here())
