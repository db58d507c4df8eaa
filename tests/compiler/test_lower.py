"""What becomes of a value under a key, and what is remembered of where it was written."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from netc.compiler import compile_source
from netc.model import Network, escape, resolve, unescape, without
from netc.sources import Source


def network(body: str, prelude: str = "") -> Network:
    compiled = compile_source(Source("n.netc", f"{prelude}\nnetwork n {{\n{body}\n}}\n"))
    assert compiled.ok, [str(found.message) for found in compiled.findings]
    return compiled.networks[0]


def test_the_list_has_its_version_and_name_first() -> None:
    assert list(network("disableCheck = true, plugin loopback { }").conflist.items()) == [
        ("cniVersion", "1.0.0"),
        ("name", "n"),
        ("disableCheck", True),
        ("plugins", [{"type": "loopback"}]),
    ]
    assert network('cniVersion = "0.4.0", plugin loopback { }').conflist["cniVersion"] == "0.4.0"


def test_a_null_leaves_a_key_out() -> None:
    (plugin,) = network("plugin bridge { mtu = null, ipam host-local { subnet = null } }").conflist["plugins"]
    assert plugin == {"type": "bridge", "ipam": {"type": "host-local"}}


@pytest.mark.parametrize(
    ("entry", "json"),
    [
        ("sysctl { a = 500 }", {"a": "500"}),
        ("sysctl { a = true }", {"a": "1"}),
        ('sysctl { a = "1 2" }', {"a": "1 2"}),
        ("mtu = 1_500", 1500),
        ("mac = 02:42:0A:00:00:01", "02:42:0a:00:00:01"),
    ],
)
def test_a_value_becomes_what_the_key_takes(entry: str, json: object) -> None:
    plugin = network(f"plugin tuning {{ {entry} }}").conflist["plugins"][0]
    assert plugin[entry.split(maxsplit=1)[0]] == json


def test_addresses_become_text() -> None:
    ipam = "ipam host-local { ranges = [[{ subnet = fd00::/64, gateway = fd00::1 }]] }"
    (plugin,) = network(f"plugin bridge {{ {ipam} }}").conflist["plugins"]
    assert plugin["ipam"]["ranges"] == [[{"subnet": "fd00::/64", "gateway": "fd00::1"}]]


def pointers(value: object, at: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield f"{at}/{escape(key)}"
            yield from pointers(inner, f"{at}/{escape(key)}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield f"{at}/{index}"
            yield from pointers(inner, f"{at}/{index}")


def test_every_value_has_its_place() -> None:
    compiled = network(
        """
  use edge(subnet = 10.1.0.0/24)
  plugin tuning { sysctl { "net/core/x" = 1, "a~b" = 2 } }
""",
        """
let routes = [{ dst = 0.0.0.0/0 }]
chain edge(subnet: cidr) { plugin bridge { ipam host-local { subnet = subnet, routes = routes } } }
""",
    )
    written = set(compiled.origins)
    assert set(pointers(compiled.conflist)) - written <= {"/cniVersion", "/plugins"}
    assert all(resolve(compiled.conflist, pointer) is not None for pointer in written if pointer)

    subnet = compiled.origins["/plugins/0/ipam/subnet"]
    assert (subnet.key.text if subnet.key else "", subnet.value.text) == ("subnet", "subnet")
    assert subnet.source is not None
    assert subnet.source.text == "10.1.0.0/24"
    assert [step.text for step in subnet.trail] == ["in chain edge, used here"]

    element = compiled.origins["/plugins/0/ipam/routes/0"]
    assert element.value.text == "routes"
    assert element.source is not None
    assert element.source.text == "{ dst = 0.0.0.0/0 }"


def test_a_value_without_a_json_form_is_reported_with_its_way() -> None:
    compiled = compile_source(
        Source(
            "n.netc",
            "let window = 10.1.0.1-10.1.0.9\nnetwork n { plugin bridge { ipam host-local { rangeStart = window } } }\n",
        )
    )
    (found,) = compiled.findings
    assert (found.code, str(found.primary)) == ("NC161", "n.netc:2:60")
    assert [str(step.span) for step in found.labels] == ["n.netc:1:14"]


def test_pointers() -> None:
    assert unescape(escape("a/b~c~1")) == "a/b~c~1"
    document = {"a": [{"b/c": 1}], "plugins": [{"x": 1}, {"y": 2}]}
    assert resolve(document, "/a/0/b~1c") == 1
    with pytest.raises(KeyError):
        resolve(document, "/a/1")
    assert without(document, {"/a/0/b~1c", "/plugins/0"}) == {"plugins": [{}, {"y": 2}]}
