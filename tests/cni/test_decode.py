"""A plugin's configuration, read with Go's rules and refused in Go's words."""

from collections.abc import Callable
from typing import Any

import pytest

from netc.cni.decode import Keys, base_config
from netc.cni.errors import CniError
from netc.cni.results import Dns


def keys(**config: Any) -> Keys:
    return Keys(config)


def test_keys_match_whatever_their_case_and_the_last_one_wins() -> None:
    config = Keys({"MTU": 1, "mtu": 2, "Mtu": 3, "IPMASQ": True, "\u212aey": "kelvin"})
    assert config.integer("mtu") == 3
    assert config.boolean("ipMasq") is True
    assert config.string("key") == "kelvin"


def test_null_is_an_absent_key() -> None:
    config = keys(mtu=None, name=None, list=None, object=None, flag=None)
    assert config.integer("mtu", 7) == 7
    assert config.optional_integer("mtu") is None
    assert config.string("name", "x") == "x"
    assert config.strings("list") == ()
    assert config.optional_object("object") is None
    assert config.optional_boolean("flag") is None
    assert not config.has("mtu")
    assert config.has("mtu") is config.has("nowhere")


def test_null_after_another_spelling_leaves_a_plain_value_alone() -> None:
    assert Keys({"mtu": 5, "MTU": None}).integer("mtu") == 5


def test_an_empty_list_is_not_an_absent_one() -> None:
    assert keys(search=[]).strings("search") == ()
    assert keys(search=[]).has("search")


def test_every_kind_of_value() -> None:
    config = keys(
        s="a",
        i=-1,
        u=1,
        b=False,
        ss=["a", None],
        ii=[1, 2],
        uu=[3],
        sm={"A": "b"},
        bm={"C": True},
        o={"x": 1},
        oo=[{"x": 1}],
    )
    assert config.string("s") == "a"
    assert (config.integer("i"), config.unsigned("u"), config.boolean("b", True)) == (-1, 1, False)
    assert (config.strings("ss"), config.integers("ii"), config.unsigneds("uu")) == (("a", ""), (1, 2), (3,))
    assert (config.string_map("sm"), config.boolean_map("bm")) == ({"A": "b"}, {"C": True})
    assert config.object("o").integer("x") == 1
    assert [item.integer("x") for item in config.objects("oo")] == [1]
    assert config.raw("o") == {"x": 1}
    assert config.object_map("o") == {"x": 1}
    assert not config.object("nowhere")


BRIDGE = "failed to load netconf: json: cannot unmarshal "

# What the reference bridge plugin answers to each of these values.
WRONG: list[tuple[Any, Callable[[Keys], object], str]] = [
    (1.5, lambda k: k.integer("mtu"), "number 1.5 into Go struct field NetConf.mtu of type int"),
    ("x", lambda k: k.integer("mtu"), "string into Go struct field NetConf.mtu of type int"),
    (True, lambda k: k.integer("mtu"), "bool into Go struct field NetConf.mtu of type int"),
    ({}, lambda k: k.integer("mtu"), "object into Go struct field NetConf.mtu of type int"),
    ([], lambda k: k.integer("mtu"), "array into Go struct field NetConf.mtu of type int"),
    (10**20 - 1, lambda k: k.integer("mtu"), f"number {10**20 - 1} into Go struct field NetConf.mtu of type int"),
    (-1, lambda k: k.unsigned("mtu"), "number -1 into Go struct field NetConf.mtu of type uint"),
    (256, lambda k: k.unsigned("mtu", go="uint8"), "number 256 into Go struct field NetConf.mtu of type uint8"),
    ("x", lambda k: k.boolean("mtu"), "string into Go struct field NetConf.mtu of type bool"),
    (5, lambda k: k.string("mtu"), "number into Go struct field NetConf.mtu of type string"),
    (5, lambda k: k.strings("mtu"), "number into Go struct field NetConf.mtu of type []string"),
    ([5], lambda k: k.strings("mtu"), "number into Go struct field NetConf.mtu of type string"),
    ({"a": 5}, lambda k: k.string_map("mtu"), "number into Go struct field NetConf.mtu of type string"),
    (5, lambda k: k.boolean_map("mtu"), "number into Go struct field NetConf.mtu of type map[string]bool"),
    ([5], lambda k: k.objects("mtu", "VlanTrunk"), "number into Go struct field NetConf.mtu of type main.VlanTrunk"),
    (
        5,
        lambda k: k.objects("mtu", "VlanTrunk", go_list="[]*main.VlanTrunk"),
        "number into Go struct field NetConf.mtu of type []*main.VlanTrunk",
    ),
    (
        [{"minID": "x"}],
        lambda k: [item.integer("minID") for item in k.objects("mtu", "VlanTrunk")],
        "string into Go struct field VlanTrunk.mtu.minID of type int",
    ),
    ({"mac": 5}, lambda k: k.object("mtu").string("mac"), "number into Go struct field .mtu.mac of type string"),
    (
        {"cni": {"mac": 5}},
        lambda k: k.object("mtu").object("cni", "BridgeArgs").string("mac"),
        "number into Go struct field BridgeArgs.mtu.cni.mac of type string",
    ),
]


