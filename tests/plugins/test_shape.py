"""What is said of a conflist whose keys or values a plugin does not decode."""

from __future__ import annotations

from typing import Any

import pytest

from netc.plugins import shape


def misfits(*plugins: Any, **level: Any) -> list[tuple[str, str, str]]:
    """Code, pointer and message of everything that does not fit."""
    conflist = {"cniVersion": "1.0.0", "name": "n", **level, "plugins": list(plugins)}
    return [(found.rule.code, found.pointer, found.message) for found in shape.check(conflist)]


def helps(*plugins: Any, **level: Any) -> list[str | None]:
    conflist = {"cniVersion": "1.0.0", "name": "n", **level, "plugins": list(plugins)}
    return [found.help for found in shape.check(conflist)]


def bridge(**keys: Any) -> dict[str, Any]:
    return {"type": "bridge", **keys}


def host_local(**keys: Any) -> dict[str, Any]:
    return bridge(ipam={"type": "host-local", **keys})


def test_what_fits_is_silent() -> None:
    assert (
        misfits(
            bridge(
                bridge="cni0",
                mtu=1400,
                vlanTrunk=[{"id": 3}, {"minID": 5, "maxID": 9}],
                ipam={"type": "host-local", "ranges": [[{"subnet": "10.1.0.0/24", "gateway": "10.1.0.1"}]]},
                dns={"nameservers": ["10.1.0.1"]},
            ),
            {"type": "tuning", "sysctl": {"net.core.somaxconn": "500"}},
            disableCheck=True,
        )
        == []
    )


def test_a_null_is_no_key() -> None:
    assert misfits(bridge(mtu=None, ipam=None, isGatway=None)) == []


@pytest.mark.parametrize(
    ("plugin", "pointer", "message", "help"),
    [
        (bridge(isGatway=True), "/isGatway", "bridge does not read `isGatway`", "did you mean `isGateway`?"),
        (bridge(ISGATEWAY=True), "/ISGATEWAY", "bridge does not read `ISGATEWAY`", "did you mean `isGateway`?"),
        (bridge(subnet="10.1.0.0/24"), "/subnet", "bridge does not read `subnet`", "inside `ipam host-local { }`"),
        (bridge(disableCheck=True), "/disableCheck", "does not read `disableCheck`", "the list level"),
        (bridge(portMappings=[]), "/portMappings", "does not read `portMappings`", "capabilities"),
        (bridge(runtimeConfig={}), "/runtimeConfig", "is not for an author to write", "the runtime writes it"),
        (host_local(ipMasq=True), "/ipam/ipMasq", "host-local does not read `ipMasq`", "outside of `ipam`"),
        (host_local(routes=[{"dst": "::/0", "via": "::1"}]), "/ipam/routes/0/via", "does not read `via`", "gw"),
        (bridge(zzz=1), "/zzz", "bridge does not read `zzz`", "bridge reads `type`"),
    ],
)
def test_a_key_that_nobody_reads_there(plugin: Any, pointer: str, message: str, help: str) -> None:
    ((code, at, said),) = misfits(plugin)
    assert (code, at) == ("NC401", f"/plugins/0{pointer}")
    assert message in said
    assert help in (helps(plugin)[0] or "")


@pytest.mark.parametrize(
    ("plugin", "pointer", "message", "help"),
    [
        (bridge(mtu="1400"), "/mtu", 'takes an integer, not the string "1400"', "write 1400 without quotes"),
        (bridge(mtu=1400.5), "/mtu", "takes an integer, not the number 1400.5", "mtu = 1450"),
        (bridge(mtu=True), "/mtu", "takes an integer, not true", "mtu = 1450"),
        (bridge(isGateway="yes"), "/isGateway", 'takes true or false, not the string "yes"', "write true"),
        (bridge(isGateway=1), "/isGateway", "takes true or false, not the number 1", "write true"),
        (bridge(bridge=7), "/bridge", "takes an interface name (a string), not the number 7", 'write "7"'),
        (bridge(ipam="host-local"), "/ipam", "takes an object", "write `ipam host-local { }`"),
        (bridge(vlanTrunk={"id": 3}), "/vlanTrunk", "takes a list, not an object", "wrap it in [ ]"),
        (host_local(ranges=[{"subnet": "10.1.0.0/24"}]), "/ipam/ranges/0", "takes a list, not an object", "wrap it"),
        (bridge(dns={"nameservers": "10.1.0.1"}), "/dns/nameservers", "takes a list", 'write ["10.1.0.1"]'),
    ],
)
def test_a_value_of_another_type(plugin: Any, pointer: str, message: str, help: str) -> None:
    ((code, at, said),) = misfits(plugin)
    assert (code, at) == ("NC402", f"/plugins/0{pointer}")
    assert message in said
    assert help in (helps(plugin)[0] or "")


