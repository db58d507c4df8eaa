"""Results in the three shapes that the specification has had, and from each version into every other."""

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netc.cni.addresses import parse_address, parse_ip
from netc.cni.errors import CniError
from netc.cni.gojson import dumps
from netc.cni.result_json import convert, dumps_result, family, parse, parse_prev, render
from netc.cni.results import Dns, Interface, IpConfig, Result, Route
from netc.cni.versions import SUPPORTED
from netc.dataclass import replace

OLD, MIDDLE, NEW = "0.2.0", "0.4.0", "1.1.0"

DNS = {"nameservers": ["10.0.0.1"], "domain": "local", "search": ["a", "b"], "options": ["ndots:5"]}

# The same attachment, as each family has it.
WRITTEN: dict[str, dict[str, Any]] = {
    OLD: {
        "ip4": {"ip": "10.0.0.2/24", "gateway": "10.0.0.1", "routes": [{"dst": "0.0.0.0/0", "gw": "10.0.0.254"}]},
        "ip6": {"ip": "fd00::2/64", "routes": [{"dst": "fd01::/64"}]},
        "dns": DNS,
    },
    MIDDLE: {
        "interfaces": [{"name": "cni0", "mac": "00:00:00:00:00:01"}, {"name": "eth0", "sandbox": "/run/netns/c"}],
        "ips": [
            {"version": "6", "interface": 1, "address": "fd00::2/64"},
            {"version": "4", "interface": 0, "address": "10.0.0.2/24", "gateway": "10.0.0.1"},
            {"version": "4", "address": "10.0.0.3/24"},
        ],
        "routes": [
            {
                "dst": "0.0.0.0/0",
                "gw": "10.0.0.254",
                "mtu": 1400,
                "advmss": 1300,
                "priority": 5,
                "table": 0,
                "scope": 0,
            },
            {"dst": "fd01::/64"},
        ],
        "dns": DNS,
    },
    NEW: {
        "dns": DNS,
        "interfaces": [
            {"mac": "00:00:00:00:00:01", "mtu": 1500, "name": "cni0"},
            {"name": "eth0", "pciID": "0000:01:00.0", "sandbox": "/run/netns/c", "socketPath": "/run/s"},
        ],
        "ips": [
            {"address": "fd00::2/64", "interface": 1},
            {"address": "10.0.0.2/24", "gateway": "10.0.0.1", "interface": 0},
            {"address": "10.0.0.3/24"},
        ],
        "routes": [
            {
                "advmss": 1300,
                "dst": "0.0.0.0/0",
                "gw": "10.0.0.254",
                "mtu": 1400,
                "priority": 5,
                "scope": 0,
                "table": 0,
            },
            {"dst": "fd01::/64"},
        ],
    },
}

# What becomes of them: (from, to) where it isn't the target as written above.
MIDDLE_OF_OLD = {
    "ips": [
        {"version": "4", "address": "10.0.0.2/24", "gateway": "10.0.0.1"},
        {"version": "6", "address": "fd00::2/64"},
    ],
    "routes": [{"dst": "0.0.0.0/0", "gw": "10.0.0.254"}, {"dst": "fd01::/64"}],
    "dns": DNS,
}
CONVERTED: dict[tuple[str, str], dict[str, Any]] = {
    (OLD, MIDDLE): MIDDLE_OF_OLD,
    (OLD, NEW): {
        "dns": DNS,
        "ips": [{"address": "10.0.0.2/24", "gateway": "10.0.0.1"}, {"address": "fd00::2/64"}],
        "routes": MIDDLE_OF_OLD["routes"],
    },
    (MIDDLE, NEW): {
        **WRITTEN[NEW],
        "interfaces": [{"mac": "00:00:00:00:00:01", "name": "cni0"}, {"name": "eth0", "sandbox": "/run/netns/c"}],
    },
}


def example(version: str) -> str:
    return next(known for known in WRITTEN if family(known) == family(version))


@pytest.mark.parametrize(("source", "target"), list(product(SUPPORTED, SUPPORTED)))
def test_every_version_converts_into_every_other(source: str, target: str) -> None:
    pair = example(source), example(target)
    expected = {"cniVersion": target, **CONVERTED.get(pair, WRITTEN[pair[1]])}
    converted = convert({"cniVersion": source, **WRITTEN[pair[0]]}, target)
    assert converted == expected


@pytest.mark.parametrize("version", SUPPORTED)
def test_keys_stand_in_the_order_of_the_reference(version: str) -> None:
    document = {"cniVersion": version, **WRITTEN[example(version)]}
    dns = sorted(DNS.items()) if version in ("1.0.0", "1.1.0") else DNS.items()
    document["dns"] = dict(dns)
    order = (
        ["dns", "interfaces", "ips", "routes"]
        if version in ("1.0.0", "1.1.0")
        else ["ip4", "ip6", "interfaces", "ips", "routes", "dns"]
    )
    written = {"cniVersion": version, **{key: document[key] for key in order if key in document}}
    assert dumps_result(parse(document), version) == dumps(written)


