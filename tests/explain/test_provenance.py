"""Where a value came from: each kind of step, with the place that it points at."""

from __future__ import annotations

import pytest

from netc.explain.provenance import Observations, Provenance, provenance
from netc.lang import Given
from netc.lint.project import checked
from netc.model import pointers
from netc.sources import Source, Sources, Span

TEAM = """\
param mtu: int = 1500
param gateway: ip? = null
type Node = { name: string, limit: quantity? }
let nodes: list[Node] = [{ name = "n1", limit = "100mbit" }, { name = "n2" }]
let base = 10.42.0.0/16
let common = { isGateway = true, hairpinMode = mtu > 9000 }
func block(n: int): cidr = subnet(base, 24, n)

chain edge(subnet: cidr, size: int = 1450) {
  plugin bridge {
    ...common
    mtu = size
    ipam host-local { subnet = subnet, gateway = gateway ?? subnet.first }
    dns { nameservers = [gateway ?? 10.1.0.1, 10.1.0.2], search = [for n in nodes: "${n.name}.example"] }
  }
}

network pods for i, n in nodes key n.name {
  meta { node = n.name }
  let burst = 2 * 4MB
  use edge(block(i), size = mtu - 50)
  plugin bandwidth if n.limit != null { ingressRate = n.limit, ingressBurst = burst }
  plugin tuning { sysctl { "net.core.somaxconn" = 500 } }
}
network plain { use edge(10.1.0.0/16) }
"""


def came(pointer: str, network: int = 0, **params: str) -> Provenance:
    """Where the value at a pointer of one of the networks came from."""
    observed = Observations()
    given = {name: Given(value, f"-p {name}={value}") for name, value in params.items()}
    found = checked(Source("team.netc", TEAM), given, final=False, observe=observed)
    assert found.errors == 0
    return provenance(found.networks[network], pointer, observed)


def steps(found: Provenance) -> list[tuple[str, str]]:
    """The words of each step, and the text that it points at."""
    return [(step.text, step.span.text if step.span is not None else "") for step in found.steps]


def test_a_chains_argument_a_param_and_its_default() -> None:
    assert steps(came("/plugins/0/mtu"))[:2] == [
        ("the key `mtu` is written here", "mtu"),
        ("in chain edge, used here", "edge(block(i), size = mtu - 50)"),
    ]
    assert steps(came("/plugins/0/mtu"))[3:] == [
        ("`size` is 1450: an argument of chain edge", "mtu - 50"),
        ("`mtu - 50` is 1450", "mtu - 50"),
        ("`mtu` is 1500: a param that was not given: its default", "1500"),
    ]


def test_a_param_that_was_given_points_at_the_command_line() -> None:
    last = came("/plugins/0/mtu", mtu="9000").steps[-1]
    assert last.text == "`mtu` is 9000: a param, given by -p mtu=9000"
    assert last.span is not None
    assert str(last.span) == "-p mtu=9000:1:1"


def test_a_default_of_a_chain_that_nobody_overrode() -> None:
    found = steps(came("/plugins/0/mtu", network=2))
    assert found[-1] == ("`size` is 1450: a parameter of chain edge that was not given: its default", "1450")


def test_each_element_of_a_loop_has_its_own_way() -> None:
    first, second = came("/plugins/0/ipam/subnet"), came("/plugins/0/ipam/subnet", network=1)
    assert (first.value, second.value) == ("10.42.0.0/24", "10.42.1.0/24")
    assert ("for n, this element", '{ name = "n2" }') in steps(second)
    assert ("`i` is 1: an element of the loop", '{ name = "n2" }') in steps(second)
    assert ("for n, this element", '{ name = "n2" }') not in steps(first)


def test_a_function_of_the_file_is_gone_through_with_its_arguments() -> None:
    found = steps(came("/plugins/0/ipam/subnet"))
    assert ("`block(i)` is 10.42.0.0/24", "block(i)") in found
    assert ("func block gives", "subnet(base, 24, n)") in found
    assert ("`n` is an argument of block()", "i") in found


def test_what_a_null_gives_way_to() -> None:
    found = steps(came("/plugins/0/ipam/gateway", network=2))
    assert ("`gateway` is null, so what follows `??` counts", "??") in found
    assert ("`subnet.first` is 10.1.0.1", "subnet.first") in found
    given = steps(came("/plugins/0/ipam/gateway", network=2, gateway="10.1.0.7"))
    assert given[-2] == ("`gateway` is 10.1.0.7: a param, given by -p gateway=10.1.0.7", "10.1.0.7")


