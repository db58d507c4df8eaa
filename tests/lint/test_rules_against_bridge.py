"""What the rules call an error, the real bridge fails to attach; what they let pass, it attaches.

Addresses, routes and flags are drawn at random from a few values that meet: gateways in and out of their subnets, routes
that repeat, host bits, MTUs around the limits.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netc.diagnostics import Severity
from netc.lint import lint
from netc.model import Network, Origin
from netc.sources import Source, Span

pytestmark = [pytest.mark.parity, pytest.mark.lab]

HERE = Span(Source("n.conflist", ""), 0, 0)


def sometimes(*values: Any, often: int = 3) -> st.SearchStrategy[Any]:
    """None most of the time, else one of the values."""
    return st.sampled_from([None] * often * len(values) + list(values))


ROUTES = st.lists(
    st.fixed_dictionaries(
        {"dst": st.sampled_from(["0.0.0.0/0", "::/0", "10.8.0.0/16", "10.8.0.5/16", "fd08::/64", "fd08::5/64"])},
        optional={
            "gw": st.sampled_from(["10.1.0.1", "10.1.0.9", "10.9.0.1", "fd00::1", "fd09::1"]),
            "priority": st.just(7),
            "scope": st.just(253),
        },
    ),
    max_size=2,
)
RANGES = st.sampled_from(
    [
        [[{"subnet": "10.1.0.0/24"}]],
        [[{"subnet": "fd00::/64"}]],
        [[{"subnet": "10.1.0.0/24"}], [{"subnet": "fd00::/64"}]],
        [[{"subnet": "10.1.0.0/24", "rangeStart": "10.1.0.20", "gateway": "10.9.0.1"}]],
        [[{"subnet": "10.1.0.0/24", "rangeStart": "10.1.0.20", "gateway": "fd00::1"}]],
        [[{"subnet": "10.1.0.0/24"}], [{"subnet": "10.2.0.0/24"}]],
        [[{"subnet": "10.1.0.0/24", "rangeEnd": "10.1.0.9"}], [{"subnet": "10.1.0.0/24", "rangeStart": "10.1.0.10"}]],
    ]
)
ADDRESSES = st.lists(
    st.sampled_from(
        [
            {"address": "10.1.0.5/24"},
            {"address": "10.1.0.5/24", "gateway": "10.1.0.1"},
            {"address": "10.1.0.6/24", "gateway": "10.9.0.1"},
            {"address": "fd00::5/64", "gateway": "fd00::1"},
            {"address": "10.2.0.5/24", "gateway": "10.2.0.1"},
        ]
    ),
    max_size=2,
)
IPAM = st.one_of(
    st.builds(lambda ranges, routes: {"type": "host-local", "ranges": ranges, "routes": routes}, RANGES, ROUTES),
    st.builds(lambda found, routes: {"type": "static", "addresses": found, "routes": routes}, ADDRESSES, ROUTES),
)
BODY = st.fixed_dictionaries(
    {
        "ipam": IPAM,
        "isGateway": sometimes(True, often=1),
        "isDefaultGateway": sometimes(True, often=2),
        "mtu": sometimes(60, 68, 1200, 1280, 1400, often=1),
        "hairpinMode": sometimes(True),
        "promiscMode": sometimes(True),
        "disableContainerInterface": sometimes(True, often=9),
    }
).map(lambda body: {key: value for key, value in body.items() if value is not None})


#: What attaches, and then leads nowhere.
ATTACHES = {"NC209"}


def errors(body: dict[str, Any]) -> set[str]:
    conflist = {"cniVersion": "1.0.0", "name": "n", "plugins": [{"type": "bridge", **body}]}
    network = Network("n", conflist, {"": Origin(None, HERE)}, HERE)
    return {found.code for found in lint(network) if found.severity is Severity.ERROR} - ATTACHES


def attach(binaries: Path, body: dict[str, Any], netns: str, number: int) -> str:
    """Why ADD fails; "" if it does not. The container is detached again."""
    config = {"cniVersion": "1.0.0", "name": "n", "type": "bridge", "bridge": f"br{number}", **body}
    environment = {
        **os.environ,
        "CNI_CONTAINERID": f"c{number}",
        "CNI_NETNS": netns,
        "CNI_IFNAME": "eth0",
        "CNI_PATH": str(binaries),
    }
    with tempfile.TemporaryDirectory() as leases:
        if body["ipam"]["type"] == "host-local":
            config["ipam"] = {**body["ipam"], "dataDir": leases}
        answers = [
            subprocess.run(
                [binaries / "bridge"],
                input=json.dumps(config).encode(),
                env={**environment, "CNI_COMMAND": command},
                capture_output=True,
                check=False,
                timeout=30,
            )
            for command in ("ADD", "DEL")
        ]
    return json.loads(answers[0].stdout)["msg"] if answers[0].returncode else ""


def test_an_error_is_an_error(in_namespace, reference_plugins: Path) -> None:
    netns = in_namespace.container()
    numbers = itertools.count()

    @given(BODY)
    @settings(max_examples=100, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def judged_alike(body: dict[str, Any]) -> None:
        found, said = errors(body), attach(reference_plugins, body, netns, next(numbers))
        assert bool(found) == bool(said), (body, found, said)

    judged_alike()