def test_empty_dns_is_written_by_the_old_families_only() -> None:
    result = Result(ips=(IpConfig(parse_address("10.0.0.2/24")),))
    assert dumps_result(result, "0.4.0") == dumps(
        {"cniVersion": "0.4.0", "ips": [{"version": "4", "address": "10.0.0.2/24"}], "dns": {}}
    )
    assert render(result, "0.2.0") == {"cniVersion": "0.2.0", "ip4": {"ip": "10.0.0.2/24"}, "dns": {}}
    assert render(Result(), "1.0.0") == {"cniVersion": "1.0.0"}


def test_a_result_without_address_can_not_be_old() -> None:
    with pytest.raises(CniError, match="cannot convert: no valid IP addresses") as error:
        render(Result(interfaces=(Interface("eth0"),)), "0.2.0")
    assert error.value.code == 999


def test_a_route_goes_to_its_family_only_if_that_has_an_address() -> None:
    result = Result(
        ips=(IpConfig(parse_address("10.0.0.2/24")),),
        routes=(Route(parse_address("0.0.0.0/0"), parse_ip("10.0.0.1"), mtu=1400), Route(parse_address("fd00::/8"))),
    )
    assert render(result, "0.2.0") == {
        "cniVersion": "0.2.0",
        "ip4": {"ip": "10.0.0.2/24", "routes": [{"dst": "0.0.0.0/0", "gw": "10.0.0.1"}]},
        "dns": {},
    }
    assert [route["dst"] for route in render(result, "0.3.0")["routes"]] == ["0.0.0.0/0", "fd00::/8"]


def test_an_address_without_its_version_gets_it_back() -> None:
    document = {"cniVersion": "0.4.0", "ips": [{"address": "10.0.0.2/24"}]}
    assert convert(document, "0.4.0")["ips"] == [{"version": "4", "address": "10.0.0.2/24"}]
    assert convert(document, "0.2.0")["ip4"] == {"ip": "10.0.0.2/24"}


def test_a_result_without_version_has_the_configuration_s() -> None:
    assert parse({"ips": [{"address": "10.0.0.2/24"}]}, "1.0.0").ips == (IpConfig(parse_address("10.0.0.2/24")),)
    assert parse({"ip4": {"ip": "10.0.0.2/24"}}).ips == (IpConfig(parse_address("10.0.0.2/24")),)
    assert render(parse({"ip4": {"ip": "10.0.0.2/24"}}), "")["cniVersion"] == "0.1.0"


def test_unknown_versions() -> None:
    with pytest.raises(CniError, match="unsupported CNI result version"):
        parse({"cniVersion": "2.0.0"})
    with pytest.raises(CniError, match=r"no converter for CNI result version 1\.1\.0 to 2\.0\.0"):
        render(Result(), "2.0.0")


@pytest.mark.parametrize(
    ("document", "version", "message"),
    [
        ({"cniVersion": "0.4.0"}, "1.0.0", 'result type supports [1.0.0 1.1.0] but unmarshalled CNIVersion is "0.4.0"'),
        ({"cniVersion": "1.0.0"}, "0.4.0", 'result type supports [0.3.0 0.3.1 0.4.0] but unmarshalled CNIVersion is "1.0.0"'),
        ({"cniVersion": "1.0.0"}, "0.2.0", 'result type supports [ 0.1.0 0.2.0] but unmarshalled CNIVersion is "1.0.0"'),
        ({"cniVersion": 5}, "1.0.0", "json: cannot unmarshal number into Go struct field Result.cniVersion of type string"),
        ({"ips": [{"address": "10.0.0.2"}]}, "1.0.0", "invalid CIDR address: 10.0.0.2"),
        ({"ips": [{"address": "10.0.0.2/24", "gateway": "x"}]}, "1.0.0", "invalid IP address: x"),
        ({"ips": [{}]}, "1.0.0", "invalid CIDR address: "),
        ({"ips": [{"address": 5}]}, "1.0.0", "json: cannot unmarshal number into Go struct field Result.ips.address of type string"),
        ({"ips": 5}, "1.0.0", "json: cannot unmarshal number into Go struct field Result.ips of type []*types100.IPConfig"),
        (
            {"ips": [{"address": "10.0.0.1/8", "interface": "x"}]},
            "0.4.0",
            "json: cannot unmarshal string into Go struct field Result.ips.interface of type int",
        ),
        ({"routes": "x"}, "1.0.0", "json: cannot unmarshal string into Go struct field Result.routes of type []*types.Route"),
        (
            {"routes": [{"dst": "10.0.0.0/8", "mtu": "x"}]},
            "0.4.0",
            "json: cannot unmarshal string into Go struct field Result.routes.mtu of type int",
        ),
        (
            {"routes": [{"dst": "10.0.0.0/8", "gw": 5}]},
            "1.0.0",
            "json: cannot unmarshal number into Go struct field Result.routes.gw of type net.IP",
        ),
        (
            {"interfaces": [{"name": 5}]},
            "0.4.0",
            "json: cannot unmarshal number into Go struct field Interface.interfaces.name of type string",
        ),
        ({"ip4": 5}, "0.2.0", "json: cannot unmarshal number into Go struct field Result.ip4 of type types020.ipConfig"),
        ({"ip4": {"ip": 5}}, "0.2.0", "json: cannot unmarshal number into Go struct field Result.ip4.ip of type string"),
    ],
)  # fmt: skip
def test_what_a_previous_result_is_refused_for(document: dict[str, Any], version: str, message: str) -> None:
    with pytest.raises(CniError) as error:
        parse_prev(document, version)
    assert (error.value.code, error.value.msg) == (999, f"could not parse prevResult: {message}")