def test_a_spread_is_a_step() -> None:
    found = steps(came("/plugins/0/hairpinMode"))
    assert ("spread here", "...common") in found
    assert found[-2][0] == "`mtu > 9000` is false"


def test_an_element_of_a_list_and_of_a_comprehension() -> None:
    assert steps(came("/plugins/0/dns/nameservers/0", network=2))[-2] == ("the value is written here", "10.1.0.1")
    found = came("/plugins/0/dns/search/1", network=2)
    assert found.value == "n2.example"
    assert found.steps[0].text == "element 1 of the list"


def test_conversions_are_said() -> None:
    assert steps(came("/plugins/1/ingressRate"))[-3:] == [
        ("`n.limit` is 100mbit, written here", '"100mbit"'),
        ("the text is read as a quantity, as its declared type says", '"100mbit"'),
        ("`ingressRate` counts bits per second: 100mbit is written as 100000000", ""),
    ]
    assert steps(came("/plugins/1/ingressBurst"))[-1][0] == "`ingressBurst` counts bits: 8MB is written as 64000000"
    assert steps(came("/plugins/2/sysctl/net.core.somaxconn"))[-1][0].endswith('written as "500"')
    assert steps(came("/plugins/0/ipam/subnet"))[-1] == ("JSON has no cidr: it is written as a string", "")


def test_what_netc_writes_by_itself() -> None:
    assert steps(came("/cniVersion")) == [("netc writes it: the network gives no `cniVersion`", "network pods")]
    assert steps(came("/plugins"))[0][0].startswith("netc makes it")
    assert steps(came("/name"))[0] == ("the head of the network gives its name", "pods")


def test_every_pointer_of_every_network_has_an_answer() -> None:
    observed = Observations()
    found = checked(Source("team.netc", TEAM), {}, final=False, observe=observed)
    for network in found.networks:
        for pointer in pointers(network.conflist):
            answer = provenance(network, pointer, observed)
            assert answer.steps, pointer
            assert len(set(answer.steps)) == len(answer.steps)
            assert all(isinstance(step.span, Span) for step in answer.steps[:1])


@pytest.mark.parametrize("pointer", ["/nope", "/plugins/9", "/plugins/x", "/name/deeper"])
def test_no_value_no_answer(pointer: str) -> None:
    with pytest.raises(KeyError):
        came(pointer)


def test_modules_data_files_and_pools(tmp_path, monkeypatch) -> None:
    """A chain of another file, its default there, a line of YAML, a planned block."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "edge.netc").write_text(
        "let size = 1400\n"
        "chain bridge(subnet: cidr, mtu: int = size + 50) {\n"
        "  plugin bridge { mtu = mtu, ipam host-local { subnet = subnet } }\n"
        "}\n",
        encoding="utf-8",
    )
    (tmp_path / "nodes.yaml").write_text("- { name: n1, mtu: 9000 }\n- { name: n2 }\n", encoding="utf-8")
    (tmp_path / "team.netc").write_text(
        'import "edge.netc" as edge\n'
        "type Node = { name: string, mtu: int? }\n"
        'let nodes: list[Node] = data("nodes.yaml")\n'
        "pool pods { cidrs = [10.42.0.0/16] }\n"
        "network pods for n in nodes key n.name {\n"
        "  meta { node = n.name }\n"
        "  use edge.bridge(alloc(pods, n.name, 24), mtu = n.mtu ?? edge.size)\n"
        "}\n"
        "network plain { use edge.bridge(10.1.0.0/16) }\n",
        encoding="utf-8",
    )
    observed = Observations()
    found = checked(Sources().read("team.netc"), {}, final=False, observe=observed)
    first, second, plain = found.networks

    last = provenance(first, "/plugins/0/mtu", observed).steps[-1]
    assert (last.text, str(last.span)) == ("`n.mtu` is 9000, written here", "nodes.yaml:1:20")
    last = provenance(second, "/plugins/0/mtu", observed).steps[-1]
    assert (last.text, str(last.span)) == ("`edge.size` is 1400, written here", "edge.netc:1:12")
    assert [(step.text, str(step.span)) for step in provenance(plain, "/plugins/0/mtu", observed).steps[-3:]] == [
        ("`mtu` is 1450: a parameter of chain bridge that was not given: its default", "edge.netc:2:39"),
        ("`size + 50` is 1450", "edge.netc:2:39"),
        ("`size` is 1400: a let", "edge.netc:1:1"),
    ]
    texts = [step.text for step in provenance(first, "/plugins/0/ipam/subnet", observed).steps]
    assert "`pods` is a pool: the project's plan, netc.lock, has the block" in texts
