"""Conflists that public projects ship: rules find what is wrong in them, and little else.

The files are other people's and not in this repository; NETC_WILD_CORPUS names the folder that has them.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from netc.diagnostics import Severity
from netc.lint import lint
from netc.model import Network, Origin
from netc.sources import Source, Span

FOLDER = os.environ.get("NETC_WILD_CORPUS", "")
FILES = sorted(Path(FOLDER).glob("*.conflist")) if FOLDER else []

#: What the rules say of files that work where they are used: each was looked at and is true.
KNOWN = {
    "podman-valid-ipam-empty.conflist": {"NC414", "NC415"},
    "podman-valid-ipam-static.conflist": {"NC402"},
    "podman-99-google-subnets.conflist": {"NC401", "NC404"},
    "plugins-chained-bridge-bandwidth.conflist": {"NC302", "NC401"},
    "plugins-chained-ptp-bandwidth.conflist": {"NC302", "NC401", "NC235"},
    # Read as it stands, with placeholders where a short word belongs.
    "aws-vpc-cni-10-aws.conflist": {"NC404", "NC409"},
    "azure-chained-cilium.conflist": {"NC409"},
    "azure-windows-overlay-dualstack.conflist": {"NC401"},
}


@pytest.mark.skipif(not FILES, reason="NETC_WILD_CORPUS names no folder with conflists")
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_findings_in_shipped_files_are_the_known_ones(file: Path) -> None:
    try:
        conflist = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        pytest.skip("not JSON, on purpose")
    here = Span(Source(file.name, ""), 0, 0)
    found = lint(Network(str(conflist.get("name")), conflist, {"": Origin(None, here)}, here))
    if "invalid" in file.name:
        return
    loud = {one.code for one in found if one.severity is not Severity.INFO and one.code != "NC405"}
    assert loud == KNOWN.get(file.name, set())
