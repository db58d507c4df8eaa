"""Network configuration lists: what loads, what doesn't, and what is said then."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netc.cni.conflist import parse, parse_conf, parse_list
from netc.cni.errors import CniError, Code

BRIDGE = {"type": "bridge"}


def network(**keys: Any) -> dict[str, Any]:
    return {"cniVersion": "1.0.0", "name": "n", "plugins": [BRIDGE], **keys}


def test_a_list() -> None:
    loaded = parse_list(
        json.dumps(
            network(plugins=[{"TYPE": "bridge", "ipam": {"type": "host-local"}, "capabilities": {"mac": True}}, BRIDGE])
        )
    )
    assert (loaded.name, loaded.cni_version) == ("n", "1.0.0")
    assert [plugin.type for plugin in loaded.plugins] == ["bridge", "bridge"]
    assert loaded.plugins[0].capabilities == {"mac": True}
    assert loaded.plugins[0].ipam_type == "host-local"
    assert (loaded.disable_check, loaded.disable_gc, loaded.load_only_inlined_plugins) == (False, False, False)
    assert json.loads(loaded.to_bytes()) == loaded.effective == loaded.document


def test_unknown_keys_and_big_integers_stay_as_they_are() -> None:
    loaded = parse_list('{"name": "n", "x": {"y": 1}, "plugins": [{"type": "t", "big": 9007199254740993}]}')
    assert loaded.plugins[0].body["big"] == 9007199254740993
    assert b"9007199254740993" in loaded.to_bytes()
    assert loaded.document["x"] == {"y": 1}


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("{", 6, "unexpected end of JSON input"),
        ("[]", 7, "json: cannot unmarshal array into Go value of type map[string]interface {}"),
        ("null", 7, "no name"),
        ("{}", 7, "no name"),
        ('{"Name": "n"}', 7, "no name"),
        ('{"name": 5}', 7, "invalid name type float64"),
        ('{"name": null}', 7, "invalid name type <nil>"),
    ],
)
def test_what_is_no_list(text: str, code: int, message: str) -> None:
    with pytest.raises(CniError) as error:
        parse_list(text)
    assert (error.value.code, error.value.msg) == (code, f"error parsing configuration list: {message}")


@pytest.mark.parametrize(
    ("keys", "message", "pointer"),
    [
        ({"cniVersion": 1}, "invalid cniVersion type float64", "/cniVersion"),
        ({"cniVersions": "1.0.0"}, "invalid type for cniVersions: string", "/cniVersions"),
        ({"cniVersions": ["1.0.0", 1]}, "invalid type for cniVersions index 1: float64", "/cniVersions/1"),
        (
            {"cniVersions": ["1.0.0-rc1"]},
            "invalid cniVersions entry 1.0.0-rc1 at index 0: failed to convert micro version part "
            '"0-rc1": strconv.Atoi: parsing "0-rc1": invalid syntax',
            "/cniVersions/0",
        ),
        (
            {"cniVersion": "x", "cniVersions": []},
            'invalid cniVersion x: failed to convert major version part "x": strconv.Atoi: parsing "x": invalid syntax',
            "/cniVersion",
        ),
        ({"disableCheck": 1}, "invalid type float64 for disableCheck", "/disableCheck"),
        ({"disableGC": "Yes"}, 'invalid value "yes" for disableGC', "/disableGC"),
        ({"loadOnlyInlinedPlugins": None}, "invalid type <nil> for loadOnlyInlinedPlugins", "/loadOnlyInlinedPlugins"),
        ({"plugins": None}, "invalid 'plugins' type <nil>", "/plugins"),
        ({"plugins": {}}, "invalid 'plugins' type map[string]interface {}", "/plugins"),
        ({"plugins": []}, "no plugins in list", "/plugins"),
    ],
)
def test_what_a_list_may_not_hold(keys: dict[str, Any], message: str, pointer: str) -> None:
    with pytest.raises(CniError) as error:
        parse_list(network(**keys))
    assert (error.value.code, error.value.msg) == (7, f"error parsing configuration list: {message}")
    assert error.value.pointer == pointer


@pytest.mark.parametrize(
    ("plugin", "message"),
    [
        ({}, "missing 'type'"),
        (None, "missing 'type'"),
        ({"type": ""}, "missing 'type'"),
        (5, "json: cannot unmarshal number into Go value of type types.PluginConf"),
        ({"type": 5}, "json: cannot unmarshal number into Go struct field PluginConf.type of type string"),
        (
            {"type": "a", "ipam": "host-local"},
            "json: cannot unmarshal string into Go struct field PluginConf.ipam of type types.IPAM",
        ),
        (
            {"type": "a", "capabilities": {"mac": "yes"}},
            "json: cannot unmarshal string into Go struct field PluginConf.capabilities of type bool",
        ),
        (
            {"type": "a", "dns": {"search": "x"}},
            "json: cannot unmarshal string into Go struct field DNS.dns.search of type []string",
        ),
        (
            {"type": "a", "prevResult": 1},
            "json: cannot unmarshal number into Go struct field PluginConf.prevResult of type map[string]interface {}",
        ),
    ],
)
def test_what_a_plugin_object_may_not_hold(plugin: Any, message: str) -> None:
    with pytest.raises(CniError) as error:
        parse_list(network(plugins=[BRIDGE, plugin]))
    assert error.value.msg == f"failed to parse plugin config 1: error parsing configuration: {message}"
    assert (error.value.code, error.value.pointer) == (7, "/plugins/1")


@pytest.mark.parametrize("value", [True, "true", "True", "TRUE"])
def test_booleans_may_be_strings(value: Any) -> None:
    loaded = parse_list(network(disableCheck=value, disableGC=value, loadOnlyInlinedPlugins=value))
    assert loaded.disable_check
    assert loaded.disable_gc
    assert loaded.load_only_inlined_plugins
    assert not parse_list(network(disableCheck="FALSE", disableGC=False)).disable_check


def test_plugins_may_be_absent_only_if_they_can_come_from_elsewhere() -> None:
    assert parse_list({"name": "n"}).plugins == ()
    with pytest.raises(CniError, match="`loadOnlyInlinedPlugins` is true, and no 'plugins' key"):
        parse_list({"name": "n", "loadOnlyInlinedPlugins": True})


def test_the_selected_version_is_the_list_s() -> None:
    assert parse_list(network(cniVersions=["0.4.0", "1.1.0", "9.0.0"])).cni_version == "1.1.0"
    assert parse_list(network(cniVersion="9.9.9")).cni_version == "9.9.9"
    assert parse_list({"name": "n"}).cni_version == ""


def test_a_name_is_not_checked_before_it_is_used() -> None:
    assert parse_list(network(name="")).name == ""
    assert parse_list(network(name="../x\n")).name == "../x\n"


def test_a_single_configuration_becomes_a_list_of_one() -> None:
    single = {"NAME": "n", "cniVersion": "0.4.0", "type": "ptp", "disableCheck": True, "cniVersions": ["1.0.0"]}
    loaded = parse_conf(single)
    assert (loaded.name, loaded.cni_version, loaded.disable_check) == ("n", "0.4.0", False)
    assert loaded.effective == {"name": "n", "cniVersion": "0.4.0", "plugins": [single]}
    assert parse_conf({"name": "n", "type": "ptp"}).cni_version == ""
    with pytest.raises(CniError) as error:
        parse_conf(network())
    assert error.value.msg == "error parsing configuration: missing 'type'"
    with pytest.raises(CniError) as error:
        parse_conf("{")
    assert error.value.code == Code.DECODING_FAILURE


def test_parse_sees_by_itself_which_of_the_two_it_has() -> None:
    assert parse(network()).plugins[0].type == "bridge"
    assert parse('{"name": "n", "type": "ptp"}').plugins[0].type == "ptp"
    assert parse({"name": "n"}).plugins == ()
    assert parse(network(type="x")).plugins[0].type == "bridge"


KEYS = ["name", "type", "plugins", "cniVersion", "cniVersions", "disableCheck", "ipam", "dns", "capabilities", "search"]
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.sampled_from(["", "n", "true", "1.0"])
)
DOCUMENTS = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6)
)


@given(DOCUMENTS)
def test_any_document_loads_or_is_refused_in_words(document: Any) -> None:
    refused: CniError | None = None
    try:
        loaded = parse(json.dumps(document))
    except CniError as error:
        refused = error
    if refused is not None:
        assert refused.msg.startswith(("error parsing configuration", "failed to parse plugin config"))
        assert refused.code in (Code.DECODING_FAILURE, Code.INVALID_NETWORK_CONFIG)
    elif loaded.plugins:
        assert all(plugin.type for plugin in loaded.plugins)
        assert parse_list(loaded.to_bytes()).plugins == loaded.plugins