@pytest.mark.parametrize(
    ("plugin", "pointer", "code", "message", "help"),
    [
        (bridge(vlan=4095), "/vlan", "NC404", "is 4095, the most it takes is 4094", ""),
        (bridge(vlan=-1), "/vlan", "NC404", "is -1, the least it takes is 0", ""),
        (
            bridge(bridge="a-name-of-16-byt"),
            "/bridge",
            "NC404",
            "is 16 bytes long, an interface name has at most 15",
            "",
        ),
        (bridge(bridge="a/b"), "/bridge", "NC404", "can't be an interface name", "no `/`"),
        (bridge(ipMasqBackend="nftable"), "/ipMasqBackend", "NC404", "it takes", 'did you mean "nftables"?'),
        ({"type": "macvlan", "mac": "02:42"}, "/mac", "NC404", "is no MAC address", "six pairs"),
        (host_local(subnet="10.1.0.5/16"), "/ipam/subnet", "NC201", "has host bits set", "write 10.1.0.0/16"),
        (host_local(subnet="10.1.0.0"), "/ipam/subnet", "NC201", "has no prefix length", "write 10.1.0.0/24"),
        (host_local(subnet="10.1.0/24"), "/ipam/subnet", "NC201", '"10.1.0/24" is not a network', ""),
        (host_local(gateway="10.1.0.1/16"), "/ipam/gateway", "NC201", "takes a bare address", "write 10.1.0.1"),
        (host_local(gateway="fe80::1%eth0"), "/ipam/gateway", "NC201", "has a zone", ""),
        (bridge(ipam={"subnet": "10.1.0.0/24"}), "/ipam", "NC403", "`ipam` without a type", "host-local"),
        (bridge(ipam={"type": "bridge"}), "/ipam/type", "NC404", "bridge is no IPAM plugin", "host-local"),
        ({"type": "host-local"}, "/type", "NC404", "it can't stand in a chain by itself", "ipam host-local"),
        (host_local(routes=[{"gw": "10.1.0.1"}]), "/ipam/routes/0", "NC403", "needs `dst`", "dst = 0.0.0.0/0"),
        (bridge(vlanTrunk=[{"minID": 3}]), "/vlanTrunk/0/minID", "NC403", "without `maxID`", "add `maxID`"),
        ({}, "", "NC403", "a plugin without a type", "`type`"),
        ({"type": "brigde", "x": 1}, "/type", "NC405", "does not know the plugin brigde", "did you mean bridge?"),
        (bridge(ipam={"type": "hostlocal"}), "/ipam/type", "NC405", "the IPAM plugin hostlocal", "host-local?"),
        (bridge(ipam={"type": "acme-ipam", "range": "x"}), "/ipam/type", "NC405", "acme-ipam", ""),
    ],
)
def test_a_value_that_is_refused(plugin: Any, pointer: str, code: str, message: str, help: str) -> None:
    ((got, at, said),) = misfits(plugin)
    assert (got, at) == (code, f"/plugins/0{pointer}")
    assert message in said
    assert help in (helps(plugin)[0] or "")


def test_the_list_level() -> None:
    assert misfits(bridge(), disabelCheck=True) == [
        ("NC401", "/disabelCheck", "a network does not read `disabelCheck`")
    ]
    assert misfits(bridge(), disableCheck="true")[0][0] == "NC402"
    assert misfits(bridge(), cniVersion="1.0")[0][:2] == ("NC404", "/cniVersion")
    assert misfits(bridge(), name="a/b")[0][:2] == ("NC404", "/name")
    assert misfits()[0][:2] == ("NC404", "/plugins")
