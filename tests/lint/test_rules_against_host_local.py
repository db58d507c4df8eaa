"""What the rules call an error, the real host-local refuses; what they let pass, it hands out."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from netc.diagnostics import Severity
from netc.lint import lint
from netc.model import Network, Origin
from netc.sources import Source, Span

pytestmark = pytest.mark.parity

HERE = Span(Source("n.conflist", ""), 0, 0)
ENDS = ["10.1.0.0", "10.1.0.1", "10.1.0.2", "10.1.0.6", "10.1.0.7", "10.1.0.9", "10.1.0.14", "fd00::2"]


@st.composite
def ranges(draw: st.DrawFn) -> dict[str, Any]:
    found: dict[str, Any] = {
        "subnet": draw(st.sampled_from(["10.1.0.0/29", "10.1.0.8/29", "10.1.0.0/28", "10.1.0.0/31", "fd00::/64"]))
    }
    for key in ("rangeStart", "rangeEnd", "gateway"):
        end = draw(st.sampled_from([None, None, *ENDS]))
        if end is not None:
            found[key] = end
    return found


IPAM = st.one_of(
    ranges(),
    st.fixed_dictionaries({"ranges": st.lists(st.lists(ranges(), min_size=1, max_size=2), max_size=2)}),
    st.builds(lambda one, more: {**one, "ranges": [[more]]}, ranges(), ranges()),
)


def conflist(ipam: dict[str, Any]) -> dict[str, Any]:
    body = {"type": "macvlan", "ipam": {"type": "host-local", **ipam}}
    return {"cniVersion": "1.0.0", "name": "n", "plugins": [body]}


#: What host-local hands out, and then leads nowhere.
HANDED_OUT = {"NC209"}


def errors(ipam: dict[str, Any]) -> set[str]:
    network = Network("n", conflist(ipam), {"": Origin(None, HERE)}, HERE)
    return {found.code for found in lint(network) if found.severity is Severity.ERROR} - HANDED_OUT


def refused(binary: Path, ipam: dict[str, Any], leases: Path) -> str:
    """The plugin's error at ADD; "" if it hands out an address."""
    config = {
        "cniVersion": "1.0.0",
        "name": "n",
        "type": "macvlan",
        "ipam": {"type": "host-local", "dataDir": str(leases), **ipam},
    }
    environment = {
        **os.environ,
        "CNI_COMMAND": "ADD",
        "CNI_CONTAINERID": "c",
        "CNI_NETNS": "/none",
        "CNI_IFNAME": "eth0",
    }
    environment["CNI_PATH"] = str(binary.parent)
    done = subprocess.run(
        [binary], input=json.dumps(config).encode(), env=environment, capture_output=True, check=False, timeout=20
    )
    return json.loads(done.stdout)["msg"] if done.returncode else ""


@given(IPAM)
@example({"subnet": "10.1.0.0/29", "rangeStart": "10.1.0.7"})  # the broadcast address is taken for a start
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_error_is_an_error(
    reference_plugins: Path, tmp_path_factory: pytest.TempPathFactory, ipam: dict[str, Any]
) -> None:
    leases = tmp_path_factory.mktemp("leases")
    found, said = errors(ipam), refused(reference_plugins / "host-local", ipam, leases)
    assert bool(found) == bool(said), (ipam, found, said)
