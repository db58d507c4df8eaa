"""Files that public projects ship: each is read, the broken ones with every mistake, and little is said of the others.

The files are other people's and not in this repository; NETC_WILD_CORPUS names the folder that has them, else one beside
the checkout is looked for.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from netc.diagnostics import Severity
from netc.documents import is_document
from netc.lint.project import checked_document
from netc.sources import Sources

FOLDER = Path(os.environ.get("NETC_WILD_CORPUS") or Path(__file__).parents[3] / "shared" / "corpus" / "wild")
FILES = sorted(file for file in FOLDER.glob("*") if is_document(file.name)) if FOLDER.is_dir() else []

#: What is said beyond infos and unknown plugins, as `LINE CODE`: each was looked at and is true.
KNOWN = {
    # No colon behind a key.
    "antrea-netattachdef-ippool.yaml": ["25 NC150"],
    # libcni drops what it does not know at the list level; the plugin asks for it in its own object.
    "azure-windows-overlay-dualstack.conflist": ["4 NC401"],
    "danm-flannel.conf": ["1 NC403"],
    # A word for sed to replace, that does not look like one.
    "kthw-10-bridge.conf": ["11 NC201"],
    "kube-router-hostport-daemonset.yaml": ["16 NC401", "28 NC303"],
    # host-local on macvlan and sriov: two nodes hand out the same addresses.
    "multi-networkpolicy-simple-v6.yaml": ["16 NC671"],
    "sriov-dp-sriov-crd.yaml": ["13 NC671"],
    # `config` two levels too deep, and a trailing comma.
    "multi-nic-cni-example-nad.yaml": ["8 NC643", "21 NC150"],
    "multus-daemonset-crio.yaml": ["132 NC403", "145 NC409"],
    "aws-vpc-cni-10-aws.conflist": ["7 NC409"],
    "azure-chained-cilium.conflist": ["17 NC409"],
    # Multus reads `default-route`.
    "multus-macvlan-pod.yaml": ["48 NC645"],
    "plugins-basic-ptp.json": ["5 NC235"],
    # A `runtimeConfig` that no runtime leaves as it is.
    "plugins-chained-bridge-bandwidth.conflist": ["16 NC302", "17 NC401"],
    "plugins-chained-ptp-bandwidth.conflist": ["7 NC235", "16 NC302", "17 NC401"],
    "podman-99-google-subnets.conflist": ["7 NC401", "8 NC404"],
    "podman-invalid-broken.conflist": ["11 NC150"],
    "podman-invalid-invalid_gateway.conflist": ["22 NC201"],
    "podman-invalid-invalidname.conflist": ["3 NC404"],
    "podman-invalid-noname.conflist": ["1 NC403"],
    "podman-invalid-noplugin.conflist": ["4 NC404"],
    "podman-valid-ipam-empty.conflist": ["6 NC414", "8 NC415", "9 NC415"],
    "podman-valid-ipam-static.conflist": ["19 NC402"],
    "userspace-vhostuser-sample.conf": ["15 NC150"],
    # Two documents in one file, the second with a trailing comma.
    "whereabouts-sample_config.json": ["35 NC150", "45 NC150"],
}


@pytest.mark.skipif(not FILES, reason="NETC_WILD_CORPUS names no folder with files")
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_what_is_said_of_a_shipped_file_is_true(file: Path) -> None:
    checked = checked_document(Sources().read(file, shown=file.name))
    assert checked.networks, "every file of the corpus has a network"
    loud = [one for one in checked.findings if one.severity is not Severity.INFO and one.code != "NC405"]
    assert [f"{one.primary.begin.line} {one.code}" for one in loud if one.primary] == KNOWN.get(file.name, [])
