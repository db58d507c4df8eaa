"""Configurations as Go reads them: the case of keys, doubles, null, numbers, and single configurations as lists."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from netc.documents import document as documents
from netc.documents.go import Written
from netc.model import unescape
from netc.sources import Source


def reading(text: str | dict, name: str = "10-n.conflist") -> tuple[Written, list[str]]:
    """The one network of a file, and what is said of it as `CODE message`."""
    source = Source(name, text if isinstance(text, str) else json.dumps(text))
    document = documents.read(source)
    (written,) = document.written
    return written, [f"{one.code} {one.message}" for one in document.findings]


def listed(*plugins: dict, **keys: object) -> dict:
    """A list of these plugins."""
    return {"cniVersion": "1.0.0", "name": "n", **keys, "plugins": list(plugins)}


def test_a_plain_list_is_itself() -> None:
    conflist = listed({"type": "bridge", "mtu": 1400, "ipam": {"type": "host-local", "ranges": [[{"subnet": "x"}]]}})
    written, said = reading(conflist)
    assert written.network.conflist == conflist
    assert list(written.network.conflist) == list(conflist)
    assert said == []
    assert written.network.origin("/plugins/0/mtu").value.text == "1400"
    origin = written.network.origins["/plugins/0/ipam/ranges/0/0/subnet"]
    assert (origin.key and origin.key.text, origin.value.text) == ('"subnet"', '"x"')


def test_keys_of_plugins_match_in_any_case() -> None:
    written, said = reading(listed({"Type": "bridge", "MTU": 1400, "IPAM": {"type": "host-local", "DataDir": "/x"}}))
    assert written.network.conflist["plugins"] == [
        {"type": "bridge", "mtu": 1400, "ipam": {"type": "host-local", "dataDir": "/x"}}
    ]
    assert said == [
        "NC407 `Type` is read as `type`: bridge takes its keys in any case",
        "NC407 `MTU` is read as `mtu`: bridge takes its keys in any case",
        "NC407 `IPAM` is read as `ipam`: bridge takes its keys in any case",
        "NC407 `DataDir` is read as `dataDir`: host-local takes its keys in any case",
    ]
    assert written.pointer("/plugins/0/ipam/dataDir") == "/plugins/0/IPAM/DataDir"
    assert written.pointer("/plugins/0/mtu") == "/plugins/0/MTU"


def test_keys_of_the_list_and_of_maps_do_not() -> None:
    written, said = reading({"cniVersion": "1.0.0", "Name": "n", "plugins": [{"type": "tuning", "sysctl": {"A": "1"}}]})
    assert written.network.conflist["Name"] == "n"
    assert written.network.conflist["plugins"][0]["sysctl"] == {"A": "1"}
    assert said == []


def test_of_keys_that_differ_in_case_the_last_by_its_bytes_counts() -> None:
    written, said = reading(listed({"type": "bridge", "ipmasq": True, "ipMasq": False}))
    assert written.network.conflist["plugins"] == [{"type": "bridge", "ipMasq": True}]
    assert said == ["NC151 `ipMasq` and `ipmasq` are one key to bridge: the one here is ignored"]


def test_of_equal_keys_the_last_counts() -> None:
    written, said = reading('{"cniVersion": "1.0.0", "name": "a", "name": "n", "plugins": [{"type": "loopback"}]}')
    assert written.network.name == "n"
    assert said == ["NC151 `name` stands twice: the one here is ignored"]


def test_whole_numbers_are_integers_however_written() -> None:
    written, _ = reading(
        '{"cniVersion": "1.0.0", "name": "n", "plugins": [{"type": "bridge", "mtu": 1.5e3, "x": 0.5}]}'
    )
    mtu = written.network.conflist["plugins"][0]["mtu"]
    assert (mtu, type(mtu)) == (1500, int)
    assert written.network.conflist["plugins"][0]["x"] == 0.5


def test_half_a_surrogate_pair_is_replaced() -> None:
    written, _ = reading(r'{"cniVersion": "1.0.0", "name": "n", "plugins": [{"type": "x", "a": "\ud800"}]}')
    assert written.network.conflist["plugins"][0]["a"] == "\ufffd"


def test_a_single_configuration_becomes_a_list_of_one() -> None:
    single = {"cniVersion": "0.4.0", "name": "n", "type": "bridge", "mtu": 1400, "dns": {"domain": "x"}}
    written, said = reading(single, "10-n.conf")
    body = {"type": "bridge", "mtu": 1400, "dns": {"domain": "x"}}
    assert written.network.conflist == {"cniVersion": "0.4.0", "name": "n", "plugins": [body]}
    assert said == []
    assert written.pointer("/plugins/0/dns/domain") == "/dns/domain"
    assert written.pointer("/plugins/0") == ""
    assert written.pointer("/name") == "/name"
    assert written.network.origin("/name").value.text == '"n"'


def test_what_a_template_fills_in_is_left_out_and_known_to_be() -> None:
    written, said = reading(
        '{"cniVersion": "{{ .v }}", "name": "n", "plugins": [{"type": "bridge", "mtu": __MTU__, "ipam": '
        '{"type": "host-local", "ranges": [[{"subnet": "$SUBNET"}]]}}]}'
    )
    assert said == []
    assert written.network.unwritten == {"/cniVersion", "/plugins/0/mtu", "/plugins/0/ipam/ranges/0/0/subnet"}
    assert written.network.conflist["plugins"] == [{"type": "bridge", "ipam": {"type": "host-local", "ranges": [[{}]]}}]


keys = st.sampled_from(["type", "mtu", "ipam", "Type", "a/b", "~", "capabilities", "dns", "name", "plugins", "x"])
inner = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["bridge", "host-local", "", "x"]),
    lambda part: st.lists(part, max_size=3) | st.dictionaries(keys, part, max_size=4),
    max_leaves=10,
)


@given(st.dictionaries(keys | st.just("cniVersion"), inner, max_size=5), st.sampled_from(["conf", "conflist", "json"]))
def test_any_document_is_read_and_every_pointer_leads_back(document: dict, extension: str) -> None:
    text = json.dumps(document)
    read = documents.read(Source(f"x.{extension}", text))
    for written in read.written:
        for pointer, origin in written.network.origins.items():
            value: object = json.loads(text)
            for token in written.pointer(pointer).split("/")[1:]:
                value = value[int(token)] if isinstance(value, list) else value[unescape(token)]
            assert json.loads(origin.value.text) == value


def test_switches_of_the_list_may_be_in_quotes() -> None:
    written, said = reading(listed({"type": "loopback"}, disableCheck="True", disableGC=True))
    assert (written.network.conflist["disableCheck"], written.network.conflist["disableGC"]) == (True, True)
    assert said == ["NC408 `disableCheck` is a string: libcni takes it, and the specification does not"]
    written, said = reading(listed({"type": "loopback"}, disableCheck="no"))
    assert (written.network.conflist["disableCheck"], said) == ("no", [])