def test_within_a_family_any_version_is_a_previous_result() -> None:
    assert parse_prev({"cniVersion": "0.3.0", "interfaces": [{"NAME": "e"}]}, "0.4.0").interfaces == (Interface("e"),)


# Properties: what one family can say survives the way through any other that can say as much.

WORDS = st.text("abc.:-/<>é", min_size=1, max_size=8)
ADDRESSES = st.one_of(
    st.tuples(st.ip_addresses(v=4), st.integers(0, 32)), st.tuples(st.ip_addresses(v=6), st.integers(0, 128))
).map(lambda pair: parse_address(f"{pair[0]}/{pair[1]}"))
IPS = st.none() | st.ip_addresses().map(lambda ip: parse_ip(str(ip)))
NUMBERS = st.integers(0, 2**31)
RESULTS = st.builds(
    Result,
    interfaces=st.lists(
        st.builds(Interface, WORDS, mac=WORDS | st.just(""), sandbox=WORDS | st.just(""), mtu=NUMBERS, socket_path=WORDS, pci_id=WORDS),
        max_size=3,
    ).map(tuple),
    ips=st.lists(st.builds(IpConfig, ADDRESSES, IPS, st.none() | NUMBERS), max_size=4).map(tuple),
    routes=st.lists(
        st.builds(Route, ADDRESSES, IPS, NUMBERS, NUMBERS, NUMBERS, st.none() | NUMBERS, st.none() | NUMBERS), max_size=4
    ).map(tuple),
    dns=st.builds(
        Dns,
        st.lists(WORDS, max_size=2).map(tuple),
        st.just("") | WORDS,
        st.lists(WORDS, max_size=2).map(tuple),
        st.lists(WORDS, max_size=2).map(tuple),
    ),
)  # fmt: skip


@given(RESULTS, st.sampled_from(["1.0.0", "1.1.0"]))
def test_the_newest_family_says_everything(result: Result, version: str) -> None:
    assert parse(render(result, version)) == result


@given(RESULTS, st.sampled_from(["0.3.0", "0.3.1", "0.4.0"]))
def test_the_middle_family_loses_three_fields_of_an_interface(result: Result, version: str) -> None:
    kept = replace(result, interfaces=tuple(Interface(i.name, i.mac, i.sandbox) for i in result.interfaces))
    assert parse(render(result, version)) == kept


@given(RESULTS.filter(lambda result: result.ips), st.sampled_from(["0.1.0", "0.2.0"]))
def test_the_oldest_family_keeps_the_first_address_of_each_kind_and_their_routes(result: Result, version: str) -> None:
    firsts = [next((ip for ip in result.ips if ip.address.version == kind), None) for kind in (4, 6)]
    kept = [ip for ip in firsts if ip is not None]
    routes = [
        Route(route.dst, route.gw)
        for ip in kept
        for route in result.routes
        if route.dst.version == ip.address.version
    ]  # fmt: skip
    expected = Result((), tuple(IpConfig(ip.address, ip.gateway) for ip in kept), tuple(routes), result.dns)
    assert parse(render(result, version)) == expected


@given(RESULTS.filter(lambda result: result.ips), st.sampled_from(SUPPORTED), st.sampled_from(SUPPORTED))
def test_a_detour_over_a_later_version_changes_nothing(result: Result, version: str, later: str) -> None:
    if SUPPORTED.index(later) >= SUPPORTED.index(version):
        document = render(result, version)
        assert convert(convert(document, later), version) == document