@pytest.mark.parametrize(("value", "read", "message"), WRONG)
def test_a_wrong_type_names_the_go_field(value: Any, read: Callable[[Keys], object], message: str) -> None:
    with pytest.raises(CniError) as error:
        read(keys(mtu=value))
    assert (error.value.code, error.value.msg) == (999, BRIDGE + message)


def test_the_keys_that_every_plugin_has() -> None:
    base = base_config(
        keys(
            cniVersion="1.1.0",
            name="n",
            type="bridge",
            ipam={"type": "host-local", "subnet": 5},
            dns={"nameservers": ["1.1.1.1"], "domain": "d", "search": [], "options": ["o"]},
            capabilities={"mac": True},
            prevResult={"cniVersion": "1.1.0"},
            **{"cni.dev/valid-attachments": [{"containerID": "c", "ifname": "eth0"}]},
        )
    )
    assert (base.cni_version, base.name, base.type, base.ipam_type) == ("1.1.0", "n", "bridge", "host-local")
    assert base.dns == Dns(("1.1.1.1",), "d", (), ("o",))
    assert base.dns_given
    assert base.capabilities == {"mac": True}
    assert base.prev_result == {"cniVersion": "1.1.0"}
    assert base.valid_attachments == (("c", "eth0"),)


def test_an_empty_list_counts_as_dns_being_given() -> None:
    assert base_config(keys(dns={"search": []})).dns_given
    assert not base_config(keys(dns={"domain": ""})).dns_given
    assert not base_config(keys()).dns_given


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"dns": 5}, "number into Go struct field NetConf.NetConf.dns of type types.DNS"),
        ({"capabilities": 5}, "number into Go struct field NetConf.NetConf.capabilities of type map[string]bool"),
        ({"type": 5}, "number into Go struct field NetConf.NetConf.type of type string"),
        ({"ipam": "y"}, "string into Go struct field NetConf.NetConf.ipam of type types.IPAM"),
        ({"ipam": {"type": 5}}, "number into Go struct field IPAM.NetConf.ipam.type of type string"),
        ({"dns": {"nameservers": [5]}}, "number into Go struct field DNS.NetConf.dns.nameservers of type string"),
        ({"prevResult": 5}, "number into Go struct field NetConf.NetConf.prevResult of type map[string]interface {}"),
        (
            {"cni.dev/valid-attachments": 5},
            "number into Go struct field NetConf.NetConf.cni.dev/valid-attachments of type []types.GCAttachment",
        ),
    ],
)
def test_a_wrong_type_in_a_common_key(config: dict[str, Any], message: str) -> None:
    with pytest.raises(CniError) as error:
        base_config(Keys(config))
    assert error.value.msg == BRIDGE + message
