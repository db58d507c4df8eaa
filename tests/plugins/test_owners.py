"""A key that stands in the wrong place is told where it belongs."""

from __future__ import annotations

import pytest

from netc import plugins
from netc.plugins.owners import Owner, hint, owners


@pytest.mark.parametrize(
    ("key", "level", "name", "says"),
    [
        ("subnet", "plugin", "bridge", "host-local reads `subnet`, inside `ipam host-local { }`"),
        ("ipMasq", "ipam", "host-local", "bridge and ptp read `ipMasq`, in the plugin's own object, outside of `ipam`"),
        ("routes", "plugin", "bridge", "host-local and static read `routes`, inside `ipam`"),
        ("master", "plugin", "bridge", "ipvlan, macvlan and vlan read `master`, inside their own `plugin` block"),
        ("vlanId", "plugin", "bridge", "vlan reads `vlanId`, inside `plugin vlan { }`"),
        ("daemonSocketPath", "ipam", "host-local", "dhcp reads `daemonSocketPath`, inside `ipam dhcp { }`"),
        (
            "portMappings",
            "plugin",
            "portmap",
            "portmap takes it from the runtime: `capabilities { portMappings = true }`",
        ),
        (
            "portMappings",
            "plugin",
            "bridge",
            "the runtime hands it to portmap: `capabilities { portMappings = true }` in that plugin",
        ),
        (
            "ips",
            "ipam",
            "static",
            "static takes it from the runtime: `capabilities { ips = true }` in the plugin around `ipam`",
        ),
        (
            "snat",
            "capabilities",
            "portmap",
            "`snat` is a key of portmap, no capability: write it beside `capabilities`",
        ),
        (
            "cniVersion",
            "plugin",
            "bridge",
            "`cniVersion` stands at the list level: write it in `network`, outside of `plugin`",
        ),
        (
            "disableCheck",
            "plugin",
            "portmap",
            "`disableCheck` stands at the list level: write it in `network`, outside of `plugin`",
        ),
        ("bridge", "list", "a network", "bridge and tap read `bridge`, inside their own `plugin` block"),
        ("nameservers", "plugin", "bridge", "bridge reads `nameservers` inside `dns`"),
        ("dst", "ipam", "host-local", "host-local reads `dst` inside `routes`"),
        ("isGateway", "plugin", "dns of bridge", "bridge reads `isGateway` as a key of its own: write it one level up"),
        ("mac", "plugin", "ptp", "macvlan, tap and tuning read `mac`, inside their own `plugin` block"),
    ],
)
def test_the_hint_names_reader_and_place(key: str, level: str, name: str, says: str) -> None:
    assert hint(key, level, name) == says  # type: ignore[arg-type]


def test_a_runtime_key_is_left_out() -> None:
    assert (hint("prevResult", "plugin", "portmap") or "").endswith("leave it out")


def test_nobody_reads_nonsense() -> None:
    assert hint("gatwayy", "plugin", "bridge") is None
    assert owners("gatwayy") == ()


def test_case_does_not_hide_the_owner_and_its_spelling_is_given() -> None:
    assert owners("SUBNET") == owners("subnet")
    assert {owner.key for owner in owners("isgateway")} == {"isGateway"}


def test_owners_come_from_the_schemas() -> None:
    """Every key of every plugin's own object has its plugin among its owners."""
    for name in plugins.names():
        info = plugins.find(name)
        assert info is not None
        place = "ipam" if info.kind == "ipam" else "plugin"
        for key in plugins.schema(name)["properties"]:
            if key not in ("type", "runtimeConfig"):
                assert Owner(key, place, name) in owners(key)  # type: ignore[arg-type]
