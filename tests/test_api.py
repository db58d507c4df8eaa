"""What netc offers to programs: every public name has words, types, and works."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import netc
from netc import cni

EXAMPLE = "network n { plugin bridge { isGatway = true, mtu = mtu } }\nparam mtu: int\n"


def public() -> list[tuple[str, object]]:
    return [(f"{module.__name__}.{name}", getattr(module, name)) for module in (netc, cni) for name in module.__all__]


@pytest.mark.parametrize(("name", "thing"), public(), ids=[name for name, _ in public()])
def test_a_public_name_has_words_and_types(name: str, thing: object) -> None:
    if not callable(thing):
        return
    if isinstance(thing, type) and hasattr(thing, "__dataclass_fields__"):
        assert thing.__doc__
        assert not thing.__doc__.startswith(f"{thing.__name__}("), "the docstring that dataclass makes says nothing"
        return
    assert inspect.getdoc(thing), name
    if inspect.isfunction(thing):
        annotated = set(thing.__annotations__) - {"return"}
        assert annotated == set(inspect.signature(thing).parameters)
        assert "return" in thing.__annotations__


def test_a_program_compiles_and_checks(tmp_path) -> None:
    (tmp_path / "n.netc").write_text(EXAMPLE)
    source = netc.load(tmp_path / "n.netc")
    networks, findings = netc.compile(source, {"mtu": 1400})
    assert [network.conflist["plugins"][0]["mtu"] for network in networks] == [1400]
    assert "NC401" in [found.code for found in findings]
    assert [found.code for found in netc.check(source)] == ["NC109"]
    assert netc.check(source, {"mtu": "1400"}) == findings


def test_importing_netc_costs_nothing() -> None:
    code = (
        "import sys, netc; print(sorted(m for m in ('lark', 'jsonschema', 'pyroute2', 'jinja2') if m in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_the_package_is_typed() -> None:
    assert (Path(netc.__file__).parent / "py.typed").exists()
